//! The logins that a pod pulls with: which Secrets it names, whether they are there.
//!
//! The admission plugin ServiceAccount copies the account's list into a pod that has none when the pod is made
//! (plugin/pkg/admission/serviceaccount/admission.go), so a list that came to the account later is not the pod's.
//! OpenShift makes a Secret for each account, by which that account logs in to the cluster's own registry
//! (openshift-controller-manager `pkg/serviceaccounts/controllers`, `<account>-dockercfg-<random>`): nobody else writes it.
//! The kubelet reads only two types of Secret (pkg/credentialprovider/secrets/secrets.go) and goes on without
//! those that it cannot get (pkg/kubelet/kubelet_pods.go, since 1.28 with an event).

use super::failed_pull::FailedPull;
use crate::rules::Case;
use crate::snapshot::{Evidence, Keyed, Kind, ObjectRef, Seen, ServiceAccount};

/// The types of Secret that hold a registry's login.
const TYPES: [&str; 2] = ["kubernetes.io/dockerconfigjson", OLD_TYPE];
/// The older of them, which no command of kubectl makes any more.
const OLD_TYPE: &str = "kubernetes.io/dockercfg";

/// How many characters the API server adds to a generated name (k8s.io/apiserver pkg/storage/names).
const RANDOM: usize = 5;

/// A Secret that is named for pulling.
#[derive(Debug)]
pub(super) struct PullSecret<'c> {
    /// Its name.
    pub(super) name: &'c str,
    /// Where it is named.
    pub(super) named: Evidence,
    /// Whether it is there.
    pub(super) secret: Seen<'c, &'c Keyed>,
    /// Whether it stands in the ServiceAccount's list.
    pub(super) by_account: bool,
}

impl PullSecret<'_> {
    /// The type of a Secret that is there but holds no login that the kubelet reads.
    pub(super) fn wrong_type(&self) -> Option<&str> {
        let found = self.secret.yes()?.r#type.as_deref()?;
        (!TYPES.contains(&found)).then_some(found)
    }

    /// Whether it is of the older type. A Secret's type cannot be changed.
    pub(super) fn is_of_old_type(&self) -> bool {
        let found = self
            .secret
            .yes()
            .and_then(|secret| secret.r#type.as_deref());
        found == Some(OLD_TYPE)
    }

    /// Whether OpenShift made it.
    pub(super) fn is_of_platform(&self) -> bool {
        is_of_platform(self.name, self.secret.yes())
    }
}

fn is_of_platform(name: &str, secret: Option<&Keyed>) -> bool {
    let found = secret.and_then(|secret| secret.r#type.as_deref());
    found.is_none_or(|found| found == OLD_TYPE)
        && name
            .rsplit_once("-dockercfg-")
            .is_some_and(|(account, random)| !account.is_empty() && random.len() == RANDOM)
}

/// The Secrets that are used for an image: the pod's, unless no pod names the image.
pub(super) fn of<'c>(failed: &FailedPull<'c>) -> Vec<PullSecret<'c>> {
    if failed.of_sandbox {
        Vec::new()
    } else {
        named(failed.case)
    }
}

/// The Secrets that the pod names, or that its ServiceAccount names for pods to come.
pub(super) fn named<'c>(case: &'c Case<'c>) -> Vec<PullSecret<'c>> {
    let of_account = of_account(case);
    let secret = |name| case.snapshot.secrets().get(case.namespace(), name);
    let own = case.pod().spec().image_pull_secrets.as_deref();
    let own = own.unwrap_or_default();
    if !own.is_empty() {
        let named = own
            .iter()
            .enumerate()
            .filter(|(_, own)| !own.name.is_empty());
        return named
            .map(|(index, own)| PullSecret {
                name: &own.name,
                named: case.field(format!("spec.imagePullSecrets[{index}].name"), &own.name),
                secret: secret(&own.name),
                by_account: of_account.contains(&own.name.as_str()),
            })
            .collect();
    }
    let named = of_account.iter().enumerate();
    named
        .map(|(index, name)| PullSecret {
            name,
            named: case.field_of(
                account(case),
                format!("imagePullSecrets[{index}].name"),
                *name,
            ),
            secret: secret(name),
            by_account: true,
        })
        .collect()
}

/// That of these with a name.
pub(super) fn of_name<'n, 'c>(
    named: &'n [PullSecret<'c>],
    secret: &str,
) -> Option<&'n PullSecret<'c>> {
    named.iter().find(|named| named.name == secret)
}

/// The names of these Secrets.
pub(super) fn names(named: &[PullSecret<'_>]) -> Vec<String> {
    named.iter().map(|named| named.name.to_owned()).collect()
}

/// Whether the pod itself names a Secret.
pub(super) fn pod_names_any(case: &Case<'_>) -> bool {
    let own = case.pod().spec().image_pull_secrets.as_deref();
    own.unwrap_or_default()
        .iter()
        .any(|own| !own.name.is_empty())
}

/// Whether it is known which Secrets the pod names: `kubectl describe` does not show them.
pub(super) fn are_known(case: &Case<'_>) -> bool {
    pod_names_any(case) || !case.pod().is_described()
}

/// The pod's ServiceAccount.
pub(super) fn account(case: &Case<'_>) -> ObjectRef {
    let name = case.pod().spec().service_account_name.as_deref();
    ObjectRef::new(
        Kind::ServiceAccount,
        case.namespace(),
        name.filter(|name| !name.is_empty()).unwrap_or("default"),
    )
}

/// Whether it was read.
pub(super) fn is_account_read(case: &Case<'_>) -> bool {
    let accounts = case.snapshot.service_accounts();
    let account = accounts.get(case.namespace(), &account(case).name);
    account.yes().is_some()
}

fn of_account<'c>(case: &'c Case<'c>) -> Vec<&'c str> {
    let accounts = case.snapshot.service_accounts();
    let account: Option<&ServiceAccount> =
        accounts.get(case.namespace(), &account(case).name).yes();
    let named = account.and_then(|account| account.image_pull_secrets.as_deref());
    let names = named.unwrap_or_default().iter();
    names.filter_map(|named| named.name.as_deref()).collect()
}

/// The Secrets of the namespace that hold a login of somebody's own, as far as read.
pub(super) fn at_hand<'c>(case: &'c Case<'c>) -> Vec<&'c str> {
    let secrets = case.snapshot.secrets().seen_in(case.namespace());
    secrets
        .filter(|(name, secret)| {
            let found = secret.r#type.as_deref().unwrap_or_default();
            TYPES.contains(&found) && !is_of_platform(name, Some(secret))
        })
        .map(|(name, _)| name)
        .collect()
}
