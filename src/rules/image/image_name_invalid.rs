//! `image-name-invalid`: the reference cannot be parsed.

use super::failed_pull::{self, FailedPull};
use super::image_edit;
use crate::kubernetes::image_reference::{ImageReference, InvalidImageReference, Problem};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Message, Sentence, say};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-name-invalid",
    layer: Layer::Image,
    title: "the name of an image cannot be read",
    seen_as: &[
        "InvalidImageName",
        "InspectFailed",
        "ImageInspectError",
        "Failed",
    ],
    explanation: include_str!("image_name_invalid.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "image-name-invalid.root",
        "{image} is no name of an image"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::all(case)
        .iter()
        .filter(|failed| {
            failed.pull.failure == PullFailure::NameInvalid
                || failed.container.waiting_reason() == "InvalidImageName"
        })
        .map(|failed| finding(failed).inspect(NextCommand::default()))
        .collect()
}

const CORRECT: Sentence = say!(
    "image-name-invalid.correct",
    "write the image of container {container} as registry/repository:tag"
);

fn finding(failed: &FailedPull<'_>) -> Finding {
    match ImageReference::parse(failed.image) {
        Err(invalid) => malformed(failed, &invalid),
        Ok(reference) if failed.says("short-name") || failed.says("short name") => {
            short(failed, &reference)
        }
        Ok(_) => failed
            .finding(say!(
                "image-name-invalid.unreadable",
                "the node cannot read {image} as the name of an image"
            ))
            .refers_to_quotes()
            .fix([Fix::advice(CORRECT, Who::Owner)]),
    }
}

fn malformed(failed: &FailedPull<'_>, invalid: &InvalidImageReference) -> Finding {
    let before = invalid.text.get(..invalid.at).unwrap_or_default();
    let fix = match (&invalid.what, &invalid.nearest) {
        (Problem::Template(placeholder), _) => Fix::advice(
            say!(
                "image-name-invalid.render-template",
                "render the template: whatever made this manifest had no value for {placeholder}"
            ),
            Who::Owner,
        )
        .fact("placeholder", placeholder.as_str()),
        (_, Some(nearest)) => image_edit::set_image(
            failed,
            say!(
                "image-name-invalid.name-nearest",
                "name the image {proposal}, if that is meant"
            ),
            nearest,
        ),
        (_, None) => Fix::advice(CORRECT, Who::Owner),
    };
    let path = failed.volume.is_none().then_some(&failed.path);
    failed
        .finding(say!(
            "image-name-invalid.malformed",
            "image \"{image}\" {problem}"
        ))
        .why(say!(
            "image-name-invalid.malformed-why",
            "the kubelet cannot read the name from character {position} on, so nothing is pulled"
        ))
        .fact("problem", problem(&invalid.what))
        .fact("position", before.chars().count() + 1)
        .fact_if("nearest", invalid.nearest.as_deref())
        .evidence(path.map(|path| failed.case.field(path, failed.image)))
        .fix([fix])
}

/// What is wrong with the name; it follows the name in a sentence.
fn problem(problem: &Problem) -> Message {
    use Problem as P;
    let message = Message::new(sentence(problem));
    match problem {
        P::Template(part) | P::Scheme(part) | P::Registry(part) | P::SecondTag(part) => {
            message.fact("part", part.as_str())
        }
        P::Digest(part) | P::Algorithm(part) => message.fact("part", part.as_str()),
        P::Uppercase(part) | P::Character(part) | P::Separator(part) => {
            message.fact("part", visible(*part))
        }
        P::TagCharacter(part) | P::DigestCharacter(part) => message.fact("part", visible(*part)),
        P::DigestLength {
            algorithm,
            expected,
            found,
        } => message
            .fact("algorithm", algorithm.as_str())
            .fact("expected", *expected)
            .fact("found", *found),
        _ => message,
    }
}

fn sentence(problem: &Problem) -> Sentence {
    use Problem as P;
    match problem {
        P::Empty => say!("image-name-invalid.empty", "is empty"),
        P::Template(_) => say!(
            "image-name-invalid.template",
            "still holds the template placeholder \"{part}\""
        ),
        P::Blank => say!("image-name-invalid.blank", "holds a blank"),
        P::Scheme(_) => say!(
            "image-name-invalid.scheme",
            "starts with \"{part}\", which belongs to a URL"
        ),
        P::LeadingSlash => say!("image-name-invalid.leading-slash", "starts with a slash"),
        P::NoRepository => say!("image-name-invalid.no-repository", "has no repository name"),
        P::EmptyComponent => say!(
            "image-name-invalid.empty-component",
            "has an empty path component"
        ),
        P::Uppercase(_) => say!(
            "image-name-invalid.uppercase",
            "has the upper-case letter '{part}' in its repository name"
        ),
        P::Character(_) => say!(
            "image-name-invalid.character",
            "has the character '{part}' in its repository name"
        ),
        P::Separator(_) => say!(
            "image-name-invalid.separator",
            "has a misplaced '{part}' in its repository name"
        ),
        P::TooLong => say!(
            "image-name-invalid.too-long",
            "has a repository name of more than 255 characters"
        ),
        P::ImageId => say!(
            "image-name-invalid.image-id",
            "is an image id, which is not a name"
        ),
        P::Registry(_) => say!(
            "image-name-invalid.registry",
            "has the invalid registry \"{part}\""
        ),
        P::EmptyTag => say!(
            "image-name-invalid.empty-tag",
            "has a colon but no tag behind it"
        ),
        P::SecondTag(_) => say!(
            "image-name-invalid.second-tag",
            "has a second tag \"{part}\""
        ),
        P::TagCharacter(_) => say!(
            "image-name-invalid.tag-character",
            "has the character '{part}' in its tag"
        ),
        P::TagTooLong => say!(
            "image-name-invalid.tag-too-long",
            "has a tag of more than 128 characters"
        ),
        P::Digest(_) => say!(
            "image-name-invalid.digest",
            "has the malformed digest \"{part}\""
        ),
        P::Algorithm(_) => say!(
            "image-name-invalid.algorithm",
            "has a digest of the unknown algorithm \"{part}\""
        ),
        P::DigestLength { .. } => say!(
            "image-name-invalid.digest-length",
            "has a {algorithm} digest of {found} {found|digit|digits} instead of {expected}"
        ),
        P::DigestCharacter(_) => say!(
            "image-name-invalid.digest-character",
            "has the character '{part}' in its digest"
        ),
    }
}

/// A character as it can be seen: a zero-width space as `\u{200b}`.
fn visible(character: char) -> String {
    match character {
        '"' | '\'' | '\\' => character.to_string(),
        other => other.escape_debug().to_string(),
    }
}

/// CRI-O and others of containers/image look a short name up in configured registries only.
fn short(failed: &FailedPull<'_>, reference: &ImageReference) -> Finding {
    failed
        .finding(say!(
            "image-name-invalid.short-name",
            "image {image} names no registry, and the runtime of {node} is not told which to take"
        ))
        .refers_to_quotes()
        .fix([
            image_edit::set_image(
                failed,
                say!(
                    "image-name-invalid.name-registry",
                    "name the registry: {proposal}, if Docker Hub is meant"
                ),
                &reference.to_string(),
            ),
            Fix::advice(
                say!(
                    "image-name-invalid.set-search-registries",
                    "set unqualified-search-registries in /etc/containers/registries.conf of {node}"
                ),
                Who::Admin,
            ),
        ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_shown_as_it_can_be_seen() {
        let named = |text: &str| match ImageReference::parse(text) {
            Err(invalid) => problem(&invalid.what).english(),
            Ok(_) => String::new(),
        };
        for (text, expected) in [
            (
                "web:{{ .tag }}",
                "still holds the template placeholder \"{{ .tag }}\"",
            ),
            ("'web'", "has the character ''' in its repository name"),
            (
                "we\u{200b}b",
                "has the character '\\u{200b}' in its repository name",
            ),
            (
                "web@sha256:a",
                "has a sha256 digest of 1 digit instead of 64",
            ),
        ] {
            assert_eq!(named(text), expected, "{text}");
        }
    }
}
