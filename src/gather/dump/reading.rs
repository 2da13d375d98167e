//! The Reading: an object in a dump that says what was read, when, and what was not.

use crate::kubernetes::field_selector::FieldSelector;
use crate::kubernetes::selector::Selector;
use crate::snapshot::{ContainerLog, Gap, Kind, ReadScope, Snapshot, Why};
use crate::triage::scope::{Scope, Target};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The kind of the object with which `--dump` says what was read.
pub const READING: &str = "Reading";

const API_VERSION: &str = "kubectl-diagnose/v1";

/// What was read of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// When, if that is known; otherwise a dump's time is the newest that occurs in it.
    pub as_of: Option<Timestamp>,
    /// Why everything else was not read.
    pub unread: Option<Why>,
    /// What was asked for: the same is diagnosed when nothing else is asked of the dump.
    pub scope: Scope,
    /// Every read that was tried.
    pub reads: Vec<Read>,
    /// What was read of logs, masked before it came here.
    pub logs: Vec<ContainerLog>,
}

/// One read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// What was asked for.
    pub kind: Kind,
    /// How much of it.
    pub read_scope: ReadScope,
    /// Whether the answer was read to its end.
    pub outcome: Result<(), Gap>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: WireMeta,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<String>,
    #[serde(default)]
    scope: WireScope,
    #[serde(default)]
    reads: Vec<WireRead>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    logs: Vec<ContainerLog>,
}

/// kubectl wants a name on everything in a List.
#[derive(Serialize, Deserialize, Default)]
struct WireMeta {
    #[serde(default)]
    name: String,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireScope {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    selector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_selector: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    targets: Vec<WireTarget>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    exclude: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
struct WireTarget {
    kind: String,
    /// Absent where it is that of the scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// Absent for all of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WireRead {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The node whose pods were read, where not those of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Reading {
    /// Everything that was tried for a snapshot.
    pub fn of(snapshot: &Snapshot<'_>, scope: &Scope) -> Reading {
        let clock = snapshot.clock();
        let reads = snapshot.reads().map(|(kind, read_scope, outcome)| Read {
            kind,
            read_scope: read_scope.clone(),
            outcome: outcome.clone(),
        });
        Reading {
            as_of: clock.exact.then_some(clock.at),
            unread: Some(snapshot.unread()),
            scope: scope.clone(),
            reads: reads.collect(),
            logs: snapshot.logs().to_vec(),
        }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Wire {
            api_version: API_VERSION.to_owned(),
            kind: READING.to_owned(),
            metadata: WireMeta {
                name: "reading".to_owned(),
            },
            as_of: self.as_of,
            unread: self.unread.map(|why| why.as_str().to_owned()),
            scope: WireScope::of(&self.scope),
            reads: self.reads.iter().map(WireRead::of).collect(),
            logs: self.logs.clone(),
        })
    }

    pub(super) fn from_json(json: &[u8]) -> Result<Reading, serde_json::Error> {
        let wire: Wire = serde_json::from_slice(json)?;
        Ok(Reading {
            as_of: wire.as_of,
            unread: wire.unread.as_deref().and_then(Why::of_word),
            scope: wire.scope.read(),
            reads: wire.reads.into_iter().filter_map(WireRead::read).collect(),
            logs: wire.logs,
        })
    }
}

impl WireScope {
    fn of(scope: &Scope) -> WireScope {
        let target = |target: &Target| WireTarget {
            kind: target.kind.as_str().to_owned(),
            namespace: target.namespace.clone(),
            name: target.name.clone(),
        };
        WireScope {
            namespace: scope.namespace.clone(),
            selector: scope.selector.as_ref().map(ToString::to_string),
            field_selector: scope.fields.as_ref().map(ToString::to_string),
            targets: scope.targets.iter().map(target).collect(),
            exclude: scope.exclude.clone(),
        }
    }

    /// What this version does not understand of it is left out: more is diagnosed, never less.
    fn read(self) -> Scope {
        let target = |target: WireTarget| {
            Kind::of_manifest(&target.kind).map(|kind| Target {
                kind,
                namespace: target.namespace,
                name: target.name,
            })
        };
        Scope {
            namespace: self.namespace,
            selector: self.selector.and_then(|text| Selector::parse(&text).ok()),
            fields: self
                .field_selector
                .and_then(|text| FieldSelector::parse(&text).ok()),
            targets: self.targets.into_iter().filter_map(target).collect(),
            exclude: self.exclude,
            bare: false,
        }
    }
}

impl WireRead {
    fn of(read: &Read) -> WireRead {
        let (namespace, name, node) = match &read.read_scope {
            ReadScope::Everywhere => (None, None, None),
            ReadScope::Namespace(namespace) => (Some(namespace), None, None),
            ReadScope::Object(namespace, name) => {
                let namespace = (!namespace.is_empty()).then_some(namespace);
                (namespace, Some(name), None)
            }
            ReadScope::Node(node) => (None, None, Some(node)),
        };
        let gap = read.outcome.as_ref().err();
        WireRead {
            kind: read.kind.as_str().to_owned(),
            namespace: namespace.cloned(),
            name: name.cloned(),
            node: node.cloned(),
            why: gap.map(|gap| gap.why.as_str().to_owned()),
            detail: gap
                .map(|gap| gap.detail.clone())
                .filter(|detail| !detail.is_empty()),
        }
    }

    /// A kind that this version does not know is left out: nothing asks for it.
    fn read(self) -> Option<Read> {
        let kind = Kind::of_manifest(&self.kind)?;
        let gap = Gap {
            kind,
            namespace: self.namespace,
            name: self.name,
            // a reason that this version does not know is still not a finished read
            why: self
                .why
                .as_deref()
                .and_then(Why::of_word)
                .unwrap_or(Why::Failed),
            detail: self.detail.unwrap_or_default(),
        };
        Some(Read {
            kind,
            read_scope: self.node.map_or_else(|| gap.read_scope(), ReadScope::Node),
            outcome: if self.why.is_some() { Err(gap) } else { Ok(()) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_comes_back_as_it_was() {
        let refused = Gap {
            kind: Kind::Secret,
            namespace: Some("shop".into()),
            name: None,
            why: Why::Forbidden,
            detail: "secrets is forbidden".into(),
        };
        let absent = Gap {
            kind: Kind::Node,
            namespace: None,
            name: Some("n1".into()),
            why: Why::TimedOut,
            detail: String::new(),
        };
        let read = |kind, read_scope, outcome| Read {
            kind,
            read_scope,
            outcome,
        };
        let reading = Reading {
            as_of: "2026-01-01T00:00:00Z".parse().ok(),
            unread: Some(Why::NotAsked),
            scope: Scope {
                namespace: Some("shop".into()),
                selector: Selector::parse("app=web").ok(),
                fields: FieldSelector::parse("status.phase!=Running").ok(),
                targets: vec![
                    Target::new(Kind::Deployment, "web"),
                    Target::all(Kind::Job),
                    Target {
                        namespace: Some("bank".into()),
                        ..Target::new(Kind::Service, "web")
                    },
                ],
                bare: false,
                exclude: BTreeSet::from(["kube-system".into()]),
            },
            reads: vec![
                read(Kind::Pod, ReadScope::Everywhere, Ok(())),
                read(Kind::Pod, ReadScope::Node("n1".into()), Ok(())),
                read(
                    Kind::Secret,
                    ReadScope::Namespace("shop".into()),
                    Err(refused),
                ),
                read(
                    Kind::Node,
                    ReadScope::Object(String::new(), "n1".into()),
                    Err(absent),
                ),
                read(
                    Kind::ConfigMap,
                    ReadScope::Object("shop".into(), "web".into()),
                    Ok(()),
                ),
            ],
            logs: vec![ContainerLog {
                namespace: "shop".into(),
                pod: "web-1".into(),
                container: "app".into(),
                previous: true,
                text: "error: no licence".into(),
                unread: None,
            }],
        };
        let json = reading.to_json().unwrap();
        assert_eq!(Reading::from_json(&json).unwrap(), reading);
    }

    #[test]
    fn an_unknown_reason_is_no_finished_read() {
        let json = br#"{"reads":[{"kind":"Pod","why":"struck by lightning"},{"kind":"Gadget"}]}"#;
        let reading = Reading::from_json(json).unwrap();
        assert_eq!(reading.reads.len(), 1);
        let gap = reading.reads[0].outcome.as_ref().unwrap_err();
        assert_eq!(gap.why, Why::Failed);
    }
}
