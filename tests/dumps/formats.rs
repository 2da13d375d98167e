//! Every form, by its content.

use super::make::{
    bytes, claim, cluster_wide, event, folder, gzip, list, pod, pods, read, read_file, tar, typed,
    yaml,
};
use crate::support::{Gap, Kind};
use serde_json::json;

fn web() -> serde_json::Value {
    pod("shop", "web", "n1")
}

#[test]
fn kubectl_get_in_all_its_forms() {
    let mut two_values = bytes(&web());
    two_values.extend(bytes(&list(&[pod("shop", "api", "n1")])));
    let mut two_documents = yaml(&web());
    two_documents.extend(yaml(&list(&[pod("shop", "api", "n1")])));
    let array = json!([list(&[web()]), pod("shop", "api", "n1")]);
    for (form, text, expected) in [
        ("single", bytes(&web()), vec!["shop/web"]),
        ("list", bytes(&list(&[web()])), vec!["shop/web"]),
        ("typed list", bytes(&typed("PodList", &[web()])), vec!["shop/web"]),
        ("kind after items", br#"{"items":[{"metadata":{"namespace":"shop","name":"web"}}],"kind":"PodList","apiVersion":"v1"}"#.to_vec(), vec!["shop/web"]),
        ("values", two_values, vec!["shop/api", "shop/web"]),
        ("array", bytes(&array), vec!["shop/api", "shop/web"]),
        ("yaml", yaml(&list(&[web()])), vec!["shop/web"]),
        ("documents", two_documents, vec!["shop/api", "shop/web"]),
        ("empty", bytes(&list(&[])), vec![]),
        ("nothing found", b"No resources found in shop namespace.\n{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":null}".to_vec(), vec![]),
    ] {
        let loaded = read_file(&text).unwrap_or_else(|error| panic!("{form}: {error:#}"));
        assert_eq!(pods(&loaded), expected, "{form}");
        let zipped = read_file(&gzip(&text)).unwrap();
        assert_eq!(pods(&zipped), expected, "{form}, gzipped");
    }
}

#[test]
fn powershell_writes_utf_16() {
    let text = String::from_utf8(bytes(&list(&[pod("shop", "wéb-🦀", "n1")]))).unwrap();
    let units: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let marked = format!("\u{feff}{text}").into_bytes();
    for encoded in [little, big, marked] {
        assert_eq!(pods(&read_file(&encoded).unwrap()), ["shop/wéb-🦀"]);
    }
}

#[test]
fn other_groups_use_the_same_words() {
    let foreign = json!({"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": {"name": "train", "namespace": "ml"}});
    let loaded = read_file(&bytes(&list(&[foreign]))).unwrap();
    let jobs = loaded.store().workloads(Kind::Job).unwrap();
    assert!(jobs.is_empty());
}

fn cluster_info() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (
            "dump/nodes.json",
            bytes(&typed("NodeList", &[cluster_wide("Node", "n1")])),
        ),
        ("dump/shop/pods.json", bytes(&typed("PodList", &[web()]))),
        (
            "dump/shop/events.json",
            bytes(&typed("EventList", &[event("shop", "e")])),
        ),
        (
            "dump/shop/web/logs.txt",
            b"==== START logs for container app\n{\"kind\":\"Pod\"".to_vec(),
        ),
    ]
}

#[test]
fn a_cluster_info_dump_as_folder_and_archive() {
    let files = cluster_info();
    let folder_of = folder(&files);
    let archive = tar(&files);
    for loaded in [
        read(&[folder_of.path()]).unwrap(),
        read_file(&archive).unwrap(),
        read_file(&gzip(&archive)).unwrap(),
    ] {
        assert_eq!(pods(&loaded), ["shop/web"]);
        assert!(loaded.store().pods().get("shop", "other").is_absent());
        assert!(loaded.store().nodes().get("", "n2").is_absent());
        assert_eq!(loaded.store().events().iter().count(), 1);
        assert_eq!(loaded.store().gaps(), [] as [&Gap; 0]);
    }
}

#[test]
fn a_cluster_info_dump_as_stream() {
    let mut text = bytes(&typed("NodeList", &[cluster_wide("Node", "n1")]));
    text.extend(b"\n");
    text.extend(bytes(&typed("PodList", &[web()])));
    text.extend(
        b"\n==== START logs for container app of pod shop/web ====\n\
          {\"not\": \"an object\n==== END logs for container other of pod shop/web ====\n\
          ==== END logs for container app of pod shop/web ====\n",
    );
    text.extend(bytes(&typed("PodList", &[pod("blog", "api", "n1")])));
    let loaded = read_file(&text).unwrap();
    assert_eq!(pods(&loaded), ["blog/api", "shop/web"]);
    let yaml_stream = [
        yaml(&typed("PodList", &[web()])),
        b"==== START logs for container app of pod shop/web ====\n---\nkind: [\n==== END logs for container app of pod shop/web ====\n".to_vec(),
        yaml(&typed("PodList", &[pod("blog", "api", "n1")])),
    ]
    .concat();
    assert_eq!(
        pods(&read_file(&yaml_stream).unwrap()),
        ["blog/api", "shop/web"]
    );
}

#[test]
fn a_must_gather() {
    let root = "must-gather.local.1/quay-io-example-sha256-1";
    let at = |path: &str| format!("{root}/{path}");
    let paths = [
        (
            at("cluster-scoped-resources/core/nodes/n1.yaml"),
            yaml(&cluster_wide("Node", "n1")),
        ),
        (
            at("namespaces/shop/core/pods.yaml"),
            yaml(&typed("PodList", &[web()])),
        ),
        (at("namespaces/shop/pods/web/web.yaml"), yaml(&web())),
        (
            at("namespaces/shop/pods/web/app/app/logs/current.log"),
            b"{\"level\":\"info\"}\n{\"level\":\"info\"}".to_vec(),
        ),
        (
            at("namespaces/shop/core/persistentvolumeclaims.yaml"),
            yaml(&typed("PersistentVolumeClaimList", &[])),
        ),
        (at("event-filter.html"), b"<html>".to_vec()),
        (
            at("audit_logs/audit.log"),
            b"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\"}"
                .to_vec(),
        ),
    ];
    let files: Vec<(&str, Vec<u8>)> = paths
        .iter()
        .map(|(path, text)| (path.as_str(), text.clone()))
        .collect();
    let folder = folder(&files);
    for loaded in [
        read(&[folder.path()]).unwrap(),
        read_file(&gzip(&tar(&files))).unwrap(),
    ] {
        assert_eq!(pods(&loaded), ["shop/web"]);
        assert!(loaded.store().nodes().get("", "n2").is_absent());
        assert!(loaded.store().claims().get("shop", "data").is_absent());
        assert!(loaded.store().claims().get("blog", "data").is_unknown());
        assert_eq!(loaded.store().events().iter().count(), 0);
    }
}

#[test]
fn a_support_bundle() {
    let in_array = json!([typed("PodList", &[web()])["items"][0]]);
    let files = [
        ("b/cluster-resources/pods/shop.json", bytes(&in_array)),
        (
            "b/cluster-resources/pods/logs/shop/web/app.log",
            b"{}\n".to_vec(),
        ),
        (
            "b/cluster-resources/nodes.json",
            bytes(&json!({"items": typed("NodeList", &[cluster_wide("Node", "n1")])["items"]})),
        ),
        (
            "b/cluster-resources/pvcs/shop.json",
            bytes(&json!([typed("x", &[claim("shop", "data")])["items"][0]])),
        ),
        ("b/cluster-resources/pvcs/blog.json", b"[]".to_vec()),
        (
            "b/cluster-resources/events/shop.json",
            bytes(&typed("EventList", &[event("shop", "e")])),
        ),
        (
            "b/cluster-resources/secrets-errors.json",
            b"{\"shop\":\"secrets is forbidden: User \\\"ci\\\" cannot list\"}".to_vec(),
        ),
        (
            "b/cluster-resources/pvs-errors.json",
            b"[\"the server could not answer\"]".to_vec(),
        ),
        (
            "b/version.yaml",
            b"apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n".to_vec(),
        ),
    ];
    let folder = folder(&files);
    for loaded in [
        read(&[folder.path()]).unwrap(),
        read_file(&gzip(&tar(&files))).unwrap(),
    ] {
        assert_eq!(pods(&loaded), ["shop/web"]);
        assert!(loaded.store().nodes().get("", "n2").is_absent());
        assert!(loaded.store().claims().get("shop", "logs").is_absent());
        assert!(loaded.store().claims().get("blog", "logs").is_absent());
        assert_eq!(loaded.store().events().iter().count(), 1);
        let gaps: Vec<_> = loaded
            .store()
            .gaps()
            .iter()
            .map(|gap| (gap.kind.as_str(), gap.why.as_str()))
            .collect();
        assert_eq!(
            gaps,
            [("PersistentVolume", "failed"), ("Secret", "forbidden")]
        );
    }
}

#[test]
fn several_dumps_are_one_cluster() {
    let folder = folder(&[
        ("pods", bytes(&list(&[web()]))),
        ("nodes", yaml(&list(&[cluster_wide("Node", "n1")]))),
    ]);
    let loaded = read(&[&folder.path().join("pods"), &folder.path().join("nodes")]).unwrap();
    assert!(loaded.store().nodes().get("", "n2").is_absent());
    assert_eq!(pods(&loaded), ["shop/web"]);
}

#[test]
fn standard_input_is_read_like_a_file() {
    let saved = folder(&[("saved", gzip(&bytes(&list(&[web()]))))]);
    let saved = std::fs::File::open(saved.path().join("saved")).unwrap();
    let output = std::process::Command::new(crate::BINARY)
        .args(["-A", "-f", "-"])
        .stdin(saved)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("web"), "{output:?}");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_a_folder_is_not_followed() {
    let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = |name: &str| {
        json!({"apiVersion": "v1", "kind": "List", "items": [pod("shop", name, "n1")]}).to_string()
    };
    let there = outside.path().join("there.json");
    std::fs::write(&there, one("outside")).unwrap();
    std::fs::write(inside.path().join("real.json"), one("inside")).unwrap();
    std::os::unix::fs::symlink(&there, inside.path().join("a.json")).unwrap();
    std::os::unix::fs::symlink(
        inside.path().join("real.json"),
        inside.path().join("b.json"),
    )
    .unwrap();
    let loaded = read(&[inside.path()]).unwrap();
    assert_eq!(loaded.pods(), 1);
    // what is named itself is read, wherever it leads
    assert_eq!(read(&[&inside.path().join("a.json")]).unwrap().pods(), 1);
}
