//! How near each node is to taking the pod, so that of many obstacles the one that matters comes first.
//!
//! On a cluster of many pools most obstacles are beside the point: a taint that guards somebody else's nodes is no cause while
//! the pod's own pool is full. A node counts as usable unless the pod excludes it itself or it is a control plane, as
//! long as any node is; among the usable ones, that with the lightest obstacles is nearest.
//!
//! What does not belong here: which cause is reported (`rules/scheduling`).

use super::{NodeObstacles, Obstacle, What};
use crate::kubernetes::quantity::Quantity;
use std::collections::BTreeSet;

/// Keys of the taints that keep workloads off control planes, the newer first (renamed in 1.24).
const CONTROL_PLANE: [&str; 2] = [
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

/// How many nodes a rank tells apart within one distance.
const NODES: u32 = 1 << 10;

/// Which nodes come into question, and how far each is from taking the pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Closeness<'a> {
    /// The usable nodes with their distances, the nearest first, then by name.
    usable: Vec<(u32, &'a NodeObstacles)>,
}

/// Sorts the nodes by how near they are to taking the pod.
pub fn closest(nodes: &[NodeObstacles]) -> Closeness<'_> {
    let least = nodes.iter().map(exclusions).min().unwrap_or_default();
    let mut usable: Vec<_> = nodes
        .iter()
        .filter(|node| exclusions(node) == least)
        .map(|node| (distance(node), node))
        .collect();
    usable.sort_by(|(a, a_node), (b, b_node)| (a, &a_node.node).cmp(&(b, &b_node.node)));
    Closeness { usable }
}

/// Where an obstacle stands among the causes: smaller comes first, the nearest node first and then the larger number of nodes.
/// `None` when it stands on no node that the pod could use.
pub fn rank(nodes: &[NodeObstacles], predicate: impl Fn(&Obstacle) -> bool) -> Option<u32> {
    closest(nodes).rank(predicate)
}

impl<'a> Closeness<'a> {
    /// The usable nodes, the nearest first.
    pub fn nodes(&self) -> impl Iterator<Item = &'a NodeObstacles> {
        self.usable.iter().map(|(_, node)| *node)
    }

    /// Whether the pod could use the node.
    pub fn is_usable(&self, node: &str) -> bool {
        self.usable.iter().any(|(_, usable)| usable.node == node)
    }

    /// See [`rank`].
    pub fn rank(&self, predicate: impl Fn(&Obstacle) -> bool) -> Option<u32> {
        let meets = |node: &NodeObstacles| node.obstacles.iter().any(&predicate);
        let mut distances = self
            .usable
            .iter()
            .filter(|(_, node)| meets(node))
            .map(|(distance, _)| *distance);
        let nearest = distances.next()?;
        let more = u32::try_from(distances.count()).unwrap_or(u32::MAX);
        let fewer = NODES.saturating_sub(more).saturating_sub(1);
        Some(nearest.saturating_mul(NODES).saturating_add(fewer))
    }
}

/// How many of the two kinds of exclusion a node has: the pod wants another node, or it is a control plane.
fn exclusions(node: &NodeObstacles) -> usize {
    let kinds: BTreeSet<u8> = node
        .obstacles
        .iter()
        .filter_map(|obstacle| match &obstacle.what {
            What::OtherNode | What::Label { .. } => Some(0),
            What::Taint { key, .. } if CONTROL_PLANE.contains(&key.as_str()) => Some(1),
            _ => None,
        })
        .collect();
    kinds.len()
}

/// The weight of all that stands against the pod on a node.
fn distance(node: &NodeObstacles) -> u32 {
    node.obstacles.iter().map(weight).sum()
}

/// Light is what passes or gives way by itself, heavy what somebody has decided.
fn weight(obstacle: &Obstacle) -> u32 {
    match &obstacle.what {
        What::Resource {
            asked, allocatable, ..
        } if asked > allocatable || *allocatable == Quantity::ZERO => 3,
        What::Resource { .. } | What::PodCount { .. } | What::Port { .. } => 2,
        What::Cordoned | What::Other(_) => 3,
        What::Taint { key, .. } if is_condition(key) => 3,
        What::Taint { .. } => 4,
        What::Label { .. } | What::OtherNode => 5,
    }
}

/// Whether a component sets and clears the taint as the node's state changes, so that nobody would tolerate or remove it by hand.
pub(super) fn is_condition(key: &str) -> bool {
    const DOMAINS: [&str; 4] = [
        "node.kubernetes.io/",
        "node.cloudprovider.kubernetes.io/",
        "node.cilium.io/",
        "karpenter.sh/",
    ];
    DOMAINS.iter().any(|domain| key.starts_with(domain))
        || key.contains("OfClusterAutoscaler")
        || key.contains("ByClusterAutoscaler")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{Cluster, Object, node, pod};
    use crate::scheduler::{Filter, View, judge};
    use serde_json::json;

    fn ranks(pod: &Object, nodes: &[Object], filters: &[Filter]) -> Vec<Option<u32>> {
        let cluster = nodes.iter().cloned().fold(Cluster::new(), Cluster::with);
        let cluster = cluster.seal();
        let judged = judge(&pod.pod(), &View::of(&cluster));
        let of = |filter: &Filter| rank(&judged, |obstacle| obstacle.filter == *filter);
        filters.iter().map(of).collect()
    }

    fn tainted(name: &str, key: &str) -> Object {
        let taints = json!([{"key": key, "effect": "NoSchedule"}]);
        node(name, "4", "8Gi").set("/spec/taints", taints)
    }

    #[test]
    fn the_full_pool_comes_before_the_guarded_one() {
        let nodes = [
            tainted("cp", CONTROL_PLANE[0]),
            tainted("gpu-1", "gpu"),
            tainted("gpu-2", "gpu"),
            node("w1", "1", "1Gi"),
        ];
        let asked = [Filter::NodeResourcesFit, Filter::TaintToleration];
        let found = ranks(&pod("web").asks("cpu", "2"), &nodes, &asked);
        assert!(found[0].unwrap() < found[1].unwrap(), "{found:?}");
    }

    #[test]
    fn nodes_that_the_pod_excludes_itself_do_not_count() {
        let ssd = |name| node(name, "1", "1Gi").set("/metadata/labels", json!({"disk": "ssd"}));
        let web = pod("web")
            .asks("cpu", "2")
            .set("/spec/nodeSelector", json!({"disk": "ssd"}));
        let asked = [Filter::NodeAffinity, Filter::NodeResourcesFit];
        let found = ranks(&web, &[node("w1", "4", "8Gi"), ssd("w2")], &asked);
        assert_eq!(found[0], None);
        assert!(found[1].is_some());
        // unless it excludes all of them
        let found = ranks(
            &web,
            &[tainted("cp", CONTROL_PLANE[1]), node("w1", "4", "8Gi")],
            &asked,
        );
        assert!(found[0].is_some());
        assert_eq!(found[1], None);
    }

    #[test]
    fn a_control_plane_counts_only_when_there_is_nothing_else() {
        let asked = [Filter::TaintToleration];
        let cp = tainted("cp", CONTROL_PLANE[0]);
        let full = node("w1", "1", "1Gi");
        let web = pod("web").asks("cpu", "2");
        assert_eq!(ranks(&web, &[cp.clone(), full], &asked), [None]);
        assert!(ranks(&web, &[cp], &asked)[0].is_some());
    }

    fn rank_of(pod: &Object, nodes: &[Object], reason: &str) -> Option<u32> {
        let cluster = nodes.iter().cloned().fold(Cluster::new(), Cluster::with);
        let cluster = cluster.seal();
        let judged = judge(&pod.pod(), &View::of(&cluster));
        rank(&judged, |obstacle| obstacle.reason == reason)
    }

    #[test]
    fn a_full_node_is_nearer_than_one_that_is_too_small() {
        let nodes = [
            node("w1", "1", "8Gi"),
            node("w2", "1", "8Gi"),
            node("w3", "4", "8Gi").set("/status/allocatable/pods", json!("0")),
        ];
        let web = pod("web").asks("cpu", "2");
        let of = |reason| rank_of(&web, &nodes, reason).unwrap();
        assert!(of("Too many pods") < of("Insufficient cpu"));
    }

    #[test]
    fn of_equal_distances_the_more_frequent_comes_first() {
        let nodes = [
            node("w1", "4", "1Gi"),
            node("w2", "1", "8Gi"),
            node("w3", "1", "8Gi"),
        ];
        let web = pod("web").asks("cpu", "2").asks("memory", "2Gi");
        let of = |reason| rank_of(&web, &nodes, reason).unwrap();
        assert!(of("Insufficient cpu") < of("Insufficient memory"));
    }

    #[test]
    fn the_nearest_node_is_the_first() {
        let nodes = [node("a", "1", "1Gi"), node("b", "1", "8Gi")];
        let cluster = nodes.into_iter().fold(Cluster::new(), Cluster::with).seal();
        let web = pod("web").asks("cpu", "2").asks("memory", "2Gi").pod();
        let judged = judge(&web, &View::of(&cluster));
        let names: Vec<_> = closest(&judged).nodes().map(|node| &node.node).collect();
        assert_eq!(names, ["b", "a"]);
        assert!(closest(&judged).is_usable("a"));
    }
}
