//! More is stuck than anybody reads.

use super::{diagnose, pods, run};
use serde_json::{Value, json};

const EACH: usize = 400;

/// Pods of these Deployments, none of which gets its image.
fn dump(workloads: &[&str]) -> String {
    let pod = |workload: &&str, index: usize| {
        let said = "Back-off pulling image \"registry.example/app:1\": ErrImagePull: not found";
        let state = json!({"waiting": {"reason": "ImagePullBackOff", "message": said}});
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": format!("{workload}-{index:04}"), "namespace": "shop", "uid": format!("{workload}-{index}"),
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": workload, "uid": workload, "controller": true}],
            },
            "spec": {"nodeName": format!("n{}", index % 7), "containers": [{"name": "app", "image": "registry.example/app:1"}]},
            "status": {"phase": "Pending", "containerStatuses": [
                {"name": "app", "ready": false, "restartCount": 0, "image": "registry.example/app:1", "imageID": "", "state": state},
            ]},
        })
    };
    let pods = workloads
        .iter()
        .flat_map(|workload| (0..EACH).map(move |index| pod(workload, index)));
    let list: Vec<Value> = pods.collect();
    let folder = tempfile::TempDir::new().unwrap().keep();
    let path = folder.join("outage.json");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": list});
    std::fs::write(&path, list.to_string()).unwrap();
    path.display().to_string()
}

/// How many objects each diagnosis lists, and how many it counts beside.
fn listed(report: &Value) -> Vec<(usize, u64)> {
    let diagnoses = report["diagnoses"].as_array().unwrap().iter();
    let listed = diagnoses.map(|one| {
        let affected = one["affected"].as_array().unwrap().len();
        (affected, one["unlisted"].as_u64().unwrap_or_default())
    });
    listed.collect()
}

#[test]
fn json_lists_a_bounded_number_and_counts_the_rest() {
    let dump = dump(&["api", "cart", "web"]);
    let report = |more: &[&str]| -> Value {
        let arguments = [&["-f", &dump, "-o", "json"], more].concat();
        let outcome = run(&mut diagnose(&arguments));
        assert_eq!(outcome.code, 1, "{}", outcome.err);
        serde_json::from_str(&outcome.out).unwrap()
    };
    let short = report(&[]);
    assert_eq!(listed(&short), [(333, 67); 3]);
    assert_eq!(short["summary"]["unlisted"], 3 * 67);
    assert_eq!(pods(&short, "stuck"), 3 * EACH as u64);
    let whole = report(&["--all-pods"]);
    assert_eq!(listed(&whole), [(EACH, 0); 3]);
    assert_eq!(whole["summary"].get("unlisted"), None);
}

#[test]
fn text_speaks_of_workloads() {
    let dump = dump(&["api", "cart", "web"]);
    let outcome = run(&mut diagnose(&["-f", &dump]));
    let lines = outcome.out.lines().count();
    assert!(lines < 60, "{lines} lines:\n{}", outcome.out);
    let said = "rs/api rs/cart rs/web -n shop: 1,200 pods ImagePullBackOff";
    assert!(outcome.out.contains(said), "{}", outcome.out);
}
