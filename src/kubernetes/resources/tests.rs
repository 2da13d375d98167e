//! Pods in YAML-like JSON and their sums.

use serde_json::{Value, json};

use super::*;

fn written(amounts: &Amounts) -> Value {
    json!(amounts)
}

fn spec(value: Value) -> PodSpec {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}"))
}

fn pod(value: Value) -> Pod {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}"))
}

fn container(name: &str, requests: Value) -> Value {
    json!({"name": name, "resources": {"requests": requests}})
}

fn sidecar(name: &str, requests: Value) -> Value {
    json!({"name": name, "restartPolicy": "Always", "resources": {"requests": requests}})
}

#[test]
fn names() {
    for (name, extended, hugepages, scalar) in [
        ("cpu", false, false, false),
        ("pods", false, false, false),
        ("gpu", false, false, false),
        ("example.com/gpu", true, false, true),
        ("example.com/gpu with blanks", false, false, false),
        ("requests.example.com/gpu", false, false, false),
        ("hugepages-2Mi", false, true, true),
        ("kubernetes.io/batch", false, false, true),
        (
            "deviceclass.resource.kubernetes.io/large",
            false,
            false,
            true,
        ),
        ("attachable-volumes-csi-example", false, false, true),
    ] {
        assert_eq!(
            (is_extended(name), is_hugepages(name), is_scalar(name)),
            (extended, hugepages, scalar),
            "{name}"
        );
    }
    assert!(
        !is_extended(&format!("{}/gpu", "x".repeat(250))),
        "the quota's name would be too long"
    );
}

#[test]
fn containers_and_sidecars_add_up() {
    let spec = spec(json!({
        "containers": [
            container("web", json!({"cpu": "100m", "memory": "1Gi"})),
            container("log", json!({"cpu": "1.5", "example.com/gpu": "1"})),
            {"name": "idle"},
        ],
        "initContainers": [sidecar("proxy", json!({"cpu": "50m"}))],
        "ephemeralContainers": [container("debug", json!({"cpu": "9"}))],
    }));
    let expected = json!({"cpu": "1650m", "memory": "1Gi", "example.com/gpu": "1"});
    assert_eq!(written(&pod_requests(&spec)), expected);
}

#[test]
fn init_containers_peak_beside_the_sidecars_before_them() {
    let containers = json!([container("web", json!({"cpu": "1", "memory": "1Gi"}))]);
    for (init_containers, expected) in [
        (
            json!([
                container("a", json!({"cpu": "2"})),
                container("b", json!({"cpu": "3"}))
            ]),
            "3",
        ),
        (json!([container("a", json!({"cpu": "500m"}))]), "1"),
        (
            json!([
                sidecar("s", json!({"cpu": "1"})),
                container("a", json!({"cpu": "3"}))
            ]),
            "4",
        ),
        (
            json!([
                container("a", json!({"cpu": "3"})),
                sidecar("s", json!({"cpu": "1"}))
            ]),
            "3",
        ),
        (
            json!([
                sidecar("s", json!({"cpu": "2"})),
                sidecar("t", json!({"cpu": "2"}))
            ]),
            "5",
        ),
    ] {
        let requests = pod_requests(&spec(
            json!({"containers": containers, "initContainers": init_containers}),
        ));
        assert_eq!(
            written(&requests),
            json!({"cpu": expected, "memory": "1Gi"}),
            "{init_containers}"
        );
    }
}

#[test]
fn pod_level_requests_replace_and_overhead_comes_on_top() {
    let spec = spec(json!({
        "containers": [container("web", json!({"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"}))],
        "resources": {"requests": {"cpu": "500m", "hugepages-2Mi": "4Mi", "ephemeral-storage": "9Gi"}},
        "overhead": {"cpu": "250m", "memory": "128Mi"},
    }));
    let expected = json!({"cpu": "750m", "memory": "1152Mi", "ephemeral-storage": "1Gi", "hugepages-2Mi": "4Mi"});
    assert_eq!(written(&pod_requests(&spec)), expected);
    let bound = Pod {
        spec: Some(spec.into()),
        ..Pod::default()
    };
    assert_eq!(written(&occupied(&bound)), expected);
}

fn resizing(conditions: &Value) -> Pod {
    pod(json!({
        "spec": {
            "containers": [container("web", json!({"cpu": "20", "memory": "1Gi"})), container("log", json!({"cpu": "1"}))],
            "initContainers": [sidecar("proxy", json!({"cpu": "1"})), container("setup", json!({"cpu": "1"}))],
            "overhead": {"cpu": "250m"},
        },
        "status": {
            "conditions": conditions,
            "containerStatuses": [
                {"name": "web", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                 "resources": {"requests": {"cpu": "1", "memory": "2Gi"}}, "allocatedResources": {"cpu": "2", "memory": "1Gi"}},
                {"name": "log", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                 "allocatedResources": {"cpu": "9"}},
            ],
            "initContainerStatuses": [
                {"name": "proxy", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                 "resources": {"requests": {"cpu": "3"}}},
                {"name": "setup", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                 "resources": {"requests": {"cpu": "2"}}},
            ],
        },
    }))
}

#[test]
fn a_resize_counts_with_the_largest_of_wish_grant_and_use() {
    // wished are 20 + 1 + 1 and the overhead, which is more than what is granted (2 + 9 + 1) or in force (1 + 9 + 3)
    assert_eq!(
        written(&occupied(&resizing(&json!([])))),
        json!({"cpu": "22250m", "memory": "2Gi"})
    );
    let deferred = json!([{"type": "PodResizePending", "status": "True", "reason": "Deferred"}]);
    assert_eq!(
        written(&occupied(&resizing(&deferred))),
        json!({"cpu": "22250m", "memory": "2Gi"})
    );
}

/// The sums of a pod whose resize is over are those of its spec, by a shorter way.
#[test]
fn a_resize_that_is_over_counts_as_before() {
    let told = json!({"cpu": "1"});
    for (allocated, in_force, shorter) in [
        (json!(null), json!(null), true),
        (told.clone(), told.clone(), true),
        (told.clone(), json!({"cpu": "2"}), false),
        (json!({"cpu": "2"}), told.clone(), false),
        // the same in other words
        (told, json!({"cpu": "1000m"}), false),
    ] {
        let pod = pod(json!({
            "spec": {"containers": [container("web", json!({"cpu": "1"}))], "overhead": {"cpu": "250m"}},
            "status": {"containerStatuses": [{"name": "web", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                "resources": {"requests": in_force}, "allocatedResources": allocated}]},
        }));
        let (spec, status) = (pod.spec.as_ref().unwrap(), pod.status.as_ref().unwrap());
        let infeasible = false;
        let resize = Resize { status, infeasible };
        assert_eq!(resize.is_over(spec), shorter);
        assert_eq!(occupied(&pod), resize.occupied(spec));
    }
}

#[test]
fn an_infeasible_wish_does_not_count() {
    let infeasible =
        json!([{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]);
    assert_eq!(
        written(&occupied(&resizing(&infeasible))),
        json!({"cpu": "13250m", "memory": "2Gi"})
    );
    let mut before_conditions = resizing(&json!([]));
    if let Some(status) = &mut before_conditions.status {
        status.resize = Some("Infeasible".into());
    }
    assert_eq!(
        written(&occupied(&before_conditions)),
        json!({"cpu": "13250m", "memory": "2Gi"})
    );
}

#[test]
fn a_pod_level_resize_counts_the_same_way() {
    let resizing = |conditions: Value| {
        pod(json!({
            "spec": {
                "containers": [container("web", json!({"cpu": "1", "memory": "1Gi"}))],
                "resources": {"requests": {"cpu": "4"}},
            },
            "status": {
                "conditions": conditions,
                "resources": {"requests": {"cpu": "2", "memory": "9Gi"}},
                "allocatedResources": {"cpu": "3", "memory": "9Gi"},
            },
        }))
    };
    assert_eq!(
        written(&occupied(&resizing(json!([])))),
        json!({"cpu": "4", "memory": "9Gi"})
    );
    let infeasible =
        json!([{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]);
    assert_eq!(
        written(&occupied(&resizing(infeasible))),
        json!({"cpu": "3", "memory": "9Gi"})
    );
}

#[test]
fn the_sums_are_compared_and_not_the_containers() {
    // a grows from 1 to 3 while b shrinks from 3 to 1
    let status = |name: &str, cpu: &str| {
        json!({"name": name, "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "resources": {"requests": {"cpu": cpu}}, "allocatedResources": {"cpu": cpu}})
    };
    let pod = pod(json!({
        "spec": {"containers": [container("a", json!({"cpu": "3"})), container("b", json!({"cpu": "1"}))]},
        "status": {"containerStatuses": [status("a", "1"), status("b", "3")]},
    }));
    assert_eq!(written(&occupied(&pod)), json!({"cpu": "4"}));
}

#[test]
fn the_sums_of_the_kubelet_count() {
    let pod = pod(json!({
        "spec": {"containers": [container("web", json!({"cpu": "1"}))]},
        "status": {"resources": {"requests": {"cpu": "2"}}, "allocatedResources": {"cpu": "2"}},
    }));
    assert_eq!(written(&occupied(&pod)), json!({"cpu": "2"}));
}

#[test]
fn nothing_asked_is_nothing_occupied() {
    assert_eq!(occupied(&Pod::default()), Amounts::new());
    assert_eq!(pod_requests(&PodSpec::default()), Amounts::new());
}
