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
    /// The labels that no namespace has.
    pub(super) nowhere: BTreeSet<String>,
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
                for peer in peers(admitted)? {
                    self.peer(case, peer)?;
                }
            }
        }
        Some(())
    }

    /// Adds whose labels nobody has of those who are let in; none where somebody may be there.
    fn peer<'c, S: Subject<'c>>(
        &mut self,
        case: &Case<'c, S>,
        peer: &NetworkPolicyPeer,
    ) -> Option<()> {
        let (namespace, store) = (case.namespace(), case.snapshot.store());
        let (known, selector) = match (&peer.ip_block, &peer.namespace_selector) {
            // an address may be anybody's
            (Some(_), _) => return None,
            (None, Some(selector)) => {
                store.namespaces().whole_cluster().ok()?;
                let mut labels = store.namespaces().seen();
                let is_there = labels.any(|(_, namespace)| {
                    let labels = namespace.metadata.labels.clone().unwrap_or_default();
                    label_selector_matches(selector, &labels)
                });
                (&mut self.nowhere, Some(selector).filter(|_| !is_there)?)
            }
            (None, None) => {
                store.pods().whole(namespace).ok()?;
                let selector = peer.pod_selector.as_ref()?;
                let mut pods = store.pod_records().alike_in(namespace);
                let is_there = pods.any(|(pod, _)| label_selector_matches(selector, &pod.labels));
                (&mut self.absent, Some(selector).filter(|_| !is_there)?)
            }
        };
        known.insert(label_selector_text(selector));
        Some(())
    }
}

/// Who is let in; none where that is everybody.
fn peers(admitted: Admitted<'_>) -> Option<&[NetworkPolicyPeer]> {
    match admitted {
        Admitted::Everybody => None,
        Admitted::Peers(peers) => Some(peers),
    }
}
