//! A rollout makes no progress, and no pod of the new revision is at fault.
//!
//! What is known of it is worked out by `triage::workload`, which needs it to tell how the workload stands.

use super::predecessor_not_ready::proof;
use crate::rules::finding::{Certainty, Finding, Fix, Risk, Who};
use crate::rules::shared::autoscaler;
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, PodView, REVISION_HASH};
use crate::text::say;
use crate::triage::Stall;

/// `rollout-stalled`
pub static RULE: Rule = Rule {
    cause: "rollout-stalled",
    layer: Layer::Admission,
    title: "a rollout makes no progress, and no new pod is at fault",
    seen_as: &["ProgressDeadlineExceeded"],
    explanation: include_str!("rollout_stalled.md"),
    reads: &[
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::ReplicaSet,
    ],
    refines: &["predecessor-not-ready"],
    root: Root::Subject,
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = case.it.stall(case.snapshot).map(|stall| match stall {
        Stall::Unseen => unseen(case),
        Stall::EarlierPod(pod) => earlier_pod(case, pod),
        Stall::Going(pod) => going(case, pod),
        Stall::Deadline => deadline(case),
    });
    finding.into_iter().collect()
}

fn unseen(case: &WorkloadCase<'_>) -> Finding {
    let (seen, present) = case.it.workload.behind.unwrap_or_default();
    let look = say!(
        "rollout-stalled.look-at-controller",
        "look whether kube-controller-manager runs and has its lease; nothing that is changed anywhere takes effect before"
    );
    let controllers = ["get", "lease", "kube-controller-manager", "-o", "yaml"];
    let proof = case.field("status.observedGeneration", seen.to_string());
    Finding::new(
        case.subject(),
        say!(
            "rollout-stalled.unseen",
            "the controller of {controller} has not seen its present spec: it is of generation {present}, and its status of {seen}"
        ),
        proof,
    )
    .evidence([case.field("metadata.generation", present.to_string())])
    .fact("controller", case.object().argument())
    .fact("seen", crate::text::Fact::Number(seen))
    .fact("present", crate::text::Fact::Number(present))
    .why(say!(
        "rollout-stalled.unseen-why",
        "a controller takes a change up within seconds, unless it is down or has too much to do"
    ))
    .fix([Fix::advice(look, Who::Admin)])
    .inspect(crate::kubernetes::shell::kubectl("kube-system", controllers))
}

fn earlier_pod(case: &WorkloadCase<'_>, pod: &PodView) -> Finding {
    let object = pod.object();
    let command = case.kubectl(["delete", &object.argument()]);
    let delete = say!(
        "rollout-stalled.delete-pod",
        "delete {pod}: the one that takes its place is of the present template"
    );
    let fix = Fix::command(delete, Who::Owner, object, command).risk(Risk::Destroys);
    let revision = pod.identity().labels.get(REVISION_HASH);
    let label = format!("metadata.labels[{REVISION_HASH}]");
    let of_pod = revision.map(|revision| case.field_of(pod.object(), label, revision));
    let newest = case.it.workload.update_revision.as_deref();
    let newest = newest.map(|newest| case.field("status.updateRevision", newest));
    Finding::new(
        case.subject(),
        say!(
            "rollout-stalled.earlier-pod",
            "{pod} is of an earlier template and not ready: the rollout waits for it, and does not replace it"
        ),
        proof(case, pod),
    )
    .evidence(of_pod.into_iter().chain(newest))
    .fact("pod", pod.name())
    .why(say!(
        "rollout-stalled.earlier-pod-why",
        "a StatefulSet with podManagementPolicy OrderedReady waits for each pod in turn to be ready, also for one whose template is corrected by now: what changes the template does not reach it"
    ))
    .fix([fix])
}

fn going(case: &WorkloadCase<'_>, pod: &PodView) -> Finding {
    let look = say!(
        "rollout-stalled.let-go",
        "put right what keeps {pod} from being gone; with the strategy RollingUpdate new pods do not wait for old ones"
    );
    let deleted = pod.pod().metadata.deletion_timestamp.as_ref();
    let deleted = deleted.map_or_else(String::new, |time| time.0.to_string());
    Finding::new(
        case.subject(),
        say!(
            "rollout-stalled.going",
            "the strategy Recreate makes new pods when all old ones are gone, and {pod} does not go"
        ),
        case.field_of(pod.object(), "metadata.deletionTimestamp", deleted),
    )
    .evidence([case.field("spec.strategy.type", "Recreate")])
    .fact("pod", pod.name())
    .fix([Fix::advice(look, Who::Owner)])
    .inspect(pod.object().diagnose())
}

fn deadline(case: &WorkloadCase<'_>) -> Finding {
    let workload = case.it.workload;
    let number = |count: Option<i64>| count.unwrap_or_default();
    let (wanted, updated) = (case.it.wanted(), number(workload.updated));
    let old = number(workload.existing) - updated;
    let headline = if updated < wanted {
        say!(
            "rollout-stalled.not-updated",
            "the rollout makes no progress: {updated} of {wanted} pods are of the new template, and all that exist are well[; {scaled}]"
        )
    } else if old > 0 {
        say!(
            "rollout-stalled.old-left",
            "the rollout makes no progress: all {updated} new pods are there, and {old} old {old|one is|ones are} left[; {scaled}]"
        )
    } else {
        say!(
            "rollout-stalled.not-available",
            "the rollout makes no progress: {available} of {wanted} pods are available, and all are well[; {scaled}]"
        )
    };
    let began = autoscaler::newest_template(&case.object(), case.snapshot);
    let scaled = autoscaler::at_odds(&case.object(), wanted, began, case.snapshot);
    let (scaled, by_autoscaler) = scaled.unzip();
    let progressing = workload.condition("Progressing");
    let message = progressing.and_then(|it| it.message.as_deref());
    let look = say!(
        "rollout-stalled.look-at-others",
        "look who else changes the Deployment or its ReplicaSets, and whether kube-controller-manager comes after"
    );
    Finding::new(
        case.subject(),
        headline,
        case.field(
            "status.conditions[Progressing].message",
            message.unwrap_or("ProgressDeadlineExceeded"),
        ),
    )
    .certainty(Certainty::Likely)
    .evidence(by_autoscaler)
    .evidence(counted(case))
    .fact_if("scaled", scaled)
    .fact("updated", updated)
    .fact("wanted", wanted)
    .fact("old", old)
    .fact("available", number(workload.available))
    .fix([Fix::advice(look, Who::Owner)])
}

fn counted(case: &WorkloadCase<'_>) -> Vec<Evidence> {
    let workload = case.it.workload;
    let counts = [
        ("status.replicas", workload.existing),
        ("status.updatedReplicas", workload.updated),
        ("status.availableReplicas", workload.available),
    ];
    let counts = counts.into_iter();
    counts
        .map(|(path, count)| case.field(path, count.unwrap_or_default().to_string()))
        .collect()
}
