//! `traffic-policy-local`: a Service keeps traffic on the node on which it is asked, and not all nodes have a pod of it.
//!
//! Who may have wanted it so cannot be seen, so that it is a hint for who has named the Service.

use super::selector_fixes::ServiceCase;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::Kind;
use crate::text::say;
use std::collections::BTreeSet;

/// A Service keeps traffic on the node on which it is asked, and not all nodes have a pod of it.
pub static RULE: Rule = Rule {
    cause: "traffic-policy-local",
    layer: Layer::Service,
    title: "a Service answers only on nodes that have a pod of it",
    seen_as: &[],
    explanation: include_str!("traffic_policy_local.md"),
    reads: &[Kind::Service, Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Service(check),
};

/// The most nodes that are named.
const NAMED: usize = 3;

fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    finding(case).into_iter().collect()
}

fn finding(case: &ServiceCase<'_>) -> Option<Finding> {
    let (store, service) = (case.snapshot.store(), case.it.service);
    let (field, from) = match (service.stays_on_node, service.node_ports_stay) {
        (true, _) => (
            "spec.internalTrafficPolicy",
            say!("traffic-policy-local.pods", "pods"),
        ),
        (_, true) => (
            "spec.externalTrafficPolicy",
            say!(
                "traffic-policy-local.node-port",
                "whoever asks the port of a node"
            ),
        ),
        _ => return None,
    };
    let nodes = store.nodes();
    nodes.whole_cluster().ok()?;
    let pods = case.it.pods(store).flat_map(|(_, pods)| pods.iter());
    let with: BTreeSet<&str> = pods
        .filter(|pod| pod.ready)
        .filter_map(|pod| pod.node.as_deref())
        .collect();
    let all = nodes.seen().filter(|(_, node)| node.ready());
    let without = all.filter(|(_, node)| !with.contains(&*node.name));
    let without: Vec<&str> = without.map(|(_, node)| &*node.name).collect();
    if with.is_empty() || without.is_empty() {
        return None;
    }
    let headline = say!(
        "traffic-policy-local.headline",
        "{from} on {without} of the {nodes} nodes that are Ready get no answer: its ready {pods|pod is|pods are} on {with}, and traffic does not leave its node"
    );
    let cluster = say!(
        "traffic-policy-local.cluster",
        "if that is not meant, set {field} to Cluster, or run a pod on each node by a DaemonSet"
    );
    let named = with.iter().take(NAMED).map(|node| (*node).to_owned());
    Some(
        Finding::new(case.subject(), headline, case.field(field, "Local"))
            .fact("from", from)
            .fact("without", without.len())
            .fact("nodes", without.len() + with.len())
            .fact("pods", case.it.members(store).ready)
            .fact("with", named.collect::<Vec<_>>())
            .fact("field", field)
            .hint()
            .fix([Fix::advice(cluster, Who::Owner)])
            .inspect(case.kubectl(["get", "pods", "-o", "wide"])),
    )
}
