//! NodeVolumeLimits: how many volumes of a CSI driver a node attaches.
//!
//! A volume counts once a node, however many pods use it. A claim without a volume counts for the driver of its class. Since 1.37
//! a driver may also demand that no pod with its volumes goes where it does not run; up to 1.34 it cannot, and since 1.35 only
//! where the API server stores the demand, so that reading it is enough.
//!
//! Source: kube-scheduler `framework/plugins/nodevolumelimits/csi.go` and `utils.go` (1.37).

use super::volumes::{Mount, Prepared, VolumeFailure, failure};
use super::{Filter, FilterFailure, Incoming, NodeView, View};
use crate::kubernetes::claims::{class_name, volume_name};
use crate::kubernetes::disks::inline_disks;
use crate::kubernetes::in_tree::{Attachment, driver_of};
use crate::messages::scheduler::Reason;
use crate::snapshot::{CsiNode, Snapshot};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use std::collections::{BTreeMap, BTreeSet};

/// The volumes that a node would have to attach for the pod.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    volumes: BTreeSet<Volume>,
    /// Drivers that must run on the node.
    demanding: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Volume {
    /// The driver, and the handle or the claim that has none yet.
    attachment: Attachment,
    /// Whether there is a volume already.
    exists: bool,
    /// Written for an in-tree plugin: it counts only where the kubelet speaks of CSI at all.
    in_tree: bool,
}

/// Finds the drivers of the pod's volumes.
pub(super) fn find(
    pod: &Incoming<'_, '_>,
    mounts: &[Mount<'_>],
    view: &View<'_>,
) -> Prepared<Wanted> {
    let snapshot = view.snapshot();
    let mut found: Prepared<Wanted> = Prepared::default();
    for mount in mounts {
        // one that does not exist is found by another filter
        if let Some(Some(claim)) = found.known(mount.claim) {
            let volume = of_claim(&mut found, pod.namespace, &mount.name, claim, snapshot);
            found.state.volumes.extend(volume);
        }
    }
    let disks = inline_disks(pod.spec).into_iter();
    let disks = disks.filter_map(|disk| disk.attachment());
    found.state.volumes.extend(disks.map(|attachment| Volume {
        attachment,
        exists: true,
        in_tree: true,
    }));
    if !found.state.volumes.is_empty() {
        drivers(&mut found, snapshot);
        limits(&mut found, snapshot);
    }
    found
}

/// The volume of a claim, or the one that it will get.
fn of_claim(
    found: &mut Prepared<Wanted>,
    namespace: &str,
    name: &str,
    claim: &PersistentVolumeClaim,
    snapshot: &Snapshot<'_>,
) -> Option<Volume> {
    if let Some(volume) = volume_name(claim)
        && let Some(volume) = found.known(snapshot.volumes().get("", volume))?
    {
        return volume.attachment.clone().map(|attachment| Volume {
            attachment,
            exists: true,
            in_tree: volume.in_tree.is_some(),
        });
    }
    let class = match class_name(claim) {
        "" => return None,
        class => found.known(snapshot.storage_classes().get("", class))??,
    };
    let driver = driver_of(&class.provisioner);
    Some(Volume {
        attachment: Attachment::new(driver, &format!("{namespace}/{name}")),
        exists: false,
        in_tree: driver != class.provisioner,
    })
}

/// Notes the drivers that must run on a node.
fn drivers(found: &mut Prepared<Wanted>, snapshot: &Snapshot<'_>) {
    let all: BTreeSet<String> = found.state.drivers().map(str::to_owned).collect();
    for driver in all {
        let object = found
            .known(snapshot.csi_drivers().get("", &driver))
            .flatten();
        if object.is_some_and(|object| object.prevents_if_missing) {
            found.state.demanding.insert(driver);
        }
    }
}

/// Notes what would have to be read to count.
fn limits(found: &mut Prepared<Wanted>, snapshot: &Snapshot<'_>) {
    if let Err(gap) = snapshot.csi_nodes().whole_cluster() {
        found.lacks(gap);
    }
    let mut nodes = snapshot.csi_nodes().seen();
    let is_limited = |(_, node): (_, &CsiNode)| {
        let mut drivers = found.state.drivers();
        drivers.any(|driver| limit(node, driver).is_some())
    };
    if !nodes.any(is_limited) {
        return;
    }
    let whole = [
        snapshot.volumes().whole_cluster(),
        snapshot.attachments().whole_cluster(),
    ];
    for gap in whole.into_iter().filter_map(Result::err) {
        found.lacks(gap);
    }
}

fn limit(node: &CsiNode, driver: &str) -> Option<i64> {
    node.drivers.get(driver).copied().flatten()
}

impl Wanted {
    fn drivers(&self) -> impl Iterator<Item = &str> {
        let drivers = self.volumes.iter();
        drivers.map(|volume| volume.attachment.driver.as_str())
    }
}

/// The drivers that do not run on the node though they must, and those that attach no more there.
pub(super) fn failures(
    pod: &Incoming<'_, '_>,
    node: &NodeView<'_>,
    view: &View<'_>,
) -> Vec<FilterFailure> {
    if pod.attaches.volumes.is_empty() {
        return Vec::new();
    }
    let csi_node = match view.snapshot().csi_nodes().get("", node.name()) {
        crate::snapshot::Seen::Unknown(_) => return Vec::new(),
        seen => seen.yes(),
    };
    let wanted = pod.attaches.volumes.iter();
    let wanted: Vec<&Volume> = wanted
        .filter(|volume| csi_node.is_some() || !volume.in_tree)
        .collect();
    let absent = absent(&pod.attaches, &wanted, csi_node);
    let full = csi_node.map(|csi_node| full(&wanted, csi_node, node, view));
    absent
        .into_iter()
        .chain(full.into_iter().flatten())
        .collect()
}

fn absent(pod: &Wanted, wanted: &[&Volume], csi_node: Option<&CsiNode>) -> Vec<FilterFailure> {
    let runs = |driver: &str| csi_node.is_some_and(|node| node.drivers.contains_key(driver));
    let drivers: BTreeSet<&String> = wanted.iter().map(|v| &v.attachment.driver).collect();
    let absent = drivers.into_iter();
    let absent = absent.filter(|driver| pod.demanding.contains(*driver) && !runs(driver));
    absent
        .map(|driver| {
            let driver = driver.clone();
            let reason = Reason::CsiDriverMissing(driver.clone());
            rejected(&reason, VolumeFailure::NoDriver { driver })
        })
        .collect()
}

fn full(
    wanted: &[&Volume],
    csi_node: &CsiNode,
    node: &NodeView<'_>,
    view: &View<'_>,
) -> Vec<FilterFailure> {
    let used: BTreeSet<(&str, &str)> = node.attached().collect();
    let planned: BTreeSet<(&str, &str)> = view
        .attachments()
        .to_node(node.name())
        .iter()
        .copied()
        .collect();
    let mut new: BTreeMap<&str, i64> = BTreeMap::new();
    for volume in wanted {
        let Attachment { driver, handle } = &volume.attachment;
        let counted = volume.exists && used.contains(&(driver.as_str(), handle.as_str()));
        *new.entry(driver).or_default() += i64::from(!counted);
    }
    let full = new.into_iter().filter(|(_, new)| *new > 0);
    full.filter_map(|(driver, new)| {
        let limit = limit(csi_node, driver)?;
        let all = used.union(&planned).filter(|(of, _)| *of == driver).count();
        let attached = i64::try_from(all).unwrap_or(i64::MAX);
        let driver = driver.to_owned();
        (attached.saturating_add(new) > limit).then(|| {
            let failure = VolumeFailure::AttachLimit {
                driver,
                attached,
                new,
                limit,
            };
            rejected(&Reason::VolumeLimit, failure)
        })
    })
    .collect()
}

fn rejected(reason: &Reason, volume: VolumeFailure) -> FilterFailure {
    failure(Filter::NodeVolumeLimits, reason.text(), volume)
}

#[cfg(test)]
mod tests;
