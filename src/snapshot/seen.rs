//! Absent, present, and not allowed to look: three different answers.
//!
//! A rule that reads "no such Secret" out of a 403 states a falsehood with proof's authority.
//! Every lookup in a [`Snapshot`](super::Snapshot) therefore returns [`Seen`], and an absence is
//! only [`Seen::No`] when the place where the object would be was read to its end.

use super::catalog::ReadScope;
use super::kind::Kind;
use std::fmt;

/// The answer to "is there such an object?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'a, T> {
    /// It is there.
    Yes(T),
    /// It is not there: everything that could hold it was read.
    No,
    /// It may or may not be there: this could not be read.
    Unknown(&'a Gap),
}

impl<'a, T> Seen<'a, T> {
    /// The object, when it was seen.
    pub fn yes(self) -> Option<T> {
        match self {
            Seen::Yes(value) => Some(value),
            Seen::No | Seen::Unknown(_) => None,
        }
    }

    /// Whether the object is certainly absent.
    pub fn is_absent(&self) -> bool {
        matches!(self, Seen::No)
    }

    /// Whether nothing can be said.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Seen::Unknown(_))
    }

    /// Applies `f` to a seen object and keeps the other two answers.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Seen<'a, U> {
        match self {
            Seen::Yes(value) => Seen::Yes(f(value)),
            Seen::No => Seen::No,
            Seen::Unknown(gap) => Seen::Unknown(gap),
        }
    }
}

/// Something that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The kind that is missing, wholly or in part.
    pub kind: Kind,
    /// The namespace, when only that one is missing.
    pub namespace: Option<String>,
    /// The object, when only that one is missing.
    pub name: Option<String>,
    /// Why it was not read.
    pub why: Why,
    /// The API server's own words, when it said some.
    pub detail: String,
}

impl Gap {
    /// How much it is that is missing.
    pub fn read_scope(&self) -> ReadScope {
        match (&self.namespace, &self.name) {
            (namespace, Some(name)) => {
                ReadScope::Object(namespace.clone().unwrap_or_default(), name.clone())
            }
            (Some(namespace), None) => ReadScope::Namespace(namespace.clone()),
            (None, None) => ReadScope::Everywhere,
        }
    }
}

/// Why something was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Why {
    /// The API server refuses it to this user (403, 401).
    Forbidden,
    /// The API server does not serve this kind.
    NotServed,
    /// No answer within the deadline.
    TimedOut,
    /// The answer was an error, or was cut off.
    Failed,
    /// The dump does not hold this kind, or only part of it.
    NotInDump,
    /// Nothing made it necessary to ask.
    NotAsked,
}

impl Why {
    /// The word used in JSON and text output.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Forbidden => "forbidden",
            Why::NotServed => "not served",
            Why::TimedOut => "timed out",
            Why::Failed => "failed",
            Why::NotInDump => "not in the dump",
            Why::NotAsked => "not asked",
        }
    }

    /// Reads the word that [`Why::as_str`] gives.
    pub fn of_word(word: &str) -> Option<Why> {
        [
            Why::Forbidden,
            Why::NotServed,
            Why::TimedOut,
            Why::Failed,
            Why::NotInDump,
            Why::NotAsked,
        ]
        .into_iter()
        .find(|why| why.as_str() == word)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
