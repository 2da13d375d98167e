//! `image-auth`: the registry refuses this login, or needs one and none was used.

use super::failed_pull::{self, FailedPull};
use super::{login, pull_secrets};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::{Kind, ObjectRef};
use pull_secrets::PullSecret;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-auth",
    layer: Layer::Image,
    title: "a registry refuses the login, or wants one",
    explanation: include_str!("image_auth.md"),
    reads: &[Kind::Secret, Kind::ServiceAccount],
    refines: &["image-pull-failed"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::Auth)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let named = pull_secrets::named(failed.case);
    let (headline, why) = words(failed, &named);
    let secrets: Vec<String> = named.iter().map(|named| named.name.to_owned()).collect();
    let finding = failed.finding(headline).why(why).fact("secrets", secrets);
    let finding = match failed.pull.status {
        Some(status) => finding.fact("status", u32::from(status)),
        None => finding,
    };
    let finding = if hides(failed) {
        finding.certainty(Certainty::Likely)
    } else {
        finding
    };
    let finding = finding.evidence(named.iter().map(|named| named.named.clone()));
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

fn words(failed: &FailedPull<'_>, named: &[PullSecret<'_>]) -> (&'static str, &'static str) {
    if wrong_type(named).is_some() {
        return (
            "{host} refuses image {image}: Secret {secret} of type {type} holds no login that the kubelet reads",
            "the kubelet reads the types kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg only, and pulls without a login otherwise",
        );
    }
    if named.is_empty() {
        return match (failed.pull.anonymous, hides(failed)) {
            (Some(false), _) => (
                "{host} refuses the login that {node} has for image {image}",
                "the pod names no pull secret: the login comes from the node, by a credential plugin of the kubelet or the runtime's configuration",
            ),
            (_, true) => (
                "{host} denies image {image}, and the pod names no pull secret",
                "missing or not allowed: registries give this answer for both",
            ),
            (_, false) => (
                "{host} wants a login for image {image}, and the pod names no pull secret",
                "",
            ),
        };
    }
    if !pull_secrets::pod_names_any(failed.case) {
        return (
            "{host} wants a login for image {image}, and the pod was made before its ServiceAccount named one",
            "a ServiceAccount's list of pull secrets is copied into a pod when the pod is made",
        );
    }
    let why = match failed.pull.anonymous {
        Some(true) => "it was asked without a login: Secret {secrets} holds none for that host",
        _ => {
            "the login in Secret {secrets} is wrong, has run out, lacks the right to pull, or is for another host"
        }
    };
    ("{host} refuses the login for image {image}", why)
}

/// Words of a registry, or of the runtime in its stead, about a login as such.
const LOGIN: [&str; 5] = [
    "no basic auth credentials",
    "invalid username/password",
    "incorrect username or password",
    "authorization token has expired",
    "authentication required",
];

/// A refusal of rights, not of the login: registries answer it for what is not there, too.
fn hides(failed: &FailedPull<'_>) -> bool {
    let of_rights = failed.pull.status == Some(403)
        || failed.says("denied")
        || failed.says("access to the requested resource is not authorized");
    of_rights && !LOGIN.iter().any(|words| failed.says(words))
}

/// The first of the named Secrets, when none of them is of a type that holds a login.
fn wrong_type<'n>(named: &'n [PullSecret<'_>]) -> Option<(&'n str, &'n str)> {
    let first = named.first()?;
    let none_fits = named.iter().all(|named| named.wrong_type().is_some());
    let found = first.wrong_type().filter(|_| none_fits)?;
    Some((first.name, found))
}
