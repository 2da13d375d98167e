//! `image-auth`: the registry refuses this login, or needs one and none was used.

use super::failed_pull::{self, FailedPull};
use super::{login, pull_secrets};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Sentence, say};
use pull_secrets::PullSecret;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-auth",
    layer: Layer::Image,
    title: "a registry refuses the login, or wants one",
    seen_as: NOT_PULLED,
    explanation: include_str!("image_auth.md"),
    reads: &[Kind::Secret, Kind::ServiceAccount],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "image-auth.root",
        "{host} lets nobody of namespace {namespace} pull without the right login"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::Auth)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let named = pull_secrets::named(failed.case);
    let (headline, why) = sentences(failed, &named);
    let mut finding = failed.finding(headline);
    finding.why = why;
    let finding = finding
        .fact("secrets", pull_secrets::names(&named))
        .fact_if("status", failed.pull.status.map(u32::from))
        .when(may_be_missing(failed), |finding| {
            finding.certainty(Certainty::Likely)
        })
        .evidence(named.iter().map(|named| named.named.clone()))
        .inspect(failed.skopeo(&["inspect", "--creds", "USER:TOKEN"], failed.image));
    match wrong_type(&named) {
        Some((secret, found)) => {
            let object = ObjectRef::new(Kind::Secret, failed.case.namespace(), secret);
            finding
                .evidence([failed.case.field_of(object, "type", found)])
                .fact("secret", secret)
                .fact("type", found)
                .fix([login::remake(failed, secret)])
        }
        None => finding.fix(login::fixes(failed, &named)),
    }
}

/// The same of a pod whose pull secrets are not shown.
fn unshown(may_be_missing: bool) -> (Sentence, Option<Sentence>) {
    if may_be_missing {
        let why = say!(
            "image-auth.denied-unshown-why",
            "missing or not allowed: registries give this answer for both; kubectl describe does not show whether the pod names a pull secret"
        );
        return (
            say!("image-auth.denied-unshown", "{host} denies image {image}"),
            Some(why),
        );
    }
    let why = say!(
        "image-auth.unshown-why",
        "kubectl describe does not show which pull secrets the pod names: there is none, or the login in it is refused"
    );
    let headline = say!(
        "image-auth.unshown",
        "{host} wants a login that may pull image {image}"
    );
    (headline, Some(why))
}

/// The headline, and how it comes about.
fn sentences(failed: &FailedPull<'_>, named: &[PullSecret<'_>]) -> (Sentence, Option<Sentence>) {
    if wrong_type(named).is_some() {
        return (
            say!(
                "image-auth.wrong-type",
                "{host} refuses image {image}: Secret {secret} of type {type} holds no login that the kubelet reads"
            ),
            Some(say!(
                "image-auth.wrong-type-why",
                "the kubelet reads the types kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg only, and pulls without a login otherwise"
            )),
        );
    }
    if !pull_secrets::are_known(failed.case) {
        return unshown(may_be_missing(failed));
    }
    if named.is_empty() {
        return match (failed.pull.anonymous, may_be_missing(failed)) {
            (Some(false), _) => (
                say!(
                    "image-auth.login-of-node",
                    "{host} refuses the login that {node} has for image {image}"
                ),
                Some(say!(
                    "image-auth.login-of-node-why",
                    "the pod names no pull secret: the login comes from the node, by a credential plugin of the kubelet or the runtime's configuration"
                )),
            ),
            (_, true) => (
                say!(
                    "image-auth.denied",
                    "{host} denies image {image}, and the pod names no pull secret"
                ),
                Some(say!(
                    "image-auth.denied-why",
                    "missing or not allowed: registries give this answer for both"
                )),
            ),
            (_, false) => (
                say!(
                    "image-auth.no-login",
                    "{host} wants a login for image {image}, and the pod names no pull secret"
                ),
                None,
            ),
        };
    }
    if !pull_secrets::pod_names_any(failed.case) {
        return (
            say!(
                "image-auth.pod-older-than-list",
                "{host} wants a login for image {image}, and the pod was made before its ServiceAccount named one"
            ),
            Some(say!(
                "image-auth.pod-older-than-list-why",
                "a ServiceAccount's list of pull secrets is copied into a pod when the pod is made"
            )),
        );
    }
    let why = match failed.pull.anonymous {
        Some(true) => say!(
            "image-auth.login-of-other-host-why",
            "it was asked without a login: Secret {secrets} holds none for that host"
        ),
        _ => say!(
            "image-auth.login-refused-why",
            "the login in Secret {secrets} is wrong, has run out, lacks the right to pull, or is for another host"
        ),
    };
    (
        say!(
            "image-auth.login-refused",
            "{host} refuses the login for image {image}"
        ),
        Some(why),
    )
}

/// What a registry, or the runtime in its stead, says of a login as such.
const LOGIN: [&str; 5] = [
    "no basic auth credentials",
    "invalid username/password",
    "incorrect username or password",
    "authorization token has expired",
    "authentication required",
];

/// A refusal of rights, not of the login: registries answer it for what is not there, too.
fn may_be_missing(failed: &FailedPull<'_>) -> bool {
    let of_rights = failed.pull.status == Some(403)
        || failed.says("denied")
        || failed.says("access to the requested resource is not authorized");
    of_rights && !LOGIN.iter().any(|text| failed.says(text))
}

/// The first of the named Secrets, when none of them is of a type that holds a login.
fn wrong_type<'n>(named: &'n [PullSecret<'_>]) -> Option<(&'n str, &'n str)> {
    let first = named.first()?;
    let none_fits = named.iter().all(|named| named.wrong_type().is_some());
    let found = first.wrong_type().filter(|_| none_fits)?;
    Some((first.name, found))
}
