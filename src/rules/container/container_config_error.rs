//! `container-config-error`: the kubelet cannot build a container's configuration, for another reason than the known ones.

use super::reference::{Refusal, refusals};
use crate::kubernetes::text;
use crate::messages::config::ConfigFailure;
use crate::messages::quote::innermost;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::template::role_word;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// The kubelet cannot build a container's configuration, for another reason than the known ones.
pub static RULE: Rule = Rule {
    cause: "container-config-error",
    layer: Layer::Container,
    title: "the kubelet cannot build the container's configuration",
    seen_as: &["CreateContainerConfigError", "Failed"],
    explanation: include_str!("container_config_error.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    refusals(case, &["CreateContainerConfigError"])
        .iter()
        .filter(|refusal| !is_known(&refusal.failure))
        .map(|refusal| finding(case, refusal))
        .collect()
}

/// Whether it is a cause of its own: a full disk is the node's.
fn is_known(failure: &ConfigFailure) -> bool {
    matches!(
        failure,
        ConfigFailure::ConfigMapMissing { .. }
            | ConfigFailure::SecretMissing { .. }
            | ConfigFailure::KeyMissing { .. }
            | ConfigFailure::RunsAsRoot
            | ConfigFailure::UserNotNumeric { .. }
            | ConfigFailure::RunAsUserIsRoot
            | ConfigFailure::DiskFull
    )
}

fn finding(case: &Case<'_>, refusal: &Refusal<'_>) -> Finding {
    let failure = &refusal.failure;
    let finding = Finding::new(case.subject(), headline(failure), refusal.proof.clone())
        .container(refusal.container.name())
        .fact("role", role_word(refusal.container.role))
        .inspect(case.kubectl(["get", &case.object().argument(), "-o", "yaml"]))
        .fact(
            "message",
            text::one_line(innermost(&refusal.message)).into_owned(),
        )
        .fix(advice(failure));
    match failure {
        ConfigFailure::VariableMissing { variable } => {
            finding.fact("variable", variable.trim_matches('"'))
        }
        ConfigFailure::SubPath { mount } => finding.fact_if("mount", mount.as_deref()),
        ConfigFailure::VolumeMissing { volume } => finding.fact("volume", volume.as_str()),
        ConfigFailure::TargetMissing { container } => finding.fact("target", container.as_str()),
        ConfigFailure::NotYet => finding.certainty(Certainty::Likely).why(say!(
            "container-config-error.why-not-yet",
            "the kubelet's cache is not filled yet, which passes by itself, or the kubelet may not read the object"
        )),
        _ => finding,
    }
}

fn headline(failure: &ConfigFailure) -> Sentence {
    match failure {
        ConfigFailure::VariableMissing { .. } => say!(
            "container-config-error.variable-missing",
            "a subPathExpr of {role} {container} uses variable {variable}, which is not set or is empty"
        ),
        ConfigFailure::SubPath { .. } => SUB_PATH,
        ConfigFailure::VolumeMissing { .. } => say!(
            "container-config-error.volume-missing",
            "{role} {container} mounts volume {volume}, which is not there"
        ),
        ConfigFailure::TargetMissing { .. } => say!(
            "container-config-error.target-missing",
            "{role} {container} targets container {target}, which does not exist"
        ),
        ConfigFailure::EnvFile => say!(
            "container-config-error.env-file",
            "the file that gives {role} {container} its environment cannot be used"
        ),
        ConfigFailure::Hostname => say!(
            "container-config-error.hostname",
            "the hostname or subdomain of the pod is no DNS label"
        ),
        ConfigFailure::User => say!(
            "container-config-error.user",
            "the user or group of {role} {container} is not usable"
        ),
        ConfigFailure::NotYet => say!(
            "container-config-error.not-yet",
            "the kubelet cannot read yet what {role} {container} needs"
        ),
        _ => say!(
            "container-config-error.other",
            "the kubelet cannot configure {role} {container}: {message}"
        ),
    }
}

/// The kubelet reports it under either reason.
pub(super) const SUB_PATH: Sentence = say!(
    "container-config-error.sub-path",
    "the subPath[ of volume mount {mount}] of {role} {container} cannot be used"
);

fn advice(failure: &ConfigFailure) -> Option<Fix> {
    let change = match failure {
        ConfigFailure::VariableMissing { .. } => say!(
            "container-config-error.set-variable",
            "set variable {variable} in the env of {role} {container}, or correct its name where it is used"
        ),
        ConfigFailure::SubPath { .. } => say!(
            "container-config-error.name-sub-path",
            "name a subPath that exists in the volume or can be made there: relative, without `..`, and a directory where the volume is written"
        ),
        ConfigFailure::Hostname => say!(
            "container-config-error.correct-hostname",
            "use lower-case letters, digits and `-`, at most 63, in spec.hostname and spec.subdomain"
        ),
        ConfigFailure::EnvFile => say!(
            "container-config-error.correct-env-file",
            "correct the file's lines or the key that env names; an init container has to write it first"
        ),
        _ => return None,
    };
    Some(Fix::advice(change, Who::Owner).of_template())
}
