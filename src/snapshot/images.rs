//! Which pods run an image, and which wait for one.
//!
//! Each is a question of its own to the store, and not one of all pods: who follows a cluster looks again at a pod whose image
//! cannot be pulled when the answer may have changed, and not with every pod that comes and goes.

use super::dependency::{Dependency, note};
use super::pod::{ContainerView, PodView};
use super::pod_record::{PodRecord, PodRecords};
use super::store::Store;
use crate::kubernetes::image_reference::{ImageReference, Nearness};
use std::collections::{BTreeMap, BTreeSet};

/// An image, with how near it is to another.
type Like<'a> = (Nearness, &'a str);

impl PodRecords {
    /// The pods that run this image or one that is like it, by image, the nearest first: a pod that is ready has pulled all of
    /// its images.
    pub fn that_run(&self, wanted: &ImageReference) -> BTreeMap<Like<'_>, Vec<&PodRecord>> {
        note(|| Dependency::Running(wanted.clone()));
        let mut images: BTreeMap<usize, BTreeSet<Like<'_>>> = BTreeMap::new();
        for (place, footprint) in self.known_footprints().iter().enumerate() {
            let like = footprint
                .images
                .iter()
                .filter_map(|image| Some((wanted.nearness(image)?, image.as_str())));
            let like: BTreeSet<_> = like.collect();
            if !like.is_empty() {
                images.insert(place, like);
            }
        }
        let mut running: BTreeMap<_, Vec<_>> = BTreeMap::new();
        if images.is_empty() {
            return running;
        }
        for record in self.known().filter(|record| has_pulled(record)) {
            for like in images.get(&Self::place_of(record)).into_iter().flatten() {
                running.entry(*like).or_default().push(record);
            }
        }
        running
    }
}

impl Store {
    /// The pods that wait for an image of this registry, or for something else before that container is started.
    pub fn pods_that_await<'a>(
        &'a self,
        registry: &str,
    ) -> impl Iterator<Item = (&'a PodView, ContainerView<'a>)> {
        note(|| Dependency::Awaiting(registry.to_owned()));
        self.known_whole().flat_map(move |pod| {
            let hindered = hindered(pod);
            let of_registry = hindered.filter(|one| is_of_registry(one.image(), registry));
            of_registry.map(move |container| (pod, container))
        })
    }
}

/// Whether an image is one of this registry, as it is written.
pub(super) fn is_of_registry(image: &str, registry: &str) -> bool {
    ImageReference::parse(image).is_ok_and(|reference| reference.registry == registry)
}

/// A pod's containers that something keeps from being started.
fn hindered(pod: &PodView) -> impl Iterator<Item = ContainerView<'_>> {
    let is_alive = !matches!(pod.phase(), "Failed" | "Succeeded");
    pod.containers()
        .filter(move |container| is_alive && container.is_hindered())
}

fn has_pulled(record: &PodRecord) -> bool {
    record.ready && !record.terminating
}

/// The images that a pod runs, and those that it waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Images {
    pub running: Vec<String>,
    pub awaited: Vec<String>,
}

impl Images {
    pub(super) fn of(records: &PodRecords, record: &PodRecord, whole: Option<&PodView>) -> Self {
        let awaited = whole.into_iter().flat_map(hindered);
        Images {
            running: if has_pulled(record) {
                records.footprint(record).images.clone()
            } else {
                Vec::new()
            },
            awaited: awaited.map(|one| one.image().to_owned()).collect(),
        }
    }
}
