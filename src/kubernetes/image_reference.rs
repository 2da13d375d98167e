//! The name of an image as the kubelet reads it, and what is wrong with one that it refuses.
//!
//! Here live the parts of a reference and its completion by Docker's rules. Whether the image exists, and
//! what a registry said, is known elsewhere.
//!
//! Sources: distribution/reference `normalize.go` and `regexp.go` (v0.6.0) and opencontainers/go-digest
//! `algorithm.go` (v1.0.0), which the kubelet calls through `pkg/util/parsers` (v1.36).

use std::fmt;
use std::str::FromStr;

mod likeness;
mod parse;
mod problem;
#[cfg(test)]
mod tests;

pub use likeness::{Likeness, Nearness};
pub use problem::Problem;

const DEFAULT_REGISTRY: &str = "docker.io";

/// A complete reference: `nginx` is `docker.io/library/nginx`.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct ImageReference {
    /// The registry's host, with its port if one is given.
    pub registry: String,
    /// The path within the registry.
    pub repository: String,
    /// The tag, if one is given; without tag and digest the kubelet takes `latest`.
    pub tag: Option<String>,
    /// The digest with its algorithm, if one is given; the runtime then ignores the tag.
    pub digest: Option<String>,
}

/// Why a text is no reference to an image.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("image {text:?} {what}")]
pub struct InvalidImageReference {
    /// The whole text.
    pub text: String,
    /// Where it goes wrong, in bytes.
    pub at: usize,
    /// What is wrong there.
    pub what: Problem,
    /// A valid reference that is probably meant.
    pub nearest: Option<String>,
}

impl ImageReference {
    /// Reads a reference and completes it.
    pub fn parse(text: &str) -> Result<Self, InvalidImageReference> {
        parse::reference(text).map_err(|(at, what)| InvalidImageReference {
            text: text.to_owned(),
            at,
            nearest: nearest(text, at, &what),
            what,
        })
    }

    /// With the tag that is taken where neither tag nor digest is given.
    #[must_use]
    pub fn complete(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some("latest".to_owned());
        }
        self
    }
}

/// Mends one problem after the other until the text is valid. What needs more than a handful of changes
/// was meant to be something else.
fn nearest(text: &str, at: usize, what: &Problem) -> Option<String> {
    const MOST_CHANGES: usize = 5;
    let mut mended = what.mend(text, at)?;
    for _ in 0..MOST_CHANGES {
        match parse::reference(&mended) {
            Ok(_) => return Some(mended),
            Err((at, what)) => mended = what.mend(&mended, at)?,
        }
    }
    None
}

impl FromStr for ImageReference {
    type Err = InvalidImageReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// The complete form, with what is given of tag and digest.
impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}
