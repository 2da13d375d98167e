//! What two images have in common: which one was probably meant, and what an image that runs tells of another.

use super::ImageReference;
use crate::kubernetes::nearest::distance;
use serde::Serialize;
use std::cmp::Reverse;

/// Where Docker Hub keeps what is written without a path.
const OFFICIAL: &str = "library/";
/// What is pulled where neither tag nor digest is named.
const LATEST: &str = "latest";

/// What an image has in common with another, the nearest first.
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

/// How like an image is: what it has in common, then how far the rest is apart. The smaller the nearer.
pub type Nearness = (Likeness, Option<(usize, Reverse<usize>)>);

impl ImageReference {
    /// How like this one an image is, as it is written; absent where it is not.
    pub fn nearness(&self, image: &str) -> Option<Nearness> {
        let found = Self::parse(image).ok()?;
        let is_of_registry = found.registry == self.registry;
        if found.repository == self.repository {
            if !is_of_registry {
                return Some((Likeness::OtherRegistry, None));
            }
            let (found, wanted) = (found.version(), self.version());
            let far = (usize::MAX, Reverse(0));
            return Some(if found == wanted {
                (Likeness::Same, None)
            } else {
                let apart = distance(wanted, found).unwrap_or(far);
                (Likeness::OtherTag, Some(apart))
            });
        }
        let apart = apart(&self.repository, &found.repository).filter(|_| is_of_registry)?;
        Some((Likeness::NearRepository, Some(apart)))
    }

    /// What decides which image of a repository is pulled.
    fn version(&self) -> &str {
        let digest = self.digest.as_deref();
        digest.or(self.tag.as_deref()).unwrap_or(LATEST)
    }
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
