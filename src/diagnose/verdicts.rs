//! What the rules found, kept from one report to the next for as long as nothing has changed of what they asked.
//!
//! While a cluster is followed most changes touch nothing that is stuck. A pod's event makes the rules look at that pod
//! again, a node or what is taken of it at those pods that wait for one and for which it could matter
//! ([`queueing_hint`]). Who is stuck, what findings have in common and how long it lasts are worked out each time.
//!
//! What depends on nothing but time is found within [`FRESH`] of something that is new, and later within [`LASTING`]: what
//! has been so for hours becomes something else by no second.

use super::merge::Hit;
use crate::report::Defect;
use crate::rules::{Case, Explained};
use crate::scheduler::{FilterResults, queueing_hint};
use crate::snapshot::{Changes, Dependencies, Dependency, ObjectRef, PodView};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long a finding holds at first while nothing changes: time alone may make another of it. Then twice as long, and so on.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// How long at most.
const LASTING: SignedDuration = SignedDuration::from_secs(60);

/// What the rules found of each object that is stuck.
#[derive(Debug, Default)]
pub struct Verdicts {
    known: BTreeMap<ObjectRef, Verdict>,
    /// What is looked at again for the time that has passed, and for how long it holds then.
    lasting: BTreeMap<ObjectRef, SignedDuration>,
    looked: u64,
}

/// What the rules found of one object.
#[derive(Debug)]
struct Verdict {
    hits: Vec<Hit>,
    defects: Vec<Defect>,
    /// Of a pod that waits for a node.
    results: Option<Arc<FilterResults>>,
    asked: Dependencies,
    at: Timestamp,
    holds: SignedDuration,
    is_stuck: bool,
}

impl Verdicts {
    /// How often the rules looked at an object.
    pub fn looked(&self) -> u64 {
        self.looked
    }

    /// Lets go of what may have changed, also of these pods that wait for a node.
    pub(super) fn begin<'a>(
        &mut self,
        changes: &Changes,
        at: Timestamp,
        unbound: impl Iterator<Item = &'a PodView>,
    ) {
        let Verdicts { known, lasting, .. } = self;
        lasting.clear();
        known.retain(|object, verdict| {
            verdict.is_stuck = false;
            let is_due = at.duration_since(verdict.at) >= verdict.holds;
            if is_due {
                let holds = LASTING.min(verdict.holds + verdict.holds);
                lasting.insert(object.clone(), holds);
            }
            !is_due && !changes.touch(&verdict.asked)
        });
        for pod in unbound {
            let object = pod.object();
            let matters = known.get(&object).is_some_and(|verdict| {
                let results = verdict.results.as_deref();
                verdict.asked.contains(&Dependency::Filters)
                    && queueing_hint::matters(changes, pod.pod(), results)
            });
            if matters {
                known.remove(&object);
            }
        }
    }

    /// Lets go of what is not stuck any more.
    pub(super) fn end(&mut self) {
        self.known.retain(|_, verdict| verdict.is_stuck);
    }

    /// Whether the rules have to look at one of these pods, of which those of one class are looked at once when something is
    /// found.
    pub(super) fn lack<'a>(
        &self,
        pods: impl Iterator<Item = (&'a PodView, Option<&'a str>)>,
    ) -> bool {
        let mut explained: BTreeSet<&str> = BTreeSet::new();
        for (pod, class) in pods {
            if class.is_some_and(|class| explained.contains(class)) {
                continue;
            }
            let Some(verdict) = self.known.get(&pod.object()) else {
                return true;
            };
            explained.extend(class.filter(|_| !verdict.hits.is_empty()));
        }
        false
    }

    /// What the rules find of an object, by a look if it is not known.
    pub(super) fn of<'a, S: Explained<'a>>(
        &mut self,
        case: &Case<'a, S>,
        look: impl FnOnce() -> (Vec<Hit>, Vec<Defect>),
    ) -> (Vec<Hit>, Vec<Defect>) {
        let object = case.object();
        if let Some(verdict) = self.known.get_mut(&object) {
            verdict.is_stuck = true;
            return (verdict.hits.clone(), verdict.defects.clone());
        }
        self.looked += 1;
        let ((hits, defects), mut asked) = Dependencies::of(look);
        asked.add(Dependency::Events(object.clone()));
        if let Some(kind) = object.known_kind() {
            let namespace = case.namespace().to_owned();
            asked.add(Dependency::Object(kind, namespace, object.name.clone()));
        }
        let verdict = Verdict {
            hits: hits.clone(),
            defects: defects.clone(),
            results: case.examined().and_then(|one| one.results.clone()),
            asked,
            at: case.snapshot.clock().at,
            holds: self.lasting.get(&object).copied().unwrap_or(FRESH),
            is_stuck: true,
        };
        self.known.insert(object, verdict);
        (hits, defects)
    }
}

#[cfg(test)]
mod tests {
    use super::{SignedDuration, Timestamp, Verdicts};
    use crate::diagnose::diagnose_again;
    use crate::report::Requests;
    use crate::scheduler::testing::{Cluster, Object, node, object, pod};
    use crate::snapshot::Kind;
    use crate::triage::Scope;
    use serde_json::json;

    const NOON: &str = "2026-01-01T12:00:00Z";

    /// A pod that waits for one of the nodes of a pool, and one whose image cannot be pulled.
    fn cluster() -> Cluster {
        let said = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector."}]);
        let waiting = pod("waiting")
            .asks("cpu", "8")
            .set("/status/conditions", said);
        let waiting = waiting.set("/spec/nodeSelector", json!({"pool": "a"}));
        let pulling = pulling("pulling").set("/spec/containers/0/image", json!("elsewhere/web:1"));
        let pods = [old(waiting), pulling];
        Cluster::new()
            .all(nodes())
            .all(pods)
            .with(other("here", "in", "1"))
            .with(other("there", "out", "1"))
    }

    fn old(pod: Object) -> Object {
        pod.set("/metadata/creationTimestamp", json!("2026-01-01T11:00:00Z"))
    }

    /// A pod whose image cannot be pulled.
    fn pulling(name: &str) -> Object {
        let state = json!({"waiting": {"reason": "ErrImagePull", "message": "manifest unknown"}});
        let status = json!([{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}]);
        let pulling = pod(name).on("in").phase("Pending");
        old(pulling.set("/status/containerStatuses", status))
    }

    fn nodes() -> [Object; 2] {
        [("in", "a"), ("out", "b")].map(|(name, pool)| node(name, "4", "4Gi").label("pool", pool))
    }

    /// A healthy pod.
    fn other(name: &str, node: &str, cpu: &str) -> Object {
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let container = json!([{"name": "app", "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}]);
        let pod = pod(name).asks("cpu", cpu).on(node);
        pod.set("/status/conditions", ready)
            .set("/status/containerStatuses", container)
    }

    fn event(about: &str) -> Object {
        let about = json!({"kind": "Pod", "namespace": "shop", "name": about});
        let meta = json!({"name": "e", "namespace": "shop"});
        object(
            Kind::Event,
            json!({"metadata": meta, "involvedObject": about, "reason": "BackOff", "lastTimestamp": NOON}),
        )
    }

    fn heard(name: &str, at: &str) -> Object {
        let ready = json!([{"type": "Ready", "status": "True", "lastHeartbeatTime": at}]);
        node(name, "4", "4Gi")
            .label("pool", "a")
            .set("/status/conditions", ready)
    }

    /// A cluster that is followed from noon on.
    struct Followed {
        cluster: Cluster,
        verdicts: Verdicts,
    }

    impl Followed {
        fn new() -> Self {
            Followed {
                cluster: cluster().with(heard("in", "2026-01-01T11:59:00Z")),
                verdicts: Verdicts::default(),
            }
        }

        /// How often the rules look at an object so many seconds after noon.
        fn looks(&mut self, seconds: i64) -> u64 {
            let noon: Timestamp = NOON.parse().unwrap();
            let store = self.cluster.store();
            store.set_time(noon + SignedDuration::from_secs(seconds));
            let changes = store.take_changes();
            let (snapshot, scope) = (store.snapshot(), Scope::everything());
            let (requests, before) = (Requests::default(), self.verdicts.looked());
            let report = diagnose_again(&snapshot, &scope, requests, &mut self.verdicts, &changes);
            assert!(report.diagnoses.len() >= 2, "{report:#?}");
            self.verdicts.looked() - before
        }
    }

    /// How often the rules look at an object again after this.
    fn looks(seconds: i64, changes: impl IntoIterator<Item = Object>) -> u64 {
        let mut followed = Followed::new();
        assert!(followed.looks(0) >= 2);
        let changes = changes.into_iter();
        changes.for_each(|change| followed.cluster.put(change));
        followed.looks(seconds)
    }

    #[test]
    fn what_is_as_it_was_is_not_looked_at_again() {
        assert_eq!(looks(1, []), 0);
        assert_eq!(looks(1, [other("here", "in", "1"), event("here")]), 0);
        assert_eq!(looks(1, [heard("in", NOON)]), 0);
    }

    #[test]
    fn an_event_is_about_its_own_pod() {
        assert_eq!(looks(1, [event("waiting")]), 1);
        assert_eq!(looks(1, [event("waiting"), event("pulling")]), 2);
    }

    #[test]
    fn what_is_taken_of_a_node_matters_to_those_who_could_have_it() {
        assert_eq!(looks(1, [other("here", "in", "2")]), 1);
        assert_eq!(
            looks(1, [other("new", "out", "1"), other("there", "out", "2")]),
            0
        );
        let keeps_away = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "pool", "labelSelector": {}}]}});
        let new = other("new", "out", "1").set("/spec/affinity", keeps_away);
        assert_eq!(looks(1, [new]), 1);
    }

    #[test]
    fn a_pod_that_waits_for_an_image_is_looked_at_again_with_those_that_run_or_await_one_like_it() {
        let with_image = |pod: Object, image: &str| {
            let pod = pod.set("/spec/containers/0/image", json!(image));
            pod.set("/status/containerStatuses/0/image", json!(image))
        };
        for (image, again) in [
            ("reg.example/shop/web:1", 1),
            ("other.example/shop/web:1", 1),
            ("reg.example/tools/unlike:1", 0),
        ] {
            let mut followed = Followed::new();
            let pulling = with_image(pulling("pulling"), "reg.example/shop/web:2");
            followed.cluster.put(pulling);
            followed.looks(0);
            let runs = with_image(other("new", "out", "1"), image);
            followed.cluster.put(runs);
            assert_eq!(followed.looks(1), again, "{image} runs");
            followed
                .cluster
                .store()
                .remove_key(Kind::Pod, "shop", "new");
            assert_eq!(followed.looks(2), again, "{image} runs no more");
        }
        let mut followed = Followed::new();
        let [first, like, unlike] = [
            ("pulling", "reg.example/shop/web:2"),
            ("like", "reg.example/tools/unlike:1"),
            ("unlike", "other.example/shop/web:2"),
        ]
        .map(|(name, image)| with_image(pulling(name), image));
        followed.cluster.put(first);
        followed.looks(0);
        followed.cluster.put(unlike);
        let alone = followed.looks(1);
        followed.cluster.put(like);
        assert_eq!(followed.looks(2), alone + 1, "the one of its registry, too");
    }

    #[test]
    fn a_node_matters_to_all_that_wait() {
        let [_, out] = nodes();
        assert_eq!(looks(1, [out.set("/spec/unschedulable", json!(true))]), 1);
        assert_eq!(looks(1, [node("new", "1", "1Gi")]), 1);
    }

    #[test]
    fn time_alone_makes_all_be_looked_at_ever_more_seldom() {
        assert_eq!(looks(9, []), 0);
        assert_eq!(looks(10, []), 2);
        let mut followed = Followed::new();
        let times = (0..=200).filter(|second| followed.looks(*second) > 0);
        let times: Vec<i64> = times.collect();
        assert_eq!(times, [0, 10, 30, 70, 130, 190]);
    }
}
