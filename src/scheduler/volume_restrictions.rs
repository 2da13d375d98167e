//! VolumeRestrictions: disks that two pods cannot both have on one node, and claims that only one pod may use at all.
//!
//! Only claims that are named are looked at: what is made for one pod is used by no other. A pod that does not exist any more, or
//! has ended, holds nothing.
//!
//! Source: kube-scheduler `framework/plugins/volumerestrictions/volume_restrictions.go` (1.37). Its oddity is kept that pods for
//! which preemption makes room, and pods that give way, count by the name of their claim alone, whatever their namespace.

use super::volumes::{Mount, Prepared, VolumeFailure, failure, missing};
use super::{Filter, FilterFailure, Holder, Incoming, NodeView, View};
use crate::kubernetes::disks::{Disk, inline_disks};
use crate::messages::scheduler::Reason;
use crate::snapshot::PodRecord;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use std::collections::BTreeSet;

/// What the pod wants for itself, and who has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Held<'v> {
    disks: Vec<Disk>,
    /// The claims that only one pod may use.
    exclusive: Vec<String>,
    /// Who uses them, in order of nodes, namespaces and names; those that are gone in a dry run of preemption among them.
    users: Vec<(String, &'v PodRecord)>,
    /// How many of them are in use, as the scheduler counts: a claim once, and one more or less for each pod that comes or goes.
    in_use: i64,
}

/// Looks for the users of the pod's claims on all nodes.
pub(super) fn find<'v>(
    pod: &Incoming<'_, '_>,
    mounts: &[Mount<'v>],
    view: &View<'v>,
) -> Prepared<Held<'v>> {
    let mut found: Prepared<Held<'v>> = Prepared::default();
    let compared = inline_disks(pod.spec).into_iter();
    found.state.disks = compared.filter(Disk::is_compared).collect();
    for mount in mounts.iter().filter(|mount| !mount.ephemeral) {
        match found.known(mount.claim) {
            Some(Some(claim)) if is_exclusive(claim) => {
                found.state.exclusive.push(mount.name.clone());
            }
            Some(None) => {
                found.refuse(
                    Filter::VolumeRestrictions,
                    &missing(&mount.name),
                    &mount.name,
                );
            }
            _ => {}
        }
    }
    found.state.exclusive.sort();
    found.state.exclusive.dedup();
    if !found.state.exclusive.is_empty() {
        let pods = view.nodes().flat_map(|node| node.pods().iter().copied());
        for pod_record in pods.filter(|pod_record| *pod_record.namespace == *pod.namespace) {
            found.state.note(pod_record, view);
        }
        let used: BTreeSet<&str> = found
            .state
            .users
            .iter()
            .map(|(claim, _)| claim.as_str())
            .collect();
        found.state.in_use = count(used.len());
    }
    found
}

fn count(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}

fn is_exclusive(claim: &PersistentVolumeClaim) -> bool {
    let spec = claim.spec.as_ref();
    let modes = spec.and_then(|spec| spec.access_modes.as_ref());
    modes.is_some_and(|modes| modes.iter().any(|mode| mode == "ReadWriteOncePod"))
}

impl<'v> Held<'v> {
    /// Adds a pod for which preemption makes room. Nobody asks for it when the filter was skipped.
    pub(super) fn add(&mut self, pod_record: &'v PodRecord, view: &View<'v>) {
        if !(self.disks.is_empty() && self.users.is_empty()) {
            let known = self.users.len();
            self.note(pod_record, view);
            self.in_use += count(self.users.len() - known);
        }
    }

    /// Takes away what a pod uses that gives way.
    pub(super) fn remove(&mut self, pod_record: &PodRecord, view: &View<'v>) {
        self.in_use -= count(self.shared(pod_record, view).count());
    }

    fn note(&mut self, pod_record: &'v PodRecord, view: &View<'v>) {
        let shared: Vec<String> = self.shared(pod_record, view).cloned().collect();
        let shared = shared.into_iter().map(|claim| (claim, pod_record));
        self.users.extend(shared);
    }

    fn shared<'s>(
        &'s self,
        pod_record: &PodRecord,
        view: &View<'s>,
    ) -> impl Iterator<Item = &'s String>
    where
        'v: 's,
    {
        let claims = &view.pod_records().footprint(pod_record).claims;
        claims.iter().filter(|claim| self.exclusive.contains(claim))
    }
}

/// The disks that others have on the node, and the claims that others have anywhere.
pub(super) fn failures(
    pod: &Incoming<'_, '_>,
    node: &NodeView<'_>,
    view: &View<'_>,
) -> Vec<FilterFailure> {
    let held = &pod.held;
    let disks = held.disks.iter().filter_map(|disk| {
        let mut pods = node.pods().iter();
        let holder = pods.find(|pod_record| {
            let theirs = &view.pod_records().footprint(pod_record).disks;
            theirs.iter().any(|other| disk.conflicts(other))
        })?;
        let failure = VolumeFailure::Disk {
            disk: disk.to_string(),
            holder: Holder::from(*holder),
        };
        Some(conflict(&Reason::DiskConflict, failure))
    });
    let users = held.users.iter().filter(|_| held.in_use > 0);
    let users = users.map(|(claim, pod_record)| {
        let failure = VolumeFailure::InUse {
            claim: claim.clone(),
            holder: Holder::from(*pod_record),
            node: pod_record.node.as_deref().unwrap_or_default().to_owned(),
        };
        conflict(&Reason::ReadWriteOncePod, failure)
    });
    disks.chain(users).collect()
}

fn conflict(reason: &Reason, volume: VolumeFailure) -> FilterFailure {
    failure(Filter::VolumeRestrictions, reason.text(), volume)
}

#[cfg(test)]
mod tests;
