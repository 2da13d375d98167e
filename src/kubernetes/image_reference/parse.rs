//! Takes a reference apart and finds the first place that is not as it should be.

use super::{DEFAULT_REGISTRY, ImageReference, Problem};

/// A problem and the byte at which it stands.
type Located = (usize, Problem);

const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;
const LEGACY_REGISTRY: &str = "index.docker.io";
const OFFICIAL: &str = "library/";
/// The algorithms that go-digest verifies, with the digits of their digests.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];
/// How an unfilled template begins.
const PLACEHOLDERS: [&str; 7] = ["{{", "$", "<", "#{", "%", "}}", ">"];

pub(super) fn reference(text: &str) -> Result<ImageReference, Located> {
    whole(text)?;
    let (name, digest) = match text.find('@') {
        Some(at) => text.split_at_checked(at).unwrap_or((text, "")),
        None => (text, ""),
    };
    let (registry, rest_at) = registry(name)?;
    let rest = name.get(rest_at..).unwrap_or_default();
    let (path, tag) = rest
        .split_at_checked(rest.find(':').unwrap_or(rest.len()))
        .unwrap_or((rest, ""));
    let tag_at = rest_at + path.len();

    repository(path, rest_at)?;
    let tag = (!tag.is_empty())
        .then(|| self::tag(tag, tag_at))
        .transpose()?;
    let digest = (!digest.is_empty())
        .then(|| self::digest(digest, name.len()))
        .transpose()?;
    let prefix = if registry == DEFAULT_REGISTRY && !path.contains('/') {
        OFFICIAL
    } else {
        ""
    };
    let repository = format!("{prefix}{path}");
    if repository.len() > LONGEST_REPOSITORY {
        return Err((rest_at, Problem::TooLong));
    }
    Ok(ImageReference {
        registry: registry.to_owned(),
        repository,
        tag,
        digest,
    })
}

/// What can be told without taking the text apart.
fn whole(text: &str) -> Result<(), Located> {
    if text.is_empty() {
        return Err((0, Problem::Empty));
    }
    template(text)?;
    if let Some(at) = text.find(char::is_whitespace) {
        return Err((
            at,
            if text.trim().is_empty() {
                Problem::Empty
            } else {
                Problem::Blank
            },
        ));
    }
    if let Some(at) = text.find("://") {
        let scheme = text.get(..at + 3).unwrap_or_default();
        if scheme
            .bytes()
            .take(at)
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        {
            return Err((0, Problem::Scheme(scheme.to_owned())));
        }
    }
    if text.starts_with('/') {
        return Err((0, Problem::LeadingSlash));
    }
    if text.len() == 64 && text.bytes().all(is_lower_hex) {
        return Err((0, Problem::ImageId));
    }
    Ok(())
}

/// Marks of a template language, and the `None` that Python writes for a missing value.
fn template(text: &str) -> Result<(), Located> {
    if let Some(at) = PLACEHOLDERS.iter().filter_map(|mark| text.find(mark)).min() {
        let placeholder = placeholder(text.get(at..).unwrap_or_default());
        return Err((at, Problem::Template(placeholder.to_owned())));
    }
    let mut at = 0;
    for component in text.split('/') {
        let is_last = at + component.len() == text.len();
        let name = component.split([':', '@']).next().unwrap_or_default();
        if name == "None" && is_last {
            return Err((at, Problem::Template(name.to_owned())));
        }
        at += component.len() + 1;
    }
    Ok(())
}

/// The placeholder at the start of the text: up to the mark that closes it, or one bare variable.
fn placeholder(text: &str) -> &str {
    let closing = match text.as_bytes() {
        [b'{', ..] => "}}",
        [b'$', b'{', ..] => "}",
        [b'$', b'(', ..] => ")",
        [b'<', ..] => ">",
        [b'#', b'{', ..] => "}",
        [b'%', ..] => {
            let end = text.get(1..).and_then(|rest| rest.find('%'));
            return end.and_then(|end| text.get(..end + 2)).unwrap_or(text);
        }
        [b'$', ..] => {
            let is_outside = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$');
            return text
                .get(..text.find(is_outside).unwrap_or(text.len()))
                .unwrap_or(text);
        }
        _ => return text,
    };
    text.find(closing)
        .and_then(|end| text.get(..end + closing.len()))
        .unwrap_or(text)
}

/// The registry and where the rest begins. The first component is a host if it looks like one: it has a
/// dot, a colon or a capital letter, or is `localhost`.
fn registry(name: &str) -> Result<(&str, usize), Located> {
    let Some((first, _)) = name.split_once('/') else {
        return Ok((DEFAULT_REGISTRY, 0));
    };
    let is_host = first == "localhost"
        || first.contains(['.', ':'])
        || first
            .chars()
            .any(|c| c.to_lowercase().ne(std::iter::once(c)));
    match first {
        _ if !is_host => Ok((DEFAULT_REGISTRY, 0)),
        LEGACY_REGISTRY => Ok((DEFAULT_REGISTRY, first.len() + 1)),
        // no host may have an underscore, but the grammar takes it for a path without a registry
        _ if is_domain_and_port(first) || repository(first, 0).is_ok() => {
            Ok((first, first.len() + 1))
        }
        _ => Err((0, Problem::Registry(first.to_owned()))),
    }
}

fn is_domain_and_port(text: &str) -> bool {
    let (host, rest) = match text.find(']') {
        Some(end) if text.starts_with('[') => text.split_at_checked(end + 1).unwrap_or((text, "")),
        _ => text
            .split_at_checked(text.find(':').unwrap_or(text.len()))
            .unwrap_or((text, "")),
    };
    let port = rest
        .strip_prefix(':')
        .map(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => {
            !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
        }
        None => host.split('.').all(is_label),
    };
    is_host && port.unwrap_or(rest.is_empty())
}

fn is_lower_hex(b: u8) -> bool {
    matches!(b, b'0'..=b'9' | b'a'..=b'f')
}

/// Components of lower-case letters and digits, with separators between them only.
fn repository(path: &str, start: usize) -> Result<(), Located> {
    if path.is_empty() {
        return Err((start, Problem::NoRepository));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
    if let Some((at, c)) = path.char_indices().find(|(_, c)| !allowed(*c)) {
        let problem = if c.is_ascii_uppercase() {
            Problem::Uppercase(c)
        } else {
            Problem::Character(c)
        };
        return Err((start + at, problem));
    }
    let mut at = start;
    for component in path.split('/') {
        if component.is_empty() {
            return Err((at, Problem::EmptyComponent));
        }
        separators(component, at)?;
        at += component.len() + 1;
    }
    Ok(())
}

/// Between two letters or digits may stand one dot, one or two underscores, or any number of dashes.
fn separators(component: &str, start: usize) -> Result<(), Located> {
    let is_separator = |c: char| "._-".contains(c);
    let mut rest = component;
    while let Some(at) = rest.find(is_separator) {
        let run = rest.get(at..).unwrap_or_default();
        let length = run.find(|c| !is_separator(c)).unwrap_or(run.len());
        let (run, behind) = run.split_at_checked(length).unwrap_or((run, ""));
        let is_inside = (at > 0) && !behind.is_empty();
        let is_known = matches!(run, "." | "_" | "__") || run.bytes().all(|b| b == b'-');
        if !(is_inside && is_known) {
            let place = start + component.len() - rest.len() + at;
            return Err((place, Problem::Separator(run.chars().next().unwrap_or('-'))));
        }
        rest = behind;
    }
    Ok(())
}

/// `text` begins with the colon.
fn tag(text: &str, start: usize) -> Result<String, Located> {
    let tag = text.strip_prefix(':').unwrap_or(text);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if tag.is_empty() {
        return Err((start, Problem::EmptyTag));
    }
    if let Some(at) = tag.find(':') {
        let (first, second) = tag.split_at_checked(at).unwrap_or((tag, ""));
        if first.is_empty() {
            return Err((start, Problem::EmptyTag));
        }
        let second = second.strip_prefix(':').unwrap_or(second);
        return Err((start + 1 + at, Problem::SecondTag(second.to_owned())));
    }
    let wrong = tag
        .char_indices()
        .find(|(at, c)| !is_word(*c) && (*at == 0 || !matches!(c, '.' | '-')));
    if let Some((at, c)) = wrong {
        return Err((start + 1 + at, Problem::TagCharacter(c)));
    }
    if tag.len() > LONGEST_TAG {
        return Err((start + 1, Problem::TagTooLong));
    }
    Ok(tag.to_owned())
}

/// `text` begins with the `@`.
fn digest(text: &str, start: usize) -> Result<String, Located> {
    let digest = text.strip_prefix('@').unwrap_or(text);
    let at = start + 1;
    let Some((algorithm, digits)) = digest
        .split_once(':')
        .filter(|(algorithm, _)| !algorithm.is_empty())
    else {
        return Err((at, Problem::Digest(digest.to_owned())));
    };
    let Some((_, expected)) = ALGORITHMS.into_iter().find(|(name, _)| *name == algorithm) else {
        return Err((at, Problem::Algorithm(algorithm.to_owned())));
    };
    let digits_at = at + algorithm.len() + 1;
    let wrong = digits
        .char_indices()
        .find(|(_, c)| !u8::try_from(*c).is_ok_and(is_lower_hex));
    match wrong {
        Some((place, c)) => Err((digits_at + place, Problem::DigestCharacter(c))),
        None if digits.len() != expected => {
            let found = digits.len();
            Err((
                digits_at,
                Problem::DigestLength {
                    algorithm: algorithm.to_owned(),
                    expected,
                    found,
                },
            ))
        }
        None => Ok(digest.to_owned()),
    }
}
