//! The volumes that could serve a claim which waits for its first consumer.
//!
//! All but the reach of a volume is the same for every node and decided once; volumes of single nodes are kept by node.
//!
//! Source: component-helpers `storage/volume/pv_helpers.go` (1.37), `FindMatchingVolume`. Of volumes of one size the
//! scheduler takes any, here it is the first by name.

use super::admits;
use crate::kubernetes::claims::class_name;
use crate::kubernetes::labels::HOSTNAME;
use crate::scheduler::NodeView;
use crate::scheduler::volume_match::mismatches;
use crate::snapshot::{Snapshot, Volume};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The volumes that fit, wherever they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidates<'v> {
    /// The one that already names the claim: then no other will do.
    promised: Option<(&'v str, &'v Volume)>,
    free: Arc<Free<'v>>,
}

/// Volumes without a claim, the smallest first.
#[derive(Debug, Clone, Default)]
struct Free<'v> {
    all: Vec<(&'v str, &'v Volume)>,
    /// Places of those that only a node of this host name reaches.
    of_host: HashMap<&'v str, Vec<usize>>,
    others: Vec<usize>,
}

impl<'v> Candidates<'v> {
    pub(super) fn of(claim: &PersistentVolumeClaim, snapshot: &'v Snapshot<'v>) -> Self {
        let volumes = snapshot.volumes().seen();
        let volumes = volumes.map(|((_, name), volume)| (name.as_str(), volume));
        let of_class = volumes.filter(|(_, volume)| volume.class == class_name(claim));
        let mut all: Vec<_> = of_class
            .filter(|(_, volume)| mismatches(volume, claim).is_empty())
            .collect();
        if let Some(promised) = all.iter().find(|(_, volume)| volume.claim.is_some()) {
            return Candidates {
                promised: Some(*promised),
                free: Arc::default(),
            };
        }
        all.sort_by_key(|(_, volume)| volume.capacity);
        let mut free = Free {
            all,
            ..Free::default()
        };
        for (at, (_, volume)) in free.all.iter().enumerate() {
            match volume.host() {
                Some(host) => free.of_host.entry(host).or_default().push(at),
                None => free.others.push(at),
            }
        }
        Candidates {
            promised: None,
            free: Arc::new(free),
        }
    }

    /// The volume that the claim would get on the node, if it is not given to another claim of the pod.
    pub(super) fn best(&self, node: &NodeView<'_>, taken: &BTreeSet<&str>) -> Option<&'v str> {
        let is_open = |(name, volume): &(&'v str, &'v Volume)| {
            let reach = volume.node_affinity.as_ref();
            !taken.contains(*name) && reach.is_none_or(|affinity| admits(affinity, node))
        };
        if let Some(promised) = self.promised {
            return Some(promised).filter(is_open).map(|(name, _)| name);
        }
        let host = node.label(HOSTNAME);
        let local = host.and_then(|host| self.free.of_host.get(host));
        let local = local.into_iter().flatten();
        let places = local.chain(&self.free.others);
        let open = places.filter(|at| self.free.all.get(**at).is_some_and(&is_open));
        let (name, _) = self.free.all.get(*open.min()?)?;
        Some(name)
    }
}
