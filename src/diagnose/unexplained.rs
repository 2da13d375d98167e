//! Stuck pods that no rule explains: shown with what there is, never dropped.

use crate::diagnose::ladder::ladder;
use crate::diagnose::{next, pod_report};
use crate::kubernetes::shell;
use crate::report::Unexplained;
use crate::rules::{Case, Layer};
use crate::snapshot::Evidence;

/// How many of the newest events are shown.
const EVENTS: usize = 3;

/// The entry of a pod that no rule explains.
pub(super) fn report(case: &Case<'_>) -> Unexplained {
    let rungs = ladder(case, removal(case));
    Unexplained {
        pod: pod_report(case, None),
        subject: case.subject(),
        evidence: evidence(case),
        next: next(case, &rungs, None),
        ladder: rungs,
    }
}

fn removal(case: &Case<'_>) -> Option<Layer> {
    let deleted = case.pod().is_terminating();
    deleted.then_some(Layer::Removal)
}

fn evidence(case: &Case<'_>) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    let status = case.pod().status();
    if let Some(reason) = &status.reason {
        let words = [
            reason.as_str(),
            status.message.as_deref().unwrap_or_default(),
        ];
        evidence.push(case.field("status.reason", words.join(": ")));
    }
    for container in case.pod().containers() {
        if let Some(waiting) = container.waiting() {
            let words = [
                container.waiting_reason(),
                waiting.message.as_deref().unwrap_or_default(),
            ];
            let quote = words.join(": ");
            evidence.push(case.field(
                format!("{}.state.waiting", container.path()),
                quote.trim_end_matches(": "),
            ));
        }
    }
    for condition in status
        .conditions
        .iter()
        .flatten()
        .filter(|c| c.status != "True")
    {
        if let Some(message) = condition
            .message
            .as_deref()
            .filter(|message| !message.is_empty())
        {
            evidence.push(case.field(
                format!("status.conditions[{}].message", condition.type_),
                message,
            ));
        }
    }
    let events = case.events();
    evidence.extend(
        events
            .into_iter()
            .rev()
            .take(EVENTS)
            .map(|event| case.event(event)),
    );
    evidence
}

/// A command that shows more of a layer and changes nothing.
pub(super) fn look(case: &Case<'_>, layer: Layer) -> String {
    let name = case.pod().name();
    match layer {
        Layer::Node => match case.pod().node() {
            Some(node) => shell::command(["kubectl", "describe", "node", node]),
            None => case.describe_pod(),
        },
        Layer::Container | Layer::Health => match culprit(case) {
            Some(container) => case.kubectl(["logs", name, "-c", container, "--previous"]),
            None => case.kubectl(["logs", name, "--all-containers"]),
        },
        Layer::Service => case.kubectl(["get", "endpointslices"]),
        Layer::Removal => {
            case.kubectl(["get", "pod", name, "-o", "jsonpath={.metadata.finalizers}"])
        }
        _ => case.describe_pod(),
    }
}

/// The first container that has ended before.
fn culprit<'a>(case: &Case<'a>) -> Option<&'a str> {
    case.pod()
        .containers()
        .find(|container| {
            container.last_end().is_some()
                && container.terminated().is_none_or(|end| end.exit_code != 0)
        })
        .map(|container| container.name())
}
