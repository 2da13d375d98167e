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
    /// The node; unknown where only its pods tell of it.
    pub node: Seen<'s, &'s Node>,
    /// Which of its pods are meant.
    scope: &'s Scope,
}

/// The nodes that stuck pods are bound to, and those that were named; none that never was, or of which nothing is known but its
/// name.
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
    let subjects = names.into_iter().map(|name| NodeSubject {
        name,
        node: store.nodes().get("", name),
        scope,
    });
    let is_known = |node: &NodeSubject<'_>| matches!(node.node, Seen::Yes(_));
    subjects
        .filter(|node| is_known(node) || !node.pods(snapshot).is_empty())
        .collect()
}

impl<'s> NodeSubject<'s> {
    /// The live pods bound to it that depend on it and are not as they should be; of a node that is gone all of them, and of one
    /// that was not read those that the node controller has marked. Left out are those that only name it, of which no kubelet
    /// knows, unless that node is there and not ready.
    pub fn pods(&self, snapshot: &Snapshot<'_>) -> Vec<ObjectRef> {
        let store = snapshot.store();
        let records = store.pod_records();
        let is_gone = self.node.is_absent();
        let hangs = |pod: &PodView| {
            let tells = !self.node.is_unknown() || is_marked(pod);
            // one that names a node that is there waits for its kubelet all the same
            let is_left = self.node.yes().is_some_and(|node| !node.ready());
            (!pod.is_untouched() || is_left)
                && (is_gone || tells && pod.standing(snapshot) == Standing::Stuck)
        };
        let depends = |record: &&PodRecord| {
            let whole = store.whole_pod(&record.namespace, &record.name);
            self.scope.covers(&records.identity(record), store) && whole.map_or(is_gone, hangs)
        };
        let pods = records.on_node(self.name).filter(depends);
        pods.map(|record| ObjectRef::new(Kind::Pod, &record.namespace, &record.name))
            .collect()
    }
}

/// Whether the node controller has marked it as not ready against its kubelet's own last word. A condition that was cut down by
/// hand looks alike where that word was another.
fn is_marked(pod: &PodView) -> bool {
    let well = pod.condition("ContainersReady");
    well.is_some_and(|well| well.status == "True") && pod.marked_not_ready().is_some()
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
            Seen::Yes(node) if node.ready() => Standing::Healthy(Because::NodeReady),
            Seen::No | Seen::Unknown(_) => Standing::Stuck,
            Seen::Yes(_) => match self.since(snapshot) {
                Some(since) => {
                    Standing::within(Because::NodeNotReadyYet, since, NOT_READY, snapshot.clock())
                }
                None => Standing::Stuck,
            },
        }
    }

    fn status(&self, _: &Store) -> String {
        match self.node {
            Seen::Yes(node) if node.ready() => "Ready".to_owned(),
            Seen::Yes(_) | Seen::Unknown(_) => "NotReady".to_owned(),
            Seen::No => "NotFound".to_owned(),
        }
    }

    fn raw_status(&self) -> Vec<StatusText> {
        let ready = self.node.yes().and_then(|node| node.condition("Ready"));
        let message = ready.and_then(|ready| ready.message.as_deref());
        let path = || "status.conditions[Ready].message".to_owned();
        message
            .map(|message| StatusText::new(path(), message))
            .into_iter()
            .collect()
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        let node = self.node.yes()?;
        // a node whose kubelet never came has no condition until the node controller writes one
        node.condition("Ready")
            .map_or(node.created, |ready| ready.last_transition_time)
    }
}
