//! The values that sentences name.

use super::{Message, Sentence};
use crate::kubernetes::node_terms::{NodeRequirement, NodeTerms};
use crate::kubernetes::quantity::Quantity;
use serde::Serialize;
use serde::ser::Serializer;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Named values.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Facts(pub BTreeMap<&'static str, Fact>);

impl Facts {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A value. In JSON a number, a string, a list of strings or an object; never finished prose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Fact {
    /// How many.
    Count(i64),
    /// A number that counts nothing: a code, a priority.
    Number(i64),
    /// So many nodes of so many, as far as known.
    Share {
        /// How many.
        #[serde(skip_serializing_if = "Option::is_none")]
        some: Option<u64>,
        /// Of how many.
        #[serde(skip_serializing_if = "Option::is_none")]
        all: Option<u64>,
    },
    /// How long, in seconds.
    Seconds(#[serde(serialize_with = "seconds")] Seconds),
    /// An amount of a resource: in JSON as Kubernetes writes it, in sentences as people read amounts of that resource.
    Amount(
        #[serde(serialize_with = "amount")]
        #[cfg_attr(test, schemars(with = "String"))]
        Amount,
    ),
    /// A name, a value or the cluster's own words.
    Name(String),
    /// Several of them, in an order that means something or by name.
    Names(Arc<[Arc<str>]>),
    /// Which nodes are meant: in JSON its terms, each with its requirements.
    Nodes(NodeTerms),
    /// A word of the catalogue: a sentence without holes. In JSON the last part of its id.
    Word(
        #[serde(serialize_with = "word")]
        #[cfg_attr(test, schemars(with = "String"))]
        Sentence,
    ),
    /// A sentence within the sentence.
    Phrase(Box<Message>),
    /// Several: changes that go together.
    Phrases(Vec<Message>),
}

/// An amount of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// The exact amount.
    pub quantity: Quantity,
    /// `cpu`, `memory`, …, by which people read it; empty when it is none of those.
    pub resource: String,
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.resource.is_empty() {
            return self.quantity.fmt(f);
        }
        f.write_str(&self.quantity.human(&self.resource))
    }
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Seconds(pub i64);

fn seconds<S: Serializer>(time: &Seconds, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.0)
}

fn amount<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&amount.quantity)
}

fn word<S: Serializer>(word: &Sentence, serializer: S) -> Result<S::Ok, S::Error> {
    let short = word.id.rsplit('.').next().unwrap_or(word.id);
    serializer.serialize_str(short)
}

impl Fact {
    /// The number by which a sentence chooses between one and many.
    pub fn number(&self) -> i64 {
        let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        match self {
            Fact::Count(count) | Fact::Number(count) => *count,
            Fact::Seconds(Seconds(seconds)) => *seconds,
            Fact::Share { some, .. } => {
                some.map_or(2, |some| i64::try_from(some).unwrap_or(i64::MAX))
            }
            Fact::Names(names) => length(names.len()),
            Fact::Phrases(phrases) => length(phrases.len()),
            Fact::Amount(_) | Fact::Name(_) | Fact::Nodes(_) | Fact::Word(_) | Fact::Phrase(_) => 1,
        }
    }
}

impl From<&str> for Fact {
    fn from(name: &str) -> Self {
        Fact::Name(name.to_owned())
    }
}
impl From<String> for Fact {
    fn from(name: String) -> Self {
        Fact::Name(name)
    }
}
impl From<i64> for Fact {
    fn from(count: i64) -> Self {
        Fact::Count(count)
    }
}
impl From<i32> for Fact {
    fn from(number: i32) -> Self {
        Fact::Number(number.into())
    }
}
impl From<u32> for Fact {
    fn from(count: u32) -> Self {
        Fact::Count(count.into())
    }
}
impl From<usize> for Fact {
    fn from(count: usize) -> Self {
        Fact::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
impl Fact {
    /// An amount of this resource.
    pub fn amount(quantity: Quantity, resource: &str) -> Self {
        Fact::Amount(Amount {
            quantity,
            resource: resource.to_owned(),
        })
    }
}
impl From<Quantity> for Fact {
    fn from(quantity: Quantity) -> Self {
        Fact::amount(quantity, "")
    }
}
impl From<Seconds> for Fact {
    fn from(seconds: Seconds) -> Self {
        Fact::Seconds(seconds)
    }
}
impl From<Vec<String>> for Fact {
    fn from(names: Vec<String>) -> Self {
        Fact::Names(names.into_iter().map(Arc::from).collect())
    }
}
/// Thousands of nodes have each name once.
impl From<Arc<[Arc<str>]>> for Fact {
    fn from(names: Arc<[Arc<str>]>) -> Self {
        Fact::Names(names)
    }
}
impl From<NodeTerms> for Fact {
    fn from(nodes: NodeTerms) -> Self {
        Fact::Nodes(nodes)
    }
}
impl From<NodeRequirement> for Fact {
    fn from(requirement: NodeRequirement) -> Self {
        Fact::Nodes(requirement.into())
    }
}
impl From<Sentence> for Fact {
    fn from(word: Sentence) -> Self {
        Fact::Word(word)
    }
}
impl From<Message> for Fact {
    fn from(phrase: Message) -> Self {
        Fact::Phrase(Box::new(phrase))
    }
}
impl From<Vec<Message>> for Fact {
    fn from(phrases: Vec<Message>) -> Self {
        Fact::Phrases(phrases)
    }
}
