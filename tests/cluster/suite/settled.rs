//! When a situation has become what it is going to be: told by the cluster's own conditions, never by the tool.

use super::{Cluster, Wait};
use serde_json::Value;

/// The pods of a namespace.
fn pods(cluster: &Cluster, namespace: &str) -> Vec<Value> {
    list(cluster, "pods", namespace)
}

fn list(cluster: &Cluster, what: &str, namespace: &str) -> Vec<Value> {
    match cluster.get(&[what, "-n", namespace])["items"].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// Whether what is waited for has come in this namespace.
pub(crate) fn settled(cluster: &Cluster, namespace: &str, wait: &Wait<'_>) -> bool {
    let event = |reason: &str| {
        list(cluster, "events", namespace)
            .iter()
            .any(|event| event["reason"] == reason)
    };
    let pods = pods(cluster, namespace);
    let one = |test: &dyn Fn(&Value) -> bool| pods.iter().any(test);
    match wait {
        Wait::Scheduled(reason) => {
            !pods.is_empty()
                && pods.iter().all(|pod| {
                    pod["spec"]["nodeName"].is_string() || condition(pod, "PodScheduled", reason)
                })
                && one(&|pod| pod["spec"]["nodeName"].is_null())
        }
        Wait::Waiting(reason) => one(&|pod| waiting(pod, reason)),
        Wait::Crashed(times) => one(&|pod| crashed(pod, *times)),
        Wait::Restarted(times) => one(&|pod| containers(pod).any(|c| restarts(c) >= *times)),
        Wait::Event(reason) => event(reason),
        Wait::Phase(phase) => one(&|pod| pod["status"]["phase"] == *phase),
        Wait::Failed(times) => {
            let failed = pods.iter().filter(|pod| pod["status"]["phase"] == "Failed");
            failed.count() >= *times
        }
        Wait::Old(seconds) => one(&|pod| age(&pod["metadata"]["creationTimestamp"]) > *seconds),
        Wait::Unready(seconds) => one(&|pod| {
            let mut unready =
                conditions(pod).filter(|c| c["type"] == "Ready" && c["status"] == "False");
            unready.any(|ready| age(&ready["lastTransitionTime"]) > *seconds)
        }),
        Wait::All(waits) => waits.iter().all(|wait| settled(cluster, namespace, wait)),
        Wait::Well => !pods.is_empty() && pods.iter().all(well) && complete(cluster, namespace),
    }
}

/// Whether every pod that there is runs and is ready, or has completed.
pub(crate) fn every_pod_is_well(cluster: &Cluster, namespace: &str) -> bool {
    pods(cluster, namespace).iter().all(well)
}

/// The seconds since a time of the cluster's.
fn age(time: &Value) -> i64 {
    let time = time.as_str().unwrap_or_default();
    let time = time.parse::<jiff::Timestamp>();
    time.map_or(0, |time| {
        jiff::Timestamp::now().as_second() - time.as_second()
    })
}

fn condition(pod: &Value, kind: &str, reason: &str) -> bool {
    conditions(pod).any(|c| c["type"] == kind && c["reason"] == reason)
}

fn conditions(pod: &Value) -> impl Iterator<Item = &Value> {
    pod["status"]["conditions"].as_array().into_iter().flatten()
}

fn waiting(pod: &Value, reason: &str) -> bool {
    containers(pod).any(|container| container["state"]["waiting"]["reason"] == reason)
}

fn crashed(pod: &Value, times: i64) -> bool {
    containers(pod).any(|c| restarts(c) >= times && c["state"]["running"].is_null())
}

fn restarts(container: &Value) -> i64 {
    container["restartCount"].as_i64().unwrap_or_default()
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainerStatuses", "containerStatuses"]
        .iter()
        .flat_map(|list| pod["status"][*list].as_array().into_iter().flatten())
}

fn well(pod: &Value) -> bool {
    pod["status"]["phase"] == "Succeeded"
        || conditions(pod).any(|c| c["type"] == "Ready" && c["status"] == "True")
}

/// Whether Deployments have all their pods.
fn complete(cluster: &Cluster, namespace: &str) -> bool {
    list(cluster, "deployments", namespace).iter().all(|one| {
        let ready = one["status"]["readyReplicas"].as_i64().unwrap_or_default();
        one["spec"]["replicas"].as_i64() == Some(ready)
    })
}
