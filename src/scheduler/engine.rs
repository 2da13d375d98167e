//! The scheduler's arithmetic for all pods of one snapshot, with what several pods share worked out once.
//!
//! A cluster that is full has hundreds of pending pods of a few templates: the filters run once for pods that ask the
//! same. What does not belong here: the arithmetic itself (`run_filters`), and what follows from it (`rules/scheduling`).

use super::agreement::{NodeChanges, Ours, Sides};
use super::preemption::{self, DryRun};
use super::queueing_hint::by_filters;
use super::remedy::{self, Remedy};
use super::{
    Examination, FilterResults, NodeNames, SchedulerMessage, View, agreement, latest_message,
    node_declared_features, run_filters,
};
use crate::kubernetes::pod::Pod;
use crate::kubernetes::ports::host_ports;
use crate::snapshot::{Dependencies, PodView, Snapshot, is_described};
use k8s_openapi::api::core::v1::{Container, Volume};
use std::any::{Any, type_name};
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Runs the filters for the pods of one snapshot.
#[derive(Debug)]
pub struct Engine<'a> {
    // not behind a cell, which would make every borrow of the engine as long as the snapshot's
    view: View<'a>,
    changes: OnceCell<NodeChanges>,
    results: Kept<FilterResults>,
    counted: Kept<Ours>,
    remedies: Kept<[Remedy]>,
    alike: Kept<[Remedy]>,
    preempted: Kept<DryRun>,
    shared: Kept<dyn Any + Send + Sync>,
    names: RefCell<HashSet<NodeNames>>,
}

/// Of so many templates is kept what was found node by node: on thousands of nodes that is some MiB each, and pods of one
/// template come one after another.
const TEMPLATES: usize = 16;

/// What was worked out, with what was asked for it.
type Kept<T> = RefCell<HashMap<String, (Arc<T>, Dependencies)>>;

impl<'a> Engine<'a> {
    /// Sets the pods on their nodes; nothing more is computed before it is asked for.
    pub fn new(snapshot: &'a Snapshot<'a>) -> Self {
        Engine::with(View::of(snapshot))
    }

    /// The same without any node, which spares the sums where no pod waits for one.
    pub fn without_nodes(snapshot: &'a Snapshot<'a>) -> Self {
        Engine::with(View::bare(snapshot))
    }

    fn with(view: View<'a>) -> Self {
        Engine {
            view,
            changes: OnceCell::new(),
            results: RefCell::default(),
            counted: RefCell::default(),
            remedies: RefCell::default(),
            alike: RefCell::default(),
            preempted: RefCell::default(),
            shared: RefCell::default(),
            names: RefCell::default(),
        }
    }

    /// The same names, kept once however many speak of these nodes.
    pub fn shared_names(&self, names: NodeNames) -> NodeNames {
        let mut known = self.names.borrow_mut();
        if let Some(known) = known.get(&names) {
            return Arc::clone(known);
        }
        known.insert(Arc::clone(&names));
        names
    }

    /// What was read.
    pub fn snapshot(&self) -> &'a Snapshot<'a> {
        self.view.snapshot()
    }

    /// The nodes with the pods on them.
    pub fn view(&self) -> &View<'a> {
        by_filters(|| &self.view)
    }

    /// Why each node that was read was rejected.
    pub fn run_filters(&self, pod: &Pod) -> Arc<FilterResults> {
        by_filters(|| self.results_of(asks(pod), pod))
    }

    /// The same, by what is asked.
    fn results_of(&self, asks: String, pod: &Pod) -> Arc<FilterResults> {
        remembered_for_a_while(&self.results, asks, || run_filters(pod, self.view()).into())
    }

    /// The same beside the scheduler's message, which may name what is not known here.
    fn results_beside(
        &self,
        pod: &PodView,
        latest: Option<&SchedulerMessage>,
        asks: String,
    ) -> Arc<FilterResults> {
        let results = self.results_of(asks, pod.pod());
        let unknown =
            latest.and_then(|latest| node_declared_features::unknown(pod.spec(), &latest.message));
        match unknown {
            Some(unknown) => {
                let mut results = FilterResults::clone(&results);
                results.unread.push(unknown);
                results.into()
            }
            None => results,
        }
    }

    /// Examines a pod that is not bound.
    pub fn examine(&self, pod: &PodView) -> Examination {
        by_filters(|| self.examined(pod))
    }

    fn examined(&self, pod: &PodView) -> Examination {
        let snapshot = self.snapshot();
        let scheduler_message = latest_message::newest(pod, snapshot);
        let asks = asks(pod.pod());
        let results = match snapshot.nodes().whole_cluster() {
            Ok(()) => Some(self.results_beside(pod, scheduler_message.as_ref(), asks.clone())),
            Err(_) => None,
        };
        let ours = results.as_deref().map(|results| {
            let quote = scheduler_message
                .as_ref()
                .map_or("", |latest| latest.quote.quote.as_str());
            remembered(&self.counted, format!("{quote} {asks}"), || {
                agreement::count(scheduler_message.as_ref(), results).into()
            })
        });
        let agreement = agreement::compare(&Sides {
            pod,
            snapshot,
            changes: self.changes.get_or_init(|| NodeChanges::of(snapshot)),
            scheduler_message: scheduler_message.as_ref(),
            results: results.as_deref(),
            ours: ours.as_deref(),
        });
        Examination {
            scheduler_message,
            results,
            agreement,
        }
    }

    /// What preemption would find for a pod, whatever its policy.
    pub fn dry_run(&self, pod: &Pod) -> Arc<DryRun> {
        by_filters(|| {
            remembered_for_a_while(&self.preempted, asks(pod), || {
                preemption::dry_run(pod, self.view(), &self.run_filters(pod)).into()
            })
        })
    }

    /// A text that two pods share when all that the filters ask about them is the same.
    pub fn equivalence_key(&self, pod: &PodView) -> String {
        asks(pod.pod())
    }

    /// What the cases of many objects ask alike, worked out for the first of them; `question` tells it from others with an answer
    /// of that type.
    pub fn shared<T>(&self, question: &str, work: impl Fn() -> T) -> Arc<T>
    where
        T: Any + Send + Sync,
    {
        let key = format!("{} {question}", type_name::<T>());
        let known = remembered(&self.shared, key, || Arc::new(work()));
        known.downcast().unwrap_or_else(|_| Arc::new(work()))
    }

    /// The smallest changes that let a pod in.
    pub fn remedies(&self, pod: &PodView) -> Arc<[Remedy]> {
        let asks = asks(pod.pod());
        // commands name the object to change
        let own = format!("{} {asks}", self.snapshot().owner(pod));
        by_filters(|| {
            remembered_for_a_while(&self.remedies, own, || match pod.controller() {
                Some(_) => remedy::propose(pod, self).into(),
                None => remedy::of_like(pod, &self.remedies_of_alike(pod, asks), self.snapshot()),
            })
        })
    }

    /// What helps the pods without controller that ask the same in containers of the same names and ports.
    fn remedies_of_alike(&self, pod: &PodView, asks: String) -> Arc<[Remedy]> {
        let containers = pod.spec().containers.iter();
        let containers: Vec<_> = containers.map(|it| (&it.name, &it.ports)).collect();
        let network = pod.spec().host_network;
        let asks = format!("{network:?} {containers:?} {asks}");
        remembered_for_a_while(&self.alike, asks, || remedy::propose(pod, self).into())
    }
}

/// What is known under the key, worked out when it is first asked for.
fn remembered<T: ?Sized>(known: &Kept<T>, key: String, work: impl FnOnce() -> Arc<T>) -> Arc<T> {
    if let Some((known, asked)) = known.borrow().get(&key) {
        asked.note();
        return known.clone();
    }
    let (found, asked) = Dependencies::of_kept(work);
    asked.note();
    known.borrow_mut().insert(key, (found.clone(), asked));
    found
}

/// The same, of so many templates.
fn remembered_for_a_while<T: ?Sized>(
    known: &Kept<T>,
    key: String,
    work: impl FnOnce() -> Arc<T>,
) -> Arc<T> {
    let is_new = !known.borrow().contains_key(&key);
    if is_new && known.borrow().len() >= TEMPLATES {
        known.borrow_mut().clear();
    }
    remembered(known, key, work)
}

/// All that the filters ask about a pod, so that two pods with the same get the same results.
fn asks(pod: &Pod) -> String {
    let Some(spec) = pod.spec.as_ref() else {
        return String::new();
    };
    let of_container = |container: &Container| {
        (
            container.resources.clone(),
            container.restart_policy.clone(),
        )
    };
    let containers: Vec<_> = spec.containers.iter().map(of_container).collect();
    let init: Vec<_> = spec
        .init_containers
        .iter()
        .flatten()
        .map(of_container)
        .collect();
    let status = pod.status.as_ref();
    let nominated = status.and_then(|status| status.nominated_node_name.as_deref());
    let volumes: Vec<&Volume> = spec
        .volumes
        .iter()
        .flatten()
        .filter(|v| bears_on_nodes(v))
        .collect();
    let ephemeral = volumes.iter().any(|volume| volume.ephemeral.is_some());
    // the claim of an ephemeral volume is named after its pod, and a nominated pod must be known from others
    let name = (ephemeral || nominated.is_some()).then_some(pod.metadata.name.as_deref());
    format!(
        "{:?}",
        (
            (
                &pod.metadata.namespace,
                &pod.metadata.labels,
                name,
                nominated,
                is_described(&pod.metadata)
            ),
            (
                &pod.node_name,
                &spec.node_selector,
                &spec.affinity,
                &spec.tolerations
            ),
            (
                &spec.topology_spread_constraints,
                spec.priority,
                &spec.preemption_policy,
                &spec.scheduler_name
            ),
            (
                containers,
                init,
                node_declared_features::needed(spec),
                &spec.resources,
                &spec.overhead,
                host_ports(spec)
            ),
            (
                volumes,
                &spec.resource_claims,
                status.map(|s| &s.resource_claim_statuses),
                // a claim may be reserved for the pod already
                spec.resource_claims
                    .as_ref()
                    .and(pod.metadata.uid.as_deref())
            ),
        )
    )
}

/// Whether a volume can keep a pod off a node: claims, and disks of the old kinds.
fn bears_on_nodes(volume: &Volume) -> bool {
    volume.persistent_volume_claim.is_some()
        || volume.ephemeral.is_some()
        || volume.csi.is_some()
        || volume.gce_persistent_disk.is_some()
        || volume.aws_elastic_block_store.is_some()
        || volume.azure_disk.is_some()
        || volume.cinder.is_some()
        || volume.portworx_volume.is_some()
        || volume.iscsi.is_some()
        || volume.rbd.is_some()
}

#[cfg(test)]
mod tests {
    use super::Engine;
    use crate::scheduler::remedy::propose;
    use crate::scheduler::testing::{Cluster, Object, node, pod};
    use crate::snapshot::Kind;
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn the_filters_run_once_for_pods_that_ask_the_same() {
        let cluster = Cluster::new().with(node("n1", "1", "1Gi")).snapshot();
        let engine = Engine::new(&cluster);
        let of = |name: &str, cpu: &str| engine.run_filters(&pod(name).asks("cpu", cpu).pod());
        let token = json!([{"name": "kube-api-access-x7f2p", "projected": {"sources": []}}]);
        let web = pod("c").asks("cpu", "2").set("/spec/volumes", token).pod();
        assert!(Arc::ptr_eq(&of("a", "2"), &of("b", "2")));
        assert!(Arc::ptr_eq(&of("a", "2"), &engine.run_filters(&web)));
        assert!(!Arc::ptr_eq(&of("a", "2"), &of("b", "3")));
    }

    #[test]
    fn what_is_known_is_not_worked_out_again_however_many_templates_came_before() {
        let cluster = Cluster::new().with(node("n1", "1", "1Gi")).snapshot();
        let engine = Engine::new(&cluster);
        for place in 1..=40 {
            let asked = pod("a").asks("cpu", &format!("{place}")).pod();
            let first = engine.run_filters(&asked);
            assert!(Arc::ptr_eq(&first, &engine.run_filters(&asked)), "{place}");
        }
    }

    #[test]
    fn what_differs_is_not_shared() {
        let cluster = Cluster::new().with(node("n1", "1", "1Gi")).snapshot();
        let engine = Engine::new(&cluster);
        let plain = engine.run_filters(&pod("a").pod());
        for other in [
            pod("a").set("/metadata/labels", json!({"app": "web"})),
            pod("a").set("/metadata/namespace", json!("other")),
            pod("a").set("/spec/nodeSelector", json!({"disk": "ssd"})),
            pod("a").set("/spec/priority", json!(5)),
            pod("a").set("/spec/overhead", json!({"cpu": "1"})),
            pod("a").host_port(80, "TCP", ""),
            pod("a").set("/status/nominatedNodeName", json!("n1")),
            pod("a").set(
                "/spec/volumes",
                json!([{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]),
            ),
            pod("a").set("/spec/volumes", json!([{"name": "v", "ephemeral": {}}])),
        ] {
            assert!(
                !Arc::ptr_eq(&plain, &engine.run_filters(&other.pod())),
                "{other:?}"
            );
        }
    }

    #[test]
    fn what_helps_pods_without_controller_is_worked_out_once_and_names_each() {
        let taint = json!([{"key": "team", "value": "a", "effect": "NoSchedule"}]);
        let tainted = node("n1", "4", "4Gi").set("/spec/taints", taint);
        let renamed = |pod: Object, name: &str| pod.set("/spec/containers/0/name", json!(name));
        let by_port = |name: &str| pod(name).host_port(80, "TCP", "");
        let all = [
            pod("holder").host_port(80, "TCP", "").on("n1"),
            pod("a"),
            pod("b"),
            renamed(pod("small").asks("cpu", "8"), "one"),
            renamed(pod("other").asks("cpu", "8"), "two"),
            by_port("own-network"),
            by_port("host-network").set("/spec/hostNetwork", json!(true)),
        ];
        let cluster = Cluster::new().with(tainted);
        let cluster = all.into_iter().fold(cluster, Cluster::with).snapshot();
        let engine = Engine::new(&cluster);
        let pods = cluster.store().whole_pods();
        for pod in pods.filter(|pod| pod.node().is_none()) {
            let found = engine.remedies(pod);
            assert_eq!(*found, *propose(pod, &engine), "{}", pod.name());
            let targets = found.iter().filter_map(|it| it.target.as_ref());
            let mut pods = targets.filter(|target| target.known_kind() == Some(Kind::Pod));
            assert!(pods.all(|target| target.name == pod.name()));
        }
        assert_eq!(engine.alike.borrow().len(), 5, "of a and b once");
    }
}
