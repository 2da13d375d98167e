//! Nothing else rejects a pod on a node than the filter failures found there: with each of them taken away in the cluster, the
//! node takes it.

use super::compare;
use super::generator::{DECLARED, Group, World, world};
use super::random::Random;
use crate::support::{Engine, Filter, FilterFailure, FilterResults, TaintText, What};
use k8s_openapi::api::core::v1::Taint;
use serde_json::{Value, json};

/// Pairs of a probe and a node that are tried in each cluster.
const PAIRS: usize = 12;

/// Tries some pairs of every seed's cluster; gives how many there were, and those whose node still refuses.
pub(crate) fn try_all(seeds: std::ops::Range<u64>) -> (usize, Vec<String>) {
    let mut tried = 0;
    let mut left = Vec::new();
    for seed in seeds {
        let world = world(seed, &[Group::Basic].into());
        let mut random = Random::new(seed);
        let results = |cluster: &[Value], probe: &Value| -> FilterResults {
            let loaded = compare::loaded(&compare::dump_of(cluster));
            let pod = serde_json::from_value(probe.clone()).expect("it is a pod");
            FilterResults::clone(&Engine::new(&loaded.snapshot()).run_filters(&pod))
        };
        let cluster = objects(&world);
        for _ in 0..PAIRS {
            let mut probe = random.one(&world.probes).clone();
            let before = results(&cluster, &probe);
            let node = random.one(&before.nodes);
            if !before.before.is_empty() || node.failures.is_empty() {
                continue;
            }
            let mut changed = cluster.clone();
            for failure in &*node.failures {
                remove(failure, &mut changed, &mut probe, &node.node);
            }
            let after = results(&changed, &probe);
            let same = after.nodes.iter().find(|other| other.node == node.node);
            let same = same.expect("the node is still there");
            tried += 1;
            if !same.failures.is_empty() {
                left.push(format!(
                    "seed {seed} probe {} on {}: of {:?} there remains {:?}",
                    probe["metadata"]["name"], node.node, node.failures, same.failures
                ));
            }
        }
    }
    (tried, left)
}

fn objects(world: &World) -> Vec<Value> {
    world
        .objects
        .iter()
        .chain(&world.existing)
        .cloned()
        .collect()
}

fn node<'a>(cluster: &'a mut [Value], name: &str) -> &'a mut Value {
    let is_it =
        |object: &&mut Value| object["kind"] == "Node" && object["metadata"]["name"] == name;
    cluster.iter_mut().find(is_it).expect("the node is there")
}

/// The plainest change after which this filter failure cannot stand any more.
fn remove(failure: &FilterFailure, cluster: &mut Vec<Value>, probe: &mut Value, on: &str) {
    match &failure.what {
        What::Cordoned { .. } => {
            node(cluster, on)["spec"]["unschedulable"] = json!(false);
            untaint(
                node(cluster, on),
                "node.kubernetes.io/unschedulable:NoSchedule",
            );
        }
        What::Taint { taint, .. } => untaint(node(cluster, on), taint),
        What::Label { wanted, .. } => {
            let key = &wanted.key;
            let selected = probe["spec"]["nodeSelector"][key]
                .as_str()
                .map(str::to_owned);
            match selected.filter(|value| wanted.to_string() == format!("{key}={value}")) {
                Some(value) => node(cluster, on)["metadata"]["labels"][key] = json!(value),
                None => probe["spec"]["affinity"]["nodeAffinity"] = json!({}),
            }
        }
        What::Port { holder, .. } => cluster.retain(|object| {
            object["metadata"]["name"] != holder.name.as_str()
                || object["metadata"]["namespace"] != holder.namespace.as_str()
        }),
        What::Resource {
            resource,
            asked,
            free,
            allocatable,
        } => {
            let enough = *allocatable + (*asked - *free);
            node(cluster, on)["status"]["allocatable"][&**resource] = json!(enough.to_string());
        }
        What::PodCount { running, .. } => {
            node(cluster, on)["status"]["allocatable"]["pods"] = json!((running + 1).to_string());
        }
        What::Other(_) if failure.filter == Filter::NodeDeclaredFeatures => {
            node(cluster, on)["status"]["declaredFeatures"] = json!([DECLARED]);
        }
        // an affinity of empty terms only
        What::Other(_) => probe["spec"]["affinity"]["nodeAffinity"] = json!({}),
        other => panic!("no basic filter says {other:?}"),
    }
}

fn untaint(node: &mut Value, taint: &str) {
    let is_other = |value: &Value| {
        let of_node: Taint = serde_json::from_value(value.clone()).expect("it is a taint");
        TaintText(&of_node).to_string() != taint
    };
    if let Some(taints) = node["spec"]["taints"].as_array_mut() {
        taints.retain(is_other);
    }
}
