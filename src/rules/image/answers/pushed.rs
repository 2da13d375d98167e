//! Was it pushed? What the registry answered, and who has pulled it.

use super::super::failed_pull::{self, FailedPull};
use super::super::image_not_found::may_be_hidden;
use super::running;
use super::{Said, name, registry};
use crate::kubernetes::image_reference::Likeness;
use crate::messages::pull::PullFailure;
use crate::rules::Case;
use crate::text::{Facts, Message, Sentence, say};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether the image is where it is pulled from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PushedAnswer {
    /// The answer.
    pub answer: Pushed,
    /// How many pods run the very image, of those that were read.
    #[serde(skip_serializing_if = "is_none")]
    pub running: usize,
    /// Nodes on which pods wait for an image of the same registry, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failing_nodes: Vec<String>,
    /// In sentences: the answer, then what else there is to it.
    pub said: Vec<Said>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference on"
)]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Whether an image was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Pushed {
    /// It is there.
    Yes,
    /// Something of it is there, but not all that it needs.
    InPart,
    /// Nodes have pulled it, and the registry has it no more.
    Gone,
    /// It is not there.
    No,
    /// It is not there, or not for everybody to see.
    NoOrHidden,
    /// Nothing tells.
    Unknown,
}

/// The kubelet did not come so far.
const NOT_ASKED: Sentence = say!("image-pushed.not-asked", "not known: no registry was asked");

/// Answers it.
pub(super) fn answer(failed: &FailedPull<'_>) -> PushedAnswer {
    let same = failed.reference().and_then(|reference| {
        let like = running::like(failed.case, &reference);
        let mut like = like.iter();
        like.find(|one| one.likeness == Likeness::Same).cloned()
    });
    let (answer, sentence) = by_registry(failed);
    let runs = same.as_ref().map(name::runs);
    let here = Facts([("runs", runs.into_iter().collect::<Vec<_>>().into())].into());
    let mut places = failed.places();
    let by_mirror = failed.was_sent_elsewhere();
    if by_mirror && matches!(answer, Pushed::No | Pushed::NoOrHidden | Pushed::InPart) {
        let host = places.0.get("host").cloned();
        places.0.extend(host.map(|host| ("registry", host)));
    }
    let facts = [&places, &here];
    let (answer, first) = match (answer, &same) {
        (Pushed::No, Some(_)) => (
            Pushed::Gone,
            say!(
                "image-pushed.gone",
                "not any more: {registry} lacks it now, and {runs}"
            ),
        ),
        (Pushed::NoOrHidden | Pushed::Unknown, Some(_)) => {
            (Pushed::Yes, say!("image-pushed.runs", "yes: {runs}"))
        }
        _ => (answer, sentence),
    };
    let asked = failed.asked.as_ref();
    let by_asking = asked.and_then(|asked| registry::pushed(failed, asked));
    let (answer, first) = match by_asking {
        Some((asked, first)) if asked != Pushed::No || answer != Pushed::Gone => (asked, first),
        _ => (answer, Message::with(first, &facts)),
    };
    let mut said = vec![first];
    said.extend(asked.map(|asked| registry::whence(failed, asked)));
    let failing = failing_nodes(failed);
    said.extend(nodes_alike(failed, &failing));
    let is_known = failing.len() > 1;
    PushedAnswer {
        answer,
        running: same.map(|same| same.pods).unwrap_or_default(),
        failing_nodes: if is_known { failing } else { Vec::new() },
        said: said.into_iter().map(Said::from).collect(),
    }
}

/// What the failure itself tells.
fn by_registry(failed: &FailedPull<'_>) -> (Pushed, Sentence) {
    use PullFailure as F;
    if failed.container.waiting_reason() == "ErrImageNeverPull" {
        return (Pushed::Unknown, NOT_ASKED);
    }
    match failed.pull.failure {
        F::TagNotFound if failed_pull::is_definite_absence(failed) => (
            Pushed::No,
            say!(
                "image-pushed.no-tag",
                "no: {registry} has the repository, and nothing under that tag or digest"
            ),
        ),
        F::TagNotFound => (
            Pushed::No,
            say!(
                "image-pushed.nothing",
                "no: {registry} has nothing under that name"
            ),
        ),
        F::NotFound if !may_be_hidden(failed) => (
            Pushed::No,
            say!(
                "image-pushed.no-repository",
                "no: {registry} knows no such repository"
            ),
        ),
        F::NotFound | F::Auth => (
            Pushed::NoOrHidden,
            say!(
                "image-pushed.hidden",
                "not known: {registry} shows nothing without a login that may pull"
            ),
        ),
        F::BlobMissing => (
            Pushed::InPart,
            say!(
                "image-pushed.in-part",
                "in part: {registry} lacks something that the image refers to"
            ),
        ),
        F::PlatformMismatch => (
            Pushed::InPart,
            say!(
                "image-pushed.other-platform",
                "yes, but not for the platform of {node}"
            ),
        ),
        F::Corrupt => (
            Pushed::InPart,
            say!(
                "image-pushed.broken",
                "yes, but what was sent cannot be used"
            ),
        ),
        F::NodeDiskFull => (
            Pushed::Yes,
            say!("image-pushed.no-room", "yes: it was being stored on {node}"),
        ),
        F::RateLimited => (
            Pushed::Unknown,
            say!(
                "image-pushed.limited",
                "not known: {registry} answers no more requests for now"
            ),
        ),
        F::Dns | F::Unreachable | F::Tls(_) | F::HttpVsHttps => (
            Pushed::Unknown,
            say!(
                "image-pushed.unreached",
                "not known: {registry} was not reached"
            ),
        ),
        F::ServerError => (
            Pushed::Unknown,
            say!(
                "image-pushed.server-error",
                "not known: {host} answers with an error of its own"
            ),
        ),
        F::NameInvalid | F::NeverPull | F::PullQps => (Pushed::Unknown, NOT_ASKED),
        _ => (Pushed::Unknown, say!("image-pushed.unknown", "not known")),
    }
}

/// The nodes on which pods wait for an image of this registry, that of this pod among them.
fn failing_nodes(failed: &FailedPull<'_>) -> Vec<String> {
    let Some(registry) = failed.registry() else {
        return Vec::new();
    };
    let case = failed.case;
    let question = format!("nodes that fail to pull from {registry}");
    let nodes: Arc<BTreeSet<String>> = case
        .engine
        .shared(&question, || nodes_of_registry(case, &registry));
    let own = case.pod().node();
    let all = nodes.iter().map(String::as_str).chain(own);
    let all: BTreeSet<&str> = all.collect();
    all.into_iter().map(str::to_owned).collect()
}

fn nodes_of_registry(case: &Case<'_>, registry: &str) -> BTreeSet<String> {
    let pods = case.snapshot.store().pods_that_await(registry);
    let pods = pods.filter(|(_, container)| failed_pull::is_waiting(container));
    pods.filter_map(|(pod, _)| pod.node().map(str::to_owned))
        .collect()
}

/// Whether it is rather the registry or rather the node.
fn nodes_alike(failed: &FailedPull<'_>, failing: &[String]) -> Option<Message> {
    use PullFailure as F;
    let of_the_way = matches!(
        failed.pull.failure,
        F::Dns | F::Unreachable | F::Tls(_) | F::HttpVsHttps | F::ServerError | F::Timeout
    );
    if !of_the_way || failing.len() < 2 {
        return None;
    }
    let sentence = say!(
        "image-pushed.nodes-alike",
        "pods on {count} nodes wait for images of {registry}: rather the registry, or the way to it, than one node"
    );
    let registry = failed.registry()?;
    Some(
        Message::new(sentence)
            .fact("count", failing.len())
            .fact("registry", registry),
    )
}
