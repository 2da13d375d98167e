//! Only names: to offer the nearest one, and to complete what is being typed.

use super::client::{Accept, Client, path};
use super::kubeconfig::{ConnectionFlags, Environment, resolve};
use super::missing::Candidate;
use super::read_error::ReadError;
use super::runtime;
use crate::snapshot::Kind;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

/// More names than this are of no help to anybody.
const ENOUGH: usize = 500;

#[derive(Deserialize)]
struct Named {
    metadata: Meta,
}

#[derive(Deserialize)]
struct Meta {
    name: String,
}

#[derive(Deserialize)]
struct Row {
    cells: Vec<serde_json::Value>,
}

/// The names of a kind, as many as are of help; fewer, or none, when they cannot be read.
pub(super) async fn list(client: &Client, kind: Kind, namespace: Option<&str>) -> Vec<String> {
    let mut names = Vec::new();
    fill(client, kind, namespace, &mut names).await;
    names
}

async fn fill(client: &Client, kind: Kind, namespace: Option<&str>, names: &mut Vec<String>) {
    let mut take = |json: &[u8]| {
        let named: Named = serde_json::from_slice(json)?;
        names.push(named.metadata.name);
        if names.len() < ENOUGH {
            return Ok(());
        }
        // stops the list: the next page is not asked for
        Err(ReadError::Invalid {
            message: "more names than are of help".to_owned(),
        })
    };
    let limit = ENOUGH.to_string();
    let query = [("limit", limit.as_str()), ("resourceVersion", "0")];
    // what could be read before an error is still of help
    let _ = client
        .list(
            &path(kind, namespace, None),
            &query,
            Accept::Metadata,
            &mut take,
        )
        .await;
}

/// The objects of a kind; of pods `kubectl get pods`' own columns tell which are healthy.
pub(super) async fn candidates(
    client: &Client,
    kind: Kind,
    namespace: Option<&str>,
) -> Vec<Candidate> {
    let candidate = |name, healthy| Candidate {
        healthy,
        kind,
        name,
    };
    if kind != Kind::Pod {
        let names = list(client, kind, namespace).await.into_iter();
        return names.map(|name| candidate(name, false)).collect();
    }
    let mut pods = Vec::new();
    let mut take = |json: &[u8]| {
        let row: Row = serde_json::from_slice(json)?;
        let cell = |at: usize| row.cells.get(at).and_then(|cell| cell.as_str());
        let (Some(name), Some(ready), Some(status)) = (cell(0), cell(1), cell(2)) else {
            return Ok(());
        };
        let is_ready = ready.split_once('/').is_some_and(|(some, all)| some == all);
        let healthy = status == "Completed" || status == "Running" && is_ready;
        pods.push(candidate(name.to_owned(), healthy));
        Ok(())
    };
    let limit = ENOUGH.to_string();
    let query = [
        ("limit", limit.as_str()),
        ("resourceVersion", "0"),
        ("includeObject", "None"),
    ];
    let path = path(kind, namespace, None);
    // what could be read before an error is still of help
    let _ = client.list(&path, &query, Accept::Table, &mut take).await;
    pods
}

/// The names of a kind in the namespace that the flags and the context give; none on any trouble. The time that one
/// request may take is all that it takes.
pub fn of(flags: &ConnectionFlags, environment: &Environment, kind: Kind) -> Vec<String> {
    let began = Instant::now();
    let Ok(connection) = resolve(flags, environment) else {
        return Vec::new();
    };
    let Ok(runtime) = runtime() else {
        return Vec::new();
    };
    let whole = flags.request_timeout.unwrap_or(Duration::MAX);
    let mut names = Vec::new();
    let read = async {
        let namespace = kind.namespaced().then_some(connection.namespace.as_str());
        if let Ok(client) = Client::connect(&connection).await {
            fill(&client, kind, namespace, &mut names).await;
        }
    };
    // the timer is the runtime's, and what came before it is of help
    let _ = runtime.block_on(async {
        tokio::time::timeout(whole.saturating_sub(began.elapsed()), read).await
    });
    names
}
