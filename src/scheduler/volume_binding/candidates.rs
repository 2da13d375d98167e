//! The volumes that could serve a claim which waits for its first consumer.
//!
//! All but the reach of a volume is the same for every node and decided once; volumes of single nodes are kept by node.
//!
//! Source: component-helpers `storage/volume/pv_helpers.go` (1.37), `FindMatchingVolume`. Of volumes of one size the
//! scheduler takes any, here it is the first by name.

use super::{admits, asked};
use crate::kubernetes::claims::class_name;
use crate::kubernetes::labels::HOSTNAME;
use crate::kubernetes::selector::label_selector_matches;
use crate::scheduler::NodeView;
use crate::snapshot::{Snapshot, Volume};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

static NO_SPEC: LazyLock<PersistentVolumeClaimSpec> =
    LazyLock::new(PersistentVolumeClaimSpec::default);

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
            .filter(|(_, volume)| serves(volume, claim))
            .collect();
        if let Some(promised) = all.iter().find(|(_, volume)| volume.claim.is_some()) {
            return Candidates {
                promised: Some(*promised),
                free: Arc::default(),
            };
        }
        all.retain(|(_, volume)| is_free(volume, claim));
        all.sort_by_key(|(_, volume)| volume.capacity);
        let mut free = Free {
            all,
            ..Free::default()
        };
        for (at, (_, volume)) in free.all.iter().enumerate() {
            match host(volume) {
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

/// What a volume of the claim's class must be, whether it names the claim already or none.
fn serves(volume: &Volume, claim: &PersistentVolumeClaim) -> bool {
    let spec = claim.spec.as_ref().unwrap_or(&NO_SPEC);
    let for_other = volume.claim.is_some() && !is_for(volume, claim);
    let class = |name: Option<&String>| name.map(String::as_str).unwrap_or_default().to_owned();
    !for_other
        && volume.capacity >= asked(claim).unwrap_or_default()
        && volume.block == (spec.volume_mode.as_deref() == Some("Block"))
        && class(volume.attributes_class.as_ref())
            == class(spec.volume_attributes_class_name.as_ref())
        && !volume.terminating
}

/// Whether the volume names the claim.
fn is_for(volume: &Volume, claim: &PersistentVolumeClaim) -> bool {
    let meta = &claim.metadata;
    volume.claim.as_ref().is_some_and(|of| {
        meta.name.as_ref() == Some(&of.name)
            && meta.namespace.as_ref() == Some(&of.namespace)
            && of
                .uid
                .as_ref()
                .is_none_or(|uid| meta.uid.as_ref() == Some(uid))
    })
}

/// What a volume that names no claim must be besides.
fn is_free(volume: &Volume, claim: &PersistentVolumeClaim) -> bool {
    let spec = claim.spec.as_ref().unwrap_or(&NO_SPEC);
    let mut modes = spec.access_modes.iter().flatten();
    let selector = spec.selector.as_ref();
    volume.phase == "Available"
        && selector.is_none_or(|selector| label_selector_matches(selector, &volume.labels))
        && modes.all(|mode| volume.access_modes.contains(mode))
}

/// The host name without which no node reaches the volume.
fn host(volume: &Volume) -> Option<&str> {
    let [term] = volume
        .node_affinity
        .as_ref()?
        .node_selector_terms
        .as_slice()
    else {
        return None;
    };
    let mut expressions = term.match_expressions.iter().flatten();
    let named = expressions.find(|one| one.key == HOSTNAME && one.operator == "In")?;
    match named.values.as_deref()? {
        [host] => Some(host),
        _ => None,
    }
}
