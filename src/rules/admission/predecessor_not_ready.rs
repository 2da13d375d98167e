//! A StatefulSet makes its pods one after the other, and waits for one that is stuck.
//!
//! Source: pkg/controller/statefulset/stateful_set_control.go (processReplica, 1.37). Why that pod is stuck is a finding of
//! its own, from which this follows.

use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::autoscaler;
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, PodView};
use crate::text::say;

/// `predecessor-not-ready`
pub static RULE: Rule = Rule {
    cause: "predecessor-not-ready",
    layer: Layer::Admission,
    title: "a StatefulSet waits for an earlier pod before it makes the next",
    seen_as: &["OrderedReady"],
    explanation: include_str!("predecessor_not_ready.md"),
    reads: &[Kind::StatefulSet],
    refines: &[],
    root: Root::Subject,
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let missing = case.it.wanted() - case.it.existing(case.snapshot);
    let finding = case.it.predecessor(case.snapshot).filter(|_| missing > 0);
    let finding = finding.map(|pod| {
        let headline = if pod.is_terminating() {
            say!(
                "predecessor-not-ready.going",
                "{pod} is being deleted and does not go: {missing|the pod behind it is|the {missing} pods behind it are} not made before it is gone and its successor ready[; {scaled}]"
            )
        } else {
            say!(
                "predecessor-not-ready.headline",
                "{pod} is not ready: {missing|the pod behind it is|the {missing} pods behind it are} not made before it is[; {scaled}]"
            )
        };
        let ready = pod.condition("Ready");
        let since = ready.and_then(|ready| ready.last_transition_time.as_ref());
        let since = since.map(|since| since.0);
        let scaled = autoscaler::at_odds(&case.object(), case.it.wanted(), since, case.snapshot);
        let (scaled, by_autoscaler) = scaled.unzip();
        let look = say!(
            "predecessor-not-ready.look",
            "put right what keeps {pod}; the others follow by themselves"
        );
        Finding::new(case.subject(), headline, proof(case, pod))
            .why(say!(
                "predecessor-not-ready.why",
                "with podManagementPolicy OrderedReady, the default, each pod waits for all before it; Parallel, which can be chosen only when a StatefulSet is made, lets them start at once"
            ))
            .fact("pod", pod.name())
            .fact("missing", missing)
            .fact_if("scaled", scaled)
            .evidence(counts(case))
            .evidence(by_autoscaler)
            .fix([Fix::advice(look, Who::Owner)])
            .inspect(pod.object().diagnose())
            .because_of(vec![pod.object()])
    });
    finding.into_iter().collect()
}

/// What the pod says of itself.
pub(super) fn proof(case: &WorkloadCase<'_>, pod: &PodView) -> Evidence {
    let ready = pod
        .condition("Ready")
        .filter(|ready| ready.status != "True");
    let message = ready.and_then(|ready| ready.message.as_deref());
    match message {
        Some(message) => case.field_of(pod.object(), "status.conditions[Ready].message", message),
        None => case.field_of(pod.object(), "status.phase", pod.phase()),
    }
}

fn counts(case: &WorkloadCase<'_>) -> Vec<Evidence> {
    let existing = case.it.existing(case.snapshot);
    vec![
        case.field("spec.replicas", case.it.wanted().to_string()),
        case.field("status.replicas", existing.to_string()),
    ]
}
