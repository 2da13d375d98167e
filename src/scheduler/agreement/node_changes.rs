//! When the nodes last changed, to know whether one did after the scheduler last tried the pod.

use crate::snapshot::{Node, Snapshot};
use jiff::Timestamp;

/// The nodes that changed later than all before them by name, each with the time. Whatever the moment, the first node by name
/// that has changed since is among them.
#[derive(Debug)]
pub(in crate::scheduler) struct NodeChanges(Vec<(Timestamp, String)>);

impl NodeChanges {
    /// Looks at every node.
    pub(in crate::scheduler) fn of(snapshot: &Snapshot<'_>) -> Self {
        let mut found: Vec<(Timestamp, String)> = Vec::new();
        for (_, node) in snapshot.nodes().seen() {
            let latest = found.last().map(|(time, _)| *time);
            if let Some(time) = last_change(node).filter(|time| Some(*time) > latest) {
                found.push((time, node.name.to_string()));
            }
        }
        NodeChanges(found)
    }

    /// The first node by name that has changed after a moment.
    pub(super) fn since(&self, moment: Timestamp) -> Option<&str> {
        let before = self.0.partition_point(|(time, _)| *time <= moment);
        self.0.get(before).map(|(_, node)| node.as_str())
    }
}

fn last_change(node: &Node) -> Option<Timestamp> {
    let conditions = node.conditions.iter().map(|c| c.last_transition_time);
    let taints = node.taints.iter();
    let taints = taints.map(|taint| taint.time_added.as_ref().map(|time| time.0));
    let all = conditions.chain(taints).chain([node.created]);
    all.flatten().max()
}

#[cfg(test)]
mod tests {
    use super::NodeChanges;
    use crate::scheduler::testing::{Cluster, node};
    use jiff::Timestamp;
    use serde_json::json;

    #[test]
    fn the_first_node_by_name_that_changed_later_is_found() {
        let at = |minute: i64| Timestamp::from_second(60 * minute).unwrap();
        let made = |name: &str, minute: i64| {
            node(name, "1", "1Gi").set("/metadata/creationTimestamp", json!(at(minute).to_string()))
        };
        let nodes = [("a", 3), ("b", 1), ("c", 5), ("d", 4), ("e", 9)];
        let nodes = nodes.map(|(name, minute)| made(name, minute)).into_iter();
        let changes = NodeChanges::of(&nodes.fold(Cluster::new(), Cluster::with).snapshot());
        let found = [0, 2, 3, 4, 5, 8, 9].map(|minute| changes.since(at(minute)));
        let expected = ["a", "a", "c", "c", "e", "e"].map(Some);
        assert_eq!(found[..6], expected);
        assert_eq!(found[6], None);
    }
}
