//! The archives of collectors, laid out and packed as each of them does it.

use super::make::{bytes, event, gzip, list, pod, pods, read_file, tar, typed, yaml, zip};
use crate::support::Kind;
use serde_json::{Value, json};

fn web() -> Value {
    pod("shop", "web", "n1")
}

fn node() -> Value {
    let conditions = json!([{"type": "Ready", "status": "True"}]);
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": conditions}})
}

type Files = Vec<(&'static str, Vec<u8>)>;

/// rancher/support-bundle-kit `pkg/manager`, of Rancher, Harvester and Longhorn: an archive for each node lies in it.
fn support_bundle_kit() -> Vec<u8> {
    let of_node = zip(&[("n1/logs/kubelet.log", b"E1128 no pod\n".to_vec())]);
    zip(&[
        (
            "supportbundle_1/metadata.yaml",
            b"projectName: \"\"\nbundlecreatedat: \"2026-01-01T00:20:00Z\"\n".to_vec(),
        ),
        (
            "supportbundle_1/logs/shop/web/app.log",
            b"{\"kind\": \"Pod\"}\n".to_vec(),
        ),
        ("supportbundle_1/nodes/n1.zip", of_node),
        (
            "supportbundle_1/yamls/cluster/v1/nodes.yaml",
            yaml(&typed("NodeList", &[node()])),
        ),
        (
            "supportbundle_1/yamls/namespaced/shop/v1/pods.yaml",
            yaml(&typed("PodList", &[web()])),
        ),
    ])
}

/// cilium/cilium `cilium-cli/sysdump/constants.go`.
fn cilium_sysdump() -> Vec<u8> {
    let summary = "NAMESPACE   NAME   READY   STATUS             RESTARTS   AGE   IP\nshop        web    0/1     ImagePullBackOff   0          20m   <none>\n";
    zip(&[
        ("cilium-sysdump-1/k8s-nodes-1.yaml", yaml(&list(&[node()]))),
        ("cilium-sysdump-1/k8s-pods-1.yaml", yaml(&list(&[web()]))),
        ("cilium-sysdump-1/k8s-pods-1.txt", summary.into()),
        (
            "cilium-sysdump-1/k8s-events-1.yaml",
            yaml(&list(&[event("shop", "e1")])),
        ),
        (
            "cilium-sysdump-1/cilium-bugtool-1.tar.gz",
            gzip(&tar(&[("cmd/cilium-status.md", b"# OK\n".to_vec())])),
        ),
    ])
}

/// istio/istio `tools/bug-report/pkg/content/content.go`.
fn istioctl_bug_report() -> Vec<u8> {
    let all = list(&[web(), node(), event("shop", "e1")]);
    let files: Files = vec![
        ("bug-report/versions", b"client version: 1.27.0\n".to_vec()),
        ("bug-report/cluster/k8s-resources", yaml(&all)),
        ("bug-report/cluster/events", b"NAMESPACE   LAST SEEN   TYPE      REASON   OBJECT    MESSAGE\nshop        5m          Warning   Failed   pod/web   m\n".to_vec()),
        ("bug-report/proxies/shop/web/config_dump", b"{\"configs\": []}\n".to_vec()),
    ];
    gzip(&tar(&files))
}

/// vmware-tanzu/sonobuoy `pkg/discovery/queries.go`: lists by group, version and plural; up to 0.18 by their plural alone.
fn sonobuoy(pods: &'static str, nodes: &'static str) -> Vec<u8> {
    let files: Files = vec![
        (
            "meta/config.json",
            b"{\"Description\": \"DEFAULT\"}".to_vec(),
        ),
        (
            "serverversion.json",
            b"{\"major\": \"1\", \"minor\": \"33\"}".to_vec(),
        ),
        (nodes, bytes(&json!([node()]))),
        (pods, bytes(&json!([web()]))),
        (
            "podlogs/shop/web/logs/app.txt",
            b"{\"kind\": \"Pod\"}\n".to_vec(),
        ),
    ];
    gzip(&tar(&files))
}

/// vmware-tanzu/velero `pkg/backup/item_backupper.go`: a file for each object, twice.
fn velero() -> Vec<u8> {
    let files: Files = vec![
        ("metadata/version", b"1.1.0\n".to_vec()),
        ("resources/nodes/cluster/n1.json", bytes(&node())),
        (
            "resources/nodes/v1-preferredversion/cluster/n1.json",
            bytes(&node()),
        ),
        ("resources/pods/namespaces/shop/web.json", bytes(&web())),
        (
            "resources/pods/v1-preferredversion/namespaces/shop/web.json",
            bytes(&web()),
        ),
    ];
    gzip(&tar(&files))
}

#[test]
fn archives_of_collectors_are_read() {
    for (collector, archive) in [
        ("support-bundle-kit", support_bundle_kit()),
        ("cilium sysdump", cilium_sysdump()),
        ("istioctl bug-report", istioctl_bug_report()),
        (
            "sonobuoy",
            sonobuoy(
                "resources/ns/shop/core_v1_pods.json",
                "resources/cluster/core_v1_nodes.json",
            ),
        ),
        (
            "old sonobuoy",
            sonobuoy(
                "resources/ns/shop/pods.json",
                "resources/cluster/nodes.json",
            ),
        ),
        ("velero", velero()),
    ] {
        let loaded = read_file(&archive).unwrap_or_else(|error| panic!("{collector}: {error:#}"));
        assert_eq!(pods(&loaded), ["shop/web"], "{collector}");
        let is_node = loaded.store().holds(Kind::Node, "", "n1");
        assert!(is_node, "{collector}");
        let report = loaded.report();
        let causes: Vec<&str> = report.diagnoses.iter().map(|one| one.cause).collect();
        assert_eq!(causes.len(), 1, "{collector}: {causes:?} {:?}", report.gaps);
    }
}
