//! The images that run: what is there of the cluster tells what was pushed, and what a name was meant to be.

use crate::kubernetes::image_reference::ImageReference;
use crate::kubernetes::nearest::distance;
use crate::rules::Case;
use crate::snapshot::{PodRecord, PodRecords};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many are told at most.
const MOST: usize = 5;
/// Where Docker Hub keeps what is written without a path.
const OFFICIAL: &str = "library/";

/// An image that pods run and that is like the one that cannot be pulled.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RunningImage {
    /// As it is written there.
    pub image: String,
    /// What it has in common.
    pub likeness: Likeness,
    /// How many pods run it, of those that were read.
    pub pods: usize,
    /// On which nodes, by name.
    pub nodes: Vec<String>,
}

/// What an image that runs has in common with another, the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// It is the same.
    Same,
    /// The repository, under another tag or digest.
    OtherTag,
    /// The repository's name, in another registry.
    OtherRegistry,
    /// The registry, and nearly the repository's name.
    NearRepository,
}

/// The images that run and are this one or like it, the nearest first.
pub(super) fn like(case: &Case<'_>, wanted: &ImageReference) -> Arc<Vec<RunningImage>> {
    let question = format!("like {wanted}");
    case.engine.shared(&question, || all_like(case, wanted))
}

fn all_like(case: &Case<'_>, wanted: &ImageReference) -> Vec<RunningImage> {
    let records = case.snapshot.store().pod_records();
    let mut found: BTreeMap<(Order, &str), BTreeSet<usize>> = BTreeMap::new();
    for (place, footprint) in records.footprints().iter().enumerate() {
        for image in &footprint.images {
            if let Some(order) = likeness(wanted, image) {
                found.entry((order, image)).or_default().insert(place);
            }
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let places: BTreeSet<usize> = found.values().flatten().copied().collect();
    let of_places = records
        .iter()
        .map(|record| (PodRecords::place_of(record), record))
        .filter(|(place, record)| places.contains(place) && has_pulled(record));
    let mut pods: BTreeMap<usize, Vec<&PodRecord>> = BTreeMap::new();
    for (place, record) in of_places {
        pods.entry(place).or_default().push(record);
    }
    let running = found.into_iter().filter_map(|((order, image), places)| {
        let pods: Vec<_> = places
            .iter()
            .filter_map(|at| pods.get(at))
            .flatten()
            .collect();
        let nodes: BTreeSet<&str> = pods.iter().filter_map(|pod| pod.node.as_deref()).collect();
        (!pods.is_empty()).then(|| RunningImage {
            image: image.to_owned(),
            likeness: order.0,
            pods: pods.len(),
            nodes: nodes.into_iter().map(str::to_owned).collect(),
        })
    });
    running.take(MOST).collect()
}

/// A pod that is ready has pulled all of its images.
fn has_pulled(record: &PodRecord) -> bool {
    record.ready && !record.terminating
}

/// What they have in common, then how far the rest is apart.
type Order = (Likeness, Option<(usize, Reverse<usize>)>);

fn likeness(wanted: &ImageReference, image: &str) -> Option<Order> {
    let found = ImageReference::parse(image).ok()?;
    let is_of_registry = found.registry == wanted.registry;
    if found.repository == wanted.repository {
        if !is_of_registry {
            return Some((Likeness::OtherRegistry, None));
        }
        let (found, wanted) = (version(&found), version(wanted));
        let far = (usize::MAX, Reverse(0));
        return Some(if found == wanted {
            (Likeness::Same, None)
        } else {
            let apart = distance(wanted, found).unwrap_or(far);
            (Likeness::OtherTag, Some(apart))
        });
    }
    let apart = apart(&wanted.repository, &found.repository).filter(|_| is_of_registry)?;
    Some((Likeness::NearRepository, Some(apart)))
}

/// What decides which image of a repository is pulled.
fn version(reference: &ImageReference) -> &str {
    let digest = reference.digest.as_deref();
    digest.or(reference.tag.as_deref()).unwrap_or("latest")
}

/// How far two paths are apart that differ in one part, or of which one is the end of the other.
fn apart(wanted: &str, found: &str) -> Option<(usize, Reverse<usize>)> {
    let is_end = |end: &str, whole: &str| {
        whole
            .strip_suffix(end)
            .is_some_and(|rest| rest.ends_with('/'))
    };
    let named = |path: &str| path.strip_prefix(OFFICIAL).unwrap_or(path).to_owned();
    if is_end(&named(wanted), found) || is_end(&named(found), wanted) {
        return Some((1, Reverse(0)));
    }
    let (wanted, found): (Vec<_>, Vec<_>) =
        (wanted.split('/').collect(), found.split('/').collect());
    if wanted.len() != found.len() {
        return None;
    }
    let mut different = wanted
        .iter()
        .zip(&found)
        .filter(|(one, other)| one != other);
    match (different.next(), different.next()) {
        (Some((one, other)), None) => distance(one, other),
        _ => None,
    }
}
