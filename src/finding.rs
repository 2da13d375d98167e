//! What a rule says: a cause, proven, about an object, with what to change.
//!
//! A rule never builds prose. It gives named, typed [`Facts`] and picks one of its sentences, with
//! the names of facts in braces; [`fill`] joins the two when the report is made.

use crate::kubernetes::quantity::Quantity;
use crate::scheduler::preemption::Preemption;
use crate::scheduler::{Agreement, Judgement, NodeObstacles};
use crate::snapshot::ObjectRef;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A cause that holds for a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What to change: the Deployment rather than its pod.
    pub subject: ObjectRef,
    /// The container, when it concerns one.
    pub container: Option<String>,
    /// The cluster's own words that settle it. Not an item of a list: a finding without proof cannot be built.
    pub proof: Evidence,
    /// More evidence.
    pub evidence: Vec<Evidence>,
    /// Named values for sentences and for scripts.
    pub facts: Facts,
    /// How sure it is.
    pub certainty: Certainty,
    /// The headline, with facts in braces.
    pub headline: &'static str,
    /// How it comes about, with facts in braces; empty when the headline says all.
    pub why: &'static str,
    /// What to change, best first.
    pub fixes: Vec<Fix>,
    /// One command that only looks.
    pub look: Option<String>,
    /// For scheduling causes: what stands against the pod.
    pub judged: Option<Arc<Judgement>>,
    /// For scheduling causes: our counts beside the scheduler's.
    pub agreement: Option<Agreement>,
    /// For scheduling causes: whether other pods could give way.
    pub preemption: Option<Preemption>,
    /// Among several causes of one layer: smaller comes first.
    pub rank: u32,
}

impl Finding {
    /// A finding with proof, certain until said otherwise.
    pub fn new(subject: ObjectRef, headline: &'static str, proof: Evidence) -> Self {
        Finding {
            subject,
            container: None,
            proof,
            evidence: Vec::new(),
            facts: Facts::default(),
            certainty: Certainty::Proven,
            headline,
            why: "",
            fixes: Vec::new(),
            look: None,
            judged: None,
            agreement: None,
            preemption: None,
            rank: 0,
        }
    }

    /// What stands against the pod on each node; empty when that is not known.
    pub fn nodes(&self) -> &[NodeObstacles] {
        self.judged
            .as_deref()
            .map_or(&[], |judged| judged.nodes.as_slice())
    }

    /// Concerns this container.
    #[must_use]
    pub fn container(mut self, name: &str) -> Self {
        self.container = Some(name.to_owned());
        self.fact("container", name)
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.0.insert(name, value.into());
        self
    }

    /// Adds evidence beside the proof.
    #[must_use]
    pub fn evidence(mut self, more: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(more);
        self
    }

    /// Sets how sure it is.
    #[must_use]
    pub fn certainty(mut self, certainty: Certainty) -> Self {
        self.certainty = certainty;
        self
    }

    /// Says how it comes about.
    #[must_use]
    pub fn why(mut self, why: &'static str) -> Self {
        self.why = why;
        self
    }

    /// Offers a fix, after those offered before.
    #[must_use]
    pub fn fix(mut self, fix: impl IntoIterator<Item = Fix>) -> Self {
        self.fixes.extend(fix);
        self
    }

    /// Stands behind every other diagnosis: it tells why another cause lasts, and is one itself only where nothing else is known.
    #[must_use]
    pub fn companion(mut self) -> Self {
        self.rank = COMPANION;
        self
    }

    /// Gives the command that shows more.
    #[must_use]
    pub fn look(mut self, command: String) -> Self {
        self.look = Some(command);
        self
    }
}

/// The rank of a companion.
pub const COMPANION: u32 = u32::MAX;

/// How sure a finding is. Words, since nobody measured the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// The objects or the component that decides say so now.
    Proven,
    /// What was said or read fits this cause, and something that could tell otherwise was not read.
    Likely,
    /// One of several causes that fit.
    Possible,
}

/// Something the cluster said, verbatim, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The object that it was read from.
    pub object: ObjectRef,
    /// Where in or about that object.
    pub origin: Origin,
    /// The words or the value, unchanged but for control characters.
    pub quote: String,
}

/// Where evidence was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// A field of the object, by its path.
    Field {
        /// Like `status.containerStatuses[0].state.waiting.message`.
        path: String,
    },
    /// An event about the object.
    Event {
        /// The event's reason.
        reason: String,
        /// Who wrote it.
        component: String,
        /// How often it was seen.
        count: u32,
        /// Seconds from when it was last seen until the snapshot; absent when it carries no time.
        #[serde(skip_serializing_if = "Option::is_none")]
        age_seconds: Option<i64>,
    },
    /// The object was looked for and is not there.
    Absence,
    /// Computed from objects, by the scheduler's rules.
    Computed {
        /// Which rule: `NodePorts`.
        by: String,
    },
}

/// Named values.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Facts(pub BTreeMap<&'static str, Fact>);

/// A value: a word, a number, an amount or a list of words.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Fact {
    /// A number without unit, or seconds where the name says so.
    Number(i64),
    /// A word, or an amount as Kubernetes writes it.
    Text(String),
    /// Words.
    List(Vec<String>),
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Fact::Text(text.to_owned())
    }
}
impl From<String> for Fact {
    fn from(text: String) -> Self {
        Fact::Text(text)
    }
}
impl From<i64> for Fact {
    fn from(number: i64) -> Self {
        Fact::Number(number)
    }
}
impl From<i32> for Fact {
    fn from(number: i32) -> Self {
        Fact::Number(number.into())
    }
}
impl From<u32> for Fact {
    fn from(number: u32) -> Self {
        Fact::Number(number.into())
    }
}
impl From<usize> for Fact {
    fn from(number: usize) -> Self {
        Fact::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
impl From<Quantity> for Fact {
    fn from(amount: Quantity) -> Self {
        Fact::Text(amount.to_string())
    }
}
impl From<Vec<String>> for Fact {
    fn from(words: Vec<String>) -> Self {
        Fact::List(words)
    }
}

/// The most words of a list that a sentence names; the rest is counted.
const NAMED_IN_SENTENCE: usize = 3;

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fact::Number(number) => write!(f, "{number}"),
            Fact::Text(text) => f.write_str(text),
            Fact::List(words) => {
                let named: Vec<&str> = words
                    .iter()
                    .take(NAMED_IN_SENTENCE)
                    .map(String::as_str)
                    .collect();
                f.write_str(&named.join(", "))?;
                match words.len().saturating_sub(NAMED_IN_SENTENCE) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

/// A change that would help.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What to change, with the finding's facts in braces.
    pub change: &'static str,
    /// Facts of this fix alone; they hide the finding's of the same name.
    pub facts: Facts,
    /// The object to change.
    pub target: Option<ObjectRef>,
    /// The change as a JSON patch (RFC 6902) against the target, when it can be said exactly.
    pub patch: Vec<serde_json::Value>,
    /// The exact command, quoted for a POSIX shell; empty when there is none. Shown, never run.
    pub command: String,
    /// In place of a command, one whose words in capitals are to be filled in first; empty when there is none.
    pub template: String,
    /// What the command does to the cluster.
    pub risk: Risk,
    /// Who may be able to make the change.
    pub who: Who,
    /// The nodes on which the pod passes every filter after it, found by judging again.
    pub verified: Option<Vec<String>>,
}

impl Fix {
    /// A change without a command.
    pub fn advice(change: &'static str, who: Who) -> Self {
        Fix {
            change,
            facts: Facts::default(),
            target: None,
            patch: Vec::new(),
            command: String::new(),
            template: String::new(),
            risk: Risk::Changes,
            who,
            verified: None,
        }
    }

    /// A change with the command that makes it.
    pub fn command(change: &'static str, who: Who, target: ObjectRef, command: String) -> Self {
        Fix {
            target: Some(target),
            command,
            ..Fix::advice(change, who)
        }
    }

    /// Adds a fact of this fix alone.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.0.insert(name, value.into());
        self
    }

    /// Adds the change as a JSON patch.
    #[must_use]
    pub fn patch(mut self, patch: Vec<serde_json::Value>) -> Self {
        self.patch = patch;
        self
    }

    /// Shows how a command would look, with words in capitals to be filled in.
    #[must_use]
    pub fn template(mut self, template: String) -> Self {
        self.template = template;
        self
    }

    /// Sets what the command does to the cluster.
    #[must_use]
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }
}

/// What a command does to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Nothing.
    Reads,
    /// Changes an object; it can be changed back.
    Changes,
    /// Deletes or evicts something that runs.
    Destroys,
}

/// Who can make a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// Whoever owns the workload.
    Owner,
    /// Only an administrator of the cluster or of the registry.
    Admin,
}

/// Fills a sentence's braces with facts. A name that no fact has stays as it is, and a test finds it.
pub fn fill(sentence: &str, facts: &[&Facts]) -> String {
    let mut out = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match facts.iter().find_map(|facts| facts.0.get(name)) {
            Some(fact) => out.push_str(&fact.to_string()),
            None => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_filled_with_facts() {
        let mut facts = Facts::default();
        facts.0.insert("port", "8080/TCP".into());
        facts.0.insert(
            "holders",
            vec!["a".to_owned(), "b".into(), "c".into(), "d".into()].into(),
        );
        assert_eq!(
            fill("port {port} is held by {holders}", &[&facts]),
            "port 8080/TCP is held by a, b, c and 1 more"
        );
        assert_eq!(fill("{unknown} {", &[&facts]), "{unknown} {");
    }

    #[test]
    fn a_fixs_own_facts_come_first() {
        let mut finding = Facts::default();
        finding.0.insert("name", "outer".into());
        let mut own = Facts::default();
        own.0.insert("name", "inner".into());
        assert_eq!(fill("{name}", &[&own, &finding]), "inner");
    }
}
