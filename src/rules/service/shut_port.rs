//! What keeps everybody out of a port of a pod, by the NetworkPolicies that select it.

use crate::kubernetes::network_policy::{Admitted, Asked, admitted, isolates};
use crate::kubernetes::ports::Protocol;
use crate::kubernetes::selector::{label_selector_matches, label_selector_text};
use crate::rules::Case;
use crate::snapshot::{Footprint, NetworkPolicy};
use crate::triage::Subject;
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use std::collections::BTreeSet;

/// A policy with its name.
pub(super) type Named<'a> = (&'a str, &'a NetworkPolicy);

/// The policies that keep everybody out of a port, and whom they would let in if such pods were there.
#[derive(Default)]
pub(super) struct Shut<'a> {
    /// Their names.
    pub(super) policies: BTreeSet<&'a str>,
    /// The labels that no pod has.
    pub(super) absent: BTreeSet<String>,
}

impl<'a> Shut<'a> {
    /// Adds what keeps everybody out of this port of a pod; none where somebody may come in.
    pub(super) fn of<'c, S: Subject<'c>>(
        &mut self,
        case: &Case<'c, S>,
        pod: &Footprint,
        (number, protocol): (u16, &Protocol),
        policies: &[Named<'a>],
    ) -> Option<()> {
        let asked = Asked {
            number,
            protocol,
            open: &pod.open_ports,
        };
        let mut isolating = policies
            .iter()
            .filter(|(_, policy)| isolates(&policy.spec, &pod.labels))
            .peekable();
        // one that no policy selects is open to all, and none is about pods with the node's own address
        isolating.peek().filter(|_| !pod.host_network)?;
        for (name, policy) in isolating {
            self.policies.insert(name);
            for admitted in admitted(&policy.spec, asked) {
                self.absent.extend(absent(case, admitted)?);
            }
        }
        Some(())
    }
}

/// Whose labels no pod has, of those who are let in; none where somebody may be there.
fn absent<'c, S: Subject<'c>>(case: &Case<'c, S>, admitted: Admitted<'_>) -> Option<Vec<String>> {
    let Admitted::Peers(peers) = admitted else {
        return None;
    };
    let (namespace, store) = (case.namespace(), case.snapshot.store());
    store.pods().whole(namespace).ok()?;
    let of_peer = |peer: &NetworkPolicyPeer| {
        // addresses and other namespaces are not looked at
        if peer.ip_block.is_some() || peer.namespace_selector.is_some() {
            return None;
        }
        let selector = peer.pod_selector.as_ref()?;
        let mut pods = store.pod_records().alike_in(namespace);
        let is_there = pods.any(|(pod, _)| label_selector_matches(selector, &pod.labels));
        (!is_there).then(|| label_selector_text(selector))
    };
    peers.iter().map(of_peer).collect()
}
