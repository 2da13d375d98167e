//! What the pods that are there and probes have in common: requests in all their shapes, host ports, labels, priorities.

use super::super::random::Random;
use super::{NAMESPACES, OVERHEAD, PRIORITIES};
use serde_json::{Value, json};

/// Labels of pods that selectors look for.
pub(super) const APPS: [&str; 4] = ["web", "db", "cache", "batch"];

/// Adds to a list that may not be there yet.
pub(super) fn push(list: &mut Value, item: Value) {
    match list.as_array_mut() {
        Some(list) => list.push(item),
        None => *list = json!([item]),
    }
}

/// A pod with labels that asks for nothing.
pub(super) fn plain(random: &mut Random, name: &str) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": random.pick(&NAMESPACES), "labels": {}},
        "spec": {
            "containers": [{"name": "c0", "image": "app"}],
            "automountServiceAccountToken": false,
        },
    });
    if random.percent(90) {
        pod["metadata"]["labels"]["app"] = json!(random.pick(&APPS));
    }
    if random.percent(60) {
        pod["metadata"]["labels"]["version"] = json!(random.pick(&["v1", "v2", "v3"]));
    }
    if random.percent(20) {
        pod["metadata"]["labels"]["stage"] = json!(random.pick(&["test", "live"]));
    }
    if random.percent(30) {
        pod["metadata"]["labels"]["tier"] = json!(random.pick(&["front", "back"]));
    }
    pod
}

pub(super) fn prioritise(pod: &mut Value, class: &str) {
    let known = PRIORITIES.iter().find(|(name, _)| *name == class);
    let (name, value) = known.expect("the class is known");
    pod["spec"]["priorityClassName"] = json!(name);
    pod["spec"]["priority"] = json!(value);
}

/// Asks for an amount of a resource in one container, where limits must equal requests for what cannot be overcommitted.
pub(super) fn ask(container: &mut Value, resource: &str, amount: &str) {
    container["resources"]["requests"][resource] = json!(amount);
    if !matches!(resource, "cpu" | "memory" | "ephemeral-storage") {
        container["resources"]["limits"][resource] = json!(amount);
    }
}

pub(super) fn cpu(random: &mut Random, most: usize) -> String {
    match random.below(12) {
        0 => "0".to_owned(),
        1 => format!("{}u", random.between(1, most * 1000)),
        2 => format!("0.{:03}", random.between(1, 999)),
        3..=5 => format!("{}m", random.between(1, most / 100 + 1) * 100),
        _ => format!("{}m", random.between(1, most)),
    }
}

pub(super) fn memory(random: &mut Random, most_mi: usize) -> String {
    match random.below(10) {
        0 => format!("{}M", random.between(1, most_mi)),
        1 => format!("{}m", random.between(1, most_mi) * 1_048_576_001),
        2 => format!(
            "{}",
            random.between(1, most_mi) * 1_048_576 + random.below(1000)
        ),
        3 => "1e8".to_owned(),
        _ => format!("{}Mi", random.between(1, most_mi)),
    }
}

/// Requests in one of their shapes: containers, init containers, sidecars, overhead, pod-level. `most` is in milli of cpu and
/// Mi of memory.
pub(super) fn requests(random: &mut Random, pod: &mut Value, most: usize) {
    if let Some(spec) = pod["spec"].as_object_mut() {
        spec.remove("resources");
    }
    for resource in ["cpu", "memory"] {
        if random.percent(75) {
            let amount = amount(random, resource, most);
            ask(&mut pod["spec"]["containers"][0], resource, &amount);
        }
    }
    let containers = pod["spec"]["containers"].as_array().map_or(0, Vec::len);
    if containers == 1 && random.percent(15) {
        let mut second = json!({"name": "c1", "image": "app"});
        for resource in random.some(&["cpu", "memory"], 1, 2) {
            let amount = amount(random, resource, most / 2 + 1);
            ask(&mut second, resource, &amount);
        }
        push(&mut pod["spec"]["containers"], second);
    }
    if random.percent(12) {
        let amount = format!("{}Mi", random.between(1, most * 2));
        ask(
            &mut pod["spec"]["containers"][0],
            "ephemeral-storage",
            &amount,
        );
    }
    if random.percent(20) {
        init_containers(random, pod, most);
    }
    if random.percent(6) {
        pod["spec"]["runtimeClassName"] = json!("heavy");
        for (resource, amount) in OVERHEAD {
            pod["spec"]["overhead"][resource] = json!(amount);
        }
    }
    if random.percent(6) {
        pod_level(random, pod, most);
    }
}

fn amount(random: &mut Random, resource: &str, most: usize) -> String {
    match resource {
        "cpu" => cpu(random, most),
        _ => memory(random, most),
    }
}

fn init_containers(random: &mut Random, pod: &mut Value, most: usize) {
    pod["spec"]["initContainers"] = json!([]);
    for index in 0..random.between(1, 3) {
        let mut container = json!({"name": format!("i{index}"), "image": "app"});
        let sidecar = random.percent(50);
        if sidecar {
            container["restartPolicy"] = json!("Always");
        }
        for resource in random.some(&["cpu", "memory"], 0, 2) {
            let amount = amount(random, resource, if sidecar { most / 3 + 1 } else { most });
            ask(&mut container, resource, &amount);
        }
        push(&mut pod["spec"]["initContainers"], container);
    }
}

/// Requests of the pod as a whole. They may not be less than what the containers ask together, so the containers ask little.
fn pod_level(random: &mut Random, pod: &mut Value, most: usize) {
    if let Some(spec) = pod["spec"].as_object_mut() {
        spec.remove("initContainers");
    }
    for container in pod["spec"]["containers"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        container["resources"] = json!({"requests": {"cpu": "1m", "memory": "1Mi"}});
    }
    for resource in random.some(&["cpu", "memory"], 1, 2) {
        let amount = match resource {
            "cpu" => format!("{}m", random.between(2, most + 2)),
            _ => format!("{}Mi", random.between(2, most + 2)),
        };
        pod["spec"]["resources"]["requests"][resource] = json!(amount);
    }
}

/// Host ports of containers and sidecars; of plain init containers they do not count.
pub(super) fn host_ports(random: &mut Random, pod: &mut Value) {
    // a second set would have to differ from the first
    let containers = ["containers", "initContainers"];
    let mut containers = containers
        .iter()
        .flat_map(|place| pod["spec"][place].as_array())
        .flatten();
    if containers.any(|container| container["ports"].is_array()) {
        return;
    }
    let count = random.between(1, 2);
    let ports = random.some(&[80, 443, 8080, 9090], count, count);
    if random.percent(15) {
        pod["spec"]["hostNetwork"] = json!(true);
        let port = |port: &i32| json!({"containerPort": port, "hostPort": port, "protocol": "TCP"});
        let ports: Vec<Value> = ports.iter().map(port).collect();
        pod["spec"]["containers"][0]["ports"] = json!(ports);
        return;
    }
    for (index, port) in ports.into_iter().enumerate() {
        let mut entry = json!({
            "containerPort": 1000 + index, "hostPort": port,
            "protocol": random.pick(&["TCP", "TCP", "TCP", "UDP", "SCTP"]),
        });
        if random.percent(40) {
            entry["hostIP"] = json!(random.pick(&["0.0.0.0", "127.0.0.1", "10.0.0.1", "::"]));
        }
        let place = match pod["spec"]["initContainers"].as_array() {
            Some(all) if !all.is_empty() && random.percent(50) => "initContainers",
            _ => "containers",
        };
        push(&mut pod["spec"][place][0]["ports"], entry);
    }
}
