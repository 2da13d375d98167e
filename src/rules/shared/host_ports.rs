//! The host ports of a pod that is bound, and who has them on its node.

use crate::kubernetes::ports::host_ports;
use crate::rules::Case;
use crate::text::Fact;

/// Ports that another pod of the node has, and that pod.
pub(in crate::rules) struct Held {
    /// `80/TCP`
    pub(in crate::rules) ports: Vec<String>,
    /// Its namespace and name.
    pub(in crate::rules) holder: String,
}

/// Which of the pod's host ports another live pod of this node has, as far as its pods were read.
pub(in crate::rules) fn holder(case: &Case<'_>, node: &str) -> Option<Held> {
    let wanted = host_ports(case.pod().spec());
    let records = case.snapshot.pod_records();
    let mut on_node = records.on_node(node).filter(|_| !wanted.is_empty());
    on_node.find_map(|record| {
        let taken = &records.footprint(record).ports;
        let held = wanted
            .iter()
            .filter(|port| taken.iter().any(|other| port.conflicts(other)));
        let ports: Vec<String> = held.map(ToString::to_string).collect();
        let holder = format!("{}/{}", record.namespace, record.name);
        (!ports.is_empty()).then_some(Held { ports, holder })
    })
}

/// The host ports that the pod asks for.
pub(in crate::rules) fn asked(case: &Case<'_>) -> Fact {
    let ports = host_ports(case.pod().spec());
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    ports.into()
}
