use super::*;
use crate::kubernetes::protobuf::messages;
use crate::kubernetes::protobuf::wire::field;

fn pod(name: &str) -> Vec<u8> {
    field(1, &field(1, name.as_bytes()))
}

fn list(kind: &str, pods: &[&str]) -> Vec<u8> {
    let meta = [field(1, b""), field(2, b"1000"), field(3, b"more")].concat();
    let items: Vec<u8> = pods.iter().flat_map(|name| field(2, &pod(name))).collect();
    let about = [field(1, b"v1"), field(2, kind.as_bytes())].concat();
    let raw = [field(1, &meta), items].concat();
    let around = [
        field(1, &about),
        field(2, &raw),
        field(3, b""),
        field(4, b""),
    ];
    [MAGIC, &around.concat()].concat()
}

fn splitter(limit: usize) -> ProtobufSplitter {
    let message = messages::of("Pod").unwrap();
    let splitter = ProtobufSplitter::with_limit(message, limit);
    splitter.expecting(|kind, version| kind == "PodList" && version == "v1")
}

/// The names, and how it ended.
fn cut(body: &[u8], size: usize, limit: usize) -> (Vec<String>, Result<ListHead, SplitError>) {
    let mut names = Vec::new();
    let mut splitter = splitter(limit);
    for chunk in body.chunks(size) {
        let mut take = |object: Encoded<'_>| {
            let pod: serde_json::Value = object.decode().unwrap();
            names.push(pod["metadata"]["name"].as_str().unwrap().to_owned());
            Ok::<(), SplitError>(())
        };
        if let Err(error) = splitter.push(chunk, &mut take) {
            return (names, Err(error));
        }
    }
    (names, splitter.finish())
}

#[test]
fn a_list_is_the_same_in_chunks_of_any_size() {
    let long = "x".repeat(300);
    let body = list("PodList", &["a", &long, "c"]);
    for size in 1..=body.len() {
        let (names, head) = cut(&body, size, ITEM_LIMIT);
        assert_eq!(names, ["a", &long, "c"]);
        let head = head.unwrap();
        assert_eq!((head.resource_version.as_str(), head.items), ("1000", 3));
        assert_eq!(head.continue_token.as_deref(), Some("more"));
        assert_eq!(
            (head.kind.as_str(), head.api_version.as_str()),
            ("PodList", "v1")
        );
    }
}

#[test]
fn a_list_that_is_cut_off_is_not_whole() {
    let body = list("PodList", &["a", "b"]);
    // what stands behind the list says nothing
    for end in 0..body.len() - 4 {
        let (names, head) = cut(&body[..end], 7, ITEM_LIMIT);
        let items = names.len() as u64;
        assert_eq!(head, Err(SplitError::CutOff { items }), "{end}");
    }
}

#[test]
fn a_list_of_another_kind_gives_no_object() {
    let (names, head) = cut(&list("SecretList", &["a"]), 64, ITEM_LIMIT);
    assert_eq!((names.len(), head), (0, Err(SplitError::OtherKind)));
}

#[test]
fn what_is_no_list_is_garbled() {
    for body in [&b"{\"kind\":\"PodList\"}"[..], b"k8s\0\x07", b"k8t\0"] {
        let mut body = body.to_vec();
        body.extend([0xff; 32]);
        let (_, head) = cut(&body, 5, ITEM_LIMIT);
        assert!(matches!(head, Err(SplitError::Garbled { .. })), "{head:?}");
    }
    // an object that goes on after its list has ended
    let mut body = list("PodList", &["a"]);
    let at = body.len() - 4 - pod("a").len() - 1;
    body[at] += 20;
    let (_, head) = cut(&body, 64, ITEM_LIMIT);
    assert!(matches!(head, Err(SplitError::Garbled { .. })), "{head:?}");
}

#[test]
fn an_object_that_is_too_large_is_not_waited_for() {
    let body = list("PodList", &["a", &"x".repeat(200)]);
    let (names, head) = cut(&body[..body.len() - 150], 16, 100);
    assert_eq!(names, ["a"]);
    assert_eq!(head, Err(SplitError::TooLarge { limit: 100 }));
}
