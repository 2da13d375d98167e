//! The client and the connection it finds, over a real socket: what is sent, what comes back, and every fault between.
//!
//! Each test ends in bounded time: a fault that makes the client wait for ever fails it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

#[cfg(unix)]
mod credentials;
mod faults;
mod forms;
mod reads;

use std::time::Duration;

use crate::api_server::ApiServer;
use crate::support::{
    Accept, Client, Connection, ConnectionFlags, Environment, ReadError, resolve,
};
use serde_json::{Value, json};
use tokio::time::Instant;

/// What most tests read.
pub(crate) const PODS: &str = "/api/v1/pods";

pub(crate) fn flags(server: &ApiServer) -> ConnectionFlags {
    ConnectionFlags {
        kubeconfig: Some(server.kubeconfig()),
        request_timeout: Some(Duration::from_secs(5)),
        ..ConnectionFlags::default()
    }
}

pub(crate) async fn client(server: &ApiServer) -> Client {
    connect(&flags(server)).await
}

pub(crate) async fn connect(flags: &ConnectionFlags) -> Client {
    Client::connect(&connection(flags)).await.unwrap()
}

pub(crate) fn connection(flags: &ConnectionFlags) -> Connection {
    resolve(flags, &Environment::default()).unwrap()
}

pub(crate) async fn read(
    client: &Client,
    query: &[(&str, &str)],
) -> (Vec<Value>, Result<u64, ReadError>) {
    let mut items = Vec::new();
    let result = client
        .list(PODS, query, Accept::Json, &mut |item| {
            items.push(serde_json::from_slice(item)?);
            Ok(())
        })
        .await;
    (items, result.map(|meta| meta.items))
}

pub(crate) fn pods(count: usize) -> Vec<Value> {
    (0..count)
        .map(|at| json!({"metadata": {"name": format!("web-{at}")}}))
        .collect()
}

/// Fails when the future takes longer, and gives how long it took.
pub(crate) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let result = tokio::time::timeout(limit, future)
        .await
        .expect("it takes too long");
    (result, start.elapsed())
}
