//! Which volumes the nodes have attached: by their pods' claims, by disks that pods name, by attachments that were made.
//!
//! Kept only where some node attaches a limited number. A bound volume names its claim, so that the claims of other pods need not
//! be read; a claim of another pod that is not bound is not counted. The scheduler counts it, which matters only for a pod that
//! was set on its node by hand.

use crate::kubernetes::claims::of_ephemeral;
use crate::kubernetes::in_tree::Attachment;
use crate::snapshot::{PodRecord, PodRecords, Snapshot};
use std::borrow::Cow;
use std::collections::HashMap;

/// What is to be known to tell which volumes a pod attaches.
#[derive(Debug, Clone, Default)]
pub(super) struct Attachments<'a> {
    /// No node has a limit, and nothing is kept.
    unlimited: bool,
    /// The volumes of claims, by namespace and name.
    of_claims: HashMap<&'a str, HashMap<&'a str, &'a Attachment>>,
    /// What is or will be attached to each node: driver and handle.
    to_nodes: HashMap<&'a str, Vec<(&'a str, &'a str)>>,
}

/// A volume on a node, with a pod that uses it.
pub(super) type Used<'a> = (Cow<'a, Attachment>, &'a PodRecord);

impl<'a> Attachments<'a> {
    pub(super) fn of(snapshot: &'a Snapshot<'a>) -> Self {
        let mut nodes = snapshot.csi_nodes().seen();
        let limited = nodes.any(|(_, node)| node.drivers.values().any(Option::is_some));
        let mut attachments = Attachments {
            unlimited: !limited,
            ..Attachments::default()
        };
        if !limited {
            return attachments;
        }
        for (_, volume) in snapshot.volumes().seen() {
            if let (Some(claim), Some(attachment), "Bound") =
                (&volume.claim, &volume.attachment, volume.phase.as_str())
            {
                let namespace = attachments.of_claims.entry(&claim.namespace).or_default();
                namespace.insert(&claim.name, attachment);
            }
        }
        for (_, made) in snapshot.attachments().seen() {
            let volume = made.volume.as_deref();
            let volume = volume.and_then(|name| snapshot.volumes().get("", name).yes());
            // what is written for an in-tree plugin is not counted here
            let volume = volume.filter(|volume| volume.in_tree.is_none());
            let attachment = volume.and_then(|volume| volume.attachment.as_ref());
            if let (Some(attachment), false) = (attachment, made.attacher.is_empty()) {
                let node = attachments.to_nodes.entry(&made.node).or_default();
                node.push((&made.attacher, &attachment.handle));
            }
        }
        attachments
    }

    /// What a pod makes its node attach.
    pub(super) fn used_by(
        &self,
        pod_record: &'a PodRecord,
        pod_records: &'a PodRecords,
    ) -> Vec<Used<'a>> {
        if self.unlimited {
            return Vec::new();
        }
        let footprint = pod_records.footprint(pod_record);
        let namespace = self.of_claims.get(&*pod_record.namespace);
        let of_claim = |claim: &str| namespace?.get(claim).copied();
        let named = footprint.claims.iter().filter_map(|claim| of_claim(claim));
        let own = footprint.ephemeral.iter();
        let own = own.filter_map(|volume| of_claim(&of_ephemeral(&pod_record.name, volume)));
        let disks = footprint.disks.iter().filter_map(|disk| disk.attachment());
        named
            .chain(own)
            .map(Cow::Borrowed)
            .chain(disks.map(Cow::Owned))
            .map(|attachment| (attachment, pod_record))
            .collect()
    }

    /// What was or will be attached to a node, whoever uses it: driver and handle.
    pub(super) fn to_node(&self, node: &str) -> &[(&'a str, &'a str)] {
        self.to_nodes
            .get(node)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}
