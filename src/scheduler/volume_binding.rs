//! VolumeBinding: bound claims keep the pod to the nodes that reach their volumes; unbound ones need a volume that is
//! free or can be made.
//!
//! What of the claims does not depend on a node is worked out once ([`find`]). Which volumes could serve a claim is in
//! `candidates`. Of several bound claims the scheduler looks no further than the first that fails, and so for claims
//! whose volumes are to be made; here all are found that fail for the same reason.
//!
//! Source: kube-scheduler `framework/plugins/volumebinding/volume_binding.go` and `binder.go` (1.37), component-helpers
//! `storage/volume` (1.37). Volumes that the scheduler has given away in its memory alone are not known.

mod candidates;
mod provision;

use super::volume_match::asked;
use super::volumes::{Mount, NoVolume, Prepared, VolumeFailure, failure, missing};
use super::{Filter, FilterFailure, Incoming, NodeView, View};
use crate::kubernetes::claims::{class_name, fully_bound, phase, selected_node, volume_name};
use crate::kubernetes::in_tree::driver_affinity;
use crate::kubernetes::node_terms::NodeTerms;
use crate::kubernetes::owners;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::selector::node_selector_term_matches;
use crate::kubernetes::storage_class::waits_for_consumer;
use crate::messages::scheduler::Reason;
use crate::snapshot::{CsiNode, Volume};
use candidates::Candidates;
use k8s_openapi::api::core::v1::{NodeSelector, PersistentVolumeClaim};
use provision::Provision;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The pod's claims, as far as nodes matter to them.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings<'v> {
    bound: Vec<Bound<'v>>,
    /// Claims that wait for their first consumer, the smallest first.
    waiting: Vec<Waiting<'v>>,
    /// Whether all volumes are known that could serve a claim.
    volumes_known: bool,
}

#[derive(Debug, Clone)]
struct Bound<'v> {
    claim: String,
    name: String,
    /// `None` when it is gone.
    volume: Option<&'v Volume>,
}

#[derive(Debug, Clone)]
struct Waiting<'v> {
    claim: String,
    asked: Quantity,
    /// The node for which a volume is being made.
    selected: Option<String>,
    candidates: Candidates<'v>,
    provision: Provision<'v>,
}

/// Sorts the pod's claims into those that are bound and those that wait; everything else refuses the pod.
pub(super) fn find<'v>(
    pod: &Incoming<'_, '_>,
    mounts: &[Mount<'v>],
    view: &View<'v>,
) -> Prepared<Bindings<'v>> {
    let mut found = Prepared::default();
    for mount in mounts {
        let reason = match found.known(mount.claim) {
            Some(seen) => unusable(pod, mount, seen),
            None => None,
        };
        if let Some(reason) = reason {
            found.refuse(Filter::VolumeBinding, &reason, &mount.name);
        }
    }
    if found.refuses() {
        return found;
    }
    found.state.volumes_known = true;
    for mount in mounts {
        if let Some(claim) = mount.claim.yes() {
            place(&mut found, &mount.name, claim, view);
        }
    }
    // those that have a node come first, as they are listed
    found
        .state
        .waiting
        .sort_by_key(|waiting| match waiting.selected {
            Some(_) => None,
            None => Some(waiting.asked),
        });
    found
}

/// What makes a claim unusable for the pod, in the scheduler's words.
fn unusable(
    pod: &Incoming<'_, '_>,
    mount: &Mount<'_>,
    claim: Option<&PersistentVolumeClaim>,
) -> Option<String> {
    let name = &mount.name;
    let Some(claim) = claim else {
        return Some(if mount.ephemeral {
            Reason::EphemeralClaimPending(name.clone()).to_string()
        } else {
            missing(name)
        });
    };
    if phase(claim) == "Lost" {
        let volume = volume_name(claim).unwrap_or_default().to_owned();
        let claim = name.clone();
        return Some(Reason::ClaimLost { claim, volume }.to_string());
    }
    if claim.metadata.deletion_timestamp.is_some() {
        return Some(Reason::ClaimTerminating(name.clone()).to_string());
    }
    (mount.ephemeral && !is_of(claim, pod)).then(|| {
        let Incoming {
            namespace,
            name: of,
            ..
        } = pod;
        format!(
            "PVC {namespace}/{name} was not created for pod {namespace}/{of} (pod is not owner)"
        )
    })
}

/// Whether the pod is the claim's controller.
fn is_of(claim: &PersistentVolumeClaim, pod: &Incoming<'_, '_>) -> bool {
    let controller = owners::controller(claim.metadata.owner_references.as_deref());
    let uid = pod.pod.metadata.uid.as_deref();
    controller.is_some_and(|owner| Some(owner.uid.as_str()) == uid)
}

/// Puts a claim where it belongs.
fn place<'v>(
    found: &mut Prepared<Bindings<'v>>,
    name: &str,
    claim: &'v PersistentVolumeClaim,
    view: &View<'v>,
) {
    let snapshot = view.snapshot();
    if fully_bound(claim) {
        let volume = volume_name(claim).unwrap_or_default();
        let Some(object) = found.known(snapshot.volumes().get("", volume)) else {
            return;
        };
        if object.is_some_and(|object| translates(object).is_some())
            && let Err(gap) = snapshot.csi_nodes().whole_cluster()
        {
            found.lacks(gap);
        }
        return found.state.bound.push(Bound {
            claim: name.to_owned(),
            name: volume.to_owned(),
            volume: object,
        });
    }
    let class = match class_name(claim) {
        "" => None,
        class => match found.known(snapshot.storage_classes().get("", class)) {
            Some(class) => class,
            None => return,
        },
    };
    match class.filter(|class| waits_for_consumer(class) && volume_name(claim).is_none()) {
        Some(class) => {
            let provision = provision::of(found, claim, class, snapshot);
            if selected_node(claim).is_none()
                && let Err(gap) = snapshot.volumes().whole_cluster()
            {
                found.state.volumes_known = false;
                found.lacks(gap);
            }
            found.state.waiting.push(Waiting {
                claim: name.to_owned(),
                asked: asked(claim).unwrap_or_default(),
                selected: selected_node(claim).map(str::to_owned),
                candidates: Candidates::of(claim, snapshot),
                provision,
            });
        }
        None => {
            let reason = Reason::UnboundImmediateClaims.to_string();
            found.refuse(Filter::VolumeBinding, &reason, name);
        }
    }
}

/// The key of the driver that stands in for the volume's plugin, where its zones are written in another way.
fn translates(volume: &Volume) -> Option<&'static str> {
    volume.in_tree.and_then(|plugin| plugin.topology_key)
}

/// The nodes that reach a volume, as a node understands it.
fn reached_from<'v>(
    volume: &'v Volume,
    csi_node: Option<&CsiNode>,
) -> Option<Cow<'v, NodeSelector>> {
    let written = volume.node_affinity.as_ref();
    let plugin = volume.in_tree.filter(|plugin| {
        csi_node.is_some_and(|node| node.migrated.iter().any(|known| known == plugin.plugin))
    });
    match plugin.and_then(|plugin| plugin.topology_key) {
        Some(key) => driver_affinity(written, &volume.labels, key).map(Cow::Owned),
        None => written.map(Cow::Borrowed),
    }
}

/// Whether the node has the labels; its name is not looked at.
fn admits(affinity: &NodeSelector, node: &NodeView<'_>) -> bool {
    let mut terms = affinity.node_selector_terms.iter();
    terms.any(|term| node_selector_term_matches(term, &node.node.labels, ""))
}

/// What rejects the node on account of the pod's claims, in the scheduler's order.
pub(super) fn failures(
    pod: &Incoming<'_, '_>,
    node: &NodeView<'_>,
    view: &View<'_>,
) -> Vec<FilterFailure> {
    if pod.bindings.is_empty() {
        return Vec::new();
    }
    let csi_node = view.snapshot().csi_nodes().get("", node.name());
    let unreadable = csi_node.is_unknown();
    let mut reasons = Reasons::default();
    for bound in &pod.bindings.bound {
        let unsure = unreadable
            && bound
                .volume
                .is_some_and(|volume| translates(volume).is_some());
        if !unsure {
            reasons.extend(bound.failure(node, csi_node.yes()));
        }
    }
    let mut all = reasons.first_alike();
    all.extend(pod.bindings.unbound(node));
    all.sort_by_key(|(reason, _)| order(reason));
    all.into_iter()
        .map(|(reason, volume)| failure(Filter::VolumeBinding, reason.text(), volume))
        .collect()
}

/// The order in which a node's reasons are written.
fn order(reason: &Reason) -> u8 {
    match reason {
        Reason::VolumeNodeAffinity => 0,
        Reason::VolumeBind => 1,
        Reason::StorageCapacity => 2,
        _ => 3,
    }
}

/// What fails for one claim after another.
#[derive(Debug, Default)]
struct Reasons(Vec<(Reason, VolumeFailure)>);

impl Reasons {
    fn extend(&mut self, failure: Option<(Reason, VolumeFailure)>) {
        self.0.extend(failure);
    }

    /// The first reason, for all that fail for it.
    fn first_alike(mut self) -> Vec<(Reason, VolumeFailure)> {
        if let Some(first) = self.0.first().map(|(reason, _)| reason.clone()) {
            self.0.retain(|(reason, _)| *reason == first);
        }
        self.0
    }
}

impl Bound<'_> {
    fn failure(
        &self,
        node: &NodeView<'_>,
        csi_node: Option<&CsiNode>,
    ) -> Option<(Reason, VolumeFailure)> {
        let claim = self.claim.clone();
        let Some(volume) = self.volume else {
            let volume = self.name.clone();
            return Some((
                Reason::NonExistentVolume,
                VolumeFailure::Gone { claim, volume },
            ));
        };
        let affinity = reached_from(volume, csi_node)?;
        if admits(&affinity, node) {
            return None;
        }
        let wanted = NodeTerms::from(&*affinity);
        let failure = VolumeFailure::Elsewhere {
            claim,
            volume: self.name.clone(),
            found: carried(&wanted, node),
            wanted,
        };
        Some((Reason::VolumeNodeAffinity, failure))
    }
}

/// What the node carries under the keys that these terms name.
fn carried(wanted: &NodeTerms, node: &NodeView<'_>) -> BTreeMap<String, String> {
    let keys = wanted.keys().into_iter();
    keys.filter_map(|key| Some((key.to_owned(), node.label(key)?.to_owned())))
        .collect()
}

impl Bindings<'_> {
    fn is_empty(&self) -> bool {
        self.bound.is_empty() && self.waiting.is_empty()
    }

    /// What fails for the claims that wait.
    fn unbound(&self, node: &NodeView<'_>) -> Vec<(Reason, VolumeFailure)> {
        let promised = self.waiting.iter().filter_map(|waiting| {
            let other = waiting
                .selected
                .as_ref()
                .filter(|other| *other != node.name())?;
            Some(waiting.unavailable(NoVolume::ForNode(other.clone())))
        });
        let promised: Vec<_> = promised.collect();
        if !promised.is_empty() {
            return promised;
        }
        if !self.volumes_known {
            return Vec::new();
        }
        let selected = self
            .waiting
            .iter()
            .filter(|waiting| waiting.selected.is_some());
        let mut to_make: Vec<&Waiting<'_>> = selected.collect();
        let mut taken = BTreeSet::new();
        for waiting in self
            .waiting
            .iter()
            .filter(|waiting| waiting.selected.is_none())
        {
            match waiting.candidates.best(node, &taken) {
                Some(volume) => {
                    taken.insert(volume);
                }
                None => to_make.push(waiting),
            }
        }
        let mut reasons = Reasons::default();
        for waiting in to_make {
            reasons.extend(waiting.makes(node));
        }
        reasons.first_alike()
    }
}

impl Waiting<'_> {
    fn unavailable(&self, why: NoVolume) -> (Reason, VolumeFailure) {
        let failure = VolumeFailure::Unavailable {
            claim: self.claim.clone(),
            class: self.provision.class.to_owned(),
            why,
        };
        (Reason::VolumeBind, failure)
    }

    /// Why no volume can be made for the node.
    fn makes(&self, node: &NodeView<'_>) -> Option<(Reason, VolumeFailure)> {
        if let Some(why) = self.provision.refuses(node) {
            return Some(self.unavailable(why));
        }
        let free = self.provision.lacks_space(node)?;
        let failure = VolumeFailure::NoSpace {
            claim: self.claim.clone(),
            class: self.provision.class.to_owned(),
            asked: self.asked,
            free,
        };
        Some((Reason::StorageCapacity, failure))
    }
}

#[cfg(test)]
mod tests;
