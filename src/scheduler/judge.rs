//! Runs every filter on every node.
//!
//! DynamicResources is computed as far as no expressions have to be evaluated. Each filter is one file, with its line in [`FILTERS`] in the order of
//! [`Filter`]; what it needs beyond the node is worked out once in [`Incoming`].

use super::{
    Filter, Incoming, Judgement, NodeObstacles, NodeView, Obstacle, View, dynamic_resources,
    inter_pod_affinity, node_affinity, node_declared_features, node_name, node_volume_limits,
    ports, resources, taints, topology_spread, unschedulable, volume_binding, volume_restrictions,
    volume_zone,
};
use crate::snapshot::Occupant;
use k8s_openapi::api::core::v1::Pod;

type Check = fn(&Incoming<'_, '_>, &NodeView<'_>, &View<'_>) -> Vec<Obstacle>;

/// The filters that are computed, in the scheduler's order.
const FILTERS: &[(Filter, Check)] = &[
    (Filter::NodeUnschedulable, |pod, node, _| {
        unschedulable::obstacles(pod, node)
    }),
    (Filter::NodeName, |pod, node, _| {
        node_name::obstacles(pod, node)
    }),
    (Filter::TaintToleration, |pod, node, _| {
        taints::obstacles(pod, node)
    }),
    (Filter::NodeAffinity, |pod, node, _| {
        node_affinity::obstacles(pod, node)
    }),
    (Filter::NodePorts, |pod, node, _| {
        ports::obstacles(pod, node)
    }),
    (Filter::NodeResourcesFit, |pod, node, _| {
        resources::obstacles(pod, node)
    }),
    (Filter::VolumeRestrictions, volume_restrictions::obstacles),
    (Filter::NodeVolumeLimits, node_volume_limits::obstacles),
    (Filter::VolumeBinding, volume_binding::obstacles),
    (Filter::VolumeZone, |pod, node, _| {
        volume_zone::obstacles(pod, node)
    }),
    (Filter::PodTopologySpread, |pod, node, _| {
        topology_spread::obstacles(pod, node)
    }),
    (Filter::InterPodAffinity, |pod, node, _| {
        inter_pod_affinity::obstacles(pod, node)
    }),
    (Filter::DynamicResources, |pod, node, _| {
        dynamic_resources::obstacles(pod, node)
    }),
    (Filter::NodeDeclaredFeatures, |pod, node, _| {
        node_declared_features::obstacles(pod, node)
    }),
];

/// Whether this filter plugin is computed, by its name in a scheduler's configuration.
pub fn computes(plugin: &str) -> bool {
    FILTERS.iter().any(|(filter, _)| filter.as_str() == plugin)
}

/// What stands against the pod as a whole, and on each node in order of names.
pub fn judge(pod: &Pod, view: &View<'_>) -> Judgement {
    let pod = Incoming::new(pod, view);
    let nodes = view.nodes().map(|node| NodeObstacles {
        node: node.name().to_owned(),
        obstacles: on_node(&pod, node, view),
    });
    Judgement {
        nodes: nodes.collect(),
        spread: pod.spread.distributions(),
        before: pod.before,
        unread: pod.unread,
    }
}

/// The names of the nodes that would take the pod.
pub(super) fn takers(pod: &Pod, view: &View<'_>) -> Vec<String> {
    let judged = judge(pod, view);
    let free = judged.takers().map(str::to_owned);
    free.collect()
}

/// The same, but none unless this node is one of them; the others are only looked at when it is.
pub(super) fn takers_with(node: &str, pod: &Pod, view: &View<'_>) -> Vec<String> {
    let incoming = Incoming::new(pod, view);
    let takes = |node: &NodeView<'_>| on_node(&incoming, node, view).is_empty();
    if !incoming.before.is_empty() || !view.node(node).is_some_and(takes) {
        return Vec::new();
    }
    let takers = view.nodes().filter(|node| takes(node));
    takers.map(|node| node.name().to_owned()).collect()
}

/// What stands against the pod on a node once some of the node's pods are gone.
pub(super) fn without<'v>(
    pod: &Incoming<'_, 'v>,
    node: &NodeView<'v>,
    gone: &[&Occupant],
    view: &View<'v>,
) -> Vec<Obstacle> {
    let later = pod.without(gone, node, view);
    on_node(&later, &node.left_by(gone, view), view)
}

/// A node must pass with the pods that preemption makes room for, and then without them, since they may never come. Whatever fails
/// with them ends it, so that what would fail without them alone is not told
/// (`runtime/framework.go`, `RunFilterPluginsWithNominatedPods`).
fn on_node<'v>(pod: &Incoming<'_, 'v>, node: &NodeView<'v>, view: &View<'v>) -> Vec<Obstacle> {
    let all = |pod: &Incoming<'_, '_>, node: &NodeView<'_>| -> Vec<Obstacle> {
        let filters = FILTERS.iter();
        let mut found: Vec<Obstacle> = filters
            .flat_map(|(_, check)| check(pod, node, view))
            .collect();
        // most nodes have one or two, and there are as many lists as nodes
        found.shrink_to_fit();
        found
    };
    let coming = view.coming(pod, node);
    if !coming.is_empty() {
        let with = all(
            &pod.beside(&coming, node, view),
            &node.joined_by(&coming, view),
        );
        if !with.is_empty() {
            return with;
        }
    }
    all(pod, node)
}

#[cfg(test)]
mod tests {
    use super::{FILTERS, judge};
    use crate::scheduler::testing::{Cluster, found, node, pod};
    use crate::scheduler::{Filter, View};
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
    fn nodes_come_in_order_of_their_names() {
        let cluster = Cluster::new()
            .with(node("b", "1", "1Gi"))
            .with(node("a", "1", "1Gi"))
            .seal();
        let judged = judge(&pod("web").pod(), &View::of(&cluster)).nodes;
        let names: Vec<_> = judged.iter().map(|node| node.node.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn whether_a_node_has_a_device_is_not_known() {
        let cluster = Cluster::new().with(node("n1", "1", "1Gi")).seal();
        let claims = json!([{"name": "gpu", "resourceClaimName": "gpu"}]);
        let web = pod("web").set("/spec/resourceClaims", claims);
        let judged = judge(&web.pod(), &View::of(&cluster));
        assert_eq!(judged.unread[0].filter, Filter::DynamicResources);
        assert!(
            judge(&pod("web").pod(), &View::of(&cluster))
                .unread
                .is_empty()
        );
    }

    #[test]
    fn what_fails_only_without_the_pods_that_come_is_not_told_where_something_fails_with_them() {
        let n1 = node("n1", "1", "1Gi").set("/metadata/labels", json!({"zone": "a"}));
        let company = pod("company")
            .asks("cpu", "800m")
            .phase("Pending")
            .set("/metadata/labels", json!({"app": "cache"}))
            .set("/status/nominatedNodeName", json!("n1"));
        let term =
            json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "cache"}}});
        let near =
            json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
        let web = pod("web").asks("cpu", "500m").set("/spec/affinity", near);
        let full = found(&web, &n1, std::slice::from_ref(&company));
        assert_eq!(full, ["NodeResourcesFit: Insufficient cpu"]);
        let alone = found(&web, &n1, &[company.asks("cpu", "100m")]);
        assert_eq!(
            alone,
            ["InterPodAffinity: node(s) didn't match pod affinity rules"]
        );
    }
}
