//! Reads a cluster: runs the waves of [`plan`], each read beside the others.
//!
//! A read that fails becomes a gap and the rest goes on. Only without the scope's own pods there is
//! nothing to diagnose: that is an error, with the command that shows the missing right.

use super::client::{Accept, Client, path};
use super::dump::{DumpWriter, Reading};
use super::kubeconfig::{Connection, ConnectionFlags, Environment, resolve};
use super::names;
use super::plan::{self, Read};
use super::progress;
use super::read_error::ReadError;
use super::{ConnectError, Gathered};
use crate::error::Failure;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::snapshot::{Gap, Kind, ReadScope, Store, Why};
use crate::triage::scope::{Scope, Target};
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
        let taker = Taker::new(dump)?;
        progress::shown(&client, waves(&client, taker, scope)).await
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
struct Taker {
    store: Store,
    dump: Option<DumpWriter>,
    /// The first trouble with the dump; reading goes on, and the run fails at its end.
    trouble: Option<anyhow::Error>,
}

impl Taker {
    fn new(dump: Option<&Path>) -> Result<RefCell<Self>> {
        Ok(RefCell::new(Taker {
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

    fn finish(self, scope: &Scope) -> Result<Store> {
        if let Some(trouble) = self.trouble {
            return Err(trouble);
        }
        if let Some(dump) = self.dump {
            dump.finish(&Reading::of(&self.store.snapshot(), scope))?;
        }
        Ok(self.store)
    }
}

async fn waves(client: &Client, taker: RefCell<Taker>, scope: Scope) -> Result<Gathered> {
    for (read, outcome) in wave(client, &taker, plan::first(&scope)).await {
        if is_bound_to(&taker.borrow().store, &read) {
            continue;
        }
        settle(client, &scope, &read, outcome).await?;
    }
    if taker.borrow().store.has_no_pods() {
        namespace_is_there(client, &scope).await?;
    }
    if let Some(time) = client.server_time() {
        taker.borrow_mut().store.set_time(time);
    }
    let second = plan::second(&scope, &taker.borrow().store);
    wave(client, &taker, second).await;
    let third = plan::third(&scope, &taker.borrow().store);
    wave(client, &taker, third).await;
    Ok(Gathered {
        store: taker.into_inner().finish(&scope)?,
        scope,
        traffic: client.traffic(),
    })
}

/// Runs reads beside each other and records what became of each.
async fn wave(
    client: &Client,
    taker: &RefCell<Taker>,
    reads: Vec<Read>,
) -> Vec<(Read, Result<(), ReadError>)> {
    let outcomes = join_all(reads.iter().map(|read| one(client, taker, read))).await;
    let mut settled = Vec::new();
    for (read, outcome) in reads.into_iter().zip(outcomes) {
        record(&mut taker.borrow_mut().store, &read, &outcome);
        settled.push((read, outcome));
    }
    settled
}

async fn one(client: &Client, taker: &RefCell<Taker>, read: &Read) -> Result<(), ReadError> {
    let form = form(read);
    let namespace = namespace(read);
    let mut take = |json: &[u8]| match form {
        Accept::Json | Accept::Text => taker.borrow_mut().object(read, json),
        Accept::Metadata | Accept::Table => {
            taker.borrow_mut().name(read, namespace, &name_only(json)?)
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
        Read::List { labels, .. } if !labels.is_empty() => return,
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
        // part of them, which says nothing about the rest
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

/// Whether pods are bound to the node that was asked for: then it need not be there to be worth a diagnosis.
fn is_bound_to(store: &Store, read: &Read) -> bool {
    let mut pods = match read {
        Read::Get { name, .. } if read.kind() == Kind::Node => store.pod_records().on_node(name),
        _ => return false,
    };
    pods.next().is_some()
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
            let target = Target {
                kind: *kind,
                name: name.clone(),
            };
            bail!(absent(client, scope, &target).await)
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

/// A namespace without pods may be one that does not exist; only then it is worth a request.
async fn namespace_is_there(client: &Client, scope: &Scope) -> Result<()> {
    let Some(namespace) = scope.namespace.as_deref() else {
        return Ok(());
    };
    match client
        .get(
            &path(Kind::Namespace, None, Some(namespace)),
            Accept::Metadata,
        )
        .await
    {
        Err(ReadError::NotFound { .. }) => {
            let target = Target {
                kind: Kind::Namespace,
                name: namespace.to_owned(),
            };
            bail!(absent(client, scope, &target).await)
        }
        // there, or not to be known: then an empty namespace is what was read
        _ => Ok(()),
    }
}

async fn absent(client: &Client, scope: &Scope, target: &Target) -> Failure {
    let namespace = scope
        .namespace
        .as_deref()
        .filter(|_| target.kind.namespaced());
    let place = namespace
        .map(|namespace| format!(" in namespace {namespace}"))
        .unwrap_or_default();
    let what = target.kind.as_str().to_ascii_lowercase();
    let failure = Failure::new(format!("{what} {} not found{place}", target.name));
    let names = names::list(client, target.kind, namespace).await;
    let near = nearest(&target.name, names.iter().map(String::as_str));
    match near {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None if names.is_empty() => {
            failure.hint(format!("there is no {what}{place}; -n names another"))
        }
        None => failure.hint("another namespace is named with -n"),
    }
}

fn refused(scope: &Scope, read: &Read, error: ReadError) -> anyhow::Error {
    let place = match &scope.namespace {
        Some(namespace) => format!("in namespace {namespace}"),
        None => "of the cluster".to_owned(),
    };
    let hint = match &error {
        ReadError::Forbidden { .. } => Some(format!("see whether you may: {}", can_i(scope, read))),
        other => other.hint(),
    };
    let failure = Failure::new(format!("pods {place} cannot be read"));
    hint.into_iter().fold(failure, Failure::hint).because(error)
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
