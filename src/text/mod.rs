//! Sentences as data: what is said, apart from how a language says it.
//!
//! English stands beside the code that knows when it holds, as a [`Sentence`] with an id (the cause, then a short name) and holes
//! for [`Facts`]. Facts are values: a number, a share of the nodes, an amount, a name; never prose. A [`Message`] is a sentence
//! with its facts, and [`Language::render`] is the only place that joins them. Another language is one file of `id = sentence`
//! lines, read by [`Language::parse`]; what it lacks is said in English.
//!
//! What a sentence may hold:
//!
//! | written | gives |
//! |---|---|
//! | `{port}` | the fact of that name |
//! | `{ports|one|many}` | one of the two, by the number of the fact, and the second when it is absent; each may hold holes |
//! | `[ by {holders}]` | nothing when a fact inside is absent |
//! | `{{`, `}}`, `[[`, `]]` | a brace, a bracket |
//!
//! What does not belong here: layout and colour (`render`), and which sentence holds (`rules`).

mod fact;
mod language;
mod template;

pub use fact::{Fact, Facts, Seconds};
pub use language::{ENGLISH, Language};

use serde::Serialize;

/// A sentence in English, with the id under which other languages have it. Made by `say!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sentence {
    /// `host-port-conflict.siblings`: the cause or the part of the report, then a short name. Stable.
    pub id: &'static str,
    /// The English sentence with holes.
    pub en: &'static str,
}

/// A sentence beside the code: `say!("pvc-missing.headline", "claim {claim} does not exist")`. Both are literals, so that a
/// test can list every sentence there is.
macro_rules! say {
    ($id:literal, $en:literal $(,)?) => {
        $crate::text::Sentence { id: $id, en: $en }
    };
}
pub(crate) use say;

/// A sentence and the facts for its holes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Message {
    /// The sentence's id.
    #[serde(serialize_with = "id", rename = "id")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub sentence: Sentence,
    /// The facts in its holes.
    #[serde(skip_serializing_if = "Facts::is_empty")]
    pub args: Facts,
}

fn id<S: serde::Serializer>(sentence: &Sentence, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(sentence.id)
}

impl Message {
    /// A sentence without facts.
    pub fn new(sentence: Sentence) -> Self {
        Message {
            sentence,
            args: Facts::default(),
        }
    }

    /// A sentence with those of the facts that it has holes for; of two sets the first comes first.
    pub fn with(sentence: Sentence, facts: &[&Facts]) -> Self {
        let mut args = Facts::default();
        for name in template::names(sentence.en) {
            let known = facts.iter().find_map(|facts| facts.0.get_key_value(name));
            if let Some((name, fact)) = known {
                args.0.insert(*name, fact.clone());
            }
        }
        Message { sentence, args }
    }

    /// Whether there is a fact for every hole.
    pub fn is_whole(&self) -> bool {
        let names = template::names(self.sentence.en);
        names.iter().all(|name| self.args.0.contains_key(name))
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.args.0.insert(name, value.into());
        self
    }

    /// Adds a fact where there is one.
    #[must_use]
    pub fn fact_if(self, name: &'static str, value: Option<impl Into<Fact>>) -> Self {
        match value {
            Some(value) => self.fact(name, value),
            None => self,
        }
    }

    /// The English sentence.
    pub fn english(&self) -> String {
        ENGLISH.render(self)
    }
}

impl From<Sentence> for Message {
    fn from(sentence: Sentence) -> Self {
        Message::new(sentence)
    }
}
