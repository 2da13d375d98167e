//! The images that run: what is there of the cluster tells what was pushed, and what a name was meant to be.

use crate::kubernetes::image_reference::{ImageReference, Likeness};
use crate::rules::Case;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many are told at most.
const MOST: usize = 5;

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

/// The images that run and are this one or like it, the nearest first.
pub(super) fn like(case: &Case<'_>, wanted: &ImageReference) -> Arc<Vec<RunningImage>> {
    let question = format!("like {wanted}");
    case.engine.shared(&question, || all_like(case, wanted))
}

fn all_like(case: &Case<'_>, wanted: &ImageReference) -> Vec<RunningImage> {
    let running = case.snapshot.pod_records().that_run(wanted);
    let running = running.into_iter().map(|((nearness, image), pods)| {
        let nodes: BTreeSet<&str> = pods.iter().filter_map(|pod| pod.node.as_deref()).collect();
        RunningImage {
            image: image.to_owned(),
            likeness: nearness.0,
            pods: pods.len(),
            nodes: nodes.into_iter().map(str::to_owned).collect(),
        }
    });
    running.take(MOST).collect()
}
