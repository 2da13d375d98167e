//! Where a pod meets a full disk of its node: in what its status says now, or in the newest event that decides.

use crate::messages::config::{self, ConfigFailure};
use crate::messages::mount::{self, MountFailure};
use crate::messages::pull::{self, PullFailure};
use crate::messages::sandbox::{self, SandboxFailure};
use crate::messages::start::{self, StartFailure};
use crate::rules::Case;
use crate::snapshot::{ContainerView, Event, Evidence};

/// What could not be done for want of room.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Step {
    Pull,
    Sandbox,
    Create,
    Mount,
    Other,
}

/// What shows that a container or its image has come since.
const DONE: [&str; 3] = ["Pulled", "Created", "Started"];

/// What could not be done, for which container, and the words.
pub(super) type Found = (Step, Option<String>, Evidence);

/// The step at which the pod is stuck for want of room.
pub(super) fn find(case: &Case<'_>) -> Option<Found> {
    let mut containers = case.pod().containers();
    containers
        .find_map(|one| of_container(case, &one))
        .or_else(|| of_event(case))
}

/// What the status says of a container that waits, or that could not be started.
fn of_container(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Found> {
    let (path, text) = match container.waiting() {
        Some(waiting) => ("state.waiting.message", waiting.message.as_deref()),
        None => ("state.terminated.message", never_ran(container)),
    };
    let text = text?;
    let step = step_of(container.waiting_reason(), text)?;
    let proof = case.field(format!("{}.{path}", container.path()), text);
    Some((step, Some(container.name().to_owned()), proof))
}

/// A program's own words about a full disk may be of a volume of its own.
fn never_ran<'a>(container: &ContainerView<'a>) -> Option<&'a str> {
    let end = container.terminated()?;
    let reason = end.reason.as_deref().unwrap_or_default();
    let is_refused = matches!(reason, "StartError" | "ContainerCannotRun");
    end.message.as_deref().filter(|_| is_refused)
}

fn step_of(reason: &str, text: &str) -> Option<Step> {
    let of_pull = || pull::read(text).failure == PullFailure::NodeDiskFull;
    match reason {
        "ErrImagePull" | "ImagePullBackOff" => of_pull().then_some(Step::Pull),
        "CreateContainerConfigError" | "CreateContainerError" => {
            (config::read(text) == ConfigFailure::DiskFull).then_some(Step::Create)
        }
        _ => (start::read(text) == Some(StartFailure::DiskFull)).then_some(Step::Create),
    }
}

/// The newest event of a step that decides, unless something has gone well since.
fn of_event(case: &Case<'_>) -> Option<Found> {
    if case.pod().containers().any(|one| one.running().is_some()) {
        return None;
    }
    let events = case.events();
    let mut newest = events.iter().rev();
    let event = newest
        .find(|event| DONE.contains(&event.reason.as_str()) || event_step(event).is_some())?;
    let step = event_step(event)?;
    Some((
        step,
        event.container().map(str::to_owned),
        case.event(event),
    ))
}

fn event_step(event: &Event) -> Option<Step> {
    let text = event.message.as_str();
    match event.reason.as_str() {
        "Failed" if pull::read(text).failure == PullFailure::NodeDiskFull => Some(Step::Pull),
        "Failed" => (config::read(text) == ConfigFailure::DiskFull
            || start::read(text) == Some(StartFailure::DiskFull))
        .then_some(Step::Create),
        "FailedCreatePodSandBox" => {
            (sandbox::read(text) == SandboxFailure::DiskFull).then_some(Step::Sandbox)
        }
        "FailedMount" => {
            (mount::read(text).failure == MountFailure::DiskFull).then_some(Step::Mount)
        }
        "FailedSync" | "FailedCreatePodContainer" => text
            .contains("no space left on device")
            .then_some(Step::Other),
        _ => None,
    }
}
