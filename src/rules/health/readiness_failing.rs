//! `readiness-failing`: a container runs, and its readiness probe fails now.
//!
//! Not every event about it still holds: a container that crashes refuses its probe, one that starts
//! does so for a while, and an event of an earlier run stays listed for an hour. So the container
//! must run, be started, be past its probe's patience and be not ready by its own status; the event
//! of this run only tells why.

use super::probe::{EVENT_AGAIN, finding, newest, since_start, started, written};
use crate::messages::probe::ProbeKind;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::crash::{self, log};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{ContainerView, Evidence, Role};
use crate::text::say;
use crate::triage;

/// Seconds that a container may take to turn ready, whatever its probe says.
const WARM_UP: i64 = 30;

/// A container runs, and its readiness probe fails now.
pub static RULE: Rule = Rule {
    cause: "readiness-failing",
    layer: Layer::Health,
    title: "the readiness probe fails, and the container gets no traffic",
    seen_as: &[
        "Running",
        "Unhealthy",
        "NotReady",
        "ContainersNotReady",
        "ProgressDeadlineExceeded",
    ],
    explanation: include_str!("readiness_failing.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    // nobody on the node watches its probes any more
    if case.pod().marked_not_ready().is_some() {
        return Vec::new();
    }
    case.pod()
        .containers()
        .filter(|container| fails(case, container))
        .map(|container| of_container(case, &container))
        .collect()
}

fn fails(case: &Case<'_>, container: &ContainerView<'_>) -> bool {
    let Some(probe) = written(container, ProbeKind::Readiness) else {
        return false;
    };
    let Some(start) = started(container) else {
        return false;
    };
    let uptime = case.seconds_since(start);
    container.role != Role::Init
        && !container.status.ready
        && container.status.started != Some(false)
        && (uptime > triage::budget(probe).max(WARM_UP)
            || triage::is_undated(case.pod(), case.snapshot))
        && !triage::between_crashes(case.pod(), container, case.snapshot)
}

fn of_container(case: &Case<'_>, container: &ContainerView<'_>) -> Finding {
    let kind = ProbeKind::Readiness;
    let unhealthy = newest(case, container, kind, "Unhealthy")
        .filter(|unhealthy| since_start(container, unhealthy.event));
    let ready = case.field(format!("{}.ready", container.path()), "false");
    let mut finding = match &unhealthy {
        Some(event) => finding(
            case,
            container,
            kind,
            case.event(event.event),
            Some(event),
            false,
        )
        .evidence([ready]),
        None => {
            let why = if case.events_readable() {
                say!(
                    "readiness-failing.no-event",
                    "the container runs and is started, but not ready; no event that was read tells of its probe"
                )
            } else {
                say!(
                    "readiness-failing.events-unread",
                    "the container runs and is started, but not ready; events could not be read"
                )
            };
            finding(case, container, kind, ready, None, false).why(why)
        }
    };
    let last = unhealthy.and_then(|unhealthy| unhealthy.event.last);
    let is_current = last.is_some_and(|last| case.seconds_since(last) <= EVENT_AGAIN);
    if !is_current {
        finding.certainty = Certainty::Likely;
    }
    if triage::is_undated(case.pod(), case.snapshot) {
        finding.certainty = Certainty::Possible;
    }
    // a probe that kills says more than one that only withholds traffic
    finding.rank = 1;
    // what the program says stands before how the probe is written
    finding.evidence.splice(0..0, log_line(case, container));
    finding.inspect(log_of_this_run(case, container))
}

/// What it says meanwhile, where logs were read.
fn log_line(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Evidence> {
    let store = case.snapshot.store();
    crash::log_line(store.log_of_run(case.pod(), container)?)
}

/// The container runs, so its present log is the one to read.
fn log_of_this_run(case: &Case<'_>, container: &ContainerView<'_>) -> String {
    let command = log(case, container);
    command.trim_end_matches(" --previous").to_owned()
}
