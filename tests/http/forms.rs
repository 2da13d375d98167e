//! Lists are asked for as protobuf, and taken as the server has them.

use super::{PODS, client, pods};
use crate::api_server::{ApiServer, Response, protobuf};
use crate::support::{Accept, Encoded, Kind, ReadError};
use serde_json::Value;

const BOTH: &str = "application/vnd.kubernetes.protobuf;drop=metadata.managedFields, \
                    application/json;drop=metadata.managedFields, application/json";

fn list(count: usize) -> Response {
    let pods = pods(count);
    let items = pods.iter().map(|pod| protobuf::object(Kind::Pod, pod));
    Response::protobuf("PodList", "v1", items.map(Option::unwrap).collect())
}

/// The names, how many of the objects were protobuf, and how it ended.
async fn read(server: &ApiServer, path: &str) -> (Vec<String>, usize, Result<u64, ReadError>) {
    let (mut names, mut messages) = (Vec::new(), 0);
    let mut take = |object: Encoded<'_>| {
        let pod: Value = object.decode()?;
        messages += usize::from(matches!(object, Encoded::Protobuf(..)));
        names.push(pod["metadata"]["name"].as_str().unwrap().to_owned());
        Ok(())
    };
    let client = client(server).await;
    let read = client.objects(path, &[], Accept::Protobuf, &mut take).await;
    (names, messages, read.map(|meta| meta.items))
}

fn asked(server: &ApiServer) -> Vec<String> {
    let accept = |asked: &crate::api_server::Asked| asked.header("accept").unwrap().to_owned();
    server.asked().iter().map(accept).collect()
}

#[tokio::test]
async fn the_server_chooses_the_form() {
    for (answer, expected) in [
        (list(3), 3),
        (list(3).gzip(), 3),
        // a gateway, or an aggregated API
        (Response::list("PodList", &pods(3)), 0),
    ] {
        let server = ApiServer::start();
        server.on(PODS, [answer]);
        let (names, messages, read) = read(&server, PODS).await;
        assert_eq!((names.len(), messages, read), (3, expected, Ok(3)));
        assert_eq!(asked(&server), [BOTH]);
    }
}

#[tokio::test]
async fn who_cannot_choose_is_asked_for_json() {
    let server = ApiServer::start();
    let refused = Response::failure(406, "NotAcceptable", "only application/json");
    server.on(PODS, [refused, Response::list("PodList", &pods(2))]);
    let (names, messages, read) = read(&server, PODS).await;
    assert_eq!((names.len(), messages, read), (2, 0, Ok(2)));
    assert_eq!(asked(&server), [BOTH, "application/json"]);
}

#[tokio::test]
async fn who_wrote_a_workload_is_not_dropped() {
    let server = ApiServer::start();
    let sets = "/apis/apps/v1/replicasets";
    server.on(sets, [Response::list("ReplicaSetList", &[])]);
    assert_eq!(read(&server, sets).await.2, Ok(0));
    let expected = "application/vnd.kubernetes.protobuf, application/json";
    assert_eq!(asked(&server), [expected]);
}

#[tokio::test]
async fn what_is_cut_off_or_no_list_is_an_error() {
    let garbled = |bytes: &[u8]| Response::raw(protobuf::TYPE, bytes);
    let other = Response::protobuf("SecretList", "v1", Vec::new());
    for (answer, words) in [
        (list(3).cut(60), "cut off"),
        (list(3).gzip().cut(40), "cut off"),
        (garbled(b"k8s\0"), "cut off after 0"),
        (
            garbled(b"{\"kind\":\"PodList\"}"),
            "not valid protobuf near byte 0",
        ),
        (other, "of another kind"),
    ] {
        let server = ApiServer::start();
        server.on(PODS, [answer]);
        let (_, _, read) = read(&server, PODS).await;
        let error = read.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
