//! `container-create-error`: the runtime refuses to create a container.

use crate::text::{Sentence, say};
use super::reference::{Refusal, refusals};
use crate::kubernetes::text;
use crate::messages::config::ConfigFailure;
use crate::messages::start;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::role_word;
use crate::rules::{Case, Check, Layer, Rule};

/// The runtime refuses to create a container.
pub static RULE: Rule = Rule {
    cause: "container-create-error",
    layer: Layer::Container,
    title: "the runtime refuses to create the container",
    explanation: include_str!("container_create_error.md"),
    reads: &[],
    refines: &[],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    refusals(case, &["CreateContainerError"])
        .iter()
        .filter(|refusal| is_own(refusal))
        .map(|refusal| finding(case, refusal))
        .collect()
}

/// Whether it is no cause of its own: missing objects are told under either reason, CRI-O reports
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
    let finding = Finding::new(case.subject(), headline(failure), refusal.proof.clone())
        .container(refusal.container.name())
        .fact("role", role_word(refusal.container.role))
        .look(case.describe_pod())
        .fact("image", refusal.container.image())
        .fact("message", text::one_line(&refusal.message).into_owned())
        .why(why(failure))
        .fix(advice(failure));
    match failure {
        ConfigFailure::PathMissing { path } => finding.fact("path", path.as_str()),
        ConfigFailure::ProfileMissing { profile } => finding.fact("profile", profile.as_str()),
        ConfigFailure::SubPath { mount: Some(mount) } => finding.fact("mount", mount.as_str()),
        _ => finding,
    }
}

fn headline(failure: &ConfigFailure) -> Sentence {
    match failure {
        ConfigFailure::NoCommand => {
            say!("container-create-error.headline", "image {image} names no command, and {role} {container} gives none")
        }
        ConfigFailure::NameReserved => {
            say!("container-create-error.headline-2", "an earlier attempt to create {role} {container} still holds its name")
        }
        ConfigFailure::PathMissing { .. } => {
            say!("container-create-error.headline-3", "{role} {container} needs path {path} of the node, which is not usable")
        }
        ConfigFailure::ProfileMissing { .. } => {
            say!("container-create-error.headline-4", "{role} {container} needs security profile {profile}, which the node does not have")
        }
        ConfigFailure::SubPath { mount: Some(_) } => {
            say!("container-create-error.headline-5", "the subPath of volume mount {mount} of {role} {container} cannot be used")
        }
        ConfigFailure::Device => say!("container-create-error.headline-6", "{role} {container} needs a device that the node does not have"),
        ConfigFailure::User => say!("container-create-error.headline-7", "the user or group of {role} {container} is not known to its image"),
        ConfigFailure::ImageVolume => say!("container-create-error.headline-8", "an image volume of {role} {container} cannot be mounted"),
        ConfigFailure::HandlerMissing => say!("container-create-error.headline-9", "the node does not know the pod's runtime handler"),
        ConfigFailure::Timeout => {
            say!("container-create-error.headline-10", "the runtime does not answer in time to create {role} {container}")
        }
        ConfigFailure::SandboxGone => say!("container-create-error.headline-11", "the sandbox for {role} {container} is gone"),
        _ => say!("container-create-error.headline-12", "the runtime refuses to create {role} {container}: {message}"),
    }
}

fn why(failure: &ConfigFailure) -> Sentence {
    match failure {
        ConfigFailure::NameReserved => {
            say!("container-create-error.why", "the runtime answered too late once, and the kubelet asks again while the first request is still at work: the node's disk or runtime is slow")
        }
        ConfigFailure::SandboxGone => say!("container-create-error.why-2", "the kubelet makes a new one by itself"),
        _ => "",
    }
}

fn advice(failure: &ConfigFailure) -> Option<Fix> {
    let (change, who) = match failure {
        ConfigFailure::NoCommand => (
            say!("container-create-error.advice", "set command of {role} {container}, or build the image with ENTRYPOINT or CMD"),
            Who::Owner,
        ),
        ConfigFailure::PathMissing { .. } => (
            say!("container-create-error.advice-2", "make {path} on the node, or mount what exists there"),
            Who::Admin,
        ),
        ConfigFailure::ProfileMissing { .. } => (
            say!("container-create-error.advice-3", "load security profile {profile} on the node, or name another one"),
            Who::Admin,
        ),
        ConfigFailure::User => (
            say!("container-create-error.advice-4", "name the user and group of {role} {container} by number, or add them to the image"),
            Who::Owner,
        ),
        ConfigFailure::NameReserved | ConfigFailure::Timeout => (
            say!("container-create-error.advice-5", "wait for the runtime to catch up; if it does not, look at the node's disk and restart its runtime"),
            Who::Admin,
        ),
        _ => return None,
    };
    Some(Fix::advice(change, who))
}
