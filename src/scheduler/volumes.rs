//! What the volume filters share: the pod's claims as they were read, and why a volume rejects a node.
//!
//! The filters themselves are in `volume_restrictions`, `node_volume_limits`, `volume_binding` and `volume_zone`.

use super::{Filter, FilterFailure, Holder, Incoming, Unread, View, What};
use crate::kubernetes::claims;
use crate::kubernetes::node_terms::NodeTerms;
use crate::kubernetes::quantity::Quantity;
use crate::messages::scheduler::Reason;
use crate::snapshot::{Gap, Seen};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why a pod's claim, volume or disk rejects a node, or the pod as a whole.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum VolumeFailure {
    /// Another pod on the node has the disk.
    Disk {
        /// The disk, as `gcePersistentDisk data`.
        disk: String,
        /// Who has it.
        holder: Holder,
    },
    /// Another pod has the claim, which only one pod may use.
    InUse {
        /// The claim.
        claim: String,
        /// Who has it.
        holder: Holder,
        /// Where that pod is.
        node: String,
    },
    /// The node attaches no more volumes of the driver.
    AttachLimit {
        /// The driver.
        driver: String,
        /// What it has attached, or is about to attach.
        attached: i64,
        /// What the pod adds.
        new: i64,
        /// How many it attaches.
        limit: i64,
    },
    /// The driver does not run on the node, and must.
    NoDriver {
        /// The driver.
        driver: String,
    },
    /// The node does not reach the claim's volume.
    Elsewhere {
        /// The claim.
        claim: String,
        /// Its volume.
        volume: String,
        /// Which nodes do.
        wanted: NodeTerms,
        /// What the node carries under these keys.
        found: BTreeMap<String, String>,
    },
    /// The claim has no volume yet, and can get none for this node.
    Unavailable {
        /// The claim.
        claim: String,
        /// Its class.
        class: String,
        /// Why none can be made.
        why: NoVolume,
    },
    /// A volume for the claim could be made, but too little is left where the node reaches it.
    NoSpace {
        /// The claim.
        claim: String,
        /// Its class.
        class: String,
        /// What it asks.
        asked: Quantity,
        /// The most that one new volume can have here; `None` when the driver names nothing for this node.
        free: Option<Quantity>,
    },
    /// The claim's volume is gone.
    Gone {
        /// The claim.
        claim: String,
        /// The volume that it names.
        volume: String,
    },
    /// The volume is of another zone or region.
    Zone {
        /// The claim.
        claim: String,
        /// Its volume.
        volume: String,
        /// The label.
        key: String,
        /// The zones of the volume.
        wanted: Vec<String>,
        /// The node's zone; `None` when it carries other topology labels only.
        found: Option<String>,
    },
    /// The claim cannot be used anywhere; the reason says why.
    Claim {
        /// The claim.
        claim: String,
    },
}

/// Why no volume can be made for a claim, when none that is there fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoVolume {
    /// One is being made for this other node.
    ForNode(String),
    /// The class's volumes are made by hand.
    ByHand,
    /// The class makes volumes only for these nodes.
    Topology(NodeTerms),
}

impl VolumeFailure {
    /// The claim, disk or driver that it is about: with another one of these it is another failure.
    pub fn about(&self) -> &str {
        match self {
            VolumeFailure::Disk { disk, .. } => disk,
            VolumeFailure::AttachLimit { driver, .. } | VolumeFailure::NoDriver { driver } => {
                driver
            }
            VolumeFailure::InUse { claim, .. }
            | VolumeFailure::Elsewhere { claim, .. }
            | VolumeFailure::Unavailable { claim, .. }
            | VolumeFailure::NoSpace { claim, .. }
            | VolumeFailure::Gone { claim, .. }
            | VolumeFailure::Zone { claim, .. }
            | VolumeFailure::Claim { claim } => claim,
        }
    }
}

/// A claim that the incoming pod mounts.
#[derive(Debug, Clone)]
pub(super) struct Mount<'v> {
    pub(super) name: String,
    /// Made for this pod alone.
    pub(super) ephemeral: bool,
    pub(super) claim: Seen<'v, &'v PersistentVolumeClaim>,
}

/// The claims of a pod, in the order of its volumes.
pub(super) fn mounts<'v>(pod: &Incoming<'_, '_>, view: &View<'v>) -> Vec<Mount<'v>> {
    let snapshot = view.snapshot();
    claims::mounted(pod.name, pod.spec)
        .map(|mounted| Mount {
            claim: snapshot.claims().get(pod.namespace, &mounted.name),
            name: mounted.name,
            ephemeral: mounted.ephemeral,
        })
        .collect()
}

/// What a filter found out before it looks at nodes: its state, why it refuses the pod, and what it would have to read.
#[derive(Debug, Clone, Default)]
pub(super) struct Prepared<T> {
    pub(super) state: T,
    before: Vec<FilterFailure>,
    gap: Option<Gap>,
}

impl<T> Prepared<T> {
    /// The pod is refused as a whole for this claim.
    pub(super) fn refuse(&mut self, filter: Filter, reason: &str, claim: &str) {
        let claim = claim.to_owned();
        self.before.push(failure(
            filter,
            reason.to_owned().into(),
            VolumeFailure::Claim { claim },
        ));
    }

    /// Something could not be read; the first of these is kept.
    pub(super) fn lacks(&mut self, gap: &Gap) {
        if self.gap.is_none() {
            self.gap = Some(gap.clone());
        }
    }

    /// Whether the pod is refused.
    pub(super) fn refuses(&self) -> bool {
        !self.before.is_empty()
    }

    /// What was seen; what could not be read is noted.
    pub(super) fn known<'s, S>(&mut self, seen: Seen<'s, S>) -> Option<Option<S>> {
        match seen {
            Seen::Yes(object) => Some(Some(object)),
            Seen::No => Some(None),
            Seen::Unknown(gap) => {
                self.lacks(gap);
                None
            }
        }
    }
}

impl Incoming<'_, '_> {
    /// Takes over what a filter finds about the pod as a whole. What two filters refuse alike, the first one gives.
    pub(super) fn takes<T>(&mut self, filter: Filter, prepared: Prepared<T>) -> T {
        for refusal in prepared.before {
            let is_it = |known: &FilterFailure| {
                known.reason == refusal.reason && known.what == refusal.what
            };
            if !self.before.iter().any(is_it) {
                self.before.push(refusal);
            }
        }
        let unread = prepared.gap.map(|gap| Unread { filter, gap });
        self.unread.extend(unread);
        prepared.state
    }
}

/// The scheduler's reason and what it means in particular.
pub(super) fn failure(
    filter: Filter,
    reason: Cow<'static, str>,
    failure: VolumeFailure,
) -> FilterFailure {
    FilterFailure {
        filter,
        reason,
        what: What::Volume(failure),
    }
}

/// That a claim does not exist, in the words of the scheduler's cache.
pub(super) fn missing(claim: &str) -> String {
    Reason::ClaimMissing(claim.to_owned()).to_string()
}
