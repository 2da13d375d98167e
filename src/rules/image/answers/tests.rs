//! What is answered of an image that cannot be pulled, by what was read.

use super::attempts::Progress;
use super::pushed::Pushed;
use super::*;
use crate::kubernetes::image_reference::Likeness;
use crate::rules::Case;
use crate::rules::image::failed_pull;
use crate::snapshot::{Store, Why};
use serde_json::{Value, json};

const ABSENT: &str = "manifest unknown";
const UNKNOWN_HOST: &str = "dial tcp: lookup reg.example: no such host";

/// A pod that waits for the image because of this.
fn waiting(name: &str, node: &str, image: &str, reason: &str, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"nodeName": node, "containers": [{"name": "app", "image": image}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "image": image, "imageID": "", "ready": false,
            "restartCount": 0, "state": {"waiting": {"reason": reason, "message": message}}}]}})
}

fn web(image: &str, message: &str) -> Value {
    waiting("web", "n1", image, "ErrImagePull", message)
}

/// A pod that runs the image.
fn running(name: &str, node: &str, image: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"nodeName": node, "containers": [{"name": "app", "image": image}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "app", "image": image, "imageID": "sha256:0", "ready": true, "started": true,
                "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]}})
}

fn node(name: &str, runtime: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
        "status": {"nodeInfo": {"containerRuntimeVersion": runtime}}})
}

fn event(reason: &str, message: &str, count: u32, second: u32) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("{reason}.{second}"), "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "uid": "web", "fieldPath": "spec.containers{app}"},
        "reason": reason, "message": message, "count": count, "lastTimestamp": format!("2026-01-01T00:00:{second:02}Z")})
}

/// The answers of the pod `web`.
fn answers(items: Vec<Value>) -> ImageAnswers {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let mut store = Store::new(Why::NotInDump);
    crate::gather::dump::load(&list.to_string(), &mut store).unwrap();
    store.set_time("2026-01-01T00:01:00Z".parse().unwrap());
    let snapshot = store.snapshot();
    let engine = crate::scheduler::Engine::new(&snapshot);
    let case = Case::new(store.whole_pod("shop", "web").unwrap(), &engine);
    let failed = failed_pull::all(&case);
    of(failed.first().unwrap())
}

fn texts(said: &[Said]) -> Vec<&str> {
    said.iter().map(|said| said.text.as_str()).collect()
}

#[test]
fn a_name_is_told_by_its_parts_and_by_what_is_added() {
    for (image, expected) in [
        (
            "reg.example:5000/shop/web:1.4",
            "registry reg.example:5000, repository shop/web, tag 1.4",
        ),
        (
            "nginx",
            "registry docker.io (the default), repository library/nginx (library/ is added), tag latest (the default)",
        ),
        (
            "shop/web:1",
            "registry docker.io (the default), repository shop/web, tag 1",
        ),
        (
            "docker.io/library/web:1",
            "registry docker.io, repository library/web, tag 1",
        ),
        (
            &format!("reg.example/web:1@sha256:{}", "a".repeat(64)),
            &format!(
                "registry reg.example, repository web, tag 1 (unused beside the digest), digest sha256:{}",
                "a".repeat(64)
            ),
        ),
    ] {
        let name = answers(vec![web(image, ABSENT)]).name;
        assert!(name.valid, "{image}");
        assert_eq!(texts(&name.said), [expected], "{image}");
    }
}

#[test]
fn a_value_that_was_never_filled_in_is_named() {
    for (image, expected) in [
        ("reg.example/web:None", Some("None")),
        ("reg.example/web:null", Some("null")),
        ("reg.example/undefined/web:1", Some("undefined")),
        ("reg.example/web:__TAG__", Some("__TAG__")),
        ("reg.example/web:REPLACE-ME", Some("REPLACE-ME")),
        ("reg.example/web:nonesuch", None),
        ("reg.example/nullable/web:1", None),
        ("reg.example/web:latest", None),
    ] {
        let name = answers(vec![web(image, ABSENT)]).name;
        assert_eq!(name.left_over.as_deref(), expected, "{image}");
    }
}

#[test]
fn a_name_that_cannot_be_read_has_its_place_and_what_could_be_meant() {
    let of = |image: &str| {
        let said = "couldn't parse image name";
        let pod = waiting("web", "n1", image, "InvalidImageName", said);
        answers(vec![pod, running("a", "n2", "reg.example/web:1")])
    };
    let twice = of("reg.example/web:1:latest");
    assert_eq!(twice.name.nearest.as_deref(), Some("reg.example/web:1"));
    assert_eq!(
        texts(&twice.name.said),
        [
            "not valid from character 18 on, so nothing is pulled; reg.example/web:1 is",
            "1 pod runs reg.example/web:1, on n2"
        ]
    );
    assert_eq!(twice.by_hand.on_node, ["crictl pull reg.example/web:1"]);
    assert_eq!(
        twice.attempts.map(|all| all.progress),
        Some(Progress::Stopped)
    );
    let template = of("reg.example/web:${TAG}");
    assert_eq!(template.name.left_over.as_deref(), Some("${TAG}"));
    assert!(template.by_hand.on_node.is_empty() && template.by_hand.anywhere.is_empty());
    assert_eq!(
        texts(&of("/web:1").name.said)[1],
        "a registry that was to be filled in may have been empty"
    );
    assert_eq!(
        texts(&of("reg.example/web:").name.said)[1],
        "a tag that was to be filled in may have been empty"
    );
}

#[test]
fn images_that_run_and_are_like_it_are_told_nearest_first() {
    let all = answers(vec![
        web("reg.example/shop/web:1.41", ABSENT),
        running("a", "n2", "reg.example/shop/web:1.40"),
        running("b", "n3", "reg.example/shop/web:1.40"),
        running("c", "n2", "reg.example/shop/web:blue"),
        running("d", "n2", "other.example/shop/web:9"),
        running("e", "n2", "reg.example/shop/wep:1"),
        running("f", "n2", "reg.example/shop/api:1"),
        running("g", "n2", "reg.example/tools/unlike:1"),
    ]);
    let near: Vec<_> = all
        .name
        .near
        .iter()
        .map(|one| (&*one.image, one.likeness, one.pods))
        .collect();
    assert_eq!(
        near,
        [
            ("reg.example/shop/web:1.40", Likeness::OtherTag, 2),
            ("reg.example/shop/web:blue", Likeness::OtherTag, 1),
            ("other.example/shop/web:9", Likeness::OtherRegistry, 1),
            ("reg.example/shop/wep:1", Likeness::NearRepository, 1),
        ]
    );
    assert_eq!(
        texts(&all.name.said)[1],
        "2 pods run reg.example/shop/web:1.40, on n2, n3"
    );
    let bare = answers(vec![
        web("web:1", ABSENT),
        running("a", "n2", "docker.io/shop/web:1"),
        running("b", "n2", "api:1"),
    ]);
    let near: Vec<_> = bare.name.near.iter().map(|one| &*one.image).collect();
    assert_eq!(near, ["docker.io/shop/web:1"]);
}

#[test]
fn what_was_pushed_is_told_by_the_registry_and_by_who_runs_it() {
    const IMAGE: &str = "reg.example/web:1";
    let of = |message: &str, also: bool| {
        let others = also.then(|| running("a", "n2", "reg.example/web:1"));
        let all = [web(IMAGE, message)].into_iter().chain(others).collect();
        answers(all).pushed
    };
    for (message, alone, beside) in [
        (ABSENT, Pushed::No, Pushed::Gone),
        (UNKNOWN_HOST, Pushed::Unknown, Pushed::Yes),
        ("no basic auth credentials", Pushed::NoOrHidden, Pushed::Yes),
        (
            "no match for platform in manifest: not found",
            Pushed::InPart,
            Pushed::InPart,
        ),
        (
            "toomanyrequests: You have reached your pull rate limit",
            Pushed::Unknown,
            Pushed::Yes,
        ),
        (
            "failed to extract layer: no space left on device",
            Pushed::Yes,
            Pushed::Yes,
        ),
        (
            "name unknown: The repository is not there",
            Pushed::No,
            Pushed::Gone,
        ),
    ] {
        assert_eq!(of(message, false).answer, alone, "{message}");
        let pushed = of(message, true);
        assert_eq!((pushed.answer, pushed.running), (beside, 1), "{message}");
    }
    assert_eq!(
        texts(&of(ABSENT, true).said),
        ["not any more: reg.example lacks it now, and 1 pod runs it, on n2"]
    );
    let mirror = "unexpected status from HEAD request to https://mirror.example/v2/web/manifests/1?ns=reg.example: 403 Forbidden";
    assert_eq!(
        texts(&of(mirror, false).said),
        ["not known: mirror.example shows nothing without a login that may pull"]
    );
    assert_eq!(
        texts(&of(UNKNOWN_HOST, true).said)[0],
        "yes: 1 pod runs it, on n2"
    );
}

#[test]
fn a_registry_that_fails_on_several_nodes_is_told_from_one_node() {
    let other =
        |node: &str, image: &str| waiting("other", node, image, "ImagePullBackOff", UNKNOWN_HOST);
    let of = |other| answers(vec![web("reg.example/web:1", UNKNOWN_HOST), other]).pushed;
    let alike = of(other("n2", "reg.example/api:2"));
    assert_eq!(alike.failing_nodes, ["n1", "n2"]);
    assert_eq!(
        texts(&alike.said)[1],
        "pods on 2 nodes wait for images of reg.example: rather the registry, or the way to it, than one node"
    );
    for one in [
        other("n1", "reg.example/api:2"),
        other("n2", "other.example/api:2"),
    ] {
        let pushed = of(one);
        assert!(pushed.failing_nodes.is_empty() && pushed.said.len() == 1);
    }
}

#[test]
fn commands_are_those_of_the_runtime_and_of_the_cloud() {
    let of = |runtime: &str, image: &str, message: &str| {
        answers(vec![web(image, message), node("n1", runtime)]).by_hand
    };
    let containerd = of("containerd://2.1.4", "nginx", ABSENT);
    assert_eq!(
        containerd.on_node,
        [
            "crictl pull nginx",
            "ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d docker.io/library/nginx:latest",
            "nerdctl -n k8s.io pull nginx"
        ]
    );
    assert_eq!(
        containerd.anywhere,
        [
            "skopeo inspect docker://docker.io/library/nginx",
            "crane manifest nginx",
            "docker pull nginx"
        ]
    );
    let refused = of(
        "cri-o://1.33.1",
        "reg.example/web:1",
        "unauthorized: authentication required",
    );
    assert_eq!(
        refused.on_node,
        [
            "crictl pull --creds USER:TOKEN reg.example/web:1",
            "podman pull --creds USER:TOKEN reg.example/web:1"
        ]
    );
    assert_eq!(
        of("docker://24.0.7", "web", ABSENT).on_node,
        ["docker pull web"]
    );
    for (image, expected) in [
        (
            "1234.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1",
            "aws ecr describe-images --region eu-west-1 --registry-id 1234 --repository-name shop/web --image-ids imageTag=1",
        ),
        (
            "team.azurecr.io/web:1",
            "az acr repository show-tags --name team --repository web",
        ),
        (
            "europe-docker.pkg.dev/p/r/web:1",
            "gcloud artifacts docker images list europe-docker.pkg.dev/p/r/web --include-tags",
        ),
    ] {
        assert_eq!(
            of("containerd://2.1.4", image, ABSENT).anywhere[0],
            expected
        );
    }
    let unread = answers(vec![web("web", ABSENT)]).by_hand;
    assert_eq!(
        (unread.runtime, unread.on_node),
        (None, vec!["crictl pull web".to_owned()])
    );
}

#[test]
fn attempts_are_counted_and_the_next_one_is_foretold() {
    const IMAGE: &str = "reg.example/web:1";
    let pulling = |count, second| {
        event(
            "Pulling",
            "Pulling image \"reg.example/web:1\"",
            count,
            second,
        )
    };
    let failed = |count, second| {
        let said = "Failed to pull image \"reg.example/web:1\": manifest unknown";
        event("Failed", said, count, second)
    };
    let of = |reason: &str, events: Vec<Value>| {
        let pod = waiting("web", "n1", IMAGE, reason, "");
        answers([vec![pod], events].concat()).attempts
    };
    let waits = of("ImagePullBackOff", vec![pulling(3, 29), failed(3, 30)]).unwrap();
    assert_eq!(waits.progress, Progress::BackOff);
    assert_eq!(
        (waits.count, waits.last_seconds, waits.next_within_seconds),
        (Some(3), Some(30), Some(10))
    );
    assert_eq!(
        waits.said.text,
        "tried 3 times, last 30s ago; again within 10s"
    );
    let late = of("ImagePullBackOff", vec![pulling(1, 1), failed(1, 2)]).unwrap();
    assert_eq!(late.next_within_seconds, Some(300));
    let trying = of("ErrImagePull", vec![failed(2, 30), pulling(3, 50)]).unwrap();
    assert_eq!(
        (trying.progress, trying.last_seconds),
        (Progress::Trying, Some(10))
    );
    let pod = waiting("web", "n1", IMAGE, "ErrImageNeverPull", "");
    let said = answers(vec![pod]).pushed.said;
    assert_eq!(texts(&said), ["not known: no registry was asked"]);
    let another = event("Pulling", "Pulling image \"reg.example/old:1\"", 3, 20);
    assert_eq!(of("ImagePullBackOff", vec![another]), None);
    let never = of("ErrImageNeverPull", vec![]).unwrap();
    assert_eq!(never.progress, Progress::Stopped);
}
