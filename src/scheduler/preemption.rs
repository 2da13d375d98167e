//! Preemption as it is seen from outside: which pods give way to one, and why none does.
//!
//! Source: kube-scheduler `framework/preemption/preemption.go`, `plugins/defaultpreemption` (1.37). Victims are deleted
//! gracefully and count on their node until they are gone; a PodDisruptionBudget is a preference in their choice and
//! forbids none.

mod dry_run;

pub(super) use dry_run::dry_run;
pub use dry_run::{DryRun, Outcome, Victim};

use super::{Count, Engine, Incoming, run_filters};
use crate::messages::scheduler::{Message, PreemptionSays};
use crate::snapshot::{DEFAULT_SCHEDULER, PodRecord, PodView, Snapshot};
use serde::Serialize;
use std::collections::BTreeSet;

/// The node on which preemption makes room for the pod.
pub fn nominated(pod: &PodView) -> Option<&str> {
    let node = pod.status().nominated_node_name.as_deref();
    node.filter(|node| !node.is_empty())
}

/// The pods that are going from a node and have a lower priority than the pod, in order of namespaces and names.
pub fn victims<'a>(pod: &PodView, node: &str, snapshot: &'a Snapshot<'a>) -> Vec<&'a PodRecord> {
    let priority = pod.spec().priority.unwrap_or_default();
    let pod_records = snapshot.pod_records();
    let gives_way = |pod_record: &&PodRecord| {
        pod_record.terminating && pod_records.footprint(pod_record).priority < priority
    };
    pod_records.on_node(node).filter(gives_way).collect()
}

/// Whether the pod passes every filter on a node once these pods are gone; not where one could not be computed.
pub fn fits_without(
    pod: &PodView,
    node: &str,
    victims: &[&PodRecord],
    engine: &Engine<'_>,
) -> bool {
    let view = engine.view();
    let incoming = Incoming::new(pod.pod(), view);
    let takes = |on| run_filters::without(&incoming, on, victims, view).is_empty();
    let refused = !incoming.before.is_empty() || !incoming.unread.is_empty();
    !refused && view.node(node).is_some_and(takes)
}

/// What preemption could do for a pod that no node takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preemption {
    /// Whether pods of lower priority could give way.
    pub verdict: Preempts,
    /// The pod's own priority.
    pub priority: i32,
    /// The node on which they would.
    pub node: Option<String>,
    /// The pods that would give way there, the most important first.
    pub victims: Vec<Victim>,
    /// The nodes where none can, by the scheduler's reasons.
    pub computed: Vec<Count>,
    /// On how many nodes the verdict rests: those without a pod of lower priority, or those that reject the pod even
    /// without them.
    pub nodes: usize,
    /// The scheduler's reasons that reject it there even without them.
    pub still_failing: Vec<String>,
}

/// Whether pods of lower priority could give way to a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Preempts {
    /// They could, and the scheduler lets them when it tries the pod again.
    Possible,
    /// They could, but the pod's `preemptionPolicy` is Never.
    Never,
    /// No pod has a lower priority where that would help.
    NoLowerPriority,
    /// The pod would not fit even without all of them.
    NotEnough,
}

impl Preemption {
    /// By what was read. None where that is not all that decides, where preemption is under way, and where nobody expects it:
    /// removing pods helps nowhere, or the pod and all others have no priority.
    pub fn find(pod: &PodView, engine: &Engine<'_>) -> Option<Preemption> {
        let snapshot = engine.snapshot();
        let whole = snapshot.nodes().whole_cluster().is_ok();
        if !whole || nominated(pod).is_some() || pod.scheduler() != DEFAULT_SCHEDULER {
            return None;
        }
        let results = engine.run_filters(pod.pod());
        let open = !results.is_whole() || results.feasible_nodes().next().is_some();
        (!open).then(|| engine.dry_run(pod.pod()))?.verdict(pod)
    }

    /// By the scheduler's message, where nodes or pods were not read.
    pub fn from_message(pod: &PodView, message: &Message) -> Option<Preemption> {
        let priority = priority(pod);
        let items = &message.preemption.as_ref()?.items;
        let no_victims = items
            .iter()
            .find(|item| item.says == PreemptionSays::NoVictims)?;
        let nodes = usize::try_from(no_victims.count?).ok()?;
        (priority > 0).then(|| Preemption {
            verdict: Preempts::NoLowerPriority,
            priority,
            node: None,
            victims: Vec::new(),
            computed: Vec::new(),
            nodes,
            still_failing: Vec::new(),
        })
    }
}

impl DryRun {
    fn verdict(&self, pod: &PodView) -> Option<Preemption> {
        let priority = priority(pod);
        let never = pod.spec().preemption_policy.as_deref() == Some("Never");
        let without = self.count(|outcome| *outcome == Outcome::NoVictims);
        let fails = self.count(|outcome| matches!(outcome, Outcome::StillFails(_)));
        let chosen = self.chosen();
        let (verdict, nodes) = match (chosen, fails) {
            (Some(_), _) if never => (Preempts::Never, 1),
            (Some(_), _) => (Preempts::Possible, 1),
            (None, 0) if without > 0 && priority > 0 => (Preempts::NoLowerPriority, without),
            (None, 0) => return None,
            (None, _) => (Preempts::NotEnough, fails),
        };
        Some(Preemption {
            verdict,
            priority,
            node: chosen.map(|(node, _)| node.to_owned()),
            victims: chosen.map_or_else(Vec::new, |(_, victims)| victims.to_vec()),
            computed: self.counts(),
            nodes,
            still_failing: self.still_failing(),
        })
    }

    fn still_failing(&self) -> Vec<String> {
        let reasons = self.nodes.iter().filter_map(|(_, outcome)| match outcome {
            Outcome::StillFails(reasons) => Some(reasons),
            _ => None,
        });
        let reasons: BTreeSet<&String> = reasons.flatten().collect();
        reasons.into_iter().cloned().collect()
    }
}

fn priority(pod: &PodView) -> i32 {
    pod.spec().priority.unwrap_or_default()
}

/// Whether the scheduler says that it has found a node, or that pods are going from it.
pub fn under_way(message: &Message) -> bool {
    let items = message.preemption.iter().flat_map(|found| &found.items);
    items.into_iter().any(|item| {
        matches!(
            item.says,
            PreemptionSays::VictimsTerminating | PreemptionSays::Potential { .. }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::scheduler::parse;
    use crate::scheduler::testing::{Cluster, Object, node, pod};
    use serde_json::json;

    fn going(name: &str, priority: i32) -> Object {
        pod(name)
            .on("n1")
            .asks("cpu", "1")
            .set("/spec/priority", json!(priority))
            .set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:30Z"))
    }

    #[test]
    fn victims_are_going_and_of_lower_priority() {
        let web = pod("web")
            .asks("cpu", "2")
            .set("/spec/priority", json!(10))
            .stuck();
        let cluster = Cluster::new()
            .with(node("n1", "2", "1Gi"))
            .with(going("low", 1))
            .with(going("lower", 0))
            .with(going("equal", 10))
            .with(pod("stays").on("n1"))
            .snapshot();
        let found = victims(&web, "n1", &cluster);
        let names: Vec<&str> = found.iter().map(|victim| &*victim.name).collect();
        assert_eq!(names, ["low", "lower"]);
        assert!(victims(&web, "n2", &cluster).is_empty());
        // the one of equal priority holds what is missing
        assert!(!fits_without(&web, "n1", &found, &Engine::new(&cluster)));
    }

    #[test]
    fn the_pod_fits_once_they_are_gone() {
        let web = pod("web").asks("cpu", "2").set("/spec/priority", json!(10));
        let cluster = Cluster::new()
            .with(node("n1", "2", "1Gi"))
            .with(going("low", 1))
            .with(web.clone())
            .snapshot();
        let web = web.stuck();
        let found = victims(&web, "n1", &cluster);
        assert!(fits_without(&web, "n1", &found, &Engine::new(&cluster)));
        assert!(!fits_without(&web, "n1", &[], &Engine::new(&cluster)));
    }

    #[test]
    fn the_tail_says_that_nobody_has_a_lower_priority() {
        let found = |priority: i32, tail: &str| {
            let web = pod("web").set("/spec/priority", json!(priority)).stuck();
            let message = parse(&format!(
                "0/2 nodes are available: 2 Insufficient cpu. preemption: {tail}"
            ));
            let found = Preemption::from_message(&web, &message)?;
            Some((found.verdict, found.nodes, found.priority))
        };
        let mixed = "0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.";
        let none_lower = Preempts::NoLowerPriority;
        assert_eq!(found(10, mixed), Some((none_lower, 1, 10)));
        // nobody expects it of a pod without a priority
        assert_eq!(found(0, mixed), None);
        let not_helpful = "0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
        assert_eq!(found(10, not_helpful), None);
    }

    #[test]
    fn the_tail_says_that_pods_are_going() {
        let waits = parse(
            "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.",
        );
        assert!(under_way(&waits));
        assert!(!under_way(&parse(
            "0/2 nodes are available: 2 Insufficient cpu."
        )));
    }

    fn found(web: &Object, others: &[Object]) -> Option<Preemption> {
        let cluster = Cluster::new()
            .with(node("n1", "2", "1Gi"))
            .all(others.iter().cloned())
            .with(web.clone())
            .snapshot();
        Preemption::find(&web.stuck(), &Engine::new(&cluster))
    }

    fn standing(name: &str, priority: i32, cpu: &str) -> Object {
        let pod = pod(name).on("n1").asks("cpu", cpu);
        pod.set("/spec/priority", json!(priority))
    }

    #[test]
    fn who_gives_way_is_found() {
        let web = pod("web").asks("cpu", "1").set("/spec/priority", json!(10));
        let others = [standing("low", 1, "1"), standing("db", 10, "1")];
        let could = found(&web, &others).unwrap();
        assert_eq!(could.verdict, Preempts::Possible);
        assert_eq!(could.node.as_deref(), Some("n1"));
        let victims: Vec<String> = could.victims.iter().map(|v| v.pod.to_string()).collect();
        assert_eq!(victims, ["shop/low"]);
        let never = web.clone().set("/spec/preemptionPolicy", json!("Never"));
        let never = found(&never, &others).unwrap();
        assert_eq!((never.verdict, never.victims.len()), (Preempts::Never, 1));
    }

    #[test]
    fn why_nobody_gives_way_is_found() {
        let web = pod("web").asks("cpu", "2").set("/spec/priority", json!(10));
        let equal = found(&web, &[standing("db", 10, "1")]).unwrap();
        assert_eq!(equal.verdict, Preempts::NoLowerPriority);
        let mixed = [standing("db", 10, "1"), standing("low", 1, "1")];
        let not_enough = found(&web, &mixed).unwrap();
        assert_eq!(not_enough.verdict, Preempts::NotEnough);
        assert_eq!(not_enough.nodes, 1);
        assert_eq!(not_enough.still_failing, ["Insufficient cpu"]);
    }

    #[test]
    fn nothing_is_said_where_nobody_expects_it_or_not_all_is_known() {
        let others = [standing("db", 0, "1")];
        let plain = pod("web").asks("cpu", "2");
        assert_eq!(found(&plain, &others), None);
        let web = plain.set("/spec/priority", json!(10));
        let too_large = web.clone().asks("cpu", "3");
        assert_eq!(found(&too_large, &others), None);
        let fits = web.clone().asks("cpu", "1");
        assert_eq!(found(&fits, &others), None);
        let nominated = web.clone().set("/status/nominatedNodeName", json!("n1"));
        assert_eq!(found(&nominated, &others), None);
        let other = web.clone().set("/spec/schedulerName", json!("another"));
        assert_eq!(found(&other, &others), None);
        assert!(found(&web, &others).is_some());
    }
}
