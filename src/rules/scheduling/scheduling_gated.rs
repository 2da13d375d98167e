//! The pod has scheduling gates: no scheduler looks at it until they are removed.

use crate::kubernetes::patch;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::text::{Sentence, say};

/// `scheduling-gated`
pub static RULE: Rule = Rule {
    cause: "scheduling-gated",
    layer: Layer::Scheduling,
    title: "the pod's scheduling gates have not been removed",
    seen_as: &["SchedulingGated"],
    explanation: include_str!("scheduling_gated.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// Who sets and removes a gate: its name, the controller, and what the controller waits for. Gates
/// are free text, so only those that their projects document are listed (OpenShift's
/// multiarch-tuning-operator; NVIDIA's Grove). Those of queues are a cause of their own.
const SETTERS: &[(&str, Sentence, Sentence)] = &[
    (
        "multiarch.openshift.io/scheduling-gate",
        say!(
            "scheduling-gated.multiarch-tuning-operator",
            "the multiarch tuning operator"
        ),
        say!(
            "scheduling-gated.architectures-read",
            "it has read which architectures the images support"
        ),
    ),
    (
        "grove.io/podgang-pending-creation",
        say!("scheduling-gated.grove", "Grove"),
        say!(
            "scheduling-gated.gang-complete",
            "the pod's gang is complete"
        ),
    ),
];

fn check(case: &Case<'_>) -> Vec<Finding> {
    let gates = case.pod().gates().iter();
    let names: Vec<String> = gates.map(|gate| gate.name.clone()).collect();
    if names.is_empty() || case.pod().node().is_some() {
        return Vec::new();
    }
    let proof = proof(case, &names);
    let setter = SETTERS
        .iter()
        .find(|(gate, ..)| names.iter().any(|name| name == gate));
    let finding = match setter {
        Some((_, setter, until)) => {
            Finding::new(case.subject(), say!("scheduling-gated.held-by-setter", "the pod is held by {setter} with the gate {gates}"), proof)
                .fact("setter", *setter)
                .fact("until", *until)
                .why(say!("scheduling-gated.held-by-setter-why", "{setter} removes the gate when {until}; no scheduler looks at the pod before"))
                .fix([Fix::advice(say!("scheduling-gated.ask-the-setter", "find out from {setter} why it has not removed the gate"), Who::Owner)])
        }
        None => Finding::new(case.subject(), say!("scheduling-gated.held", "the pod is held by its scheduling gates: {gates}"), proof)
            .why(say!("scheduling-gated.held-why", "no scheduler looks at a pod with gates; whoever put them there has to remove them, and who that is cannot be read from the pod"))
            .fix([by_hand(case)]),
    };
    // the managers of the fields tell who wrote them
    let pod = case.object().argument();
    let look = case.kubectl(["get", &pod, "-o", "yaml", "--show-managed-fields"]);
    vec![finding.fact("gates", names).inspect(look).held()]
}

/// The API server's own condition, or the field itself.
fn proof(case: &Case<'_>, names: &[String]) -> Evidence {
    match case
        .pod()
        .condition("PodScheduled")
        .and_then(|condition| condition.message.as_deref())
    {
        Some(message) => case.field("status.conditions[PodScheduled].message", message),
        None => case.field("spec.schedulingGates", names.join(", ")),
    }
}

/// Gates can only be taken away, and only from the pod: its template is not looked at again.
fn by_hand(case: &Case<'_>) -> Fix {
    let gates = case.pod().gates();
    Fix::edit(
        say!(
            "scheduling-gated.remove-by-hand",
            "remove the gates by hand, if nothing is left that should wait for them"
        ),
        Who::Owner,
        case.pod().object(),
        vec![patch::remove("/spec/schedulingGates")],
        &patch::nested("/spec/schedulingGates", gates),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_listed_once() {
        for (index, (gate, ..)) in SETTERS.iter().enumerate() {
            assert!(
                !SETTERS
                    .iter()
                    .skip(index + 1)
                    .any(|(other, ..)| other == gate),
                "{gate}"
            );
        }
    }
}
