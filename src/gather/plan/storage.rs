//! What the volumes of a pod need: without a node its claims first, then what they point at.
//!
//! Of the other pods' claims only the volumes are read: a bound volume names its claim, so that the claims
//! of a whole cluster need not be listed to count what a node attaches.

use super::{Read, get, list, waits};
use crate::kubernetes::claims;
use crate::kubernetes::disks::inline_disks;
use crate::kubernetes::in_tree::driver_of;
use crate::kubernetes::storage_class::{NO_PROVISIONER, waits_for_consumer};
use crate::snapshot::{Kind, PodView, Seen, Store};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass;
use std::collections::BTreeSet;

/// The names of the claims that a pod mounts.
pub(super) fn claims(pod: &PodView) -> Vec<String> {
    let mounted = claims::mounted(pod.name(), pod.spec());
    mounted.map(|claim| claim.name).collect()
}

/// The drivers that attach the disks which the pod names without a claim.
fn disk_drivers(pod: &PodView) -> Vec<String> {
    let disks = inline_disks(pod.spec());
    let attached = disks.iter().filter_map(|disk| disk.attachment());
    attached.map(|attachment| attachment.driver).collect()
}

/// The second wave: the claims themselves, their classes, and what the nodes can attach.
pub(super) fn of_pod(pod: &PodView, reads: &mut BTreeSet<Read>) {
    if pod.node().is_some() {
        return;
    }
    let claims = claims(pod);
    if !claims.is_empty() {
        reads.insert(list(Kind::StorageClass, None));
    }
    if waits(pod) && (!claims.is_empty() || !disk_drivers(pod).is_empty()) {
        reads.insert(list(Kind::CsiNode, None));
        reads.insert(list(Kind::CsiDriver, None));
    }
    reads.extend(
        claims
            .iter()
            .map(|claim| get(Kind::PersistentVolumeClaim, pod.namespace(), claim)),
    );
}

/// The third wave, of a pod without a node: the volumes that the claims have or could have, what is left for new ones, and what
/// the nodes have attached where they attach only so many.
pub(super) fn of_claims(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    if pod.node().is_some() {
        return;
    }
    let mut drivers: Vec<Option<String>> = disk_drivers(pod).into_iter().map(Some).collect();
    for name in claims(pod) {
        let claim = match store.claims().get(pod.namespace(), &name) {
            Seen::Yes(claim) => claim,
            // one of a name like it may be meant
            Seen::No => {
                reads.insert(list(Kind::PersistentVolumeClaim, Some(pod.namespace())));
                continue;
            }
            Seen::Unknown(_) => continue,
        };
        match claims::volume_name(claim) {
            // one that is not bound may mean another
            Some(_) if claims::phase(claim) == "Pending" => {
                reads.insert(list(Kind::PersistentVolume, None));
            }
            Some(volume) => {
                reads.insert(get(Kind::PersistentVolume, "", volume));
            }
            None if waits(pod) => unbound(claim, store, reads),
            None => {}
        }
        drivers.push(driver(claim, store));
    }
    if waits(pod)
        && drivers
            .iter()
            .any(|driver| limited(driver.as_deref(), store))
    {
        reads.insert(list(Kind::VolumeAttachment, None));
        reads.insert(list(Kind::PersistentVolume, None));
    }
}

/// The fourth wave, of a pod without a node: who has the volumes that its claims name and did not get.
pub(super) fn of_volumes(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    if pod.node().is_some() {
        return;
    }
    for name in claims(pod) {
        let claim = store.claims().get(pod.namespace(), &name).yes();
        let claim = claim.filter(|claim| claims::phase(claim) == "Pending");
        let volume = claim.and_then(claims::volume_name);
        let volume = volume.and_then(|volume| store.volumes().get("", volume).yes());
        if let Some(holder) = volume.and_then(|volume| volume.claim.as_ref()) {
            reads.insert(get(
                Kind::PersistentVolumeClaim,
                &holder.namespace,
                &holder.name,
            ));
        }
    }
}

/// A claim that waits for its first consumer takes a volume that is there, or gets a new one. Where nothing makes volumes, one
/// that is there is all that it can get.
fn unbound(claim: &PersistentVolumeClaim, store: &Store, reads: &mut BTreeSet<Read>) {
    let Some(class) = class(claim, store) else {
        if claims::class(claim).is_some() {
            reads.insert(list(Kind::PersistentVolume, None));
        }
        return;
    };
    let waits = waits_for_consumer(class);
    if waits || class.provisioner == NO_PROVISIONER {
        reads.insert(list(Kind::PersistentVolume, None));
    }
    if !waits {
        return;
    }
    let driver = store.csi_drivers().get("", &class.provisioner);
    if driver.yes().is_some_and(|driver| driver.storage_capacity) {
        reads.insert(list(Kind::CsiStorageCapacity, None));
    }
}

fn class<'s>(claim: &PersistentVolumeClaim, store: &'s Store) -> Option<&'s StorageClass> {
    let name = claims::class_name(claim);
    store.storage_classes().get("", name).yes()
}

/// Where a node attaches only so many volumes of the driver; of any, when the driver is not known.
fn limited(driver: Option<&str>, store: &Store) -> bool {
    let mut nodes = store.csi_nodes().seen();
    nodes.any(|(_, node)| {
        let mut limits = node.drivers.iter().filter(|(_, limit)| limit.is_some());
        limits.any(|(name, _)| driver.is_none_or(|driver| driver == name))
    })
}

/// The driver that a claim's class names; `None` when it could be any, as for a volume made by hand.
fn driver(claim: &PersistentVolumeClaim, store: &Store) -> Option<String> {
    let class = class(claim, store)?;
    let by_hand = class.provisioner == NO_PROVISIONER;
    (!by_hand).then(|| driver_of(&class.provisioner).to_owned())
}
