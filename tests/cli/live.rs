//! The binary with a cluster: how it is found, what is dumped of it, what is told meanwhile.

use super::*;

#[test]
fn a_cluster_is_found_through_the_kubeconfig() {
    let server = ApiServer::start();
    let pod = json!({"kind": "Pod", "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"nodeName": "n", "containers": [{"name": "app"}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "",
            "state": {"waiting": {"reason": "Odd"}}}]}});
    server.on(
        "/api/v1/namespaces/default/pods/web",
        [Response::json(&pod)],
    );
    server.on(
        "/api/v1/namespaces/default/events",
        [Response::failure(403, "Forbidden", "events is forbidden")],
    );
    let config = server.kubeconfig();
    let outcome = run(diagnose(&["pod", "web", "-o", "json"]).env("KUBECONFIG", config));
    let report: Value =
        serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{}", outcome.err));
    assert_eq!(outcome.code, 1);
    assert_eq!(report["unexplained"][0]["object"]["name"], "web");
    assert_eq!(report["gaps"][0]["kind"], "Event");
    assert_eq!(report["gaps"][0]["why"], "forbidden");
    assert_eq!(report["requests"]["count"], 2);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_half_dump() {
    let server = ApiServer::start();
    let (begun, begins) = std::sync::mpsc::channel();
    let slow = Response::generated("PodList", 100, move |_| {
        let _ = begun.send(());
        std::thread::sleep(std::time::Duration::from_millis(100));
        format!(
            r#"{{"metadata":{{"name":"a"}},"filler":"{}"}}"#,
            "x".repeat(32 << 10)
        )
    });
    server.on("/api/v1/namespaces/default/pods", [slow]);
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("dump.json").display().to_string();
    for signal in ["-INT", "-TERM"] {
        let mut command = diagnose(&["--dump", &path]);
        command.env("KUBECONFIG", server.kubeconfig());
        command.stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        (0..3).for_each(|_| begins.recv().unwrap());
        let pid = child.id().to_string();
        let kill = std::process::Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap();
        assert!(kill.success());
        let outcome = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert_eq!(outcome.status.code(), Some(2), "{said}");
        assert!(said.contains("interrupted; no dump was written"), "{said}");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn what_was_read_can_be_dumped_and_gives_the_same_report() {
    let server = ApiServer::start();
    let container = json!({"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "",
        "state": {"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"login\" not found"}}});
    let pod = json!({"kind": "Pod", "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"nodeName": "n", "containers": [{"name": "app", "envFrom": [{"secretRef": {"name": "login"}}]}]},
        "status": {"phase": "Pending", "containerStatuses": [container]}});
    let other = json!({"metadata": {"name": "other", "namespace": "default"}, "status": {"phase": "Failed", "reason": "Evicted"}});
    server.on(
        "/api/v1/namespaces/default/pods",
        [Response::list("PodList", &[pod, other])],
    );
    server.on(
        "/api/v1/namespaces/default/events",
        [Response::failure(403, "Forbidden", "events is forbidden")],
    );
    let table = json!({"kind": "Table", "rows": [{"cells": ["logins", "Opaque", 1, "3d"]}]});
    server.on(
        "/api/v1/namespaces/default/secrets",
        [Response::json(&table)],
    );
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("dump.json").display().to_string();
    let read = |outcome: Outcome| -> Value {
        let mut report: Value =
            serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{}", outcome.err));
        report["requests"].take();
        report
    };
    let arguments = ["-n", "default", "-o", "json", "--dump", &path];
    let live = read(run(
        diagnose(&arguments).env("KUBECONFIG", server.kubeconfig())
    ));
    assert_eq!(live["diagnoses"][0]["cause"], "missing-secret");
    assert_eq!(live["gaps"][0]["why"], "forbidden");
    assert_eq!(read(run(&mut diagnose(&["-f", &path, "-o", "json"]))), live);
    let dump = std::fs::read_to_string(&path).unwrap();
    assert!(
        dump.contains("logins") && !dump.contains("\"data\""),
        "{dump}"
    );
    // it is said what was written, and `-` is standard output in place of the report
    let config = server.kubeconfig();
    let told = run(diagnose(&arguments).env("KUBECONFIG", &config)).err;
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size > 1024 && told.contains("KiB"), "{told}");
    assert!(
        told.contains(&format!("dump written to {path}: 3 objects")),
        "{told}"
    );
    assert!(told.contains("environment"), "what is still in it: {told}");
    let piped = run(diagnose(&["-n", "default", "--dump", "-"]).env("KUBECONFIG", &config));
    assert_eq!(piped.code, 1);
    assert!(
        piped.err.contains("standard output: 3 objects"),
        "{}",
        piped.err
    );
    let list: Value = serde_json::from_str(&piped.out).unwrap();
    assert_eq!(
        list["items"].as_array().unwrap().len(),
        4,
        "and the Reading"
    );
}

#[test]
fn requests_are_told_of_on_demand() {
    let server = ApiServer::start_tls();
    server.on(
        "/api/v1/namespaces/default/pods",
        [Response::protobuf("PodList", "v1", Vec::new())],
    );
    let forbidden = Response::failure(403, "Forbidden", "events is forbidden");
    server.on("/api/v1/namespaces/default/events", [forbidden]);
    let config = server.kubeconfig();
    let told = |level: &[&str]| run(diagnose(level).env("KUBECONFIG", &config)).err;
    assert_eq!(told(&[]), "");
    assert_eq!(told(&["-v=5"]), "");
    for level in [&["-v"][..], &["-v", "6"], &["-v=6"], &["--v=6"], &["-v8"]] {
        let told = told(level);
        let url = format!("url=\"{}/api/v1/namespaces/default/pods?", server.url());
        let pods = told
            .lines()
            .find(|line| line.contains(&url))
            .unwrap_or_else(|| panic!("{told}"));
        assert!(pods.contains("status=\"200 OK\" milliseconds="), "{pods}");
        assert!(!pods.contains("bytes=0"), "{pods}");
        assert!(pods.ends_with(" form=\"protobuf\""), "{pods}");
        assert!(told.contains("status=\"403 Forbidden\""), "{told}");
        assert!(!told.contains("test-token"), "no credentials: {told}");
    }
}

/// `script` of util-linux gives a terminal; where it is missing nothing can be shown here.
#[test]
fn a_long_read_tells_of_itself_on_a_terminal_only() {
    let server = ApiServer::start();
    let pods = Response::list("PodList", &[]).after(std::time::Duration::from_millis(900));
    server.on("/api/v1/namespaces/default/pods", [pods]);
    let config = server.kubeconfig();
    let piped = run(diagnose(&[]).env("KUBECONFIG", &config));
    assert_eq!(piped.err, "", "nobody watches a pipe");
    let mut terminal = Command::new("script");
    let command = format!("'{BINARY}'");
    terminal
        .args(["-qec", &command, "/dev/null"])
        .env("KUBECONFIG", &config);
    match terminal.output() {
        Ok(output) => {
            let seen = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(seen.contains("reading: 12 requests,"), "{seen}");
        }
        Err(error) => eprintln!("skipped: script cannot be run: {error}"),
    }
}

#[test]
fn no_cluster_is_a_clear_error() {
    let outcome = run(diagnose(&[])
        .env("KUBECONFIG", "/no/such/file")
        .env("HOME", "/nowhere"));
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("hint"), "{}", outcome.err);
}
