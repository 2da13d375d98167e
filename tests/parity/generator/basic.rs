//! Constraints of the first filters: tolerations, node selector and affinity, host ports, resources.

use super::super::random::Random;
use super::{labels, nodes, pod};
use serde_json::{Value, json};

/// Adds one constraint to a probe.
pub(super) fn constrain(random: &mut Random, probe: &mut Value, all: &[Value]) {
    match random.below(13) {
        12 => demand(probe, all),
        0 | 1 => tolerate(random, probe),
        2 => select(random, probe),
        3..=5 => node_affinity(random, probe, all),
        6 => pod::host_ports(random, probe),
        7 => scalar(random, probe),
        _ => {
            let most = random.pick(&[200, 1000, 1500, 4000]);
            pod::requests(random, probe, most);
        }
    }
}

/// Tolerations that fit, nearly fit, or fit everything.
fn tolerate(random: &mut Random, probe: &mut Value) {
    let mut tolerations: Vec<Value> = Vec::new();
    for _ in 0..random.between(1, 4) {
        let (key, value) = random.pick(&nodes::TAINTS);
        let mut toleration = match random.below(10) {
            0 => json!({"operator": "Exists"}),
            1..=4 => json!({"key": key, "operator": "Exists"}),
            5 => json!({"key": key, "operator": "Equal", "value": "other"}),
            // without an operator it is Equal
            6 => json!({"key": key, "value": value}),
            _ => json!({"key": key, "operator": "Equal", "value": value}),
        };
        if random.percent(60) {
            toleration["effect"] = json!(random.pick(&nodes::EFFECTS));
        }
        if toleration["effect"] == "NoExecute" && random.percent(40) {
            toleration["tolerationSeconds"] = json!(30);
        }
        if !tolerations.contains(&toleration) {
            tolerations.push(toleration);
        }
    }
    probe["spec"]["tolerations"] = json!(tolerations);
}

/// Asks for a feature of the kubelet, where any declares it: without a declaration nobody knows whether it is looked for.
fn demand(probe: &mut Value, all: &[Value]) {
    let declares = |node: &&Value| node["status"]["declaredFeatures"].is_array();
    if all.iter().find(declares).is_some() {
        let container = &mut probe["spec"]["containers"][0];
        container["restartPolicy"] = json!("Never");
        let exits = json!({"operator": "In", "values": [42]});
        container["restartPolicyRules"] =
            json!([{"action": "RestartAllContainers", "exitCodes": exits}]);
    }
}

fn select(random: &mut Random, probe: &mut Value) {
    for _ in 0..random.between(1, 2) {
        let (key, value) = labels::pair(random);
        probe["spec"]["nodeSelector"][key] = json!(value);
    }
}

fn node_affinity(random: &mut Random, probe: &mut Value, all: &[Value]) {
    let several = if random.percent(35) { 3 } else { 1 };
    let terms: Vec<Value> = (0..random.between(1, several))
        .map(|_| term(random, all))
        .collect();
    probe["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
        json!({"nodeSelectorTerms": terms});
}

fn term(random: &mut Random, all: &[Value]) -> Value {
    // an empty term matches no node
    if random.percent(3) {
        return json!({});
    }
    let mut term = json!({});
    if random.percent(85) {
        let expressions: Vec<Value> = (0..random.between(1, 2))
            .map(|_| labels::expression(random))
            .collect();
        term["matchExpressions"] = json!(expressions);
    }
    if random.percent(20) {
        let field = |random: &mut Random| {
            let name = random.one(all)["metadata"]["name"].clone();
            let name = if random.percent(10) {
                json!("absent")
            } else {
                name
            };
            let operator = if random.percent(75) { "In" } else { "NotIn" };
            json!({"key": "metadata.name", "operator": operator, "values": [name]})
        };
        let fields: Vec<Value> = (0..if random.percent(15) { 2 } else { 1 })
            .map(|_| field(random))
            .collect();
        term["matchFields"] = json!(fields);
    }
    term
}

/// Resources that are counted in whole numbers and need equal limits.
fn scalar(random: &mut Random, probe: &mut Value) {
    let container = &mut probe["spec"]["containers"][0];
    match random.below(4) {
        0 => {
            let amount = random.pick(&["2Mi", "64Mi", "66Mi", "128Mi"]);
            // huge pages come only with memory or cpu
            pod::ask(container, "cpu", "1m");
            pod::ask(container, "hugepages-2Mi", amount);
        }
        1 => pod::ask(
            container,
            "vendor.io/nic",
            random.pick(&["1", "8", "9", "1k", "1001"]),
        ),
        _ => pod::ask(
            container,
            "example.com/gpu",
            random.pick(&["1", "1", "2", "3", "5", "0"]),
        ),
    }
}
