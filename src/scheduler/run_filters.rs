//! Runs every filter on every node.
//!
//! DynamicResources is computed as far as no expressions have to be evaluated. Each filter is one file, with its line
//! in [`FILTERS`] in the order of [`Filter`]; what it needs beyond the node is worked out once in [`Incoming`].

use super::{
    Filter, FilterFailure, FilterResults, Incoming, NodeNames, NodeResult, NodeView, PodsRead,
    View, dynamic_resources, inter_pod_affinity, node_affinity, node_declared_features, node_name,
    node_volume_limits, ports, resources, taints, topology_spread, unschedulable, volume_binding,
    volume_restrictions, volume_zone,
};
use crate::kubernetes::affinity;
use crate::kubernetes::pod::Pod;
use crate::snapshot::PodRecord;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

type Check = fn(&Incoming<'_, '_>, &NodeView<'_>, &View<'_>) -> Vec<FilterFailure>;

/// The filters that are computed, in the scheduler's order.
const FILTERS: &[(Filter, Check)] = &[
    (Filter::NodeUnschedulable, unschedulable::failures),
    (Filter::NodeName, |pod, node, _| {
        node_name::failures(pod, node)
    }),
    (Filter::TaintToleration, |pod, node, _| {
        taints::failures(pod, node)
    }),
    (Filter::NodeAffinity, |pod, node, _| {
        node_affinity::failures(pod, node)
    }),
    (Filter::NodePorts, |pod, node, _| ports::failures(pod, node)),
    (Filter::NodeResourcesFit, |pod, node, _| {
        resources::failures(pod, node)
    }),
    (Filter::VolumeRestrictions, volume_restrictions::failures),
    (Filter::NodeVolumeLimits, node_volume_limits::failures),
    (Filter::VolumeBinding, volume_binding::failures),
    (Filter::VolumeZone, |pod, node, _| {
        volume_zone::failures(pod, node)
    }),
    (Filter::PodTopologySpread, |pod, node, _| {
        topology_spread::failures(pod, node)
    }),
    (Filter::InterPodAffinity, |pod, node, _| {
        inter_pod_affinity::failures(pod, node)
    }),
    (Filter::DynamicResources, |pod, node, _| {
        dynamic_resources::failures(pod, node)
    }),
    (Filter::NodeDeclaredFeatures, |pod, node, _| {
        node_declared_features::failures(pod, node)
    }),
];

/// Whether this filter plugin is computed, by its name in a scheduler's configuration.
pub fn computes(plugin: &str) -> bool {
    FILTERS.iter().any(|(filter, _)| filter.as_str() == plugin)
}

/// Why the pod is refused as a whole, and why each node was rejected, in order of names.
pub fn run_filters(pod: &Pod, view: &View<'_>) -> FilterResults {
    let pod = Incoming::new(pod, view);
    let mut known = VecDeque::new();
    let nodes = view.nodes().map(|node| NodeResult {
        node: node.shared_name(),
        failures: shared(on_node(&pod, node, view), &mut known),
    });
    let nodes: Vec<NodeResult> = nodes.collect();
    FilterResults {
        pods: pods_read(&pod, &nodes, view),
        nodes,
        spread: pod.spread.distributions(),
        before: pod.before,
        unread: pod.unread,
    }
}

/// NodeAffinity comes before the filters that look at pods: a node that the pod does not admit rejects it whatever runs there.
/// That a node takes the pod is no claim to make while pods elsewhere may keep it away.
fn pods_read(pod: &Incoming<'_, '_>, nodes: &[NodeResult], view: &View<'_>) -> PodsRead {
    let pods = view.snapshot().pods();
    let Err(gap) = pods.whole_cluster() else {
        return PodsRead::All;
    };
    let admitted = view.nodes().filter(|node| node_affinity::admits(pod, node));
    let mut admitted = admitted.peekable();
    let unbound = |nodes: &BTreeSet<&str>| nodes.contains("");
    let is_enough = pods.nodes_read().as_ref().is_some_and(unbound)
        && pods.whole(pod.namespace).is_ok()
        && !affinity::minds_pods_elsewhere(pod.spec)
        && admitted.peek().is_some()
        && admitted.all(|node| !node.is_unread)
        && nodes.iter().all(|node| !node.failures.is_empty());
    if is_enough {
        PodsRead::OfItsNodes
    } else {
        PodsRead::NotAll(gap.clone())
    }
}

/// So many lists of failures are compared with the next one: what most nodes have comes again soon.
const KNOWN: usize = 8;

/// Nodes that reject the pod alike share one list.
fn shared(
    failures: Vec<FilterFailure>,
    known: &mut VecDeque<Arc<[FilterFailure]>>,
) -> Arc<[FilterFailure]> {
    let place = known.iter().position(|one| **one == *failures);
    let list = match place.and_then(|place| known.remove(place)) {
        Some(list) => list,
        None => failures.into(),
    };
    known.truncate(KNOWN);
    known.push_front(Arc::clone(&list));
    list
}

/// The names of the nodes that would take the pod.
pub(super) fn feasible_nodes(pod: &Pod, view: &View<'_>) -> NodeNames {
    let incoming = Incoming::new(pod, view);
    let nodes = view.nodes().filter(|_| incoming.before.is_empty());
    let nodes = nodes.filter(|node| takes(&incoming, node, view));
    nodes.map(|node| node.shared_name()).collect()
}

/// The same, but none unless this node is one of them; the others are only looked at when it is.
pub(super) fn feasible_nodes_with(node: &str, pod: &Pod, view: &View<'_>) -> NodeNames {
    let incoming = Incoming::new(pod, view);
    let takes = |node: &NodeView<'_>| takes(&incoming, node, view);
    if !incoming.before.is_empty() || !view.node(node).is_some_and(takes) {
        return NodeNames::default();
    }
    let feasible_nodes = view.nodes().filter(|node| takes(node));
    feasible_nodes.map(|node| node.shared_name()).collect()
}

/// What still rejects the pod on a node once some of the node's pods are gone.
pub(super) fn without<'v>(
    pod: &Incoming<'_, 'v>,
    node: &NodeView<'v>,
    gone: &[&PodRecord],
    view: &View<'v>,
) -> Vec<FilterFailure> {
    let later = pod.without(gone, node, view);
    on_node(&later, &node.left_by(gone, view), view)
}

/// Whether nothing does.
pub(super) fn takes_without<'v>(
    pod: &Incoming<'_, 'v>,
    node: &NodeView<'v>,
    gone: &[&PodRecord],
    view: &View<'v>,
) -> bool {
    let later = pod.without(gone, node, view);
    takes(&later, &node.left_by(gone, view), view)
}

/// A node must pass with the pods that preemption makes room for, and then without them, since they may never come.
/// Whatever fails with them ends it, so that what would fail without them alone is not found
/// (`runtime/framework.go`, `RunFilterPluginsWithNominatedPods`).
fn on_node<'v>(pod: &Incoming<'_, 'v>, node: &NodeView<'v>, view: &View<'v>) -> Vec<FilterFailure> {
    let all = |pod: &Incoming<'_, '_>, node: &NodeView<'_>| -> Vec<FilterFailure> {
        let mut found = Vec::new();
        for (_, check) in FILTERS {
            found.append(&mut check(pod, node, view));
        }
        found
    };
    let with = with_coming(pod, node, view);
    let with = with.map(|(pod, node)| all(&pod, &node));
    with.filter(|with| !with.is_empty())
        .unwrap_or_else(|| all(pod, node))
}

/// Whether a node takes the pod, which the first filter that fails decides. Most nodes are full.
fn takes<'v>(pod: &Incoming<'_, 'v>, node: &NodeView<'v>, view: &View<'v>) -> bool {
    let all = |pod: &Incoming<'_, '_>, node: &NodeView<'_>| {
        let mut filters = FILTERS.iter();
        !node.is_unread
            && resources::fits(pod, node)
            && filters.all(|(_, check)| check(pod, node, view).is_empty())
    };
    all(pod, node) && with_coming(pod, node, view).is_none_or(|(pod, node)| all(&pod, &node))
}

/// Pod and node with the pods that preemption makes room for, if there are any.
fn with_coming<'a, 'v>(
    pod: &Incoming<'a, 'v>,
    node: &NodeView<'v>,
    view: &View<'v>,
) -> Option<(Incoming<'a, 'v>, NodeView<'v>)> {
    let coming = view.coming(pod, node);
    (!coming.is_empty()).then(|| {
        (
            pod.beside(&coming, node, view),
            node.joined_by(&coming, view),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{FILTERS, feasible_nodes, feasible_nodes_with, run_filters};
    use crate::scheduler::testing::{Cluster, found, node, pod};
    use crate::scheduler::{Filter, NodeResult, PodsRead, View, alike};
    use crate::snapshot::Kind;
    use serde_json::json;

    #[test]
    fn filters_run_in_the_order_of_the_scheduler() {
        assert!(FILTERS.is_sorted_by_key(|(filter, _)| *filter));
    }

    #[test]
    fn no_filter_hides_another() {
        let n1 = node("n1", "1", "1Gi").set(
            "/spec",
            json!({"unschedulable": true, "taints": [{"key": "a", "effect": "NoSchedule"}]}),
        );
        let web = pod("web")
            .asks("cpu", "2")
            .host_port(80, "TCP", "")
            .set("/spec/nodeSelector", json!({"disk": "ssd"}));
        let holder = pod("holder").on("n1").host_port(80, "TCP", "");
        let said = found(&web, &n1, &[holder]);
        let filters: Vec<_> = said
            .iter()
            .map(|said| said.split(':').next().unwrap())
            .collect();
        assert_eq!(
            filters,
            [
                "NodeUnschedulable",
                "TaintToleration",
                "NodeAffinity",
                "NodePorts",
                "NodeResourcesFit"
            ]
        );
    }

    #[test]
    fn room_for_a_nominated_pod_of_no_lower_priority_is_kept() {
        let n1 = node("n1", "1", "1Gi");
        for (priority, fits) in [(10, false), (5, false), (4, true)] {
            let other = pod("other")
                .asks("cpu", "800m")
                .phase("Pending")
                .set("/spec/priority", json!(priority))
                .set("/status/nominatedNodeName", json!("n1"));
            let web = pod("web")
                .asks("cpu", "500m")
                .set("/spec/priority", json!(5));
            assert_eq!(found(&web, &n1, &[other]).is_empty(), fits, "{priority}");
        }
        let foreign = pod("other")
            .asks("cpu", "800m")
            .phase("Pending")
            .set("/spec/schedulerName", json!("another"))
            .set("/status/nominatedNodeName", json!("n1"));
        let web = pod("web").asks("cpu", "500m");
        assert!(found(&web, &n1, &[foreign]).is_empty());
        let itself = pod("web")
            .asks("cpu", "800m")
            .set("/status/nominatedNodeName", json!("n1"));
        assert!(found(&itself, &n1, std::slice::from_ref(&itself)).is_empty());
    }

    #[test]
    fn nodes_that_reject_a_pod_alike_share_what_rejects_it() {
        let names = ["a", "b", "c", "d"];
        let full = names.map(|name| node(name, "1", "1Gi"));
        let [a, b, c, d] = full;
        let cluster = Cluster::new().with(a).with(c).with(d);
        let cluster = cluster.with(b.set("/status/allocatable/cpu", json!("2")));
        let cluster = cluster.snapshot();
        let results = run_filters(&pod("web").asks("cpu", "3").pod(), &View::of(&cluster));
        let groups = alike(&results.nodes);
        let names = |group: &Vec<&NodeResult>| -> Vec<String> {
            group.iter().map(|node| node.node.to_string()).collect()
        };
        let groups: Vec<_> = groups.iter().map(names).collect();
        assert_eq!(groups, [vec!["a", "c", "d"], vec!["b"]]);
    }

    #[test]
    fn who_takes_a_pod_is_who_does_not_reject_it() {
        let peer = pod("peer")
            .asks("cpu", "800m")
            .phase("Pending")
            .set("/status/nominatedNodeName", json!("c"));
        let cluster = Cluster::new()
            .with(node("a", "1", "1Gi"))
            .with(node("b", "100m", "1Gi"))
            .with(node("c", "1", "1Gi"))
            .with(node("d", "1", "1Gi").set("/spec", json!({"unschedulable": true})))
            .with(peer)
            .snapshot();
        let (web, view) = (pod("web").asks("cpu", "500m").pod(), View::of(&cluster));
        let results = run_filters(&web, &view);
        let all: Vec<&str> = results.feasible_nodes().collect();
        assert_eq!(all, ["a"]);
        assert_eq!(feasible_nodes(&web, &view)[..], ["a".into()]);
        assert_eq!(feasible_nodes_with("a", &web, &view)[..], ["a".into()]);
        assert!(feasible_nodes_with("b", &web, &view).is_empty());
    }

    #[test]
    fn a_node_whose_pods_are_not_read_takes_nothing_and_bears_on_nothing_that_excludes_it() {
        let of_pool = |name: &str, pool: &str| {
            node(name, "1", "1Gi").set("/metadata/labels", json!({"pool": pool}))
        };
        let cluster = || {
            let cluster = Cluster::unread().read(Kind::Node);
            cluster
                .with(of_pool("a", "own"))
                .with(of_pool("b", "others"))
        };
        let web = |pool: &str| pod("web").set("/spec/nodeSelector", json!({"pool": pool}));
        let spread =
            json!([{"maxSkew": 1, "topologyKey": "pool", "whenUnsatisfiable": "DoNotSchedule"}]);
        let spread = web("own").set("/spec/topologySpreadConstraints", spread);
        let of_a = cluster().read_on("a").snapshot();
        for (pod, snapshot, enough, takes) in [
            (web("own").asks("cpu", "2"), &of_a, true, &[][..]),
            (web("own"), &of_a, false, &["a"]),
            (web("others"), &of_a, false, &[]),
            (web("none"), &of_a, false, &[]),
            (pod("web").asks("cpu", "2"), &of_a, false, &[]),
            (spread.asks("cpu", "2"), &of_a, false, &[]),
            (
                web("own").asks("cpu", "2"),
                &cluster().snapshot(),
                false,
                &[],
            ),
        ] {
            let (pod, view) = (pod.pod(), View::of(snapshot));
            let results = run_filters(&pod, &view);
            assert_eq!(results.pods == PodsRead::OfItsNodes, enough, "{pod:?}");
            assert_eq!(results.is_whole(), enough);
            let names = feasible_nodes(&pod, &view);
            let names: Vec<&str> = names.iter().map(|name| &**name).collect();
            assert_eq!(names, takes, "{pod:?}");
        }
    }

    #[test]
    fn nodes_come_in_order_of_their_names() {
        let cluster = Cluster::new()
            .with(node("b", "1", "1Gi"))
            .with(node("a", "1", "1Gi"))
            .snapshot();
        let results = run_filters(&pod("web").pod(), &View::of(&cluster)).nodes;
        let names: Vec<_> = results.iter().map(|node| &*node.node).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn whether_a_node_has_a_device_is_not_known() {
        let cluster = Cluster::new().with(node("n1", "1", "1Gi")).snapshot();
        let claims = json!([{"name": "gpu", "resourceClaimName": "gpu"}]);
        let web = pod("web").set("/spec/resourceClaims", claims);
        let results = run_filters(&web.pod(), &View::of(&cluster));
        assert_eq!(results.unread[0].filter, Filter::DynamicResources);
        assert!(
            run_filters(&pod("web").pod(), &View::of(&cluster))
                .unread
                .is_empty()
        );
    }

    #[test]
    fn what_fails_only_without_the_pods_that_come_is_not_told_where_something_fails_with_them() {
        let n1 = node("n1", "1", "1Gi").set("/metadata/labels", json!({"zone": "a"}));
        let peer = pod("peer")
            .asks("cpu", "800m")
            .phase("Pending")
            .set("/metadata/labels", json!({"app": "cache"}))
            .set("/status/nominatedNodeName", json!("n1"));
        let term =
            json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "cache"}}});
        let near =
            json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
        let web = pod("web").asks("cpu", "500m").set("/spec/affinity", near);
        let full = found(&web, &n1, std::slice::from_ref(&peer));
        assert_eq!(full, ["NodeResourcesFit: Insufficient cpu"]);
        let alone = found(&web, &n1, &[peer.asks("cpu", "100m")]);
        assert_eq!(
            alone,
            ["InterPodAffinity: node(s) didn't match pod affinity rules"]
        );
    }
}
