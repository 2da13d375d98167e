//! What pods of one template have in common, kept once and counted.

use crate::kubernetes::affinity::pod_anti_affinity;
use crate::kubernetes::disks::{Disk, inline_disks};
use crate::kubernetes::pod::{Labels, Pod};
use crate::kubernetes::ports::{HostPort, OpenPort, host_ports, open_ports};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::resources::{occupied, takes_what_it_requests};
use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// What pods of one template share.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Footprint {
    /// What the pod takes of its node (k8s.io/component-helpers/resource/helpers.go).
    pub requests: BTreeMap<String, Quantity>,
    /// The host ports that it holds.
    pub ports: Vec<HostPort>,
    /// The ports that its containers declare.
    pub open_ports: Vec<OpenPort>,
    /// `metadata.labels`
    pub labels: BTreeMap<String, String>,
    /// Required anti-affinity: keeps other pods away as well.
    pub anti_affinity: Vec<PodAffinityTerm>,
    /// `spec.priority`
    pub priority: i32,
    /// `spec.schedulerName`; empty when the API server did not write it.
    pub scheduler: String,
    /// The names of the claims that it mounts, apart from those made for it alone.
    pub claims: Vec<String>,
    /// The volumes for which each pod gets a claim of its own; see [`super::PodRecords::claims_of`].
    pub ephemeral: Vec<String>,
    /// The disks that it names without a claim.
    pub disks: Vec<Disk>,
    /// `spec.hostNetwork`: it has the node's own addresses.
    pub host_network: bool,
    /// The images of its containers, as they are written.
    pub images: Vec<String>,
}

impl Footprint {
    /// What a pod has in common with the others of its template.
    pub fn of(pod: &Pod) -> Footprint {
        let Some(spec) = pod.spec.as_ref() else {
            return Footprint::default();
        };
        let volumes = || spec.volumes.iter().flatten();
        let claims = volumes().filter_map(|volume| {
            volume
                .persistent_volume_claim
                .as_ref()
                .map(|source| source.claim_name.clone())
        });
        let containers = spec.containers.iter();
        let containers = containers.chain(spec.init_containers.iter().flatten());
        let images = containers.filter_map(|container| container.image.clone());
        let ephemeral = volumes().filter(|volume| volume.ephemeral.is_some());
        Footprint {
            requests: occupied(pod),
            ports: host_ports(spec),
            open_ports: open_ports(spec),
            labels: pod.metadata.labels.as_deref().cloned().unwrap_or_default(),
            anti_affinity: pod_anti_affinity(spec).to_vec(),
            priority: spec.priority.unwrap_or_default(),
            scheduler: spec.scheduler_name.clone().unwrap_or_default(),
            claims: claims.collect(),
            ephemeral: ephemeral.map(|volume| volume.name.clone()).collect(),
            disks: inline_disks(spec),
            host_network: spec.host_network == Some(true),
            images: images.collect(),
        }
    }
}

/// The place of a footprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FootprintId(u32);

impl FootprintId {
    /// That of the place; of one beyond what can be counted, where nothing is.
    pub(super) fn of(place: usize) -> Self {
        FootprintId(u32::try_from(place).unwrap_or(u32::MAX))
    }

    pub(super) fn at(self) -> usize {
        self.0 as usize
    }
}

/// All footprints. One that no pod has any more gives its place to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Footprints {
    all: Vec<Footprint>,
    held: Vec<usize>,
    vacant: Vec<usize>,
    by_hash: HashMap<u64, Vec<usize>>,
    /// The latest, by the spec and the labels of which it was made: the next pod is often of the same template.
    latest: Option<(Arc<PodSpec>, Option<Arc<Labels>>, FootprintId)>,
}

impl Footprints {
    pub(super) fn all(&self) -> &[Footprint] {
        &self.all
    }

    pub(super) fn get(&self, id: FootprintId) -> &Footprint {
        static EMPTY: Footprint = Footprint {
            requests: BTreeMap::new(),
            ports: Vec::new(),
            open_ports: Vec::new(),
            labels: BTreeMap::new(),
            anti_affinity: Vec::new(),
            priority: 0,
            scheduler: String::new(),
            claims: Vec::new(),
            ephemeral: Vec::new(),
            disks: Vec::new(),
            host_network: false,
            images: Vec::new(),
        };
        self.all.get(id.at()).unwrap_or(&EMPTY)
    }

    /// The place of a pod's footprint, with one more pod that has it.
    pub(super) fn hold_of(&mut self, pod: &Pod) -> FootprintId {
        let spec = pod.spec.as_ref().filter(|_| takes_what_it_requests(pod));
        let labels = &pod.metadata.labels;
        if let (Some(spec), Some((of, with, id))) = (spec, &self.latest)
            && Arc::ptr_eq(spec, of)
            && labels == with
        {
            let id = *id;
            self.held
                .get_mut(id.at())
                .into_iter()
                .for_each(|held| *held += 1);
            return id;
        }
        let id = self.hold(Footprint::of(pod));
        self.latest = spec.map(|spec| (Arc::clone(spec), labels.clone(), id));
        id
    }

    /// The place of a footprint, with one more pod that has it.
    fn hold(&mut self, footprint: Footprint) -> FootprintId {
        let hash = hash(&footprint);
        let places = self.by_hash.entry(hash).or_default();
        let all = &mut self.all;
        let known = places.iter().find(|at| all.get(**at) == Some(&footprint));
        let at = match (known, self.vacant.pop()) {
            (Some(at), vacant) => {
                self.vacant.extend(vacant);
                *at
            }
            (None, vacant) => {
                let at = vacant.unwrap_or(all.len());
                match all.get_mut(at) {
                    Some(place) => *place = footprint,
                    None => {
                        all.push(footprint);
                        self.held.push(0);
                    }
                }
                places.push(at);
                at
            }
        };
        if let Some(held) = self.held.get_mut(at) {
            *held += 1;
        }
        FootprintId::of(at)
    }

    /// One pod less has it.
    pub(super) fn release(&mut self, id: FootprintId) {
        let Some(held) = self.held.get_mut(id.at()) else {
            return;
        };
        *held = held.saturating_sub(1);
        if *held > 0 {
            return;
        }
        let Some(place) = self.all.get_mut(id.at()) else {
            return;
        };
        self.latest.take_if(|(_, _, latest)| *latest == id);
        let footprint = std::mem::take(place);
        let hash = hash(&footprint);
        if let Some(places) = self.by_hash.get_mut(&hash) {
            places.retain(|at| *at != id.at());
            if places.is_empty() {
                self.by_hash.remove(&hash);
            }
        }
        self.vacant.push(id.at());
    }
}

/// Of what tells most templates apart; the others are compared.
fn hash(footprint: &Footprint) -> u64 {
    let mut hasher = DefaultHasher::new();
    let told = (&footprint.labels, &footprint.images, &footprint.claims);
    (told, footprint.priority).hash(&mut hasher);
    hasher.finish()
}
