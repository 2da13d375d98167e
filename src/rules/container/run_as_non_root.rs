//! `run-as-non-root`: the pod forbids root, and the container would run as root or as a user of unknown number.

use super::reference::{Refusal, UNMADE, refusals};
use crate::messages::config::ConfigFailure;
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::rules::shared::template::{field_path, place, role_word};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::text::say;

/// The pod forbids root, and the container would run as root or as a user of unknown number.
pub static RULE: Rule = Rule {
    cause: "run-as-non-root",
    layer: Layer::Container,
    title: "runAsNonRoot forbids the user that the container would run as",
    seen_as: &["CreateContainerConfigError", "Failed"],
    explanation: include_str!("run_as_non_root.md"),
    reads: &[],
    refines: &["container-config-error"],
    root: Root::Facts(say!(
        "run-as-non-root.root",
        "image {image} runs as root, which its pods forbid"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    refusals(case, UNMADE)
        .iter()
        .filter_map(|refusal| finding(case, refusal))
        .collect()
}

fn finding(case: &Case<'_>, refusal: &Refusal<'_>) -> Option<Finding> {
    let (headline, why, fix) = match &refusal.failure {
        ConfigFailure::RunsAsRoot => (
            say!(
                "run-as-non-root.image-runs-as-root",
                "{role} {container} must not run as root, and image {image} runs as root"
            ),
            say!(
                "run-as-non-root.why-image-runs-as-root",
                "the image has no USER or USER root, and the pod sets no runAsUser"
            ),
            say!(
                "run-as-non-root.set-user",
                "set securityContext.runAsUser of {role} {container} to the number of a user that the image can work as, or build the image with a numeric USER"
            ),
        ),
        ConfigFailure::UserNotNumeric { .. } => (
            say!(
                "run-as-non-root.user-by-name",
                "{role} {container} must not run as root, and image {image} names its user {user} by name and not by number"
            ),
            say!(
                "run-as-non-root.why-user-by-name",
                "the kubelet does not read the image's /etc/passwd and so cannot tell that {user} is not root"
            ),
            say!(
                "run-as-non-root.set-number-of-user",
                "set securityContext.runAsUser of {role} {container} to the number of user {user}, or build the image with a numeric USER"
            ),
        ),
        ConfigFailure::RunAsUserIsRoot => (
            say!(
                "run-as-non-root.user-is-root",
                "{role} {container} must not run as root, and runAsUser is 0"
            ),
            say!(
                "run-as-non-root.why-user-is-root",
                "runAsNonRoot and runAsUser contradict each other"
            ),
            say!(
                "run-as-non-root.set-another-user",
                "set securityContext.runAsUser of {role} {container} to another user than 0, or drop runAsNonRoot if it has to be root"
            ),
        ),
        _ => return None,
    };
    let user = match &refusal.failure {
        ConfigFailure::UserNotNumeric { user } => Some(user.as_str()),
        _ => None,
    };
    let finding = Finding::new(case.subject(), headline, refusal.proof.clone())
        .container(refusal.container.name())
        .fact("role", role_word(refusal.container.role))
        .fact("image", refusal.container.image())
        .fact_if("user", user)
        .why(why)
        .evidence(settings(case, refusal))
        .fix([Fix::advice(fix, Who::Owner).of_template()]);
    Some(match refusal.failure {
        // the image has no part in it
        ConfigFailure::RunAsUserIsRoot => finding.inspect(NextCommand::default()),
        _ => finding.inspect(case.image_config(refusal.container.image())),
    })
}

/// What the pod and the container say about users; the container's setting takes precedence.
fn settings(case: &Case<'_>, refusal: &Refusal<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    let mut quote = |path: String, value: Option<String>| {
        found.extend(value.map(|value| case.field(path, value)));
    };
    let own = refusal
        .container
        .spec
        .and_then(|spec| spec.security_context.as_ref());
    if let (Some(own), Some(place)) = (own, place(case, &refusal.container)) {
        let path = |field: &str| field_path(&format!("{place}/securityContext/{field}"));
        quote(
            path("runAsNonRoot"),
            own.run_as_non_root.map(|value| value.to_string()),
        );
        quote(
            path("runAsUser"),
            own.run_as_user.map(|value| value.to_string()),
        );
    }
    if let Some(pod) = &case.pod().spec().security_context {
        let path = |field: &str| field_path(&format!("securityContext/{field}"));
        quote(
            path("runAsNonRoot"),
            pod.run_as_non_root.map(|value| value.to_string()),
        );
        quote(
            path("runAsUser"),
            pod.run_as_user.map(|value| value.to_string()),
        );
    }
    found
}
