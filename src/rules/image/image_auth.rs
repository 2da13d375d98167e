//! `image-auth`: the registry refuses this login, or needs one and none was used.

use crate::text::{Sentence, say};
use super::failed_pull::{self, FailedPull};
use super::{login, pull_secrets};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::{Case, Layer, Rule};
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
    check,
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

fn words(failed: &FailedPull<'_>, named: &[PullSecret<'_>]) -> (Sentence, Sentence) {
    if wrong_type(named).is_some() {
        return (
            say!("image-auth.text", "{host} refuses image {image}: Secret {secret} of type {type} holds no login that the kubelet reads"),
            say!("image-auth.text-2", "the kubelet reads the types kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg only, and pulls without a login otherwise"),
        );
    }
    if named.is_empty() {
        return match (failed.pull.anonymous, hides(failed)) {
            (Some(false), _) => (
                say!("image-auth.text-3", "{host} refuses the login that {node} has for image {image}"),
                say!("image-auth.text-4", "the pod names no pull secret: the login comes from the node, by a credential plugin of the kubelet or the runtime's configuration"),
            ),
            (_, true) => (
                say!("image-auth.text-5", "{host} denies image {image}, and the pod names no pull secret"),
                say!("image-auth.text-6", "missing or not allowed: registries give this answer for both"),
            ),
            (_, false) => (
                say!("image-auth.text-7", "{host} wants a login for image {image}, and the pod names no pull secret"),
                "",
            ),
        };
    }
    if !pull_secrets::pod_names_any(failed.case) {
        return (
            say!("image-auth.text-8", "{host} wants a login for image {image}, and the pod was made before its ServiceAccount named one"),
            say!("image-auth.text-9", "a ServiceAccount's list of pull secrets is copied into a pod when the pod is made"),
        );
    }
    let why = match failed.pull.anonymous {
        Some(true) => say!("image-auth.text-10", "it was asked without a login: Secret {secrets} holds none for that host"),
        _ => {
            say!("image-auth.text-11", "the login in Secret {secrets} is wrong, has run out, lacks the right to pull, or is for another host")
        }
    };
    (say!("image-auth.text-12", "{host} refuses the login for image {image}"), why)
}

/// Words of a registry, or of the runtime in its stead, about a login as such.
const LOGIN: [&str; 5] = [
    say!("image-auth.text-13", "no basic auth credentials"),
    say!("image-auth.text-14", "invalid username/password"),
    say!("image-auth.text-15", "incorrect username or password"),
    say!("image-auth.text-16", "authorization token has expired"),
    say!("image-auth.text-17", "authentication required"),
];

/// A refusal of rights, not of the login: registries answer it for what is not there, too.
fn hides(failed: &FailedPull<'_>) -> bool {
    let of_rights = failed.pull.status == Some(403)
        || failed.says("denied")
        || failed.says(say!("image-auth.hides", "access to the requested resource is not authorized"));
    of_rights && !LOGIN.iter().any(|words| failed.says(words))
}

/// The first of the named Secrets, when none of them is of a type that holds a login.
fn wrong_type<'n>(named: &'n [PullSecret<'_>]) -> Option<(&'n str, &'n str)> {
    let first = named.first()?;
    let none_fits = named.iter().all(|named| named.wrong_type().is_some());
    let found = first.wrong_type().filter(|_| none_fits)?;
    Some((first.name, found))
}
