//! The client against every fault of a server.

use std::time::Duration;

use crate::support::{Accept, ReadError};
use serde_json::json;

use super::{PODS, client, connect, flags, pods, read, within};
use crate::api_server::{ApiServer, Response};

#[tokio::test]
async fn each_refusal_keeps_its_meaning() {
    let message = "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    let table = [
        (
            Response::failure(403, "Forbidden", message),
            ReadError::Forbidden {
                message: message.to_owned(),
            },
        ),
        (
            Response::failure(401, "Unauthorized", "Unauthorized"),
            ReadError::Unauthorized,
        ),
        (
            Response::text(404, "404 page not found\n"),
            ReadError::NotServed,
        ),
        (
            Response::failure(
                406,
                "NotAcceptable",
                "only the following media types are accepted",
            ),
            ReadError::NotServed,
        ),
        (
            Response::failure(500, "InternalError", "etcd is lost"),
            ReadError::Server {
                status: 500,
                message: "etcd is lost".to_owned(),
            },
        ),
        (
            Response::failure(400, "BadRequest", "bad selector"),
            ReadError::Server {
                status: 400,
                message: "bad selector".to_owned(),
            },
        ),
        (
            Response::text(302, "go there"),
            ReadError::Server {
                status: 302,
                message: "found".to_owned(),
            },
        ),
    ];
    for (response, expected) in table {
        let server = ApiServer::start();
        server.on(PODS, [response]);
        let client = client(&server).await;
        assert_eq!(client.get(PODS, Accept::Json).await, Err(expected.clone()));
        assert_eq!(read(&client, &[]).await.1, Err(expected.clone()));
        assert_eq!(client.traffic().requests, 2, "{expected} is final");
    }
}

#[tokio::test]
async fn only_the_object_that_was_asked_for_can_be_absent() {
    let missing = |kind: &str, name: &str| {
        let details = json!({"name": name, "kind": kind});
        let message = format!("{kind} \"{name}\" not found");
        Response::status(
            404,
            json!({"reason": "NotFound", "message": message, "details": details}),
        )
    };
    let pod = "/api/v1/namespaces/shop/pods/web";
    for (kind, name, is_absent) in [
        ("pods", "web", true),
        ("pods", "api", false),
        ("pods", "", false),
        ("clusters", "web", false),
        ("clusters", "east", false),
    ] {
        let server = ApiServer::start();
        server.on(pod, [missing(kind, name)]);
        server.on(PODS, [missing(kind, name)]);
        let client = client(&server).await;
        let answer = client.get(pod, Accept::Json).await.unwrap_err();
        assert_eq!(
            matches!(answer, ReadError::NotFound { .. }),
            is_absent,
            "{kind} {name}"
        );
        assert_eq!(
            read(&client, &[]).await.1,
            Err(ReadError::NotServed),
            "a list is never absent"
        );
    }
}

#[tokio::test]
async fn an_answer_of_another_kind_is_none() {
    let pod = "/api/v1/namespaces/shop/pods/web";
    let secret = json!({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "web"}, "data": {"a": "aHVudGVyMg=="}});
    // in the order of the API server
    let list = |kind: &str, version: &str| {
        let head =
            format!(r#"{{"kind":"{kind}","apiVersion":"{version}","metadata":{{}},"items":["#);
        Response::raw("application/json", format!("{head}{secret}]}}").as_bytes())
    };
    let sorted = r#"{"apiVersion":"v1","items":[],"kind":"SecretList","metadata":{}}"#;
    for (answer, accepted) in [
        (list("SecretList", "v1"), false),
        (list("NodeList", "v1"), false),
        (list("PodList", "v9"), false),
        (list("PartialObjectMetadataList", "meta.k8s.io/v1"), false),
        (list("List", "v1"), false),
        (Response::raw("application/json", sorted.as_bytes()), false),
        (list("PodList", "v1"), true),
    ] {
        let server = ApiServer::start();
        server.on(PODS, [answer]);
        let (items, result) = read(&client(&server).await, &[]).await;
        assert_eq!(
            (result.is_ok(), items.len()),
            (accepted, usize::from(accepted))
        );
    }
    for (kind, accept, accepted) in [
        ("Secret", Accept::Json, false),
        ("PodList", Accept::Json, false),
        ("Status", Accept::Json, false),
        ("Pod", Accept::Json, true),
        ("Pod", Accept::Metadata, true),
        ("PartialObjectMetadata", Accept::Metadata, true),
        ("Secret", Accept::Metadata, false),
    ] {
        let server = ApiServer::start();
        server.on(
            pod,
            [Response::json(
                &json!({"kind": kind, "metadata": {"name": "web"}}),
            )],
        );
        let answer = client(&server).await.get(pod, accept).await;
        assert_eq!(answer.is_ok(), accepted, "{kind} as {accept:?}");
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    for status in [429, 503, 504] {
        let server = ApiServer::start();
        let busy = Response::failure(status, "Busy", "later");
        server.on(
            PODS,
            [busy.clone(), busy, Response::list("PodList", &pods(1))],
        );
        let ((_, result), took) = within(Duration::from_secs(3), async {
            read(&client(&server).await, &[]).await
        })
        .await;
        assert_eq!(result, Ok(1));
        assert!(
            took >= Duration::from_millis(600),
            "200 ms, then 400 ms: {took:?}"
        );
        assert_eq!(server.asked().len(), 3);
    }
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up() {
    let table = [
        (
            503,
            ReadError::Server {
                status: 503,
                message: "later".to_owned(),
            },
        ),
        (429, ReadError::TooManyRequests),
    ];
    for (status, expected) in table {
        let server = ApiServer::start();
        server.on(PODS, [Response::failure(status, "Busy", "later")]);
        let client = client(&server).await;
        let ((_, result), _) = within(Duration::from_secs(3), read(&client, &[])).await;
        assert_eq!(result, Err(expected));
        assert_eq!(client.traffic().requests, 3);
    }
}

#[tokio::test]
async fn the_servers_wish_to_wait_is_obeyed_within_the_deadline() {
    let server = ApiServer::start();
    let busy = Response::failure(429, "TooManyRequests", "later");
    server.on(
        PODS,
        [
            busy.clone().header("Retry-After", "1"),
            Response::list("PodList", &pods(1)),
        ],
    );
    let ((_, result), took) = within(Duration::from_secs(4), async {
        read(&client(&server).await, &[]).await
    })
    .await;
    assert_eq!(result, Ok(1));
    assert!(took >= Duration::from_secs(1), "{took:?}");

    let server = ApiServer::start();
    server.on(PODS, [busy.header("Retry-After", "3600")]);
    let ((_, result), _) = within(Duration::from_secs(1), async {
        read(&client(&server).await, &[]).await
    })
    .await;
    assert_eq!(result, Err(ReadError::TooManyRequests));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_silent_server_is_given_up_at_the_deadline() {
    let minute = Duration::from_secs(60);
    let faults = [
        Response::list("PodList", &pods(2)).after(minute),
        Response::list("PodList", &pods(2)).stall(20),
        Response::failure(500, "InternalError", "x").after(minute),
    ];
    for fault in faults {
        let server = ApiServer::start();
        server.on(PODS, [fault]);
        let mut flags = flags(&server);
        flags.request_timeout = Some(Duration::from_millis(300));
        let client = connect(&flags).await;
        let ((_, result), _) = within(Duration::from_secs(2), read(&client, &[])).await;
        assert!(
            matches!(result, Err(ReadError::TimedOut { after }) if after >= Duration::from_millis(300)),
            "{result:?}"
        );
        let (result, _) = within(Duration::from_secs(2), client.get(PODS, Accept::Json)).await;
        assert!(matches!(result, Err(ReadError::TimedOut { .. })));
    }
}

#[tokio::test]
async fn a_server_that_trickles_is_given_up_at_the_deadline() {
    let server = ApiServer::start();
    let filler = "x".repeat(40 << 10);
    let item = move |_| {
        std::thread::sleep(Duration::from_millis(50));
        format!(r#"{{"filler":"{filler}"}}"#)
    };
    server.on(PODS, [Response::generated("PodList", 200, item)]);
    let mut flags = flags(&server);
    flags.request_timeout = Some(Duration::from_millis(500));
    let client = connect(&flags).await;
    let ((items, result), _) = within(Duration::from_secs(2), read(&client, &[])).await;
    assert!(items.len() > 2, "it was never silent");
    assert!(
        matches!(result, Err(ReadError::TimedOut { .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn an_answer_cut_off_in_the_middle_is_never_taken_for_whole() {
    let list = Response::list("PodList", &pods(50));
    let faults = [
        list.clone().cut(700),
        list.clone().cut(0),
        list.gzip().cut(60),
        Response::json(&json!({"items": pods(9)})).cut(30),
    ];
    for fault in faults {
        let server = ApiServer::start();
        server.on(PODS, [fault]);
        let client = client(&server).await;
        let ((_, result), _) = within(Duration::from_secs(5), read(&client, &[])).await;
        assert!(
            matches!(&result, Err(ReadError::Invalid { message }) if message.contains("cut off")),
            "{result:?}"
        );
        let (result, _) = within(Duration::from_secs(5), client.get(PODS, Accept::Json)).await;
        assert!(
            matches!(&result, Err(ReadError::Invalid { .. })),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn a_whole_answer_that_is_not_json_is_refused_unquoted() {
    let faults = [
        Response::raw("text/html", b"<html>secret</html>"),
        Response::raw("application/json", b"<html>secret</html>"),
        Response::raw(
            "application/json",
            br#"{"kind":"PodList","items":[{"a":"secret"}"#,
        ),
        Response::raw("application/json", b"secret"),
        Response::raw("application/json", b""),
    ];
    for fault in faults {
        let server = ApiServer::start();
        server.on(PODS, [fault]);
        let client = client(&server).await;
        for result in [
            read(&client, &[]).await.1.map(drop),
            client.get(PODS, Accept::Json).await.map(drop),
        ] {
            let error = result.unwrap_err();
            assert!(matches!(error, ReadError::Invalid { .. }), "{error:?}");
            assert!(
                !format!("{error:?} {error}").contains("secret"),
                "{error:?}"
            );
        }
    }
    let server = ApiServer::start();
    server.on(PODS, [Response::json(&json!({"kind": "Pod"}))]);
    assert!(
        matches!(read(&client(&server).await, &[]).await.1, Err(ReadError::Invalid { message }) if message.contains("not a list"))
    );
}

#[tokio::test]
async fn logs_are_plain_text() {
    let server = ApiServer::start();
    server.on(
        "/api/v1/namespaces/a/pods/b/log",
        [Response::text(200, "panic: boom\n")],
    );
    let body = client(&server)
        .await
        .get("/api/v1/namespaces/a/pods/b/log?tailLines=5", Accept::Text)
        .await;
    assert_eq!(body.unwrap().as_ref(), b"panic: boom\n");
}

#[tokio::test]
async fn a_broken_connection_is_tried_again() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::reset(), Response::list("PodList", &pods(1))],
    );
    assert_eq!(read(&client(&server).await, &[]).await.1, Ok(1));

    let server = ApiServer::start();
    server.on(PODS, [Response::reset()]);
    let client = client(&server).await;
    let ((_, result), _) = within(Duration::from_secs(3), read(&client, &[])).await;
    assert!(
        matches!(result, Err(ReadError::Connect { .. })),
        "{result:?}"
    );
    assert_eq!(client.traffic().requests, 3);
}
