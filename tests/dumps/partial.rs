//! What is there in part only is no all-clear: descriptions that break off, rows of tables, links, refusals between the lines.

use super::make::folder;
use crate::BINARY;
use std::path::Path;
use std::process::Command;

/// A pod that is well, as kubectl 1.37 describes it.
const WELL: &str = "Name:             web
Namespace:        shop
Priority:         0
Service Account:  default
Node:             n1/10.0.0.1
Start Time:       Thu, 01 Jan 2026 00:00:00 +0000
Labels:           app=web
Annotations:      <none>
Status:           Running
IP:               10.1.0.1
Containers:
  app:
    Image:          web:1
    State:          Running
      Started:      Thu, 01 Jan 2026 00:00:05 +0000
    Ready:          True
    Restart Count:  0
Conditions:
  Type                        Status
  Initialized                 True 
  Ready                       True 
  ContainersReady             True 
  PodScheduled                True 
Volumes:                      <none>
QoS Class:                    BestEffort
Node-Selectors:               <none>
Tolerations:                  <none>
Events:                       <none>
";

/// The same object, saved whole.
const SAVED: &str = r#"{"apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "uid": "web", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "web:1"}]},
    "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [
        {"name": "app", "image": "web:1", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}}]}}"#;

const TABLE: &str = "NAME    READY   STATUS    RESTARTS      AGE
web     0/1     Running   3 (5m ago)    9d
api     1/1     Running   0             9d
job     0/1     Completed   0             9d
";

fn look(path: &Path, target: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(BINARY);
    command.env_clear().args(["-f"]).arg(path).args(target);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn pasted(text: &str) -> (Option<i32>, String) {
    let folder = folder(&[("text", text.as_bytes().to_vec())]);
    look(&folder.path().join("text"), &["-A"])
}

fn until<'t>(text: &'t str, mark: &str) -> &'t str {
    text.split_once(mark).unwrap().0
}

#[test]
fn what_was_pasted_in_part_is_no_all_clear() {
    let after = |more: &str| format!("{WELL}\n\n{more}");
    let refused = "Error from server (Forbidden): events is forbidden: User \"me\" cannot list resource \"events\" in API group \"\" in the namespace \"shop\"";
    for (text, code, words) in [
        (WELL.to_owned(), 0, "nothing is stuck"),
        (until(WELL, "Conditions:").to_owned(), 2, "Pod shop/web"),
        (until(WELL, "Containers:").to_owned(), 2, "Pod shop/web"),
        (after("Name:  api\n"), 2, "Pod api"),
        (after(until(WELL, "Node:")), 2, "Pod shop/web"),
        (after(refused), 2, "not read (failed): events"),
        (
            after("Error from server (NotFound): pods \"x\" not found"),
            0,
            "nothing is stuck",
        ),
        (
            after(
                "Error from server (BadRequest): container \"app\" in pod \"web\" is waiting to start",
            ),
            0,
            "nothing is stuck",
        ),
        // the pod itself is there
        (after(TABLE), 0, "nothing is stuck"),
        (
            after(&TABLE.replace("api     1/1", "api     0/1")),
            2,
            "Pod shop/api",
        ),
        (
            after(&format!("$ kubectl get pods -n other\n{TABLE}")),
            2,
            "Pod other/web",
        ),
    ] {
        let (found, out) = pasted(&text);
        assert_eq!(found, Some(code), "{text}\n{out}");
        assert!(out.contains(words), "{words}: {out}");
    }
}

#[test]
fn what_stands_beside_it_is_judged_by_what_it_is() {
    let after = |more: &str| format!("{WELL}\n\n{more}");
    let row = "db-0   0/1   CrashLoopBackOff   3 (5m ago)   10m";
    let cannot = |verb: &str, of: &str| {
        after(&format!(
            "Error from server (Forbidden): pods \"web\" is forbidden: User \"me\" cannot {verb} resource \"{of}\" in API group \"\" in the namespace \"shop\""
        ))
    };
    for (text, code) in [
        (after("$ kubectl describe pod api\nName:  api\n"), 2),
        (after("Name:  api\nNamespace:  shop\nPrior"), 2),
        // without its beginning
        (format!("{}\n\n\n{WELL}", &WELL[200..]), 2),
        (after(row), 2),
        (after(&format!("other  {row}")), 2),
        (
            after(&row.replace("0/1   CrashLoopBackOff", "1/1   Running")),
            0,
        ),
        (after("that is 0/1 of the Work 3 of us do in 5m"), 0),
        (after(&TABLE.replace("web  ", "pod/web")), 0),
        (
            after(
                &TABLE
                    .replace("api     1/1     Running ", "api     0/1     Pending ")
                    .replace("job ", "api     1/1     Running   0             9d\njob "),
            ),
            0,
        ),
        (cannot("list", "pods"), 2),
        (cannot("create", "pods"), 0),
        (cannot("create", "pods/exec"), 0),
        (cannot("get", "pods/log"), 0),
        (format!("{{noformat}}\n{WELL}{{noformat}}\n"), 0),
        (format!("{{code:title=describe}}\n{WELL}{{code}}\n"), 0),
        (until(WELL, "      Started:").to_owned(), 2),
        (until(WELL, "  app:").to_owned(), 2),
    ] {
        let (found, out) = pasted(&text);
        assert_eq!(found, Some(code), "{text}\n{out}");
    }
}

#[test]
fn a_job_that_has_failed_says_it_in_its_events() {
    let text = "Name:             mig
Namespace:        shop
Selector:         job-name=mig
Labels:           <none>
Annotations:      <none>
Parallelism:      1
Completions:      1
Completion Mode:  NonIndexed
Start Time:       Tue, 12 Mar 2024 10:00:00 +0100
Pods Statuses:    0 Active / 0 Succeeded / 7 Failed
Pod Template:
  Containers:
   m:
    Image:  busybox
Events:
  Type     Reason                Age   From            Message
  ----     ------                ----  ----            -------
  Warning  BackoffLimitExceeded  2m    job-controller  Job has reached the specified backoff limit
";
    let (code, out) = pasted(text);
    assert!(code == Some(1) && out.contains("job-failed"), "{out}");
}

/// Every cut of a description of two pods that are well is seen, but for the end that tells nothing.
#[test]
fn wherever_a_description_breaks_off_it_is_no_all_clear() {
    let two = format!("{WELL}\n\n{}", WELL.replace("web", "api"));
    let begins = WELL.len() + 2;
    let harmless = begins + WELL.find("QoS Class:").unwrap();
    for at in (begins + "Name:             a".len()..two.len()).step_by(7) {
        let (code, out) = pasted(two.get(..at).unwrap());
        let expected = if at < harmless { 2 } else { 0 };
        let near = harmless..harmless + "QoS Class:".len();
        assert!(
            code == Some(expected) || near.contains(&at),
            "{}\n{out}",
            &two[..at]
        );
    }
}

#[test]
fn what_a_folder_only_speaks_of_is_missing() {
    let files = |name: &str, text: &str| {
        let saved = SAVED.as_bytes().to_vec();
        folder(&[("web.json", saved), (name, text.as_bytes().to_vec())])
    };
    let well = TABLE.replace("0/1     Running", "1/1     Running");
    let stuck = format!("{well}late    0/1     Pending   0             9d\n");
    for (name, text, code) in [
        ("pods.txt", well.as_str(), 0),
        ("pods.txt", stuck.as_str(), 2),
        ("notes.txt", "NAME IS ALL", 0),
        (
            "pods-data.json",
            "Error from server (Forbidden): pods is forbidden: User \"me\" cannot list resource \"pods\" in API group \"\" in the namespace \"data\"\n",
            2,
        ),
        // by its place it is the list of pods
        (
            "shop/pods.json",
            "Error from server (NotFound): the server could not find the requested resource\n",
            2,
        ),
    ] {
        let folder = files(name, text);
        let (found, out) = look(folder.path(), &["-A"]);
        assert_eq!(found, Some(code), "{text}: {out}");
    }
    let outside = files("pods.json", SAVED);
    for (name, code) in [("pods.json", 2), ("dump.yaml", 2), ("notes", 0)] {
        let folder = files("notes.txt", "");
        let link = folder.path().join(name);
        std::os::unix::fs::symlink(outside.path().join("pods.json"), link).unwrap();
        let (found, out) = look(folder.path(), &["-A"]);
        assert_eq!(found, Some(code), "{name}: {out}");
    }
    let folder = files("notes.txt", "");
    std::os::unix::fs::symlink("/nonexistent/pods.JSON", folder.path().join("pods.JSON")).unwrap();
    let (found, out) = look(folder.path(), &["-A"]);
    assert_eq!(found, Some(2), "a link to nothing: {out}");
}

#[test]
fn who_mounts_a_claim_is_not_known_where_not_all_pods_are() {
    let claim = "Name:          data
Namespace:     shop
StorageClass:  fast
Status:        Bound
Volume:        pv-1
Labels:        <none>
Annotations:   <none>
Finalizers:    [kubernetes.io/pvc-protection]
Capacity:      1Gi
Access Modes:  RWO
VolumeMode:    Filesystem
Used By:       web-0
Events:        <none>
";
    let folder = folder(&[("claim", claim.as_bytes().to_vec())]);
    let (_, out) = look(&folder.path().join("claim"), &["-n", "shop", "pvc/data"]);
    assert!(out.contains("bound to pv-1"), "{out}");
    assert!(!out.contains("no pod mounts it"), "{out}");
}

#[test]
fn a_kind_may_stand_between_blanks() {
    let spaced = SAVED
        .replace("\"Pod\"", "\" Pod \"")
        .replace("\"v1\"", "\"v1 \"");
    let folder = folder(&[("web.json", spaced.into_bytes())]);
    let (code, out) = look(&folder.path().join("web.json"), &["pod/web", "-n", "shop"]);
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn fields_of_snake_case_are_refused_by_a_word_wherever_they_stand() {
    let snake = SAVED
        .replace("creationTimestamp", "creation_timestamp")
        .replace("\"apiVersion\": \"v1\", \"kind\": \"Pod\",", "");
    for text in [format!("{{\"items\": [{snake}]}}"), snake] {
        let folder = folder(&[("web.json", text.into_bytes())]);
        let (code, out) = look(&folder.path().join("web.json"), &["-A"]);
        assert_eq!(code, Some(2), "{out}");
        assert!(out.contains("snake_case"), "{out}");
    }
}
