//! How a [`Read`] is asked of the API server, and what its answer means to a store.

use super::client::{Accept, Client, ListMeta, path};
use super::plan::{self, Read};
use super::read_error::ReadError;
use crate::kubernetes::protobuf::messages;
use crate::snapshot::{Encoded, Gap, Kind, ReadScope, Store, Why};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Sends it and hands on each object, row or piece of metadata as it arrives. Who may not see what comes with an addon is
/// refused it before anybody looks whether that is installed; what the server serves is for everybody to know.
pub(super) async fn send(
    client: &Client,
    read: &Read,
    version: Version,
    encoding: Encoding,
    on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), ReadError>,
) -> Result<ListMeta, ReadError> {
    let answer = ask(client, read, version, encoding, on_item).await;
    if read.kind().is_of_addon() && matches!(answer, Err(ReadError::Forbidden { .. })) {
        let group = format!("/apis/{}", read.kind().group());
        let served = client.get(&group, Accept::Json).await;
        if matches!(served, Err(ReadError::NotServed)) {
            return Err(ReadError::NotServed);
        }
    }
    answer
}

async fn ask(
    client: &Client,
    read: &Read,
    version: Version,
    encoding: Encoding,
    on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), ReadError>,
) -> Result<ListMeta, ReadError> {
    let form = form(read);
    match read {
        Read::List { kind, .. } => {
            let mut query = selectors(read);
            if version == Version::Any {
                // from the API server's watch cache: a list of the whole cluster costs etcd nothing
                query.push(("resourceVersion", "0"));
            }
            if form == Accept::Table {
                query.push(("includeObject", "None"));
            }
            let path = path(*kind, namespace(read), None);
            let is_message = form == Accept::Json && messages::of(kind.as_str()).is_some();
            let form = match encoding {
                Encoding::Smallest if is_message => Accept::Protobuf,
                _ => form,
            };
            client.objects(&path, &query, form, on_item).await
        }
        Read::Get { kind, name, .. } => {
            let mut path = path(*kind, namespace(read), Some(name));
            if form == Accept::Table {
                path.push_str("?includeObject=None");
            }
            let body = client.get(&path, form).await?;
            match form {
                Accept::Table => match rows(&body)? {
                    Some(rows) => {
                        let mut rows = rows.into_iter();
                        rows.try_for_each(|row| on_item(row.get().as_bytes().into()))?;
                    }
                    // the object itself, of which only the name is taken
                    None => on_item(Encoded::Json(&body))?,
                },
                _ => on_item(Encoded::Json(&body))?,
            }
            Ok(ListMeta::default())
        }
    }
}

/// How whole objects are sent in a list; a single one is JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// For those who hand it on, or compare it with what a watch brings.
    Json,
    /// A third of the bytes, and nothing is decoded of what is not read. JSON where the server has no protobuf.
    Smallest,
}

/// How new a list has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// As old as the API server's watch cache may be.
    Any,
    /// As it is in etcd.
    Newest,
}

impl Version {
    /// What a scan asks for: one namespace is cheap to read as it is.
    pub(super) fn of_scan(read: &Read) -> Self {
        if namespace(read).is_none() {
            Version::Any
        } else {
            Version::Newest
        }
    }
}

/// The selectors of a list, as they stand in a query.
pub(super) fn selectors(read: &Read) -> Vec<(&str, &str)> {
    let Read::List { fields, labels, .. } = read else {
        return Vec::new();
    };
    let both = [("fieldSelector", fields), ("labelSelector", labels)];
    let given = both.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name, value.as_str())).collect()
}

/// Secrets are asked for as the table that `kubectl get` prints: names and types, no values. Even
/// their metadata could hold values, in the annotation that `kubectl apply` leaves. ConfigMaps are
/// listed by metadata, and read whole only where a key is missed.
pub(super) fn form(read: &Read) -> Accept {
    match read {
        Read::List {
            kind: Kind::Secret, ..
        }
        | Read::Get {
            kind: Kind::Secret, ..
        } => Accept::Table,
        Read::List {
            kind: Kind::ConfigMap,
            ..
        } => Accept::Metadata,
        _ => Accept::Json,
    }
}

pub(super) fn namespace(read: &Read) -> Option<&str> {
    match read {
        Read::List { namespace, .. } => namespace.as_deref(),
        Read::Get {
            kind, namespace, ..
        } => kind.namespaced().then_some(namespace.as_str()),
    }
}

#[derive(Deserialize)]
struct Table<'a> {
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    rows: Option<Vec<&'a RawValue>>,
}

fn rows(body: &[u8]) -> Result<Option<Vec<&RawValue>>, ReadError> {
    let table: Table<'_> = serde_json::from_slice(body)?;
    match (table.kind.as_deref(), table.rows) {
        (Some("Table"), rows) => Ok(Some(rows.unwrap_or_default())),
        (_, rows) => Ok(rows),
    }
}

/// A row of a table, or an object's metadata.
#[derive(Deserialize)]
struct NameOnly {
    cells: Option<Vec<serde_json::Value>>,
    r#type: Option<String>,
    metadata: Option<NameMeta>,
}

#[derive(Deserialize)]
struct NameMeta {
    name: String,
}

/// The name and a Secret's type, of what was asked for by no more.
pub(super) struct Name {
    pub(super) name: String,
    /// Of a Secret.
    pub(super) r#type: Option<String>,
}

pub(super) fn name_only(json: &[u8]) -> Result<Name, ReadError> {
    let read: NameOnly = serde_json::from_slice(json)?;
    let cell = |at: usize| {
        let cell = read.cells.as_ref()?.get(at)?;
        cell.as_str().map(str::to_owned)
    };
    let name = cell(0).or_else(|| Some(read.metadata.as_ref()?.name.clone()));
    match name {
        Some(name) => Ok(Name {
            name,
            r#type: cell(1).or(read.r#type),
        }),
        None => Err(ReadError::Invalid {
            message: "a row of the answer has no name".to_owned(),
        }),
    }
}

/// How far a read reaches, and whether all of that is read.
struct Reach {
    scope: ReadScope,
    name: Option<String>,
    whole: bool,
}

fn reach(read: &Read) -> Option<Reach> {
    if let Some(single) = plan::as_get(read) {
        return reach(&single);
    }
    if let Some(node) = read.node() {
        return Some(Reach {
            scope: ReadScope::Node(node.to_owned()),
            name: None,
            whole: true,
        });
    }
    let (name, scope) = match read {
        Read::Get {
            namespace, name, ..
        } => (
            Some(name.clone()),
            ReadScope::Object(namespace.clone(), name.clone()),
        ),
        read if read.narrows_pods() => return None,
        Read::List {
            kind: Kind::Event,
            namespace: Some(namespace),
            fields,
            ..
        } if fields.starts_with(plan::INVOLVED) => {
            let name = fields.rsplit('=').next().unwrap_or_default().to_owned();
            let scope = ReadScope::Object(namespace.clone(), name.clone());
            (Some(name), scope)
        }
        Read::List {
            namespace: Some(namespace),
            ..
        } => (None, ReadScope::Namespace(namespace.clone())),
        Read::List {
            namespace: None, ..
        } => (None, ReadScope::Everywhere),
    };
    let is_part = match read {
        Read::List {
            kind: Kind::Event,
            fields,
            ..
        } => name.is_none() && !fields.is_empty(),
        Read::List { labels, .. } => !labels.is_empty(),
        Read::Get { .. } => false,
    };
    Some(Reach {
        scope,
        name,
        whole: !is_part,
    })
}

/// Records how far a read reached, or why it did not. A part that was read says nothing about the rest.
pub(super) fn record(store: &mut Store, read: &Read, outcome: &Result<(), ReadError>) {
    let Some(Reach { scope, name, whole }) = reach(read) else {
        return;
    };
    let scope = match scope {
        // whoever may not read the pods of one node may read none of the cluster
        ReadScope::Node(_) if outcome.is_err() => ReadScope::Everywhere,
        scope => scope,
    };
    let outcome = match outcome {
        Ok(()) | Err(ReadError::NotFound { .. }) if !whole => return,
        Ok(()) | Err(ReadError::NotFound { .. }) => Ok(()),
        Err(error) => Err(Gap {
            kind: read.kind(),
            namespace: namespace(read).map(str::to_owned),
            name,
            why: why(error),
            detail: error.to_string(),
        }),
    };
    store.record(read.kind(), scope, outcome);
}

/// Takes back what was recorded of a read.
pub(super) fn unrecord(store: &mut Store, read: &Read) {
    let Some(Reach { scope, whole, .. }) = reach(read) else {
        return;
    };
    let is_gap = || {
        store
            .outcome(read.kind(), &scope)
            .is_some_and(Result::is_err)
    };
    if whole || is_gap() {
        store.unrecord(read.kind(), &scope);
    }
}

/// Of an object only who it is.
#[derive(Deserialize)]
struct Described {
    metadata: serde_json::Value,
}

/// What is missing where one object of an answer is not understood; nothing where not even its name is, or it is not
/// known to be another than what was asked for.
pub(super) fn undecodable(read: &Read, object: Encoded<'_>, error: &ReadError) -> Option<Gap> {
    let object: Described = object.decode().ok()?;
    let word = |field: &str| object.metadata.get(field)?.as_str().map(str::to_owned);
    let kind = read.kind();
    Some(Gap {
        kind,
        namespace: word("namespace").filter(|_| kind.namespaced()),
        name: Some(word("name")?),
        why: Why::Failed,
        detail: error.to_string(),
    })
}

/// Whether what is missing is a part of what this read asks for.
pub(super) fn reaches(read: &Read, gap: &Gap) -> bool {
    let asked = namespace(read);
    let is_named = match read {
        Read::Get { name, .. } => gap.name.as_ref() == Some(name),
        Read::List { .. } => true,
    };
    read.kind() == gap.kind && is_named && (asked.is_none() || asked == gap.namespace.as_deref())
}

pub(super) fn why(error: &ReadError) -> Why {
    match error {
        ReadError::Forbidden { .. } | ReadError::Unauthorized => Why::Forbidden,
        ReadError::NotServed => Why::NotServed,
        ReadError::TimedOut { .. } => Why::TimedOut,
        _ => Why::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secrets_row_gives_its_name_and_type_only() {
        let row = br#"{"cells":["db","kubernetes.io/dockerconfigjson",1,"3d"],"object":null}"#;
        let read = name_only(row).unwrap();
        assert_eq!(read.name, "db");
        assert_eq!(
            read.r#type.as_deref(),
            Some("kubernetes.io/dockerconfigjson")
        );
    }

    #[test]
    fn a_secret_that_is_answered_whole_is_there() {
        let whole =
            br#"{"kind":"Secret","type":"Opaque","metadata":{"name":"db"},"data":{"a":"aA=="}}"#;
        assert!(rows(whole).unwrap().is_none());
        let read = name_only(whole).unwrap();
        assert_eq!(
            (read.name.as_str(), read.r#type.as_deref()),
            ("db", Some("Opaque"))
        );
        assert_eq!(
            rows(br#"{"kind":"Table","rows":null}"#)
                .unwrap()
                .map(|rows| rows.len()),
            Some(0)
        );
    }
}
