//! The scheduler makes room for the pod on a node, and the pods that give way are not gone yet.

use super::topology::inspect_all_pods;
use crate::messages::form::contains;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::scheduler::preemption;
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef, PodRecord};
use crate::text::{Seconds, Sentence, say};

/// `preemption-pending`
pub static RULE: Rule = Rule {
    cause: "preemption-pending",
    layer: Layer::Scheduling,
    title: "the pods that give way to the pod are not gone yet",
    seen_as: &["Pending", "Unschedulable", "FailedScheduling", "Preempted"],
    explanation: include_str!("preemption_pending.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// Seconds after the end of its grace period for which a deletion is still normal.
const SLACK: i64 = 60;
/// The most victims of which the field is quoted.
const QUOTED: usize = 3;

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some(node) = preemption::nominated(case.pod()).filter(|_| !case.pod().is_gated()) else {
        return Vec::new();
    };
    let Some(examination) = case.scheduling() else {
        return Vec::new();
    };
    let message = examination.scheduler_message.as_ref();
    let under_way = message.is_some_and(|said| preemption::under_way(&said.message));
    let victims = preemption::victims(case.pod(), node, case.snapshot);
    // the node has room as it is: it was named for another reason
    if is_whole(case) && preemption::fits_without(case.pod(), node, &[], case.engine) {
        return Vec::new();
    }
    let finding = if victims.is_empty() {
        let Some(certainty) = unseen(case, under_way) else {
            return Vec::new();
        };
        by_field(case, node, say!("preemption-pending.victims-not-read", "preemption makes room for the pod on {node}, and the pods that give way may not be gone yet"))
            .certainty(certainty)
            .why(say!("preemption-pending.victims-not-read-why", "which pods these are was not read; the pod is bound once they are gone"))
    } else {
        waits(case, node, &victims, under_way)
    };
    vec![
        finding
            .evidence(message.map(|said| said.quote.clone()))
            .fact("node", node)
            .inspect(inspect_all_pods(Some(node))),
    ]
}

/// Whether all nodes and the pods on them were read.
fn is_whole(case: &Case<'_>) -> bool {
    let examination = case.scheduling();
    examination.is_some_and(|examination| !examination.lacks_pods())
}

fn by_field(case: &Case<'_>, node: &str, headline: Sentence) -> Finding {
    let proof = case.field("status.nominatedNodeName", node);
    Finding::new(case.subject(), headline, proof).fix([Fix::advice(
        say!(
            "preemption-pending.wait",
            "wait: the scheduler binds the pod when they are gone, or looks for another node"
        ),
        Who::Owner,
    )])
}

/// How sure it is when no victim was seen. Where all pods were read they are gone, or the node is named for another reason: since
/// 1.35 also while the scheduler waits for a volume.
fn unseen(case: &Case<'_>, under_way: bool) -> Option<Certainty> {
    let refused = case
        .pod()
        .condition("PodScheduled")
        .is_some_and(|condition| condition.reason.as_deref() == Some("Unschedulable"));
    case.snapshot.pods().whole_cluster().err()?;
    if is_whole(case) {
        return None;
    }
    match (under_way, refused) {
        (true, _) => Some(Certainty::Likely),
        (false, true) => Some(Certainty::Possible),
        (false, false) => None,
    }
}

fn waits(case: &Case<'_>, node: &str, victims: &[&PodRecord], under_way: bool) -> Finding {
    let snapshot = case.snapshot;
    let events: Vec<Evidence> = victims
        .iter()
        .filter_map(|victim| preempted(case, victim))
        .collect();
    let whole = is_whole(case);
    let fits = whole && preemption::fits_without(case.pod(), node, victims, case.engine);
    let shown = fits || under_way || !events.is_empty();
    let certainty = if shown && whole {
        Certainty::Proven
    } else {
        Certainty::Likely
    };
    let now = snapshot.clock().at.as_second();
    let left = |victim: &&PodRecord| victim.gone_by().map(|end| end.as_second() - now);
    let longest = victims.iter().filter_map(left).max();
    let late: Vec<String> = victims
        .iter()
        .filter(|victim| left(victim).is_some_and(|left| left < -SLACK))
        .map(|victim| named(victim))
        .collect();
    let headline = say!(
        "preemption-pending.headline",
        "preemption makes room for the pod on {node}: {victims}, which {victims|gives way, is|give way, are} not gone yet"
    );
    let names: Vec<String> = victims.iter().map(|victim| named(victim)).collect();
    let quoted = victims.iter().take(QUOTED);
    let mut finding = by_field(case, node, headline)
        .certainty(certainty)
        .evidence(events)
        .evidence(quoted.filter_map(|victim| ending(case, victim)))
        .fact("victims", names)
        .fact("priority", case.pod().spec().priority.unwrap_or_default());
    for fix in finding.fixes.iter_mut().filter(|_| fits) {
        fix.verified = Some([node.into()].into());
    }
    if late.is_empty() {
        let within = longest.filter(|left| *left > 0 && snapshot.clock().exact);
        return finding
            .fact_if("within", within.map(Seconds))
            .why(say!("preemption-pending.grace-period", "they have a lower priority than the pod, and end [within {within} at the latest, ]when their grace period is over"));
    }
    let earliest = victims.iter().filter_map(left).min().unwrap_or_default();
    finding.fixes = vec![Fix::advice(
        say!(
            "preemption-pending.inspect-late",
            "find out what holds {late}: a finalizer, a hanging mount, or a kubelet that is down"
        ),
        Who::Admin,
    )];
    finding
        .fact("late", late)
        .fact("since", Seconds(-earliest))
        .why(say!("preemption-pending.late", "the grace period of {late} was over {since} ago: something holds the {late|pod on its node|pods on their node}, and a PodDisruptionBudget is not it, since preemption only prefers to keep one"))
}

fn named(victim: &PodRecord) -> String {
    format!("{}/{}", victim.namespace, victim.name)
}

fn object(victim: &PodRecord) -> ObjectRef {
    ObjectRef::new(Kind::Pod, &victim.namespace, &victim.name)
}

/// When the victim's grace period is over.
fn ending(case: &Case<'_>, victim: &PodRecord) -> Option<Evidence> {
    let end = victim.gone_by()?;
    Some(case.field_of(
        object(victim),
        "metadata.deletionTimestamp",
        end.to_string(),
    ))
}

/// The event that says for whom the victim gives way: by uid since 1.29, by name up to 1.24, and by neither in between.
fn preempted(case: &Case<'_>, victim: &PodRecord) -> Option<Evidence> {
    let name = format!("{}/{} ", case.namespace(), case.pod().name());
    let is_for_pod = |message: &str| {
        case.pod().uid().is_some_and(|uid| contains(message, uid)) || contains(message, &name)
    };
    let object = object(victim);
    let mut events = case.snapshot.events().of(&object, None);
    let event = events.find(|event| event.reason == "Preempted" && is_for_pod(&event.message))?;
    Some(case.event(event))
}
