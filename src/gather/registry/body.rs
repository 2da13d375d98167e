//! What registries and token servers send: manifests, tags, tokens, errors, and web pages in their place.
//!
//! Sources: OCI image-spec `image-index.md` and `manifest.md`; distribution `docs/content/spec/api.md`.

use super::transport::short;
use serde::Deserialize;

/// So many platforms of an image are told.
const PLATFORMS: usize = 32;

#[derive(Deserialize)]
pub(super) struct Manifest {
    /// Without it, it is none.
    #[serde(rename = "schemaVersion")]
    _version: u32,
    #[serde(default)]
    pub(super) manifests: Vec<Variant>,
    pub(super) config: Option<Config>,
}

#[derive(Deserialize)]
pub(super) struct Variant {
    pub(super) platform: Option<Platform>,
}

#[derive(Deserialize)]
pub(super) struct Config {
    pub(super) digest: String,
}

#[derive(Deserialize)]
pub(super) struct Platform {
    os: Option<String>,
    architecture: Option<String>,
}

impl Platform {
    /// `linux/arm64`, as the labels of nodes name it; an attestation has none.
    pub(super) fn name(self) -> Option<String> {
        let (os, architecture) = (self.os?, self.architecture?);
        (os != "unknown").then(|| short(&format!("{os}/{architecture}")))
    }
}

pub(super) fn platforms(variants: Vec<Variant>) -> Vec<String> {
    let named = variants.into_iter().filter_map(|one| one.platform?.name());
    let mut named: Vec<String> = named.collect();
    named.sort();
    named.dedup();
    named.truncate(PLATFORMS);
    named
}

#[derive(Deserialize)]
pub(super) struct Tags {
    pub(super) tags: Option<Vec<String>>,
}

impl Tags {
    /// Those that can be tags (distribution/reference `regexp.go`).
    pub(super) fn names(self) -> impl Iterator<Item = String> {
        let is_tag = |name: &String| {
            let of_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            let starts = name.bytes().next().is_some_and(of_word);
            starts
                && name.len() <= 128
                && name.bytes().all(|b| of_word(b) || b == b'.' || b == b'-')
        };
        self.tags.into_iter().flatten().filter(is_tag)
    }
}

#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) token: Option<String>,
    pub(super) access_token: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Errors {
    pub(super) errors: Vec<Error>,
}

#[derive(Deserialize)]
pub(super) struct Error {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// The title of a web page, or the start of what is none.
pub(super) fn title(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let begin = lower.find("<title>").map(|at| at + "<title>".len());
    let end = lower.find("</title>");
    match begin.zip(end).and_then(|(begin, end)| text.get(begin..end)) {
        Some(title) => title.to_owned(),
        None if lower.contains("<html") => "a web page".to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_title() {
        assert_eq!(title("<HTML><Title>Sign in</Title>"), "Sign in");
        assert_eq!(title("<html><body>x"), "a web page");
        assert_eq!(title("not found"), "not found");
    }

    #[test]
    fn what_can_be_no_tag_is_passed_over() {
        let text = r#"{"tags":["1.4","v1_x-2","-x","a b","$(x)","",".x"]}"#;
        let tags: Tags = serde_json::from_str(text).unwrap();
        assert_eq!(tags.names().collect::<Vec<_>>(), ["1.4", "v1_x-2"]);
    }
}
