//! No scheduler has looked at the pod.
//!
//! Every scheduler leaves a trace when it fails: the condition PodScheduled or an event. A pod
//! without either has not been looked at, or is held by something that leaves no trace: a claim
//! that is being provisioned, a group, a device claim. Those are distinguished here.

use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{self, ClaimOfPod};
use crate::rules::shared::silence::{SILENCE, alive};
use crate::rules::shared::template::Template;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{DEFAULT_SCHEDULER, Kind};
use crate::text::{Seconds, say};
use serde_json::json;
use std::collections::BTreeSet;

/// `scheduler-absent`
pub static RULE: Rule = Rule {
    cause: "scheduler-absent",
    layer: Layer::Scheduling,
    title: "no scheduler has looked at the pod",
    seen_as: &["Pending"],
    explanation: include_str!("scheduler_absent.md"),
    reads: &[Kind::PersistentVolumeClaim],
    refines: &[],
    root: Root::Facts(say!(
        "scheduler-absent.root",
        "there is no scheduler {scheduler}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some(age) = silent_for(case) else {
        return Vec::new();
    };
    let name = case.pod().scheduler();
    let claims = claims::of_pod(case);
    if claims.iter().any(being_provisioned) || alive(case, name) {
        return Vec::new();
    }
    let certainty = match (name, case.events_readable(), claims.iter().any(unread)) {
        (_, false, _) | (_, _, true) => Certainty::Possible,
        (DEFAULT_SCHEDULER, true, false) => Certainty::Likely,
        (_, true, false) => Certainty::Proven,
    };
    let proof = case.field("spec.schedulerName", name);
    let finding = if name == DEFAULT_SCHEDULER {
        let headline = say!(
            "scheduler-absent.default",
            "no scheduler has looked at the pod for {age}"
        );
        Finding::new(case.subject(), headline, proof)
            .why(say!("scheduler-absent.default-why", "the pod has neither the condition PodScheduled nor an event, which {scheduler} leaves even when it fails: it is probably not running"))
            .fix([Fix::advice(say!("scheduler-absent.check-kube-scheduler", "check that kube-scheduler runs and is leader"), Who::Admin)])
    } else {
        let headline = say!(
            "scheduler-absent.custom",
            "the pod asks for the scheduler {scheduler}, and nobody of that name has answered for {age}"
        );
        custom(case, Finding::new(case.subject(), headline, proof), name)
    };
    let unsure = say!(
        "scheduler-absent.not-read",
        "no scheduler but the one of this name takes the pod; it may have answered in an event, or wait for a claim, that could not be read"
    );
    let created = case.pod().created().map(|time| time.to_string());
    let created = case.field("metadata.creationTimestamp", created.unwrap_or_default());
    vec![
        finding
            .certainty(certainty)
            .when(certainty == Certainty::Possible, |finding| {
                finding.why(unsure)
            })
            .evidence([created])
            .fact("scheduler", name)
            .fact("age", Seconds(age))
            .inspect(shell::kubectl("kube-system", ["get", "leases"])),
    ]
}

/// Seconds since the pod was made, if it shows no trace of a scheduler or a kubelet and nothing is known to hold it.
fn silent_for(case: &Case<'_>) -> Option<i64> {
    let pod = case.pod();
    let spec = pod.spec();
    let status = pod.status();
    let touched = pod.node().is_some()
        || pod.condition("PodScheduled").is_some()
        || status
            .nominated_node_name
            .as_deref()
            .is_some_and(|node| !node.is_empty())
        || pod.phase() != "Pending"
        || !case.events().is_empty();
    // these hold a pod before any scheduler would write about it (kube-scheduler plugins with PreEnqueue, 1.37)
    let held = pod.is_gated()
        || spec.resource_claims.iter().flatten().next().is_some()
        || spec.scheduling_group.is_some();
    let age = case.seconds_since(case.pod().created()?);
    (!touched && !held && age > SILENCE).then_some(age)
}

/// While the scheduler waits for a volume it has chosen a node for, it says nothing for ten minutes
/// (kube-scheduler `framework/plugins/volumebinding`, bindTimeoutSeconds).
fn being_provisioned(claim: &ClaimOfPod<'_>) -> bool {
    claim.seen.yes().is_some_and(claims::has_selected_node)
}

fn unread(claim: &ClaimOfPod<'_>) -> bool {
    claim.seen.is_unknown()
}

/// A name that is not the default's: misspelt, or of a scheduler that is not installed.
fn custom(case: &Case<'_>, finding: Finding, name: &str) -> Finding {
    let events = case.snapshot.events().iter();
    let heard = events
        .filter(|event| matches!(event.reason.as_str(), "Scheduled" | "FailedScheduling"))
        .map(|event| event.component.as_str());
    let known: BTreeSet<&str> = heard.chain([DEFAULT_SCHEDULER]).collect();
    let meant = nearest(name, known).map(str::to_owned);
    let finding = finding.why(say!(
        "scheduler-absent.custom-why",
        "only a scheduler of exactly this name takes the pod; the default one leaves it alone"
    ));
    match meant {
        Some(meant) => {
            let fix = use_nearest(case, name, &meant);
            finding.fact("nearest", meant).fix([fix])
        }
        None => finding.fix([
            Fix::advice(
                say!(
                    "scheduler-absent.use-default",
                    "remove schedulerName, if the default scheduler will do, and make the pod anew"
                ),
                Who::Owner,
            ),
            Fix::advice(
                say!(
                    "scheduler-absent.check-scheduler",
                    "check that {scheduler} is installed and runs"
                ),
                Who::Admin,
            ),
        ]),
    }
}

/// In the template, where a change of it reaches the pod.
fn use_nearest(case: &Case<'_>, name: &str, meant: &str) -> Fix {
    let change = say!(
        "scheduler-absent.use-nearest-in-template",
        "set schedulerName to {nearest}, if that was meant"
    );
    let anew = say!(
        "scheduler-absent.use-nearest",
        "set schedulerName to {nearest}, if that was meant, and make the pod anew"
    );
    match Template::of(case) {
        Some(template) => template.replace(change, "schedulerName", &json!(name), &json!(meant)),
        None => Fix::advice(anew, Who::Owner),
    }
}
