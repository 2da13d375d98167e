//! How a node stands with the pods on it: whether its kubelet is heard of.

use super::{Because, Layer, Passage, Scope, Standing, Subject};
use crate::snapshot::{Kind, Node, ObjectRef, PodView, Seen, Snapshot, Store};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Seconds for which a node may not be Ready before its pods need an explanation. The node controller marks a silent one after
/// 40 to 50 (`--node-monitor-grace-period`).
const NOT_READY: i64 = 60;

/// A node, or what is known of one that is gone.
#[derive(Debug, Clone, Copy)]
pub struct NodeSubject<'s> {
    /// Its name.
    pub name: &'s str,
    /// The node; absent when it was deleted.
    pub node: Option<&'s Node>,
}

/// The nodes that stuck pods are bound to, and those that were named; none of which it is unknown whether it is there.
pub(super) fn candidates<'s>(
    snapshot: &Snapshot<'s>,
    scope: &Scope,
    stuck: &[&'s PodView],
) -> Vec<NodeSubject<'s>> {
    let store = snapshot.store();
    let of_pods = stuck.iter().filter_map(|pod| pod.node());
    let is_named = |name: &str| scope.names(&ObjectRef::new(Kind::Node, "", name));
    let known = store.nodes().seen().map(|((_, name), _)| name.as_str());
    let names: BTreeSet<&str> = of_pods.chain(known.filter(|name| is_named(name))).collect();
    let subject = |name| match store.nodes().get("", name) {
        Seen::Yes(node) => Some(NodeSubject {
            name,
            node: Some(node),
        }),
        Seen::No => Some(NodeSubject { name, node: None }),
        Seen::Unknown(_) => None,
    };
    names.into_iter().filter_map(subject).collect()
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
                Some(since) if snapshot.seconds_since(since) <= NOT_READY => {
                    let until = since.checked_add(SignedDuration::from_secs(NOT_READY));
                    Standing::Progressing(Because::NodeNotReadyYet, until.ok())
                }
                _ => Standing::Stuck,
            },
        }
    }

    fn status(&self) -> String {
        match self.node {
            Some(node) if node.ready() => "Ready".to_owned(),
            Some(_) => "NotReady".to_owned(),
            None => "NotFound".to_owned(),
        }
    }

    fn raw_status(&self) -> Vec<(String, String)> {
        let ready = self.node.and_then(|node| node.condition("Ready"));
        let message = ready.and_then(|ready| ready.message.clone());
        let path = || "status.conditions[Ready].message".to_owned();
        message
            .map(|message| (path(), message))
            .into_iter()
            .collect()
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        self.node?.condition("Ready")?.last_transition_time
    }

    fn passed(&self, _: &Snapshot<'_>, _: Layer, _: Option<Layer>) -> Option<Passage> {
        None
    }
}
