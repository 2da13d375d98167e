//! What can be wrong with the name of an image, and the smallest change that mends it.

use unicode_width::UnicodeWidthChar;

/// What is wrong with a reference. The sentence continues `image "…" `.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// There is no text.
    #[error("is empty")]
    Empty,
    /// A template was never filled in.
    #[error("still holds the template placeholder {0:?}")]
    Template(String),
    /// A blank, tab or line break.
    #[error("holds a blank")]
    Blank,
    /// A URL was given.
    #[error("starts with {0:?}, which belongs to a URL")]
    Scheme(String),
    /// The path starts with a slash.
    #[error("starts with a slash")]
    LeadingSlash,
    /// There is no name before the tag, or behind the registry.
    #[error("has no repository name")]
    NoRepository,
    /// Nothing stands between two slashes, or behind the last.
    #[error("has an empty path component")]
    EmptyComponent,
    /// The repository's name has a capital letter.
    #[error("has the upper-case letter {0:?} in its repository name")]
    Uppercase(char),
    /// A letter or mark that the repository's name may not have.
    #[error("has the character {0:?} in its repository name")]
    Character(char),
    /// `-`, `_` and `.` only stand between letters or digits, `.` once, `_` at most twice.
    #[error("has a misplaced {0:?} in its repository name")]
    Separator(char),
    /// The repository's name has more than 255 characters.
    #[error("has a repository name of more than 255 characters")]
    TooLong,
    /// The name looks like the id of an image.
    #[error("is an image id, which is not a name")]
    ImageId,
    /// What stands before the first slash is no host.
    #[error("has the invalid registry {0:?}")]
    Registry(String),
    /// Nothing follows the colon.
    #[error("has a colon but no tag behind it")]
    EmptyTag,
    /// There is a second tag.
    #[error("has a second tag {0:?}")]
    SecondTag(String),
    /// A letter or mark that a tag may not have, or may not start with.
    #[error("has the character {0:?} in its tag")]
    TagCharacter(char),
    /// The tag has more than 128 characters.
    #[error("has a tag of more than 128 characters")]
    TagTooLong,
    /// What follows `@` is not an algorithm, a colon and a hexadecimal number.
    #[error("has the malformed digest {0:?}")]
    Digest(String),
    /// The digest's algorithm is not one that runtimes check.
    #[error("has a digest of the unknown algorithm {0:?}")]
    Algorithm(String),
    /// The digest was cut or has too much.
    #[error("has a {algorithm} digest of {found} digits instead of {expected}")]
    DigestLength {
        /// The algorithm of the digest.
        algorithm: String,
        /// The digits that its digests have.
        expected: usize,
        /// The digits that this one has.
        found: usize,
    },
    /// A letter or mark that a digest may not have.
    #[error("has the character {0:?} in its digest")]
    DigestCharacter(char),
}

impl Problem {
    /// The text with this one problem mended, where only one thing can be meant.
    pub(super) fn mend(&self, text: &str, at: usize) -> Option<String> {
        let (before, behind) = text.split_at_checked(at)?;
        match self {
            Self::Blank => without_blanks(text),
            Self::Scheme(scheme) => behind.strip_prefix(scheme.as_str()).map(str::to_owned),
            Self::LeadingSlash => Some(text.trim_start_matches('/').to_owned()),
            Self::EmptyComponent if behind.starts_with('/') => {
                Some(format!("{before}{}", behind.trim_start_matches('/')))
            }
            Self::EmptyComponent => Some(format!("{}{behind}", before.trim_end_matches('/'))),
            Self::Uppercase(_) => {
                let end = behind.find([':', '@']).unwrap_or(behind.len());
                let (name, rest) = behind.split_at_checked(end)?;
                Some(format!("{before}{}{rest}", name.to_ascii_lowercase()))
            }
            Self::EmptyTag => behind
                .strip_prefix(':')
                .map(|rest| format!("{before}{rest}")),
            Self::SecondTag(tag) => {
                let rest = behind.strip_prefix(':')?.strip_prefix(tag.as_str())?;
                Some(format!("{before}{rest}"))
            }
            Self::Character(c) | Self::TagCharacter(c) => without_wrapping(text, *c),
            Self::DigestCharacter(c) if c.is_ascii_uppercase() => {
                Some(format!("{before}{}", behind.to_ascii_lowercase()))
            }
            _ => None,
        }
    }
}

/// Quotes around the text and characters that nobody sees come along when text is copied.
fn without_wrapping(text: &str, wrong: char) -> Option<String> {
    const QUOTES: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];
    match wrong {
        quote if QUOTES.contains(&quote) => Some(text.trim_matches(QUOTES).to_owned()),
        unseen if unseen.width().unwrap_or(0) == 0 => Some(text.replace(unseen, "")),
        _ => None,
    }
}

/// Blanks around the text or beside a mark are slips; one between two words could mean anything.
fn without_blanks(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let marks = ['/', ':', '@'];
        if !(mended.is_empty() || mended.ends_with(marks) || word.starts_with(marks)) {
            return None;
        }
        mended.push_str(word);
    }
    (!mended.is_empty()).then_some(mended)
}
