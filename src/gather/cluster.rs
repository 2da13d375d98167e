//! Reads a cluster: runs the waves of [`plan`], each read beside the others.
//!
//! A read that fails becomes a gap and the rest goes on. Only without the scope's own pods there is
//! nothing to diagnose: that is an error, with the command that shows the missing right.

use super::client::{Accept, Client, path};
use super::dump::{DumpWriter, Dumped, Reading};
use super::kubeconfig::{Connection, ConnectionFlags, Environment, resolve};
use super::missing;
use super::plan::{self, Read};
use super::progress;
use super::read_error::ReadError;
use super::{ConnectError, Gathered};
use crate::error::Failure;
use crate::kubernetes::shell;
use crate::snapshot::{Gap, Kind, ReadScope, Store, Why};
use crate::triage::scope::Scope;
use anyhow::{Context, Result, bail};
use futures_util::future::join_all;
use serde::Deserialize;
use std::cell::RefCell;
use std::path::Path;

/// Reads what the scope needs.
///
/// # Errors
/// When there is no connection, or when the pods of the scope cannot be read or do not exist.
pub fn read(
    flags: &ConnectionFlags,
    environment: &Environment,
    scope: Scope,
    everywhere: bool,
    dump: Option<&Path>,
) -> Result<Gathered> {
    let connection = resolve(flags, environment).map_err(unconnected)?;
    let scope = in_namespace(scope, everywhere, &connection);
    scope.is_consistent()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    runtime.block_on(async {
        let client = Client::connect(&connection).await.map_err(unconnected)?;
        let sink = Sink::new(dump)?;
        progress::shown(&client, waves(&client, sink, scope)).await
    })
}

fn unconnected(error: ConnectError) -> anyhow::Error {
    let failure = Failure::new("no connection to a cluster");
    let failure = error.hint().into_iter().fold(failure, Failure::hint);
    failure.because(error)
}

/// Fills in the namespace of the context. Nodes are of no namespace, so their pods are looked for in all.
fn in_namespace(scope: Scope, everywhere: bool, connection: &Connection) -> Scope {
    let nodes_only =
        !scope.targets.is_empty() && scope.targets.iter().all(|target| !target.kind.namespaced());
    let namespace = match scope.namespace {
        _ if everywhere => None,
        None if nodes_only => None,
        None => Some(connection.namespace.clone()),
        named => named,
    };
    Scope { namespace, ..scope }
}

/// Takes objects in and, when a dump is wanted, writes them there as well.
struct Sink {
    store: Store,
    dump: Option<DumpWriter>,
    /// The first trouble with the dump; reading goes on, and the run fails at its end.
    trouble: Option<anyhow::Error>,
}

impl Sink {
    fn new(dump: Option<&Path>) -> Result<RefCell<Self>> {
        Ok(RefCell::new(Sink {
            store: Store::new(Why::NotAsked),
            dump: dump.map(DumpWriter::create).transpose()?,
            trouble: None,
        }))
    }

    fn object(&mut self, read: &Read, json: &[u8]) -> Result<(), ReadError> {
        if let Some(Err(error)) = self
            .dump
            .as_mut()
            .map(|dump| dump.object(read.kind(), json))
        {
            self.trouble.get_or_insert(error);
        }
        let taken = self.store.insert(read.kind(), json, read.retention());
        taken.map_err(|error| ReadError::Invalid {
            message: error.to_string(),
        })
    }

    fn name(&mut self, read: &Read, namespace: Option<&str>, name: &Name) -> Result<(), ReadError> {
        let kind = read.kind();
        let Name { name, r#type } = name;
        if let Some(Err(error)) = self
            .dump
            .as_mut()
            .map(|dump| dump.name(kind, namespace, name, r#type.as_deref()))
        {
            self.trouble.get_or_insert(error);
        }
        let namespace = namespace.unwrap_or_default();
        self.store
            .insert_name(kind, namespace, name, r#type.as_deref());
        Ok(())
    }

    fn finish(self, scope: &Scope) -> Result<(Store, Option<Dumped>)> {
        if let Some(trouble) = self.trouble {
            return Err(trouble);
        }
        let reading = Reading::of(&self.store.snapshot(), scope);
        let dumped = self.dump.map(|dump| dump.finish(&reading)).transpose()?;
        Ok((self.store, dumped))
    }
}

async fn waves(client: &Client, sink: RefCell<Sink>, scope: Scope) -> Result<Gathered> {
    let mut scope = scope;
    let mut first = wave(client, &sink, plan::first(&scope)).await;
    if let Some(with_workloads) = missing::or_workloads(client, &scope, &first).await {
        scope = with_workloads;
        let mut more = plan::first(&scope);
        first.retain(|(read, _)| more.contains(read));
        more.retain(|read| first.iter().all(|(done, _)| done != read));
        first.extend(wave(client, &sink, more).await);
    }
    for (read, outcome) in first {
        if is_used(&sink.borrow().store, &read) {
            continue;
        }
        settle(client, &scope, &read, outcome).await?;
    }
    if sink.borrow().store.has_no_pods() {
        missing::namespace_is_there(client, &scope).await?;
    }
    if let Some(time) = client.server_time() {
        sink.borrow_mut().store.set_time(time);
    }
    let second = plan::second(&scope, &sink.borrow().store);
    wave(client, &sink, second).await;
    let third = plan::third(&scope, &sink.borrow().store);
    wave(client, &sink, third).await;
    let (store, dumped) = sink.into_inner().finish(&scope)?;
    Ok(Gathered {
        store,
        scope,
        traffic: client.traffic(),
        dumped,
    })
}

/// Runs reads beside each other and records what became of each.
async fn wave(
    client: &Client,
    sink: &RefCell<Sink>,
    reads: Vec<Read>,
) -> Vec<(Read, Result<(), ReadError>)> {
    let outcomes = join_all(reads.iter().map(|read| one(client, sink, read))).await;
    let mut settled = Vec::new();
    for (read, outcome) in reads.into_iter().zip(outcomes) {
        record(&mut sink.borrow_mut().store, &read, &outcome);
        settled.push((read, outcome));
    }
    settled
}

async fn one(client: &Client, sink: &RefCell<Sink>, read: &Read) -> Result<(), ReadError> {
    let form = form(read);
    let namespace = namespace(read);
    let mut take = |json: &[u8]| match form {
        Accept::Json | Accept::Text => sink.borrow_mut().object(read, json),
        Accept::Metadata | Accept::Table => {
            sink.borrow_mut().name(read, namespace, &name_only(json)?)
        }
    };
    match read {
        Read::List {
            kind,
            fields,
            labels,
            ..
        } => {
            let mut query: Vec<(&str, &str)> = Vec::new();
            for (name, value) in [("fieldSelector", fields), ("labelSelector", labels)] {
                if !value.is_empty() {
                    query.push((name, value));
                }
            }
            if namespace.is_none() {
                // from the API server's watch cache: a list of the whole cluster costs etcd nothing
                query.push(("resourceVersion", "0"));
            }
            if form == Accept::Table {
                query.push(("includeObject", "None"));
            }
            client
                .list(&path(*kind, namespace, None), &query, form, &mut take)
                .await
                .map(|_| ())
        }
        Read::Get { kind, name, .. } => {
            let mut path = path(*kind, namespace, Some(name));
            if form == Accept::Table {
                path.push_str("?includeObject=None");
            }
            let body = client.get(&path, form).await?;
            match form {
                Accept::Table => rows(&body)?
                    .iter()
                    .try_for_each(|row| take(row.get().as_bytes())),
                _ => take(&body),
            }
        }
    }
}

/// Secrets are asked for as the table that `kubectl get` prints: names and types, no values. Even
/// their metadata could hold values, in the annotation that `kubectl apply` leaves. ConfigMaps are
/// listed by metadata, and read whole only where a key is missed.
fn form(read: &Read) -> Accept {
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

fn namespace(read: &Read) -> Option<&str> {
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
    rows: Option<Vec<&'a serde_json::value::RawValue>>,
}

fn rows(body: &[u8]) -> Result<Vec<&serde_json::value::RawValue>, ReadError> {
    let table: Table<'_> = serde_json::from_slice(body)?;
    Ok(table.rows.unwrap_or_default())
}

/// A row of a table, or an object's metadata.
#[derive(Deserialize)]
struct NameOnly {
    cells: Option<Vec<serde_json::Value>>,
    metadata: Option<NameMeta>,
}

#[derive(Deserialize)]
struct NameMeta {
    name: String,
}

/// The name and a Secret's type, of what was asked for by no more.
struct Name {
    name: String,
    r#type: Option<String>,
}

fn name_only(json: &[u8]) -> Result<Name, ReadError> {
    let read: NameOnly = serde_json::from_slice(json)?;
    let cell = |at: usize| {
        let cell = read.cells.as_ref()?.get(at)?;
        cell.as_str().map(str::to_owned)
    };
    let name = cell(0).or_else(|| Some(read.metadata.as_ref()?.name.clone()));
    match name {
        Some(name) => Ok(Name {
            name,
            r#type: cell(1),
        }),
        None => Err(ReadError::Invalid {
            message: "a row of the answer has no name".to_owned(),
        }),
    }
}

/// Records how far a read reached, or why it did not.
fn record(store: &mut Store, read: &Read, outcome: &Result<(), ReadError>) {
    let (name, read_scope) = match read {
        Read::Get {
            namespace, name, ..
        } => (
            Some(name.clone()),
            ReadScope::Object(namespace.clone(), name.clone()),
        ),
        read if read.narrows_pods() => return,
        // part of them, which says nothing about the rest
        Read::List { labels, .. } if !labels.is_empty() && outcome.is_ok() => return,
        Read::List {
            kind: Kind::Event,
            namespace: Some(namespace),
            fields,
            ..
        } if fields.starts_with(plan::INVOLVED) => {
            let name = fields.rsplit('=').next().unwrap_or_default().to_owned();
            let read_scope = ReadScope::Object(namespace.clone(), name.clone());
            (Some(name), read_scope)
        }
        Read::List {
            kind: Kind::Event,
            fields,
            ..
        } if !fields.is_empty() && outcome.is_ok() => return,
        Read::List {
            namespace: Some(namespace),
            ..
        } => (None, ReadScope::Namespace(namespace.clone())),
        Read::List {
            namespace: None, ..
        } => (None, ReadScope::Everywhere),
    };
    let outcome = match outcome {
        Ok(()) | Err(ReadError::NotFound { .. }) => Ok(()),
        Err(error) => Err(Gap {
            kind: read.kind(),
            namespace: namespace(read).map(str::to_owned),
            name,
            why: why(error),
            detail: error.to_string(),
        }),
    };
    store.record(read.kind(), read_scope, outcome);
}

fn why(error: &ReadError) -> Why {
    match error {
        ReadError::Forbidden { .. } | ReadError::Unauthorized => Why::Forbidden,
        ReadError::NotServed => Why::NotServed,
        ReadError::TimedOut { .. } => Why::TimedOut,
        _ => Why::Failed,
    }
}

/// Whether pods are bound to the node that was asked for, or mount the claim: then it need not be there to be worth a diagnosis.
fn is_used(store: &Store, read: &Read) -> bool {
    let Read::Get {
        name, namespace, ..
    } = read
    else {
        return false;
    };
    let records = store.pod_records();
    match read.kind() {
        Kind::Node => records.on_node(name).next().is_some(),
        Kind::PersistentVolumeClaim => {
            let mut pods = records.in_namespace(namespace);
            pods.any(|pod| records.claims_of(pod).any(|claim| claim == *name))
        }
        _ => false,
    }
}

/// What of the first wave a diagnosis cannot do without.
async fn settle(
    client: &Client,
    scope: &Scope,
    read: &Read,
    outcome: Result<(), ReadError>,
) -> Result<()> {
    let Err(error) = outcome else { return Ok(()) };
    match (read, &error) {
        (Read::Get { kind, name, .. }, ReadError::NotFound { .. }) => {
            bail!(missing::absent(client, scope, *kind, name).await)
        }
        // without its selector nothing is known of a Service
        (
            Read::Get {
                kind: Kind::Service,
                name,
                ..
            },
            _,
        ) => {
            let failure = Failure::new(format!("service {name} cannot be read"));
            Err(failure.because(error))
        }
        // the pods of a workload that may not be read are still known by their owner's name, and what else is missing is a gap
        _ if read.kind() != Kind::Pod => Ok(()),
        _ => Err(refused(scope, read, error)),
    }
}

fn refused(scope: &Scope, read: &Read, error: ReadError) -> anyhow::Error {
    let place = match &scope.namespace {
        Some(namespace) => format!("in namespace {namespace}"),
        None => "of the cluster".to_owned(),
    };
    let failure = Failure::new(format!("pods {place} cannot be read"));
    let failure = match (&error, &scope.namespace) {
        (ReadError::Forbidden { .. }, Some(_)) => {
            failure.hint(format!("see whether you may: {}", can_i(scope, read)))
        }
        (ReadError::Forbidden { .. }, None) if scope.targets.is_empty() => failure
            .hint("leave out -A to look at the namespace of your context, or name one with -n"),
        (ReadError::Forbidden { .. }, None) => {
            failure.hint("-n names the one namespace whose pods are looked at")
        }
        (other, _) => other.hint().into_iter().fold(failure, Failure::hint),
    };
    failure.because(error)
}

/// The command that shows the missing right.
fn can_i(scope: &Scope, read: &Read) -> String {
    let (verb, what) = match read {
        Read::Get { name, .. } => ("get", format!("pods/{name}")),
        Read::List { .. } => ("list", "pods".to_owned()),
    };
    let mut words = vec!["kubectl", "auth", "can-i", verb, what.as_str()];
    match scope.namespace.as_deref() {
        Some(namespace) => words.extend(["-n", namespace]),
        None => words.push("-A"),
    }
    shell::command(words)
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
}
