//! The scheduler failed on the pod: an error of its own, of a plugin or of an extender, and no verdict about nodes.

use super::error_advice::{self, advised, waited};
use super::message_only::{self, MessageOnly};
use super::volumes_late;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{DEFAULT_SCHEDULER, Kind};
use crate::text::{Fact, say};

/// `scheduler-error`
pub static RULE: Rule = Rule {
    cause: "scheduler-error",
    layer: Layer::Scheduling,
    title: "the scheduler failed on the pod",
    seen_as: &["Pending", "SchedulerError", "FailedScheduling"],
    explanation: include_str!("scheduler_error.md"),
    reads: &[Kind::PersistentVolumeClaim],
    refines: &[],
    root: Root::Subject,
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
        Some(only) => Some(from_message(case, &only)),
        None => by_condition(case),
    };
    let inspect = |finding: &Finding| scheduler_log_or(case, finding);
    finding
        .map(|finding| match finding.inspect {
            Some(_) => finding,
            None => {
                let next = inspect(&finding);
                finding.inspect(next)
            }
        })
        .into_iter()
        .collect()
}

/// The log, or whether the account has the right that it lacked.
fn scheduler_log_or(case: &Case<'_>, finding: &Finding) -> NextCommand {
    let error = match finding.facts.0.get("error") {
        Some(Fact::Name(error)) => error.as_str(),
        _ => "",
    };
    match error_advice::lacking(error) {
        Some(lacking) => {
            let account = format!("--as={}", lacking.account);
            let words = ["auth", "can-i", lacking.verb, lacking.resource, &account];
            case.kubectl(words).into()
        }
        None => scheduler_log(case),
    }
}

/// The log of the scheduler that comes with Kubernetes; where another one runs is not known.
pub(super) fn scheduler_log(case: &Case<'_>) -> NextCommand {
    if case.pod().scheduler() != DEFAULT_SCHEDULER {
        return NextCommand::default();
    }
    let words = ["logs", "-l", "component=kube-scheduler", "--tail=100"];
    shell::kubectl("kube-system", words).into()
}

/// The scheduler itself says that it failed, in a form that is not known.
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
    let error = condition.message.as_deref().unwrap_or_default();
    let finding = Finding::new(
        case.subject(),
        say!(
            "scheduler-error.unknown",
            "the scheduler failed on the pod with an error of its own[: {said}]"
        ),
        proof,
    )
    .certainty(Certainty::Likely);
    Some(advised(finding, error))
}

fn from_message(case: &Case<'_>, only: &MessageOnly<'_>) -> Finding {
    match &only.clause.reason {
        Reason::ExtenderError { url } => only
            .finding(case, say!("scheduler-error.extender", "the scheduler's extender at {extender} fails, and no pod is placed without its answer"))
            .fact("extender", url.as_str())
            .why(say!("scheduler-error.extender-why", "an extender that is not marked as ignorable is asked about every pod that it has a say in"))
            .fix([Fix::advice(
                say!("scheduler-error.restore-extender", "bring the extender back, or mark it as ignorable in the scheduler's configuration"),
                Who::Admin,
            )]),
        Reason::PluginError {
            point,
            plugin,
            error,
        } => plugin_error(case, only, point, plugin, error),
        _ => advised(
            only.finding(case, say!("scheduler-error.headline", "the scheduler failed on the pod")),
            &only.clause.text,
        ),
    }
}

fn plugin_error(
    case: &Case<'_>,
    only: &MessageOnly<'_>,
    point: &str,
    plugin: &str,
    error: &str,
) -> Finding {
    let waited = waited(error) && plugin == "VolumeBinding";
    let headline = match point {
        "PreBind" if waited => say!(
            "scheduler-error.volumes-late",
            "the scheduler chose a node and waited in vain for the pod's volumes to be bound"
        ),
        "Bind" => say!(
            "scheduler-error.not-bound",
            "the scheduler chose a node and could not bind the pod to it[: {said}]"
        ),
        "Permit" => say!(
            "scheduler-error.not-permitted",
            "a plugin of the scheduler held the pod back after a node was chosen, and failed[: {said}]"
        ),
        _ => say!(
            "scheduler-error.plugin",
            "the scheduler's plugin {plugin} failed on the pod[: {said}]"
        ),
    };
    let finding = only
        .finding(case, headline)
        .fact("point", point)
        .fact("plugin", plugin)
        .fact("error", error);
    if !waited {
        return advised(finding, error);
    }
    volumes_late::told(case, finding)
}
