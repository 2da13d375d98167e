//! How a node stands with the pods on it: whether its kubelet is heard of, and whether it is there at all.

use super::subject::StatusText;
use super::{Because, Layer, Scope, Standing, Subject};
use crate::snapshot::{Kind, Node, ObjectRef, PodRecord, PodView, Seen, Snapshot, Store};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Seconds for which a node may not be Ready before its pods need an explanation. The node controller marks a silent one after
/// 40 to 50 (`--node-monitor-grace-period`).
pub(super) const NOT_READY: i64 = 60;

/// A node, or what is known of one that is gone.
#[derive(Debug, Clone, Copy)]
pub struct NodeSubject<'s> {
    /// Its name.
    pub name: &'s str,
    /// The node; absent when it was deleted, or not read.
    pub node: Option<&'s Node>,
    /// Of one that was not read a pod that the node controller has marked, since the node is not Ready.
    pub marked: Option<&'s PodView>,
    /// Which of its pods are meant.
    scope: &'s Scope,
}

/// The nodes that stuck pods are bound to, and those that were named; none that never was, and of those that could not be read
/// only those whose pods tell of it.
pub(super) fn candidates<'s>(
    snapshot: &Snapshot<'s>,
    scope: &'s Scope,
    stuck: &[&'s PodView],
) -> Vec<NodeSubject<'s>> {
    let store = snapshot.store();
    let live = stuck.iter().filter(|pod| pod.phase() != "Failed");
    let of_pods = live.filter_map(|pod| pod.node());
    let targets = scope.targets.iter();
    let named = targets.filter(|target| target.kind == Kind::Node);
    let named = named.flat_map(|target| match target.name.as_deref() {
        Some(name) => vec![name],
        None => {
            let all = store.nodes().seen();
            all.map(|((_, name), _)| name.as_str()).collect()
        }
    });
    let names: BTreeSet<&str> = of_pods.chain(named).collect();
    let subjects = names.into_iter().filter_map(|name| {
        let is_marked = |pod: &&&PodView| pod.node() == Some(name) && is_marked(pod);
        let (node, marked) = match store.nodes().get("", name) {
            Seen::Yes(node) => (Some(node), None),
            Seen::No => (None, None),
            Seen::Unknown(_) => (None, Some(*stuck.iter().find(is_marked)?)),
        };
        Some(NodeSubject {
            name,
            node,
            marked,
            scope,
        })
    });
    subjects
        .filter(|node| node.node.is_some() || !node.pods(snapshot).is_empty())
        .collect()
}

/// Whether the node controller has marked the pod, which it does to none that was not ready before.
fn is_marked(pod: &PodView) -> bool {
    let mut containers = pod.status().container_statuses.iter().flatten();
    let was_ready = containers.all(|container| container.ready);
    pod.marked_not_ready().is_some() && was_ready || pod.phase() == "Unknown"
}

impl<'s> NodeSubject<'s> {
    /// Whether it was deleted.
    fn is_gone(&self) -> bool {
        self.node.is_none() && self.marked.is_none()
    }

    /// The live pods bound to it that depend on it and are not as they should be; of a node that is gone all of them. Left out
    /// are those that only name it, of which no kubelet knows.
    pub fn pods(&self, snapshot: &Snapshot<'_>) -> Vec<ObjectRef> {
        let store = snapshot.store();
        let records = store.pod_records();
        let depends = |record: &&PodRecord| {
            let whole = store.whole_pod(&record.namespace, &record.name);
            let is_gone = self.is_gone();
            self.scope.covers(&records.identity(record), store)
                && whole.map_or(is_gone, |pod| {
                    let is_told = self.marked.is_none() || is_marked(pod);
                    let is_stuck = || is_gone || pod.standing(snapshot) == Standing::Stuck;
                    !pod.is_untouched() && is_told && is_stuck()
                })
        };
        let pods = records.on_node(self.name).filter(depends);
        pods.map(|record| ObjectRef::new(Kind::Pod, &record.namespace, &record.name))
            .collect()
    }
}

impl<'s> Subject<'s> for NodeSubject<'s> {
    const LAYERS: &'static [Layer] = &[Layer::Node];

    fn object(&self) -> ObjectRef {
        ObjectRef::new(Kind::Node, "", self.name)
    }

    fn namespace(self) -> &'s str {
        ""
    }

    fn uid(self) -> Option<&'s str> {
        // events about a node carry its name in place of its uid (pkg/kubelet/kubelet.go nodeRef, 1.37)
        None
    }

    fn owner(&self, _: &Store) -> ObjectRef {
        self.object()
    }

    fn is_in(&self, scope: &Scope, _: &Store) -> bool {
        // a node is looked at for the sake of its pods
        scope.only_pods() || scope.names_no(Kind::Node) || scope.names(&self.object())
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        match self.node {
            Some(node) if node.ready() => Standing::Healthy(Because::NodeReady),
            None => Standing::Stuck,
            Some(_) => match self.since(snapshot) {
                Some(since) => {
                    Standing::within(Because::NodeNotReadyYet, since, NOT_READY, snapshot.clock())
                }
                None => Standing::Stuck,
            },
        }
    }

    fn status(&self, _: &Store) -> String {
        match self.node {
            Some(node) if node.ready() => "Ready".to_owned(),
            Some(_) => "NotReady".to_owned(),
            None if self.is_gone() => "NotFound".to_owned(),
            None => "Unknown".to_owned(),
        }
    }

    fn raw_status(&self) -> Vec<StatusText> {
        let ready = self.node.and_then(|node| node.condition("Ready"));
        let message = ready.and_then(|ready| ready.message.clone());
        let path = || "status.conditions[Ready].message".to_owned();
        message
            .map(|message| StatusText::new(path(), message))
            .into_iter()
            .collect()
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        if let Some(pod) = self.marked {
            return Some(pod.marked_not_ready()?.last_transition_time.as_ref()?.0);
        }
        let node = self.node?;
        // a node whose kubelet never came has no condition until the node controller writes one
        node.condition("Ready")
            .map_or(node.created, |ready| ready.last_transition_time)
    }
}
