//! NodePorts: host ports that another pod on the node holds.
//!
//! Source: kube-scheduler `framework/plugins/nodeports` (1.37). Its book keeps a set: when two pods are on a node with one port
//! (bound past the scheduler; the kubelet refuses the second) and one of them ends, or is tried as one that gives way, the
//! scheduler takes the port for free although the other holds it.
//! What is computed here is the truth of the node; the agreement shows where the book differs.

use super::{Filter, FilterFailure, Incoming, NodeView, What};
use crate::messages::scheduler::Reason;

/// The ports that are taken, each with everyone who holds it.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    let of_port = |port| {
        node.holders(port).map(move |holder| FilterFailure {
            filter: Filter::NodePorts,
            reason: Reason::HostPorts.text(),
            what: What::Port {
                port: port.clone(),
                holder,
            },
        })
    };
    pod.ports.iter().flat_map(of_port).collect()
}

#[cfg(test)]
mod tests {
    use crate::scheduler::testing::{Cluster, found, node, pod};
    use crate::scheduler::{View, What, run_filters};
    use serde_json::json;

    const SAID: &str = "NodePorts: node(s) didn't have free ports for the requested pod ports";

    #[test]
    fn ports_collide_by_number_protocol_and_address() {
        for (wanted, held, collides) in [
            ((80, "TCP", ""), (80, "TCP", ""), true),
            ((80, "TCP", ""), (81, "TCP", ""), false),
            ((80, "TCP", ""), (80, "UDP", ""), false),
            ((80, "TCP", "10.0.0.1"), (80, "TCP", "10.0.0.2"), false),
            ((80, "TCP", "10.0.0.1"), (80, "TCP", "0.0.0.0"), true),
            ((80, "TCP", "0.0.0.0"), (80, "TCP", "10.0.0.1"), true),
            ((80, "TCP", "::"), (80, "TCP", "10.0.0.1"), false),
            ((80, "TCP", "::"), (80, "TCP", ""), true),
        ] {
            let web = pod("web").host_port(wanted.0, wanted.1, wanted.2);
            let holder = pod("holder").on("n1").host_port(held.0, held.1, held.2);
            let expected = if collides { vec![SAID] } else { vec![] };
            let said = found(&web, &node("n1", "4", "8Gi"), &[holder]);
            assert_eq!(said, expected, "{wanted:?} {held:?}");
        }
    }

    #[test]
    fn sidecars_hold_ports_and_init_containers_do_not() {
        let init = |policy: &str| {
            pod("holder").on("n1").set(
                "/spec/initContainers",
                json!([{"name": "i", "restartPolicy": policy, "ports": [{"containerPort": 80, "hostPort": 80}]}]),
            )
        };
        let web = pod("web").host_port(80, "TCP", "");
        let n1 = node("n1", "4", "8Gi");
        assert_eq!(found(&web, &n1, &[init("Always")]), [SAID]);
        assert!(found(&web, &n1, &[init("OnFailure")]).is_empty());
        let done = pod("holder")
            .on("n1")
            .host_port(80, "TCP", "")
            .phase("Failed");
        assert!(found(&web, &n1, &[done]).is_empty());
    }

    #[test]
    fn the_holder_is_named_with_its_controller() {
        let cluster = Cluster::new()
            .with(node("n1", "4", "8Gi"))
            .with(
                pod("old-x")
                    .on("n1")
                    .host_port(80, "TCP", "")
                    .of("ReplicaSet", "old"),
            )
            .snapshot();
        let web = pod("web").host_port(80, "TCP", "").pod();
        let results = run_filters(&web, &View::of(&cluster)).nodes;
        let What::Port { port, holder } = &results[0].failures[0].what else {
            panic!("{results:?}")
        };
        assert_eq!(port.to_string(), "80/TCP");
        assert_eq!(
            (holder.name.as_str(), holder.controller.as_deref()),
            ("old-x", Some("ReplicaSet/old"))
        );
    }
}
