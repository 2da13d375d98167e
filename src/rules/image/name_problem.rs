//! What is wrong with the name of an image, in words.

use crate::kubernetes::image_reference::Problem;
use crate::text::{Message, Sentence, say};

/// It follows the name in a sentence.
pub(super) fn problem(problem: &Problem) -> Message {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::image_reference::ImageReference;

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
