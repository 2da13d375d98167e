//! What is decoded off the stream is the same in either form, down to what is not understood.

use super::{EVENTS, PODS, SERVICES, flags, read, shop};
use crate::api_server::{ApiServer, Response, protobuf};
use crate::support::{Environment, Extent, Kind, cluster};
use serde_json::json;

fn server() -> ApiServer {
    let pod = json!({
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": "app", "image": "web:1"}]},
        "status": {"phase": "Pending"},
    });
    let whole = protobuf::object(Kind::Pod, &pod).unwrap();
    // a second pod whose spec is no message
    let name = whole.iter().position(|byte| *byte == b'w').unwrap();
    let end = 2 + usize::from(whole[1]);
    let mut broken = whole[..end].to_vec();
    broken[name..name + 3].copy_from_slice(b"bad");
    broken.extend([0x12, 2, 0xff, 0xff]);
    let server = ApiServer::start();
    let list = Response::list("PodList", &[pod]);
    server.answer(move |asked| {
        let accepts = asked.header("accept").unwrap_or_default();
        let items = vec![whole.clone(), broken.clone()];
        let answer = || Response::protobuf("PodList", "v1", items);
        let is_message = accepts.starts_with(protobuf::TYPE);
        (asked.path == PODS).then(|| if is_message { answer() } else { list.clone() })
    });
    server.on(EVENTS, [Response::list("EventList", &[])]);
    server.on(SERVICES, [Response::list("ServiceList", &[])]);
    server
}

#[test]
fn an_object_that_is_not_understood_is_missing_by_its_name() {
    let gathered = read(&server(), shop()).unwrap();
    assert_eq!(gathered.pods(), 1);
    let gaps = gathered.store().gaps();
    let mut names = gaps.iter().filter_map(|gap| gap.name.as_deref());
    assert!(names.any(|name| name == "bad"), "{gaps:?}");
}

#[test]
fn a_dump_is_read_as_json() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cluster.json");
    let dump = Some((path.as_path(), Extent::Masked));
    cluster::read(
        &flags(&server),
        &Environment::default(),
        shop(),
        false,
        dump,
        None,
        false,
    )
    .unwrap();
    let asked = server.asked();
    let forms = asked.iter().filter_map(|asked| asked.header("accept"));
    assert!(
        forms
            .into_iter()
            .all(|form| form.starts_with("application/json"))
    );
    assert!(std::fs::read_to_string(path).unwrap().contains("web:1"));
}
