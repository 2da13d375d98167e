//! What it costs to take in a list of 10,000 healthy pods of 10 KB, as JSON and as protobuf, and one of pods that are not.
//!
//! `cargo bench --bench decode` prints the time a pod takes, cut from the list and taken into a store.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may fail anywhere, measures time, and prints what it finds"
)]

mod support {
    pub(crate) use kubectl_diagnose::testing::*;
}
#[allow(dead_code, reason = "no list is sent here")]
#[path = "../api_server/protobuf.rs"]
mod encoder;

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::protobuf::messages;
use support::{Encoded, Kind, Retention, Store, Why};

const PODS: usize = 10_000;
const ROUNDS: usize = 5;

fn main() {
    let message = messages::of("Pod").unwrap();
    for (name, is_healthy) in [("healthy", true), ("waiting", false)] {
        let pods: Vec<Value> = (0..PODS).map(|index| pod(index, is_healthy)).collect();
        let texts: Vec<String> = pods.iter().map(Value::to_string).collect();
        let bytes: Vec<Vec<u8>> = pods
            .iter()
            .map(|pod| encoder::object(Kind::Pod, pod).unwrap())
            .collect();
        let json = texts.iter().map(|text| Encoded::Json(text.as_bytes()));
        tell(&format!("{name}, json"), json);
        let encoded = bytes.iter().map(|bytes| Encoded::Protobuf(bytes, message));
        tell(&format!("{name}, protobuf"), encoded);
    }
}

fn tell<'a>(name: &str, pods: impl Iterator<Item = Encoded<'a>> + Clone) {
    let size: usize = pods.clone().map(|pod| pod.bytes().len()).sum();
    let took: Option<Duration> = (0..ROUNDS).map(|_| take(pods.clone())).min();
    let each = took.unwrap_or_default().as_secs_f64() * 1e6 / PODS as f64;
    println!("{name}: {} bytes, {each:.2} µs a pod", size / PODS);
}

fn take<'a>(pods: impl Iterator<Item = Encoded<'a>>) -> Duration {
    let mut store = Store::new(Why::NotAsked);
    let began = Instant::now();
    for pod in pods {
        store.insert(Kind::Pod, pod, Retention::Whole).unwrap();
    }
    began.elapsed()
}

/// As the controllers and the kubelet leave it.
fn pod(index: usize, is_healthy: bool) -> Value {
    let time = "2026-01-01T00:00:00Z";
    let ready = if is_healthy { "True" } else { "False" };
    let conditions = [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ];
    let conditions = conditions.map(|name| {
        json!({"type": name, "status": if name.contains("Ready") { ready } else { "True" }, "lastProbeTime": null, "lastTransitionTime": time})
    });
    let env: Vec<Value> = (0..24)
        .map(|at| json!({"name": format!("SETTING_{at}"), "value": format!("a-value-of-setting-{at}-of-this-pod")}))
        .collect();
    let probe = json!({"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3});
    let fields: Value = (0..60)
        .map(|at| (format!("f:field{at}"), json!({"f:inner": {}, ".": {}})))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let managed = |manager: &str| json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "time": time, "fieldsType": "FieldsV1", "fieldsV1": fields});
    let state = if is_healthy {
        json!({"running": {"startedAt": time}})
    } else {
        json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}})
    };
    json!({
        "metadata": {
            "name": format!("app-{index}"), "namespace": format!("team-{}", index % 40), "uid": format!("6f1c2b1e-{index:012}"),
            "resourceVersion": "123456", "creationTimestamp": time, "generateName": "app-",
            "labels": {"app": "app", "pod-template-hash": "5d4f8c7b9", "team": "shop"},
            "annotations": {"checksum/config": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "app-5d4f8c7b9", "uid": "8a1d", "controller": true, "blockOwnerDeletion": true}],
            "managedFields": [managed("kube-controller-manager"), managed("kubelet")],
        },
        "spec": {
            "nodeName": format!("node-{}", index % 500), "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
            "serviceAccountName": "default", "terminationGracePeriodSeconds": 30, "priority": 0, "enableServiceLinks": true,
            "tolerations": [
                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            ],
            "volumes": [{"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            ]}}],
            "containers": [{
                "name": "app", "image": "registry.example/shop/app:1.2.3", "imagePullPolicy": "IfNotPresent", "env": env,
                "ports": [{"containerPort": 8080, "protocol": "TCP"}], "livenessProbe": probe, "readinessProbe": probe,
                "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
                "volumeMounts": [{"name": "kube-api-access", "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
            }],
        },
        "status": {
            "phase": "Running", "conditions": conditions, "hostIP": "10.0.0.1", "podIP": "10.1.0.1", "podIPs": [{"ip": "10.1.0.1"}],
            "startTime": time, "qosClass": "Burstable",
            "containerStatuses": [{"name": "app", "ready": is_healthy, "started": is_healthy, "restartCount": if is_healthy { 0 } else { 7 },
                "image": "registry.example/shop/app:1.2.3", "imageID": "registry.example/shop/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "containerID": "containerd://9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "state": state, "lastState": {}}],
        },
    })
}
