//! Is the name right? Its parts as the kubelet reads them, with what it adds, and what in it looks like a slip.

use super::super::failed_pull::FailedPull;
use super::Said;
use super::registry;
use super::running::{self, RunningImage};
use crate::kubernetes::image_reference::{
    ImageReference, InvalidImageReference, Likeness, Problem,
};
use crate::text::{Message, Sentence, say};
use serde::Serialize;

/// Whether the name is right, as far as that can be seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NameAnswer {
    /// Whether the kubelet can read it.
    pub valid: bool,
    /// The registry that is asked, with its port if one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// The path within it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The digest, by which the runtime goes alone where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Which of these parts are not written but taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<&'static str>,
    /// Of a name that cannot be read, the nearest that can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// A part that looks like a value which was never filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_over: Option<String>,
    /// Images that run and are like it, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<RunningImage>,
    /// In sentences: the answer, then what else there is to it.
    pub said: Vec<Said>,
}

/// Behind a part that is taken where none is written.
const ASSUMED: Sentence = say!("image-name.assumed", "(the default)");
/// Behind a tag beside a digest.
const UNUSED: Sentence = say!("image-name.unused", "(unused beside the digest)");

/// Answers it.
pub(super) fn answer(failed: &FailedPull<'_>) -> NameAnswer {
    match ImageReference::parse(failed.image) {
        Ok(reference) => readable(failed, &reference),
        Err(invalid) => unreadable(failed, &invalid),
    }
}

fn readable(failed: &FailedPull<'_>, reference: &ImageReference) -> NameAnswer {
    let assumed = assumed(failed.image, reference);
    let by_default = |part: &str| assumed.contains(&part).then_some(ASSUMED);
    let unused = reference.tag.is_some() && reference.digest.is_some();
    let tag = match (&reference.tag, &reference.digest) {
        (None, None) => Some("latest"),
        (tag, _) => tag.as_deref(),
    };
    let parts = Message::new(say!(
        "image-name.parts",
        "registry {registry}[ {assumed}], repository {repository}[ {added}][, tag {tag}][ {note}][, digest {digest}]"
    ))
    .fact("registry", reference.registry.as_str())
    .fact("repository", reference.repository.as_str())
    .fact_if("tag", tag)
    .fact_if("digest", reference.digest.as_deref())
    .fact_if("assumed", by_default("registry"))
    .fact_if("note", by_default("tag").or(unused.then_some(UNUSED)))
    .fact_if("added", by_default("repository").map(|_| official()));
    let left_over = left_over(reference);
    let near = near(failed, reference);
    let slip = left_over.map(|part| {
        let sentence = say!(
            "image-name.left-over",
            "\"{part}\" looks like a value that was never filled in"
        );
        Message::new(sentence).fact("part", part)
    });
    let tags = failed
        .asked
        .as_ref()
        .and_then(|asked| registry::tags(failed, asked));
    let said = std::iter::once(parts)
        .chain(slip)
        .chain(tags.map(|tags| tags.said()))
        .chain(near.iter().map(runs));
    NameAnswer {
        valid: true,
        registry: Some(reference.registry.clone()),
        repository: Some(reference.repository.clone()),
        tag: tag.map(str::to_owned),
        digest: reference.digest.clone(),
        assumed,
        nearest: None,
        left_over: left_over.map(str::to_owned),
        said: said.map(Said::from).collect(),
        near,
    }
}

fn official() -> Sentence {
    say!("image-name.official", "(library/ is added)")
}

/// Which parts the name leaves out (distribution/reference `normalize.go`; the kubelet's `parsers.ParseImageName` for the tag).
fn assumed(image: &str, reference: &ImageReference) -> Vec<&'static str> {
    let has_registry = image.starts_with(&format!("{}/", reference.registry))
        || image.starts_with("index.docker.io/");
    let path = image.split(['@', ':']).next().unwrap_or_default();
    let is_bare = reference.repository.starts_with("library/") && !path.contains("library/");
    let has_version = reference.tag.is_some() || reference.digest.is_some();
    [
        (!has_registry, "registry"),
        (is_bare, "repository"),
        (!has_version, "tag"),
    ]
    .into_iter()
    .filter_map(|(is_assumed, part)| is_assumed.then_some(part))
    .collect()
}

/// What programs write where a value is missing, and what people write where one is to come.
const EMPTY: [&str; 15] = [
    "none",
    "null",
    "nil",
    "undefined",
    "nan",
    "todo",
    "tbd",
    "fixme",
    "changeme",
    "placeholder",
    "replace_me",
    "replaceme",
    "image_tag",
    "your_tag",
    "<no_value>",
];

/// A part that can be read, and that nobody means.
fn left_over(reference: &ImageReference) -> Option<&str> {
    let is_empty = |word: &&str| {
        let word = word.trim_matches(['_', '-', '%', '.']);
        EMPTY.contains(&word.replace('-', "_").to_ascii_lowercase().as_str())
    };
    let in_path = || {
        let mut parts = reference.repository.split('/');
        parts.find(is_empty)
    };
    let in_tag = || {
        let tag = reference.tag.as_deref()?;
        let is_marked = tag.len() > 4 && tag.starts_with("__") && tag.ends_with("__");
        Some(tag).filter(|tag| is_marked || is_empty(tag))
    };
    in_tag().or_else(in_path)
}

fn near(failed: &FailedPull<'_>, reference: &ImageReference) -> Vec<RunningImage> {
    let all = running::like(failed.case, reference);
    let others = all.iter().filter(|one| one.likeness != Likeness::Same);
    others.cloned().collect()
}

/// `3 pods run registry.example/shop/web:1.4, on worker-2`
pub(super) fn runs(image: &RunningImage) -> Message {
    let sentence = match image.likeness {
        Likeness::Same => say!(
            "image-name.same",
            "{pods} {pods|pod runs|pods run} it, on {nodes}"
        ),
        Likeness::OtherTag => say!(
            "image-name.other-tag",
            "{pods} {pods|pod runs|pods run} {image}, on {nodes}"
        ),
        Likeness::OtherRegistry => say!(
            "image-name.other-registry",
            "{pods} {pods|pod runs|pods run} it from another registry: {image}, on {nodes}"
        ),
        Likeness::NearRepository => say!(
            "image-name.near-repository",
            "{pods} {pods|pod runs|pods run} {image}, on {nodes}, which is nearly that name"
        ),
    };
    let (shown, left) = image.nodes.split_at(image.nodes.len().min(SHOWN));
    let mut nodes = shown.to_vec();
    if !left.is_empty() {
        nodes.push(format!("+{}", left.len()));
    }
    Message::new(sentence)
        .fact("pods", image.pods)
        .fact("image", image.image.as_str())
        .fact("nodes", nodes)
}

/// So many nodes are named in a sentence.
const SHOWN: usize = 3;

fn unreadable(failed: &FailedPull<'_>, invalid: &InvalidImageReference) -> NameAnswer {
    let before = invalid.text.get(..invalid.at).unwrap_or_default();
    let wrong = Message::new(say!(
        "image-name.unreadable",
        "not valid from character {position} on, so nothing is pulled[; {nearest} is]"
    ))
    .fact("position", before.chars().count() + 1)
    .fact_if("nearest", invalid.nearest.as_deref());
    let nearest = invalid.nearest.as_deref();
    let nearest = nearest.and_then(|nearest| ImageReference::parse(nearest).ok());
    let near = nearest.map(|nearest| running::like(failed.case, &nearest));
    let near = near.map(|near| near.to_vec()).unwrap_or_default();
    let left_over = match &invalid.what {
        Problem::Template(part) => Some(part.clone()),
        _ => None,
    };
    let empty = unfilled(&invalid.what).map(Message::new);
    let of_near = near.iter().map(|one| {
        let likeness = Likeness::OtherTag;
        runs(&RunningImage {
            likeness,
            ..one.clone()
        })
    });
    let said = std::iter::once(wrong).chain(empty).chain(of_near);
    NameAnswer {
        valid: false,
        registry: None,
        repository: None,
        tag: None,
        digest: None,
        assumed: Vec::new(),
        nearest: invalid.nearest.clone(),
        left_over,
        said: said.map(Said::from).collect(),
        near,
    }
}

/// How a template looks that was filled with nothing: the marks around the value stay.
fn unfilled(problem: &Problem) -> Option<Sentence> {
    match problem {
        Problem::EmptyTag => Some(say!(
            "image-name.empty-tag",
            "a tag that was to be filled in may have been empty"
        )),
        Problem::LeadingSlash => Some(say!(
            "image-name.empty-registry",
            "a registry that was to be filled in may have been empty"
        )),
        Problem::NoRepository | Problem::EmptyComponent => Some(say!(
            "image-name.empty-repository",
            "a part of the path that was to be filled in may have been empty"
        )),
        _ => None,
    }
}
