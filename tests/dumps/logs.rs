//! Logs that dumps hold beside the objects: they tell what a program said, and no more than `--logs` shows.

use super::make::{bytes, cluster_wide, folder, list, read, read_file, typed};
use crate::support::Loaded;
use serde_json::{Value, json};

/// A pod whose container crashes, and whose variable holds something secret.
fn crashing() -> Value {
    let ended = json!({"exitCode": 1, "reason": "Error", "startedAt": "2026-11-22T07:57:00Z", "finishedAt": "2026-11-22T07:57:03Z"});
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "uid": "web", "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "web:1", "env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "image": "web:1", "imageID": "web:1", "ready": false,
            "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": ended}}]}})
}

const LOG: &str = "starting as hunter2\n{\"kind\": \"Pod\"}\nerror: no licence\n";

fn marked() -> String {
    let of = "logs for container app of pod shop/web ====";
    format!("==== START {of}\n{LOG}==== END {of}\n")
}

fn told(loaded: &Loaded) -> String {
    let report = loaded.report();
    let logs = loaded.store().logs();
    assert!(
        logs.iter().all(|log| !log.text.contains("hunter2")),
        "{logs:?}"
    );
    let mut crashes = report
        .diagnoses
        .iter()
        .filter(|one| one.cause == "crash-app-error");
    crashes.next().unwrap().headline.clone()
}

#[test]
fn the_logs_of_a_dump_tell_what_a_program_said() {
    let pods = bytes(&typed("PodList", &[crashing()]));
    let stamped: String = LOG
        .lines()
        .map(|line| format!("2026-11-22T07:57:03.123456789Z {line}\n"))
        .collect();
    for files in [
        vec![
            (
                "nodes.json",
                bytes(&typed("NodeList", &[cluster_wide("Node", "n1")])),
            ),
            ("shop/pods.json", pods.clone()),
            ("shop/web/logs.txt", marked().into_bytes()),
        ],
        vec![
            (
                "namespaces/shop/core/pods.yaml",
                bytes(&list(&[crashing()])),
            ),
            (
                "namespaces/shop/pods/web/app/app/logs/current.log",
                Vec::new(),
            ),
            (
                "namespaces/shop/pods/web/app/app/logs/previous.log",
                stamped.clone().into_bytes(),
            ),
        ],
        vec![
            ("cluster-resources/pods/shop.json", pods.clone()),
            (
                "cluster-resources/pods/logs/shop/web/app-previous.log",
                LOG.as_bytes().to_vec(),
            ),
        ],
    ] {
        let loaded = read(&[folder(&files).path()]).unwrap();
        let headline = told(&loaded);
        assert!(
            headline.ends_with("no licence"),
            "{headline} {:?}",
            files[1].0
        );
    }
    let mut stream = bytes(&list(&[crashing()]));
    stream.push(b'\n');
    stream.extend(marked().into_bytes());
    let headline = told(&read_file(&stream).unwrap());
    assert!(headline.ends_with("no licence"), "{headline}");
}

#[test]
fn a_file_of_that_name_need_not_be_a_log() {
    let pods = bytes(&list(&[crashing()]));
    let files = [
        ("shop/pods.json", pods),
        ("shop/web/logs.txt", b"error: no licence\n".to_vec()),
    ];
    let headline = told(&read(&[folder(&files).path()]).unwrap());
    assert!(!headline.contains("licence"), "{headline}");
}
