//! Which pods need no look of their own, since another one of their kind had it.
//!
//! A Deployment that scales up on a full cluster leaves hundreds of pods pending that differ in nothing but their
//! names. What holds for one holds for all: same controller, same wants, same words of the scheduler, same events. Which of
//! those that have a node are alike is told in [`bound`].

mod bound;

pub(super) use bound::key as on_node;

use crate::kubernetes::owners;
use crate::scheduler::Engine;
use crate::snapshot::PodView;
use crate::triage::SILENCE;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::rc::Rc;

/// The same of each pod that waits for a node; thousands of one class share its text.
pub(super) fn classes(pods: &[&PodView], engine: &Engine<'_>) -> Vec<Option<Rc<str>>> {
    let mut known: HashSet<Rc<str>> = HashSet::new();
    let mut shared = |text: String| -> Rc<str> {
        if let Some(known) = known.get(text.as_str()) {
            return known.clone();
        }
        let text: Rc<str> = text.into();
        known.insert(text.clone());
        text
    };
    let class = |pod: &&PodView| key(pod, engine).map(&mut shared);
    pods.iter().map(class).collect()
}

/// The text that pods share when the same can be said of them; `None` for a pod that must be looked at itself.
fn key(pod: &PodView, engine: &Engine<'_>) -> Option<String> {
    let snapshot = engine.snapshot();
    let meta = &pod.pod().metadata;
    let controller = owners::controller(meta.owner_references.as_deref())?;
    let nothing_else = pod.node().is_none()
        && meta.deletion_timestamp.is_none()
        && pod.phase() == "Pending"
        && pod.status().nominated_node_name.is_none();
    // without the scheduler's words the age of the pod decides
    let said = pod.condition("PodScheduled")?.message.as_deref()?;
    if !nothing_else || said.is_empty() {
        return None;
    }
    let mut text = format!("{} {}", controller.uid, engine.equivalence_key(pod));
    for condition in pod.status().conditions.iter().flatten() {
        let _ = write!(
            text,
            "\n{} {} {:?} {:?}",
            condition.type_, condition.status, condition.reason, condition.message
        );
    }
    let events = snapshot.store().events().of(&pod.object(), pod.uid());
    let events: BTreeSet<_> = events
        .map(|event| {
            let is_new = event
                .last
                .is_some_and(|last| snapshot.seconds_since(last) < SILENCE);
            (&event.reason, &event.component, &event.message, is_new)
        })
        .collect();
    let _ = write!(
        text,
        "\n{:?} {:?} {events:?}",
        pod.spec().scheduler_name,
        pod.spec().scheduling_gates
    );
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{Engine, key};
    use crate::scheduler::testing::{Cluster, Object, node, object, pod};
    use crate::snapshot::{Kind, Snapshot};
    use serde_json::json;

    fn waiting(name: &str, said: &str) -> Object {
        let conditions = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}]);
        let web = pod(name).asks("cpu", "2").of("ReplicaSet", "web");
        web.set("/status/conditions", conditions)
    }

    fn keys(cluster: &Snapshot<'_>) -> Vec<Option<String>> {
        let engine = Engine::new(cluster);
        let of = |pod| key(pod, &engine);
        cluster.store().whole_pods().map(of).collect()
    }

    fn cluster(pods: [Object; 2]) -> Cluster {
        let cluster = Cluster::new().with(node("n1", "1", "1Gi"));
        pods.into_iter().fold(cluster, Cluster::with)
    }

    const FULL: &str = "0/1 nodes are available: 1 Insufficient cpu.";

    #[test]
    fn pods_of_one_controller_of_which_the_same_is_said_are_alike() {
        let found = keys(&cluster([waiting("a", FULL), waiting("b", FULL)]).snapshot());
        assert_eq!(found.len(), 2);
        assert!(found[0].is_some() && found[0] == found[1]);
    }

    #[test]
    fn what_tells_two_pods_apart_keeps_them_apart() {
        let other = |change: Object| {
            let found = keys(&cluster([waiting("a", FULL), change]).snapshot());
            assert_eq!(found.len(), 2);
            assert_ne!(found[0], found[1]);
        };
        other(waiting("b", "0/1 nodes are available: 1 Too many pods."));
        other(waiting("b", FULL).of("ReplicaSet", "api"));
        other(waiting("b", FULL).asks("memory", "1Gi"));
        other(waiting("b", FULL).set("/spec/schedulerName", json!("mine")));
    }

    #[test]
    fn an_event_of_its_own_keeps_a_pod_apart() {
        let event = json!({
            "metadata": {"name": "b.1", "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "b", "uid": "uid-b"},
            "reason": "NotTriggerScaleUp", "message": "pod didn't trigger scale-up", "type": "Normal",
        });
        let cluster = cluster([waiting("a", FULL), waiting("b", FULL)]);
        let found = keys(&cluster.with(object(Kind::Event, event)).snapshot());
        assert_ne!(found[0], found[1]);
    }

    #[test]
    fn a_pod_without_controller_or_words_is_looked_at_itself() {
        let bare = pod("a").asks("cpu", "2");
        let silent = bare.clone().of("ReplicaSet", "web");
        for one in [bare, silent] {
            let found = keys(
                &Cluster::new()
                    .with(node("n1", "1", "1Gi"))
                    .with(one)
                    .snapshot(),
            );
            assert!(found.iter().all(Option::is_none), "{found:?}");
        }
    }
}
