//! A report as it is read back from its JSON: the part of it by which two are compared.
//!
//! What this version does not know of another's is passed over, words stay words.

use super::{Report, SCHEMA, ScopeReport};
use crate::rules::UNEXPLAINED;
use crate::rules::finding::Certainty;
use crate::snapshot::ObjectRef;
use anyhow::{Result, ensure};
use serde::{Deserialize, Deserializer};

/// An earlier report, or one of now.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Past {
    schema: String,
    /// When its snapshot was taken.
    pub as_of: String,
    /// What was asked for.
    pub scope: ScopeReport,
    diagnoses: Vec<PastFinding>,
    unexplained: Vec<PastFinding>,
    silenced: Vec<PastFinding>,
    /// What could not be read.
    pub gaps: Vec<PastGap>,
    read: Vec<PastRead>,
    requests: PastRequests,
}

/// Something that was stuck.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PastFinding {
    /// See [`Diagnosis`](super::Diagnosis).
    #[serde(default)]
    pub fingerprint: String,
    /// The cause; of what is unexplained none.
    pub cause: Option<String>,
    /// How sure it was.
    pub certainty: Option<String>,
    /// The layer.
    pub layer: Option<String>,
    /// The object to change.
    pub subject: ObjectRef,
    /// One sentence.
    #[serde(default)]
    pub headline: String,
    /// The objects that it keeps stuck.
    #[serde(default, deserialize_with = "stuck")]
    pub affected: Vec<ObjectRef>,
    /// How many more, which are not listed.
    #[serde(default)]
    pub unlisted: usize,
    role: Option<String>,
    object: Option<ObjectRef>,
    next: Option<PastNext>,
}

/// Without those that somebody holds on purpose.
fn stuck<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<ObjectRef>, D::Error> {
    #[derive(Deserialize)]
    struct PastAffected {
        kind: String,
        namespace: Option<String>,
        name: String,
        #[serde(default)]
        held: bool,
    }
    let all: Vec<PastAffected> = Vec::deserialize(deserializer)?;
    let stuck = all.into_iter().filter(|one| !one.held);
    let object = |one: PastAffected| ObjectRef {
        kind: one.kind,
        namespace: one.namespace,
        name: one.name,
    };
    Ok(stuck.map(object).collect())
}

#[derive(Debug, Clone, Deserialize)]
struct PastNext {
    layer: String,
}

/// Something that could not be read.
#[derive(Debug, Clone, Deserialize)]
pub struct PastGap {
    /// The kind.
    pub kind: String,
    /// The namespace, when only that one is missing.
    pub namespace: Option<String>,
    /// The object, when only that one is missing.
    pub name: Option<String>,
    /// Why.
    #[serde(default)]
    pub why: String,
    /// Causes that cannot be told without it.
    #[serde(default)]
    pub affects: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct PastRead {
    kind: String,
    namespace: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct PastRequests {
    #[serde(default)]
    count: u64,
}

impl Past {
    /// What of a report is compared.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn of(report: &Report) -> Result<Past> {
        Ok(serde_json::from_value(serde_json::to_value(report)?)?)
    }

    /// Reads the JSON or YAML of a report.
    ///
    /// # Errors
    /// When it is no report, or of another schema.
    pub fn read(text: &str) -> Result<Past> {
        let past: Past = if text.trim_start().starts_with('{') {
            serde_json::from_str(text)?
        } else {
            serde_saphyr::from_str(text)?
        };
        ensure!(
            past.schema == SCHEMA,
            "its schema is `{}`, not `{SCHEMA}`",
            past.schema
        );
        Ok(past)
    }

    /// Everything that was stuck and shown.
    pub fn shown(&self) -> impl Iterator<Item = &PastFinding> {
        let is_held =
            |one: &&PastFinding| one.role.as_deref() == Some("held") && one.affected.is_empty();
        let diagnoses = self.diagnoses.iter().filter(move |one| !is_held(one));
        diagnoses.chain(&self.unexplained)
    }

    /// Everything that was stuck and silenced.
    pub fn silenced(&self) -> impl Iterator<Item = &PastFinding> {
        self.silenced.iter()
    }

    /// Whether it would have told of an object of this kind. A cluster is asked for what is needed, and what it refused is a gap;
    /// a dump holds what it holds.
    pub fn was_read(&self, object: &ObjectRef) -> bool {
        let is_there = |read: &PastRead| {
            read.kind == object.kind
                && (read.namespace.is_none() || read.namespace == object.namespace)
        };
        self.requests.count > 0 || self.read.iter().any(is_there)
    }
}

impl PastFinding {
    /// The cause, or `unexplained`.
    pub fn cause(&self) -> &str {
        self.cause.as_deref().unwrap_or(UNEXPLAINED)
    }

    /// The layer at which its objects are stuck, where that is known.
    pub fn layer(&self) -> Option<&str> {
        let next = self.next.as_ref().map(|next| next.layer.as_str());
        self.layer.as_deref().or(next)
    }

    /// Whether it is as sure as this, at least. What is unexplained is no guess.
    pub fn is_at_least(&self, least: &str) -> bool {
        let rank = |word: &str| Certainty::ALL.iter().position(|one| one.as_str() == word);
        let sure = self.certainty.as_deref();
        sure.is_none_or(|sure| rank(sure) <= rank(least))
    }

    /// The objects that it keeps stuck.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectRef> {
        self.affected.iter().chain(&self.object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_held_on_purpose_was_not_stuck() {
        let shown = |role: &str, held: bool| {
            let object =
                json!({"kind": "Deployment", "namespace": "shop", "name": "web", "held": held});
            let finding =
                json!({"cause": "a", "role": role, "subject": object, "affected": [object]});
            let report = json!({"schema": SCHEMA, "diagnoses": [finding]});
            Past::read(&report.to_string()).unwrap().shown().count()
        };
        assert_eq!(shown("held", true), 0);
        // gates hold a pod, which is stuck all the same
        assert_eq!(shown("held", false), 1);
        assert_eq!(shown("cause", false), 1);
    }
}
