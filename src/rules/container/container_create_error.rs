//! `container-create-error`: the runtime refuses to create a container.

use super::container_config_error::SUB_PATH;
use super::reference::{Refusal, refusals};
use crate::kubernetes::text;
use crate::messages::config::ConfigFailure;
use crate::messages::quote::innermost;
use crate::messages::start;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::role_word;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// The runtime refuses to create a container.
pub static RULE: Rule = Rule {
    cause: "container-create-error",
    layer: Layer::Container,
    title: "the runtime refuses to create the container",
    seen_as: &["CreateContainerError", "Failed"],
    explanation: include_str!("container_create_error.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    refusals(case, &["CreateContainerError"])
        .iter()
        .filter(|refusal| is_own(refusal))
        .map(|refusal| finding(case, refusal))
        .collect()
}

/// Whether it is no cause of its own: missing objects come under either reason, CRI-O reports
/// start errors as errors of creation, and a full disk is the node's.
fn is_own(refusal: &Refusal<'_>) -> bool {
    match refusal.failure {
        ConfigFailure::ConfigMapMissing { .. }
        | ConfigFailure::SecretMissing { .. }
        | ConfigFailure::KeyMissing { .. }
        | ConfigFailure::RunsAsRoot
        | ConfigFailure::UserNotNumeric { .. }
        | ConfigFailure::RunAsUserIsRoot
        | ConfigFailure::DiskFull => false,
        ConfigFailure::Unknown => start::read(&refusal.message).is_none(),
        _ => true,
    }
}

fn finding(case: &Case<'_>, refusal: &Refusal<'_>) -> Finding {
    let failure = &refusal.failure;
    let mut finding = Finding::new(case.subject(), headline(failure), refusal.proof.clone())
        .container(refusal.container.name())
        .fact("role", role_word(refusal.container.role))
        .inspect(case.node_log())
        .fact("image", refusal.container.image())
        .fact(
            "message",
            text::one_line(innermost(&refusal.message)).into_owned(),
        )
        .fix(advice(failure));
    finding.why = why(failure);
    if *failure == ConfigFailure::NoCommand {
        finding = finding.inspect(case.image_config(refusal.container.image()));
    }
    match failure {
        ConfigFailure::PathMissing { path } => finding.fact("path", path.as_str()),
        ConfigFailure::ProfileMissing { profile } => finding.fact("profile", profile.as_str()),
        ConfigFailure::SubPath { mount } => finding.fact_if("mount", mount.as_deref()),
        _ => finding,
    }
}

fn headline(failure: &ConfigFailure) -> Sentence {
    match failure {
        ConfigFailure::NoCommand => say!(
            "container-create-error.no-command",
            "image {image} names no command, and {role} {container} gives none"
        ),
        ConfigFailure::NameReserved => say!(
            "container-create-error.name-reserved",
            "an earlier attempt to create {role} {container} still holds its name"
        ),
        ConfigFailure::PathMissing { .. } => say!(
            "container-create-error.path-missing",
            "{role} {container} needs path {path} of the node, which is not usable"
        ),
        ConfigFailure::ProfileMissing { .. } => say!(
            "container-create-error.profile-missing",
            "{role} {container} needs security profile {profile}, which the node does not have"
        ),
        ConfigFailure::SubPath { .. } => SUB_PATH,
        ConfigFailure::Device => say!(
            "container-create-error.device",
            "{role} {container} needs a device that the node does not have"
        ),
        ConfigFailure::User => say!(
            "container-create-error.user",
            "the user or group of {role} {container} is not known to its image"
        ),
        ConfigFailure::ImageVolume => say!(
            "container-create-error.image-volume",
            "an image volume of {role} {container} cannot be mounted"
        ),
        ConfigFailure::HandlerMissing => say!(
            "container-create-error.handler-missing",
            "the node does not know the pod's runtime handler"
        ),
        ConfigFailure::Timeout => say!(
            "container-create-error.timeout",
            "the runtime does not answer in time to create {role} {container}"
        ),
        ConfigFailure::SandboxGone => say!(
            "container-create-error.sandbox-gone",
            "the sandbox for {role} {container} is gone"
        ),
        _ => say!(
            "container-create-error.other",
            "the runtime refuses to create {role} {container}: {message}"
        ),
    }
}

fn why(failure: &ConfigFailure) -> Option<Sentence> {
    match failure {
        ConfigFailure::NameReserved => Some(say!(
            "container-create-error.why-name-reserved",
            "the runtime answered too late once, and the kubelet asks again while the first request is still at work: the node's disk or runtime is slow"
        )),
        ConfigFailure::SandboxGone => Some(say!(
            "container-create-error.why-sandbox-gone",
            "the kubelet makes a new one by itself"
        )),
        _ => None,
    }
}

fn advice(failure: &ConfigFailure) -> Option<Fix> {
    let (change, who) = match failure {
        ConfigFailure::NoCommand => (
            say!(
                "container-create-error.set-command",
                "set command of {role} {container}, or build the image with ENTRYPOINT or CMD"
            ),
            Who::Owner,
        ),
        ConfigFailure::PathMissing { .. } => (
            say!(
                "container-create-error.make-path",
                "make {path} on the node, or mount what exists there"
            ),
            Who::Admin,
        ),
        ConfigFailure::ProfileMissing { .. } => (
            say!(
                "container-create-error.load-profile",
                "load security profile {profile} on the node, or name another one"
            ),
            Who::Admin,
        ),
        ConfigFailure::User => (
            say!(
                "container-create-error.user-by-number",
                "name the user and group of {role} {container} by number, or add them to the image"
            ),
            Who::Owner,
        ),
        ConfigFailure::NameReserved | ConfigFailure::Timeout => (
            say!(
                "container-create-error.wait-for-runtime",
                "wait for the runtime to catch up; if it does not, look at the node's disk and restart its runtime"
            ),
            Who::Admin,
        ),
        _ => return None,
    };
    Some(Fix::advice(change, who).when(who == Who::Owner, Fix::of_template))
}
