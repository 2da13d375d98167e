//! What is sent, and how lists are read: pages, compression, expiry.

use std::time::Duration;

use crate::support::{Accept, ReadError};
use serde_json::json;

use super::{PODS, client, connect, flags, pods, read, within};
use crate::api_server::{ApiServer, Response};

#[tokio::test]
async fn a_request_says_who_asks_and_for_what() {
    let server = ApiServer::start_tls();
    server.on(
        "/api/v1/namespaces/shop/pods/web-0",
        [Response::json(&json!({"kind": "Pod"}))],
    );
    let mut flags = flags(&server);
    flags.as_user = Some("jane".to_owned());
    flags.as_group = vec!["dev".to_owned()];
    let client = connect(&flags).await;
    let body = client
        .get("/api/v1/namespaces/shop/pods/web-0?a=b", Accept::Metadata)
        .await
        .unwrap();
    assert_eq!(body.as_ref(), br#"{"kind":"Pod"}"#);

    let asked = &server.asked()[0];
    assert_eq!(
        (asked.method.as_str(), asked.query.as_str()),
        ("GET", "a=b")
    );
    assert_eq!(
        asked.header("user-agent"),
        Some(concat!("kubectl-diagnose/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(
        asked.header("accept"),
        Some("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
    );
    assert_eq!(asked.header("authorization"), Some("Bearer test-token"));
    assert_eq!(asked.header("impersonate-user"), Some("jane"));
    assert_eq!(asked.header("impersonate-group"), Some("dev"));
    assert_eq!(asked.header("accept-encoding"), Some("gzip"));
}

#[tokio::test]
async fn traffic_and_the_servers_clock_are_kept() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &pods(3))]);
    let client = client(&server).await;
    assert_eq!(client.server_time(), None);
    assert_eq!(read(&client, &[]).await.1, Ok(3));
    assert_eq!(client.traffic().requests, 1);
    assert!(client.traffic().bytes > 100);
    assert_eq!(
        client.server_time().unwrap().to_string(),
        "2026-11-22T08:00:00Z"
    );
}

#[tokio::test]
async fn independent_reads_run_at_once() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::list("PodList", &pods(1)).after(Duration::from_millis(400))],
    );
    let client = client(&server).await;
    let all = async {
        tokio::join!(
            read(&client, &[]),
            read(&client, &[]),
            read(&client, &[]),
            read(&client, &[])
        )
    };
    let (_, took) = within(Duration::from_secs(5), all).await;
    assert!(took < Duration::from_millis(1200), "{took:?}");
    assert_eq!(client.traffic().requests, 4);
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &pods(7))]);
    let client = client(&server).await;
    let (items, result) = read(&client, &[("limit", "3"), ("resourceVersion", "0")]).await;
    assert_eq!((items, result), (pods(7), Ok(7)));
    let asked: Vec<String> = server
        .asked()
        .into_iter()
        .map(|asked| asked.query)
        .collect();
    assert_eq!(
        asked,
        [
            "limit=3&resourceVersion=0",
            "limit=3&continue=3",
            "limit=3&continue=6"
        ]
    );
}

#[tokio::test]
async fn a_compressed_list_is_read_and_can_be_declined() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &pods(500)).gzip()]);
    assert_eq!(read(&client(&server).await, &[]).await.1, Ok(500));

    let mut flags = flags(&server);
    flags.disable_compression = true;
    assert_eq!(read(&connect(&flags).await, &[]).await.1, Ok(500));
    assert_eq!(server.asked()[1].header("accept-encoding"), None);
}

#[tokio::test]
async fn a_huge_list_is_never_held() {
    let server = ApiServer::start();
    let filler = "x".repeat(8 << 10);
    let item = move |at| format!(r#"{{"metadata":{{"name":"web-{at}"}},"filler":"{filler}"}}"#);
    server.on(PODS, [Response::generated("PodList", 8_000, item)]);
    let client = client(&server).await;
    let before = peak_memory();
    let mut count = 0;
    let result = client
        .list(PODS, &[], Accept::Json, &mut |_| {
            count += 1;
            Ok(())
        })
        .await;
    assert_eq!((result.unwrap().items, count), (8_000, 8_000));
    assert!(client.traffic().bytes > 60 << 20);
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after - before < 32 << 10, "{} KiB more", after - before);
    }
}

/// The most memory this process ever had, in KiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[tokio::test]
async fn a_table_is_read_by_rows() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::json(
            &json!({"kind": "Table", "rows": [{"cells": ["a"]}, {"cells": ["b"]}]}),
        )],
    );
    let client = client(&server).await;
    let mut rows = 0;
    let mut on_row = |_: &[u8]| {
        rows += 1;
        Ok(())
    };
    let meta = client
        .list(PODS, &[], Accept::Table, &mut on_row)
        .await
        .unwrap();
    assert_eq!((meta.items, rows), (2, 2));
    assert_eq!(
        server.asked()[0].header("accept"),
        Some("application/json;as=Table;g=meta.k8s.io;v=v1")
    );
}

#[tokio::test]
async fn the_receiver_can_stop_a_list() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &pods(5))]);
    let stop = ReadError::Invalid {
        message: "enough".to_owned(),
    };
    let client = client(&server).await;
    let result = client
        .list(PODS, &[], Accept::Json, &mut |_| Err(stop.clone()))
        .await;
    assert_eq!(result, Err(stop.clone()));
}

#[tokio::test]
async fn an_expired_list_goes_on_where_the_server_says() {
    let server = ApiServer::start();
    let whole = Response::list("PodList", &pods(5));
    server.on(PODS, [whole.clone(), Response::expired(Some("2")), whole]);
    let client = client(&server).await;
    let mut count = 0;
    let meta = client
        .list(PODS, &[("limit", "2")], Accept::Json, &mut |_| {
            count += 1;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!((meta.items, count, meta.inconsistent), (5, 5, true));
}

#[tokio::test]
async fn an_expired_list_begins_again_when_nothing_was_handed_on() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::expired(None), Response::list("PodList", &pods(2))],
    );
    let (_, result) = read(&client(&server).await, &[("resourceVersion", "5")]).await;
    assert_eq!(result, Ok(2));
    assert_eq!(server.asked()[1].query, "");
}

#[tokio::test]
async fn a_list_that_keeps_expiring_is_given_up() {
    let server = ApiServer::start();
    server.on(PODS, [Response::expired(None)]);
    let (_, result) = read(&client(&server).await, &[]).await;
    assert_eq!(result, Err(ReadError::Expired));
    assert!(server.asked().len() <= 4);

    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::list("PodList", &pods(5)), Response::expired(None)],
    );
    let (items, result) = read(&client(&server).await, &[("limit", "2")]).await;
    assert_eq!((items.len(), result), (2, Err(ReadError::Expired)));
}

#[tokio::test]
async fn a_server_that_repeats_a_page_does_not_hold_us() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::json(
            &json!({"metadata": {"continue": "same"}, "items": [{}]}),
        )],
    );
    assert_eq!(endless(&server).await, "a page comes again");
}

/// Why a list is given up that has no end.
async fn endless(server: &ApiServer) -> String {
    let client = client(server).await;
    let ((_, result), _) = within(Duration::from_secs(2), read(&client, &[])).await;
    let message = match result {
        Err(ReadError::Invalid { message }) => message,
        other => format!("{other:?}"),
    };
    let why = message.strip_prefix("the list does not end: ");
    why.unwrap_or(&message).to_owned()
}

/// Pages with a token of their own each.
fn with_tokens(items: serde_json::Value) -> impl Iterator<Item = Response> {
    let page = move |token: u32| {
        let metadata = json!({"continue": token.to_string()});
        Response::json(&json!({"kind": "PodList", "metadata": metadata, "items": items}))
    };
    (0..100).map(page)
}

#[tokio::test]
async fn a_server_that_invents_tokens_does_not_hold_us() {
    let server = ApiServer::start();
    server.on(PODS, with_tokens(json!([{"metadata": {"name": "web"}}])));
    assert_eq!(endless(&server).await, "a page comes again");
    assert_eq!(server.asked().len(), 2);

    let server = ApiServer::start();
    server.on(PODS, with_tokens(json!([])));
    assert_eq!(endless(&server).await, "its pages are empty");
    assert!(server.asked().len() < 12);

    let server = ApiServer::start();
    let same = json!({"metadata": {"continue": "same"}, "items": []});
    server.on(PODS, [Response::json(&same)]);
    assert_eq!(endless(&server).await, "its continue token comes again");
}
