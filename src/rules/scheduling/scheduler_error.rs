//! The scheduler failed on the pod: an error of its own, of a plugin or of an extender, and no verdict about nodes.

use super::message_only::{self, MessageOnly};
use crate::kubernetes::shell;
use crate::messages::form::contains;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::DEFAULT_SCHEDULER;
use crate::text::say;

/// `scheduler-error`
pub static RULE: Rule = Rule {
    cause: "scheduler-error",
    layer: Layer::Scheduling,
    title: "the scheduler failed on the pod",
    explanation: include_str!("scheduler_error.md"),
    reads: &[],
    refines: &[],
    check: Check::Pod(check),
};

/// The condition's reason for an error, in place of Unschedulable (k8s.io/api core/v1, PodReasonSchedulerError).
const ERROR: &str = "SchedulerError";

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_error = |reason: &Reason| {
        matches!(
            reason,
            Reason::PluginError { .. } | Reason::ExtenderError { .. }
        )
    };
    let finding = match message_only::find(case, is_error) {
        Some(only) => told(case, &only),
        None => match by_condition(case) {
            Some(finding) => finding,
            None => return Vec::new(),
        },
    };
    let look = match case.pod().scheduler() {
        DEFAULT_SCHEDULER => shell::kubectl(
            "kube-system",
            ["logs", "-l", "component=kube-scheduler", "--tail=100"],
        ),
        _ => case.describe_pod(),
    };
    vec![finding.look(look)]
}

/// The scheduler itself says that it failed, in words that are not known.
fn by_condition(case: &Case<'_>) -> Option<Finding> {
    let condition = case.pod().condition("PodScheduled")?;
    let failed = condition.status == "False" && condition.reason.as_deref() == Some(ERROR);
    if !failed || case.pod().is_gated() || case.pod().node().is_some() {
        return None;
    }
    let proof = match condition.message.as_deref().unwrap_or_default() {
        "" => case.field("status.conditions[PodScheduled].reason", ERROR),
        message => case.field("status.conditions[PodScheduled].message", message),
    };
    let error = condition.message.clone().unwrap_or_default();
    let finding = Finding::new(
        case.subject(),
        say!(
            "scheduler-error.text",
            "the scheduler failed on the pod with an error of its own"
        ),
        proof,
    )
    .certainty(Certainty::Likely);
    Some(advised(finding, &error))
}

fn told(case: &Case<'_>, only: &MessageOnly<'_>) -> Finding {
    match &only.clause.reason {
        Reason::ExtenderError { url } => {
            let finding = only
                .finding(case, say!("scheduler-error.headline", "the scheduler's extender at {extender} fails, and no pod is placed without its answer"))
                .fact("extender", url.as_str());
            finding
                .why(say!("scheduler-error.why", "an extender that is not marked as ignorable is asked about every pod that it has a say in"))
                .fix([Fix::advice(
                    say!("scheduler-error.fix", "bring the extender back, or mark it as ignorable in the scheduler's configuration"),
                    Who::Admin,
                )])
        }
        Reason::PluginError {
            point,
            plugin,
            error,
        } => {
            let headline = match (point.as_str(), waited(error)) {
                ("PreBind", true) if plugin == "VolumeBinding" => {
                    say!(
                        "scheduler-error.text-2",
                        "the scheduler chose a node and waited in vain for the pod's volumes to be bound"
                    )
                }
                ("Bind", _) => say!(
                    "scheduler-error.text-3",
                    "the scheduler chose a node and could not bind the pod to it"
                ),
                ("Permit", _) => {
                    say!(
                        "scheduler-error.text-4",
                        "a plugin of the scheduler held the pod back after a node was chosen, and failed"
                    )
                }
                _ => say!(
                    "scheduler-error.text-5",
                    "the scheduler's plugin {plugin} failed on the pod"
                ),
            };
            let finding = only
                .finding(case, headline)
                .fact("point", point.as_str())
                .fact("plugin", plugin.as_str())
                .fact("error", error.as_str());
            if waited(error) && plugin == "VolumeBinding" {
                finding
                    .why(say!("scheduler-error.why-2", "it waits ten minutes unless told otherwise, gives the node up and starts again"))
                    .fix([Fix::advice(say!("scheduler-error.fix-2", "look why the volumes were late: at the events of the claims and at the provisioner"), Who::Admin)])
            } else {
                advised(finding, error)
            }
        }
        _ => advised(
            only.finding(
                case,
                say!(
                    "scheduler-error.headline-2",
                    "the scheduler failed on the pod"
                ),
            ),
            &only.clause.text,
        ),
    }
}

/// `context deadline exceeded`, `timed out waiting for the condition` up to 1.24.
fn waited(error: &str) -> bool {
    contains(error, "deadline exceeded") || contains(error, "timed out waiting")
}

/// What to do about an error, as far as its words tell.
fn advised(finding: Finding, error: &str) -> Finding {
    let is = |words: &[&str]| words.iter().any(|word| contains(error, word));
    let change = if is(&[
        "is forbidden",
        "cannot get resource",
        "cannot list resource",
    ]) {
        say!(
            "scheduler-error.advised-4",
            "give the scheduler's account the right that the error names"
        )
    } else if is(&[
        "connection refused",
        "no route to host",
        "i/o timeout",
        "no such host",
        "etcdserver",
    ]) || waited(error)
    {
        say!(
            "scheduler-error.advised-9",
            "bring back what the scheduler could not reach; then it goes on by itself"
        )
    } else if is(&["admission webhook", "failed calling webhook"]) {
        say!(
            "scheduler-error.advised-12",
            "let the webhook that the error names pass the binding of pods"
        )
    } else {
        say!(
            "scheduler-error.advised-13",
            "clear what the error names; the scheduler's log holds more of it"
        )
    };
    finding
        .why(say!("scheduler-error.advised-why", "an error is no verdict about nodes: the scheduler tries again within seconds, and fails as long as the error lasts"))
        .fix([Fix::advice(change, Who::Admin)])
}
