//! Where a volume is attached, and by which pods it is in use there.
//!
//! Sources: kube-controller-manager `volume/attachdetach` (1.37): a volume leaves a node when no pod there needs it and
//! the kubelet has unmounted it, of a node that is not Ready after six minutes, at once of one that is tainted
//! out-of-service, and of a node that is gone when its VolumeAttachment goes.

use super::failed_mount::FailedMount;
use crate::rules::Case;
use crate::scheduler::Holder;
use crate::snapshot::{Evidence, Kind, Node, ObjectRef, PodRecord, Seen, VolumeAttachment};

/// An attachment of a volume to a node.
pub(super) struct Attached<'a> {
    /// The name of the VolumeAttachment.
    pub(super) name: &'a str,
    pub(super) attachment: &'a VolumeAttachment,
}

impl Attached<'_> {
    pub(super) fn object(&self) -> ObjectRef {
        ObjectRef::new(Kind::VolumeAttachment, "", self.name)
    }

    /// That it is attached there, or where it is the pod's own node that it is not, in the words of the object.
    pub(super) fn quote(&self, case: &Case<'_>) -> Evidence {
        let it = self.attachment;
        let said = |error: &Option<String>, field: &str| {
            let error = error.as_deref()?;
            let path = format!("status.{field}.message");
            Some(case.field_of(self.object(), path, error))
        };
        said(&it.detach_error, "detachError")
            .or_else(|| said(&it.attach_error, "attachError"))
            .unwrap_or_else(|| {
                if case.pod().node() == Some(&it.node) {
                    let attached = it.attached.to_string();
                    return case.field_of(self.object(), "status.attached", attached);
                }
                case.field_of(self.object(), "spec.nodeName", &it.node)
            })
    }
}

/// The attachments of a volume.
pub(super) fn of_volume<'a>(case: &Case<'a>, volume: &str) -> Vec<Attached<'a>> {
    let all = case.snapshot.store().attachments().seen();
    let of_volume = all.filter(|(_, it)| it.volume.as_deref() == Some(volume));
    of_volume
        .map(|((_, name), attachment)| Attached { name, attachment })
        .collect()
}

/// Whether one of them is to this node and done.
pub(super) fn is_on(attached: &[Attached<'_>], node: Option<&str>) -> bool {
    let mut all = attached.iter().map(|it| it.attachment);
    all.any(|it| it.attached && Some(it.node.as_str()) == node)
}

/// A pod that uses the claim on another node.
pub(super) struct User<'a> {
    pub(super) holder: Holder,
    pub(super) node: &'a str,
    pub(super) terminating: bool,
}

/// The pods that use the claim on other nodes than the pod's own, as far as pods were read.
pub(super) fn users<'a>(failed: &FailedMount<'a>) -> Vec<User<'a>> {
    let case = failed.case;
    let Some(claim) = failed.claim.as_ref() else {
        return Vec::new();
    };
    let records = case.snapshot.pod_records();
    let user = |record: &'a PodRecord| {
        let node = record.node.as_deref()?;
        let is_used = records.claims_of(record).any(|name| name == claim.name);
        (is_used && case.pod().node() != Some(node)).then(|| User {
            holder: record.into(),
            node,
            terminating: record.terminating,
        })
    };
    records
        .in_namespace(case.namespace())
        .filter_map(user)
        .collect()
}

/// How the node stands to which a volume is attached.
pub(super) enum OtherNode {
    /// There is no such node any more.
    Gone,
    /// Its kubelet is silent, or says itself that it is not ready.
    NotReady,
    Ready,
    Unknown,
}

pub(super) fn state(case: &Case<'_>, node: &str) -> OtherNode {
    match case.snapshot.nodes().get("", node) {
        Seen::No => OtherNode::Gone,
        Seen::Yes(node) if !Node::ready(node) => OtherNode::NotReady,
        Seen::Yes(_) => OtherNode::Ready,
        Seen::Unknown(_) => OtherNode::Unknown,
    }
}
