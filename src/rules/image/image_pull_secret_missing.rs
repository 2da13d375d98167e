//! `image-pull-secret-missing`: a Secret that the pod or its ServiceAccount names for pulling does not exist.

use super::failed_pull::{self, FailedPull};
use super::image_not_found::may_be_hidden;
use super::missing_secret_fixes::with_fixes;
use super::pull_secrets;
use crate::messages::form::search;
use crate::messages::pull::{PullFailure, missing_secrets};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{ContainerView, Event, Kind, ObjectRef, Seen};
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-pull-secret-missing",
    layer: Layer::Image,
    title: "a pull secret does not exist",
    seen_as: &[
        "ErrImagePull",
        "ImagePullBackOff",
        "FailedToRetrieveImagePullSecret",
        "ContainerCreating",
        "Failed",
        "BackOff",
    ],
    explanation: include_str!("image_pull_secret_missing.md"),
    reads: &[Kind::Secret, Kind::ServiceAccount],
    // a registry that hides what exists answers a pull without login as if the image were missing
    refines: &["image-auth", "image-not-found"],
    root: Root::Facts(say!(
        "image-pull-secret-missing.root",
        "pull Secret {secret} does not exist in namespace {namespace}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let failed = failed_pull::all(case);
    if failed.is_empty() {
        return before_any_pull(case).into_iter().collect();
    }
    failed
        .iter()
        // pulls fail for other reasons, too, and public images need no login: the Secret is then beside the point
        .filter(|failed| failed.pull.failure == PullFailure::Auth || may_be_hidden(failed))
        .filter(|failed| !failed.of_sandbox)
        .filter_map(finding)
        .collect()
}

/// No pull has failed yet as far as is known, and a Secret that cannot be had is the pod's latest event:
/// it may be harmless, since public images need no login.
fn before_any_pull(case: &Case<'_>) -> Option<Finding> {
    let creating = |container: &ContainerView<'_>| {
        matches!(
            container.waiting_reason(),
            "ContainerCreating" | "PodInitializing"
        )
    };
    let event = case.events().into_iter().next_back()?;
    if event.reason != "FailedToRetrieveImagePullSecret"
        || !case.pod().containers().all(|c| creating(&c))
    {
        return None;
    }
    let names = missing_secrets(&event.message);
    let secret = names.iter().find(|name| {
        case.snapshot
            .secrets()
            .get(case.namespace(), name)
            .yes()
            .is_none()
    })?;
    let headline = say!(
        "image-pull-secret-missing.before-any-pull",
        "the kubelet cannot get pull secret {secret}, and nothing was heard of the pod since"
    );
    let finding = Finding::new(case.subject(), headline, case.event(event))
        .why(say!("image-pull-secret-missing.before-any-pull-why", "the pull goes on without that login; whether the registry refuses it is not known"))
        .fact("secret", secret.as_str())
        .fact("namespace", case.namespace())
        .certainty(Certainty::Possible)
        .fix([Fix::advice(
            say!("image-pull-secret-missing.create-or-drop", "create Secret {secret} in namespace {namespace}, or take it out of the pod's imagePullSecrets if the image is public"),
            Who::Owner,
        )]);
    Some(finding)
}

fn finding(failed: &FailedPull<'_>) -> Option<Finding> {
    let case = failed.case;
    let named = pull_secrets::named(case);
    let event = case.newest_event(&["FailedToRetrieveImagePullSecret"]);
    let mut absent = named.iter().filter(|named| named.secret.is_absent());
    let (secret, certainty, absence) = match absent.next() {
        Some(secret) => {
            let all = absent.count() + 1 == named.len() && pull_secrets::pod_names_any(case);
            let certain = all && failed.pull.failure == PullFailure::Auth && !failed.indirect;
            let object = ObjectRef::new(Kind::Secret, case.namespace(), secret.name);
            let absence = Some(case.absence(object));
            (
                secret.name,
                if certain {
                    Certainty::Proven
                } else {
                    Certainty::Likely
                },
                absence,
            )
        }
        None => (not_retrieved(case, event?)?, Certainty::Likely, None),
    };
    let headline = if absence.is_some() {
        say!(
            "image-pull-secret-missing.absent",
            "pull secret {secret} does not exist, and {host} refuses image {image} without a login"
        )
    } else {
        say!(
            "image-pull-secret-missing.not-retrieved",
            "the kubelet cannot get pull secret {secret}, and {host} refuses image {image} without a login"
        )
    };
    let evidence = pull_secrets::of_name(&named, secret).map(|named| named.named.clone());
    let finding = failed
        .finding(headline)
        .why(say!("image-pull-secret-missing.why", "the kubelet goes on without a Secret that it cannot get, so the registry is asked without that login"))
        .fact("secret", secret)
        .certainty(certainty)
        .inspect(case.kubectl(["get", "secrets"]))
        .evidence(absence)
        .evidence(event.map(|event| case.event(event)))
        .evidence(evidence);
    Some(with_fixes(failed, finding, &named, secret))
}

/// A Secret that the kubelet says it could not get, and that is not known to be there by now.
fn not_retrieved<'c>(case: &'c Case<'c>, event: &'c Event) -> Option<&'c str> {
    // kubelet: images/image_manager.go or kubelet_pods.go, getPullSecretsForPod
    let names = search("image pull secrets ({*})", &event.message)?.get(0);
    names.split(", ").map(str::trim).find(|name| {
        !name.is_empty()
            && matches!(
                case.snapshot.secrets().get(case.namespace(), name),
                Seen::Unknown(_)
            )
    })
}
