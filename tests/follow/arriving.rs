//! `--wait` for what is not there yet, and what it judges by.

use super::objects::{self, CREATED};
use super::waiting::{THERE, deployment, meanwhile, shop, without_image};
use super::world::World;
use crate::BINARY;
use crate::api_server::ApiServer;
use crate::support::Kind;
use serde_json::json;
use std::process::{Child, Command, Stdio};

fn run(server: &ApiServer, arguments: &[&str]) -> Child {
    Command::new(BINARY)
        .arg("--wait")
        .args(arguments)
        .arg("--kubeconfig")
        .arg(server.kubeconfig())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The exit code, what stands on standard output and what on standard error.
fn ended(child: Child) -> (Option<i32>, String, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Waits a short time for what manifests name.
pub(super) fn applied(
    server: &ApiServer,
    text: &str,
    arguments: &[&str],
) -> (Option<i32>, String, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let path = file.path().to_str().unwrap();
    let all = [&["-f", path, "--timeout", "1s"], arguments].concat();
    ended(run(server, &all))
}

fn empty() -> World {
    let world = World::new(7);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    world.put(Kind::Namespace, namespace);
    world
}

#[test]
fn nothing_that_is_meant_is_no_all_clear() {
    let server = shop(&THERE).serve();
    for (arguments, said) in [
        (
            &["-l", "app=nothing"][..],
            "no pods found with labels app=nothing in namespace shop",
        ),
        (
            &["--field-selector", "spec.nodeName=nope"],
            "no pods found with spec.nodeName=nope in namespace shop",
        ),
        (&["sts"], "no statefulsets found in namespace shop"),
    ] {
        let limit = ["-n", "shop", "--timeout", "1s"];
        let (code, out, told) = ended(run(&server, &[arguments, &limit].concat()));
        assert_eq!(code, Some(3), "{arguments:?}: {out}{told}");
        assert!(out.contains(said), "{arguments:?}: {out}");
        let line = format!("{said} yet; waiting");
        assert!(told.contains(&line), "{arguments:?}: {told}");
    }
    let server = empty().serve();
    let (code, out, _) = ended(run(&server, &["-n", "shop", "--timeout", "1s"]));
    assert_eq!(code, Some(3), "{out}");
}

#[test]
fn what_a_selector_means_may_come() {
    let world = empty();
    let server = world.serve();
    let limit = ["-n", "shop", "-l", "app=web", "--timeout", "30s"];
    let child = run(&server, &limit);
    meanwhile();
    world.put(Kind::Pod, objects::running("shop", "web-a", "node-1"));
    let (code, out, told) = ended(child);
    assert_eq!(code, Some(0), "{out}{told}");
}

#[test]
fn pods_that_have_succeeded_are_something() {
    let world = empty();
    let mut pod = objects::running("shop", "migrate", "node-1");
    pod["status"] = json!({"phase": "Succeeded"});
    world.put(Kind::Pod, pod);
    let server = world.serve();
    for arguments in [&["-l", "app=web"][..], &[]] {
        let limit = ["-n", "shop", "--timeout", "10s"];
        let (code, out, told) = ended(run(&server, &[arguments, &limit].concat()));
        assert_eq!(code, Some(0), "{arguments:?}: {out}{told}");
    }
}

#[test]
fn a_namespace_may_come_too() {
    let world = World::new(7);
    let server = world.serve();
    let child = run(&server, &["deploy/web", "-n", "shop", "--timeout", "30s"]);
    meanwhile();
    world.put(Kind::Deployment, deployment(&THERE));
    let (code, out, told) = ended(child);
    assert_eq!(code, Some(0), "{out}{told}");
    assert!(
        told.contains("namespace shop does not exist yet; waiting"),
        "{told}"
    );
}

#[test]
fn filters_narrow_what_is_shown_and_not_what_is_waited_for() {
    let world = shop(&THERE);
    world.put(Kind::Pod, without_image("lone"));
    let server = world.serve();
    for filter in [
        ["--cause", "oom-killed"],
        ["--layer", "node"],
        ["--min-certainty", "proven"],
    ] {
        let limit = ["-n", "shop", "--timeout", "10s"];
        let (code, out, told) = ended(run(&server, &[filter.as_slice(), &limit].concat()));
        assert_eq!(code, Some(1), "{filter:?}: {out}{told}");
        assert!(
            !out.contains("image-tag-not-found"),
            "it was asked not to be shown: {out}"
        );
    }
    world.put(Kind::Pod, objects::unschedulable("shop", "lone"));
    let arguments = ["-n", "shop", "--cause", "oom-killed", "--timeout", "1s"];
    let (code, out, _) = ended(run(&server, &arguments));
    assert_eq!(code, Some(3), "what is stuck is not well: {out}");
}

#[test]
fn what_is_named_and_not_there_is_waited_for() {
    let server = empty().serve();
    for (target, is) in [
        ("deploy/web", "deploy/web"),
        ("pod/web", "pod/web"),
        ("svc/web", "svc/web"),
        ("pvc/web", "pvc/web"),
    ] {
        let (code, out, told) = ended(run(&server, &[target, "-n", "shop", "--timeout", "1s"]));
        assert_eq!(code, Some(3), "{target}: {out}{told}");
        let awaited = format!("{is} -n shop is waited for: it is not there");
        assert!(out.contains(&awaited), "{target}: {out}");
        assert!(told.contains(&awaited), "{target}: {told}");
    }
    let world = empty();
    let server = world.serve();
    let child = run(&server, &["deploy/web", "-n", "shop", "--timeout", "30s"]);
    meanwhile();
    world.put(Kind::Deployment, deployment(&THERE));
    let (code, out, told) = ended(child);
    assert_eq!(code, Some(0), "{out}{told}");
}

#[test]
fn a_name_without_a_kind_that_stands_for_nothing_is_refused() {
    let server = empty().serve();
    let (code, _, told) = ended(run(&server, &["web", "-n", "shop", "--timeout", "30s"]));
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("no pod and no workload is named web in namespace shop"),
        "{told}"
    );
    assert!(told.contains("by its kind: deploy/web"), "{told}");
}

#[test]
fn of_a_claim_the_pods_are_waited_for() {
    let world = shop(&THERE);
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": "shop", "name": "data", "creationTimestamp": CREATED},
        "spec": {}, "status": {"phase": "Bound"},
    });
    world.put(Kind::PersistentVolumeClaim, claim);
    let mut pod = objects::unschedulable("shop", "db");
    pod["spec"]["volumes"] =
        json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    world.put(Kind::Pod, pod);
    let server = world.serve();
    let (code, out, _) = ended(run(&server, &["pvc/data", "-n", "shop", "--timeout", "1s"]));
    assert_eq!(code, Some(3), "its pod has no node: {out}");
}

#[test]
fn what_of_manifests_cannot_be_waited_for_is_told() {
    let server = shop(&THERE).serve();
    let knative = "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: web}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}\n";
    let passed_over =
        "passed over: 1 ConfigMap, 1 Service.serving.knative.dev, which cannot be waited for";
    let (code, _, told) = applied(&server, knative, &["-n", "shop"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("nothing that can be waited for"), "{told}");
    let words: Vec<&str> = told.split_whitespace().collect();
    assert!(words.join(" ").contains(passed_over), "{told}");
    let with_web = format!(
        "{knative}---\n{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}}}\n"
    );
    let (code, out, told) = applied(&server, &with_web, &["-n", "shop"]);
    assert_eq!(code, Some(0), "{out}{told}");
    assert!(told.contains("1 ConfigMap"), "{told}");
}

pub(super) fn in_namespace(namespace: &str) -> String {
    let namespace = match namespace {
        "" => String::new(),
        _ => format!(", namespace: {namespace}"),
    };
    format!("{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web{namespace}}}}}\n---\n")
}

#[test]
fn what_cannot_be_together_with_names_cannot_with_manifests() {
    let server = shop(&THERE).serve();
    for (flags, said) in [
        (&["-A"][..], "--all-namespaces cannot be given together"),
        (
            &["-n", "shop", "-l", "app=web"],
            "a name and a selector cannot be given together",
        ),
    ] {
        let (code, _, told) = applied(&server, &in_namespace("shop"), flags);
        assert_eq!(code, Some(2), "{flags:?}: {told}");
        assert!(told.contains(said), "{flags:?}: {told}");
    }
}
