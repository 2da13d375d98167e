//! `runtime-error`: the runtime could not start a container, for another reason than its command.

use super::start_advice::advice;
use super::start_failure::{StartError, start_errors};
use crate::kubernetes::text;
use crate::messages::quote::innermost;
use crate::messages::start::{MountProblem, StartFailure};
use crate::rules::finding::Finding;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// The most columns of the runtime's message in a headline.
const MESSAGE: usize = 160;

/// The runtime could not start a container, for another reason than its command.
pub static RULE: Rule = Rule {
    cause: "runtime-error",
    layer: Layer::Container,
    title: "the runtime cannot start the container",
    seen_as: &[
        "RunContainerError",
        "CrashLoopBackOff",
        "StartError",
        "ContainerCannotRun",
        "Failed",
        "BackOff",
    ],
    explanation: include_str!("runtime_error.md"),
    reads: &[],
    refines: &[
        "crash-app-error",
        "container-create-error",
        "init-container-failing",
    ],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    start_errors(case)
        .iter()
        .filter(|error| error.is_reported && !has_own_cause(&error.failure))
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
            | StartFailure::CpuTooOld { .. }
            | StartFailure::OomAtInit
            | StartFailure::DiskFull
    )
}

fn finding(case: &Case<'_>, error: &StartError<'_>) -> Finding {
    let message = text::one_line(innermost(&error.proof.quote));
    let finding = error
        .finding(case, headline(&error.failure))
        .inspect(case.node_log())
        .fact(
            "message",
            text::truncate_width(&message, MESSAGE).into_owned(),
        )
        .fix(advice(&error.failure));
    match &error.failure {
        StartFailure::Mount {
            source,
            destination,
            ..
        } => finding
            .fact_if("source", source.as_deref())
            .fact("destination", destination.as_str()),
        StartFailure::WorkingDirectory { path } => finding.fact_if("path", path.as_deref()),
        StartFailure::Sysctl { name } => finding.fact("sysctl", name.as_str()),
        StartFailure::RuntimeMissing { binary } => finding.fact("binary", binary.as_str()),
        StartFailure::OtherWindows => finding.fact_if("node", case.pod().node()),
        _ => finding,
    }
}

fn headline(failure: &StartFailure) -> Sentence {
    match failure {
        StartFailure::Mount { problem, .. } => match problem {
            MountProblem::NotADirectory => say!(
                "runtime-error.mount-not-a-directory",
                "a directory cannot be mounted onto a file, nor a file onto a directory: {destination} in {role} {container}"
            ),
            MountProblem::ReadOnly => say!(
                "runtime-error.mount-read-only",
                "{destination} cannot be made in {role} {container}: its file system is read-only"
            ),
            _ => say!(
                "runtime-error.mount",
                "{destination} cannot be mounted into {role} {container}"
            ),
        },
        StartFailure::WorkingDirectory { .. } => say!(
            "runtime-error.working-directory",
            "the working directory[ {path}] of {role} {container} cannot be entered"
        ),
        StartFailure::Sysctl { .. } => {
            say!(
                "runtime-error.sysctl",
                "sysctl {sysctl} is refused by the node"
            )
        }
        StartFailure::User => say!(
            "runtime-error.user",
            "{role} {container} cannot take on its user or group"
        ),
        StartFailure::Capabilities => say!(
            "runtime-error.capabilities",
            "{role} {container} cannot be given its capabilities"
        ),
        StartFailure::Cgroup => say!(
            "runtime-error.cgroup",
            "the node cannot set up the control group of {role} {container}"
        ),
        StartFailure::SecurityProfile => say!(
            "runtime-error.security-profile",
            "the security profile of {role} {container} cannot be applied"
        ),
        StartFailure::OtherWindows => say!(
            "runtime-error.other-windows",
            "image {image} of {role} {container} is made for another build of Windows than node {node}'s"
        ),
        StartFailure::Gpu => say!(
            "runtime-error.gpu",
            "the GPU runtime of the node refuses {role} {container}"
        ),
        StartFailure::PidLimit => say!(
            "runtime-error.pid-limit",
            "the node or the pod has no process id left for {role} {container}"
        ),
        StartFailure::RuntimeMissing { .. } => say!(
            "runtime-error.runtime-missing",
            "the node lacks the runtime's own binary {binary}"
        ),
        _ => say!(
            "runtime-error.other",
            "the runtime cannot start {role} {container}: {message}"
        ),
    }
}
