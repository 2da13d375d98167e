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
use crate::scheduler::{Examination, queueing_hint};
use crate::snapshot::{Changes, Dependencies, Dependency, ObjectRef, PodView};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

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
    examination: Option<Examination>,
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

    /// Lets go of what may have changed.
    pub(super) fn begin(&mut self, changes: &Changes, at: Timestamp) {
        self.lasting.clear();
        for (object, verdict) in &mut self.known {
            verdict.is_stuck = false;
            if at.duration_since(verdict.at) >= verdict.holds {
                let holds = LASTING.min(verdict.holds + verdict.holds);
                self.lasting.insert(object.clone(), holds);
            }
        }
        let lasting = &self.lasting;
        self.known.retain(|object, verdict| {
            !lasting.contains_key(object) && !changes.touch(&verdict.asked)
        });
    }

    /// Lets go of what is not stuck any more.
    pub(super) fn end(&mut self) {
        self.known.retain(|_, verdict| verdict.is_stuck);
    }

    /// The same of a pod that waits for a node, for which it could matter.
    pub(super) fn consider(&mut self, changes: &Changes, pod: &PodView) {
        let object = pod.object();
        let Some(verdict) = self.known.get(&object) else {
            return;
        };
        let depends = verdict
            .asked
            .iter()
            .any(|asked| *asked == Dependency::Filters);
        let results = verdict.examination.as_ref();
        let results = results.and_then(|examination| examination.results.as_deref());
        if depends && queueing_hint::matters(changes, pod.pod(), results) {
            self.known.remove(&object);
        }
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
        if !self.known.contains_key(&object) {
            self.looked += 1;
            let ((hits, defects), mut asked) = Dependencies::of(look);
            asked.add(Dependency::Events(object.clone()));
            if let Some(kind) = object.known_kind() {
                let namespace = case.namespace().to_owned();
                asked.add(Dependency::Object(kind, namespace, object.name.clone()));
            }
            let verdict = Verdict {
                hits,
                defects,
                examination: case.examined(),
                asked,
                at: case.snapshot.clock().at,
                holds: self.lasting.get(&object).copied().unwrap_or(FRESH),
                is_stuck: true,
            };
            self.known.insert(object.clone(), verdict);
        }
        let Some(verdict) = self.known.get_mut(&object) else {
            return (Vec::new(), Vec::new());
        };
        verdict.is_stuck = true;
        (verdict.hits.clone(), verdict.defects.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::Verdicts;
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
        let state = json!({"waiting": {"reason": "ErrImagePull", "message": "manifest unknown"}});
        let status = json!([{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}]);
        let pulling = pod("pulling").on("in").phase("Pending");
        let pulling = pulling.set("/status/containerStatuses", status);
        let old =
            |pod: Object| pod.set("/metadata/creationTimestamp", json!("2026-01-01T11:00:00Z"));
        let pods = [old(waiting), old(pulling)];
        Cluster::new()
            .all(nodes())
            .all(pods)
            .with(other("here", "in", "1"))
            .with(other("there", "out", "1"))
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

    /// How often the rules look at an object again after this.
    fn looks(seconds: i64, changes: impl IntoIterator<Item = Object>) -> u64 {
        let mut cluster = cluster().with(heard("in", "2026-01-01T11:59:00Z"));
        let mut verdicts = Verdicts::default();
        let mut look = |cluster: &mut Cluster, seconds: i64| {
            let noon: jiff::Timestamp = NOON.parse().unwrap();
            cluster
                .store()
                .set_time(noon + jiff::SignedDuration::from_secs(seconds));
            let changes = cluster.store().take_changes();
            let (snapshot, scope) = (cluster.store().snapshot(), Scope::everything());
            let requests = Requests::default();
            let report = diagnose_again(&snapshot, &scope, requests, &mut verdicts, &changes);
            assert_eq!(report.diagnoses.len(), 2, "{report:#?}");
            verdicts.looked()
        };
        let first = look(&mut cluster, 0);
        assert!(first >= 2);
        changes.into_iter().for_each(|change| cluster.put(change));
        look(&mut cluster, seconds) - first
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
    fn a_node_matters_to_all_that_wait() {
        let [_, out] = nodes();
        assert_eq!(looks(1, [out.set("/spec/unschedulable", json!(true))]), 1);
        assert_eq!(looks(1, [node("new", "1", "1Gi")]), 1);
    }

    #[test]
    fn time_alone_makes_all_be_looked_at_ever_more_seldom() {
        assert_eq!(looks(9, []), 0);
        assert_eq!(looks(10, []), 2);
        let mut cluster = cluster();
        let mut verdicts = Verdicts::default();
        let noon: jiff::Timestamp = NOON.parse().unwrap();
        let mut times = Vec::new();
        for second in 0..=200 {
            let time = noon + jiff::SignedDuration::from_secs(second);
            cluster.store().set_time(time);
            let changes = cluster.store().take_changes();
            let before = verdicts.looked();
            let (snapshot, scope) = (cluster.store().snapshot(), Scope::everything());
            diagnose_again(
                &snapshot,
                &scope,
                Requests::default(),
                &mut verdicts,
                &changes,
            );
            times.extend((verdicts.looked() > before).then_some(second));
        }
        assert_eq!(times, [0, 10, 30, 70, 130, 190]);
    }
}
