//! `runtime-error`: the runtime could not start a container, for another reason than its command.

use crate::text::{Sentence, say};
use super::start_failure::{StartError, start_errors};
use crate::kubernetes::text;
use crate::messages::start::{MountProblem, StartFailure};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// The most columns of the runtime's words in a headline.
const WORDS: usize = 160;

/// The runtime could not start a container, for another reason than its command.
pub static RULE: Rule = Rule {
    cause: "runtime-error",
    layer: Layer::Container,
    title: "the runtime cannot start the container",
    explanation: include_str!("runtime_error.md"),
    reads: &[],
    refines: &["crash-app-error", "container-create-error"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    start_errors(case)
        .iter()
        .filter(|error| error.said && !has_own_cause(&error.failure))
        .map(|error| finding(case, error))
        .collect()
}

/// Whether it is a cause of its own: what is wrong with the command, with memory, with the node's disk.
fn has_own_cause(failure: &StartFailure) -> bool {
    matches!(
        failure,
        StartFailure::NotFound { .. }
            | StartFailure::InterpreterMissing { .. }
            | StartFailure::RelativePath { .. }
            | StartFailure::NotExecutable { .. }
            | StartFailure::Directory { .. }
            | StartFailure::ExecFormat { .. }
            | StartFailure::OomAtInit
            | StartFailure::DiskFull
    )
}

fn finding(case: &Case<'_>, error: &StartError<'_>) -> Finding {
    let words = text::one_line(&error.proof.quote).into_owned();
    let finding = error
        .finding(case, headline(&error.failure))
        .fact("message", text::truncate_width(&words, WORDS).into_owned())
        .fix(advice(&error.failure));
    match &error.failure {
        StartFailure::Mount {
            source: Some(source),
            destination,
            ..
        } => finding
            .fact("source", source.as_str())
            .fact("destination", destination.as_str()),
        StartFailure::Mount { destination, .. } => {
            finding.fact("destination", destination.as_str())
        }
        StartFailure::WorkingDirectory { path: Some(path) } => finding.fact("path", path.as_str()),
        StartFailure::Sysctl { name } => finding.fact("sysctl", name.as_str()),
        StartFailure::RuntimeMissing { binary } => finding.fact("binary", binary.as_str()),
        _ => finding,
    }
}

fn headline(failure: &StartFailure) -> Sentence {
    match failure {
        StartFailure::Mount {
            problem: MountProblem::NotADirectory,
            ..
        } => {
            say!("runtime-error.headline", "a directory cannot be mounted onto a file, nor a file onto a directory: {destination} in {role} {container}")
        }
        StartFailure::Mount {
            problem: MountProblem::ReadOnly,
            ..
        } => say!("runtime-error.headline-2", "{destination} cannot be made in {role} {container}: its file system is read-only"),
        StartFailure::Mount { .. } => say!("runtime-error.headline-3", "{destination} cannot be mounted into {role} {container}"),
        StartFailure::WorkingDirectory { path: Some(_) } => {
            say!("runtime-error.headline-4", "working directory {path} of {role} {container} cannot be entered")
        }
        StartFailure::WorkingDirectory { path: None } => {
            say!("runtime-error.headline-5", "the working directory of {role} {container} cannot be entered")
        }
        StartFailure::Sysctl { .. } => say!("runtime-error.headline-6", "sysctl {sysctl} is refused by the node"),
        StartFailure::User => say!("runtime-error.headline-7", "{role} {container} cannot take on its user or group"),
        StartFailure::Capabilities => say!("runtime-error.headline-8", "{role} {container} cannot be given its capabilities"),
        StartFailure::Cgroup => say!("runtime-error.headline-9", "the node cannot set up the control group of {role} {container}"),
        StartFailure::SecurityProfile => {
            say!("runtime-error.headline-10", "the security profile of {role} {container} cannot be applied")
        }
        StartFailure::Gpu => say!("runtime-error.headline-11", "the GPU runtime of the node refuses {role} {container}"),
        StartFailure::PidLimit => {
            say!("runtime-error.headline-12", "the node or the pod has no process id left for {role} {container}")
        }
        StartFailure::RuntimeMissing { .. } => say!("runtime-error.headline-13", "the node lacks the runtime's own binary {binary}"),
        _ => say!("runtime-error.headline-14", "the runtime cannot start {role} {container}: {message}"),
    }
}

fn advice(failure: &StartFailure) -> Option<Fix> {
    let (change, who) = match failure {
        StartFailure::Mount {
            problem: MountProblem::NotADirectory,
            ..
        } => (
            say!("runtime-error.advice", "mount a file onto a file (subPath names one key) or a directory onto a directory"),
            Who::Owner,
        ),
        StartFailure::Mount {
            problem: MountProblem::ReadOnly,
            ..
        } => (
            say!("runtime-error.advice-2", "make {destination} in the image, or mount a volume above it"),
            Who::Owner,
        ),
        StartFailure::WorkingDirectory { .. } => (
            say!("runtime-error.advice-3", "set workingDir of {role} {container} to a directory that its user may enter"),
            Who::Owner,
        ),
        StartFailure::RuntimeMissing { .. } => (say!("runtime-error.advice-4", "install the runtime on the node"), Who::Admin),
        StartFailure::Gpu => (
            say!("runtime-error.advice-5", "match the node's GPU driver with what the image asks for"),
            Who::Admin,
        ),
        _ => return None,
    };
    Some(Fix::advice(change, who))
}
