//! A described pod.

use super::container;
use super::object::{Described, bracketed, made};
use super::pod_volume;
use super::tree::Field;
use serde_json::{Value, json};

pub(super) fn object(it: &Described) -> Value {
    let fields = &it.fields;
    let main = container::read(fields.get("Containers"), it.is_cut);
    let mut init = container::read(fields.get("Init Containers"), it.is_cut);
    container::find_sidecars(&mut init, &main);
    let all = init.iter().chain(&main);
    let spec = made([
        ("nodeName", json!(node(fields).0)),
        ("priority", json!(fields.number("Priority"))),
        ("priorityClassName", json!(class(fields))),
        (
            "runtimeClassName",
            json!(fields.value("Runtime Class Name")),
        ),
        ("serviceAccountName", json!(fields.value("Service Account"))),
        ("restartPolicy", json!(restart_policy(it, all))),
        ("nodeSelector", json!(fields.pairs("Node-Selectors"))),
        ("tolerations", tolerations(fields)),
        ("topologySpreadConstraints", spread(fields)),
        ("readinessGates", gates(fields)),
        ("initContainers", container::specs(&init)),
        ("containers", container::specs(&main)),
        ("volumes", pod_volume::volumes(fields.get("Volumes"))),
    ]);
    made([("spec", spec), ("status", status(it, &init, &main))])
}

fn status(it: &Described, init: &[container::Read], main: &[container::Read]) -> Value {
    let fields = &it.fields;
    let phase = fields
        .value("Status")
        .filter(|status| !status.starts_with("Terminating"));
    // of a pod that is being deleted it is not shown
    let phase = phase.unwrap_or(if main.iter().any(|one| one.started) {
        "Running"
    } else {
        "Pending"
    });
    made([
        ("phase", json!(phase)),
        ("reason", json!(fields.value("Reason"))),
        ("message", json!(fields.whole("Message"))),
        ("startTime", json!(fields.time("Start Time"))),
        ("hostIP", json!(node(fields).1)),
        ("podIP", json!(fields.value("IP"))),
        (
            "qosClass",
            json!(fields.any(&["QoS Class"]).map(|field| &field.value)),
        ),
        (
            "nominatedNodeName",
            json!(fields.value("NominatedNodeName")),
        ),
        ("conditions", conditions(fields)),
        ("initContainerStatuses", container::statuses(init)),
        ("containerStatuses", container::statuses(main)),
    ])
}

/// `worker-1/10.0.0.1`
fn node(fields: &Field) -> (Option<&str>, Option<&str>) {
    let Some(node) = fields.value("Node") else {
        return (None, None);
    };
    let (name, address) = node.split_once('/').unwrap_or((node, ""));
    (
        Some(name).filter(|name| !name.is_empty()),
        Some(address).filter(|it| !it.is_empty()),
    )
}

fn class(fields: &Field) -> Option<&str> {
    fields
        .value("Priority Class Name")
        .or(fields.value("PriorityClassName"))
}

/// It is not shown. A controller that keeps pods takes only `Always`, a Job never does (`ValidatePodTemplateSpec` in
/// pkg/apis/apps and pkg/apis/batch, 1.37); a container that was started again after a good end tells it too.
fn restart_policy<'a>(
    it: &Described,
    mut containers: impl Iterator<Item = &'a container::Read>,
) -> Option<&'static str> {
    let owner = it
        .fields
        .any(&["Controlled By", "Created By", "Controllers"]);
    let (kind, _) = owner
        .map_or("", |field| &field.value)
        .split_once('/')
        .unwrap_or_default();
    match kind {
        "ReplicaSet" | "StatefulSet" | "DaemonSet" | "ReplicationController" => Some("Always"),
        "Job" if containers.any(|one| one.restarts > 0) => Some("OnFailure"),
        "Job" => Some("Never"),
        _ => containers
            .any(|one| one.ended_well_and_went_on)
            .then_some("Always"),
    }
}

/// Rows of a type and a status.
fn conditions(fields: &Field) -> Value {
    let rows = fields
        .get("Conditions")
        .map_or(&[][..], |field| &field.children);
    let row = |row: &Field| {
        let (name, status) = row.text.split_once(char::is_whitespace)?;
        let status = status.trim();
        let is_status = matches!(status, "True" | "False" | "Unknown");
        is_status.then(|| json!({"type": name, "status": status}))
    };
    json!(rows.iter().filter_map(row).collect::<Vec<_>>())
}

fn gates(fields: &Field) -> Value {
    let rows = fields
        .get("Readiness Gates")
        .map_or(&[][..], |field| &field.children);
    let names = rows
        .iter()
        .filter_map(|row| row.text.split_whitespace().next());
    let names = names.filter(|name| *name != "Type");
    json!(
        names
            .map(|name| json!({"conditionType": name}))
            .collect::<Vec<_>>()
    )
}

/// `key=value:Effect op=Exists for 300s`
fn tolerations(fields: &Field) -> Value {
    let lines = fields.list("Tolerations").into_iter();
    json!(lines.map(toleration).collect::<Vec<_>>())
}

fn toleration(line: &str) -> Value {
    let mut words = line.split_ascii_whitespace();
    // a toleration of everything has no key and no effect
    let (first, exists) = match words.next() {
        Some("op=Exists") | None => ("", true),
        Some(word) => (word, words.clone().any(|word| word == "op=Exists")),
    };
    // up to 1.13 two colons stood before the effect when there was a value
    let (of, effect) = first.split_once(':').unwrap_or((first, ""));
    let (key, value) = of.split_once('=').unwrap_or((of, ""));
    let mut after = words.skip_while(|word| *word != "for").skip(1);
    let seconds = after.next().and_then(super::tree::number);
    made([
        ("key", json!(Some(key).filter(|key| !key.is_empty()))),
        ("operator", json!(if exists { "Exists" } else { "Equal" })),
        (
            "value",
            json!(Some(value).filter(|value| !value.is_empty())),
        ),
        (
            "effect",
            json!(Some(effect.trim_start_matches(':')).filter(|it| !it.is_empty())),
        ),
        ("tolerationSeconds", json!(seconds)),
    ])
}

/// `zone:DoNotSchedule when max skew 1 is exceeded for selector app=web`; the minimum of domains is not shown.
fn spread(fields: &Field) -> Value {
    let read = |line: &str| {
        let (head, rest) = line.split_once(" when max skew ")?;
        let (key, unsatisfiable) = head.rsplit_once(':')?;
        let selector = rest
            .split_once(" for selector ")
            .map(|(_, selector)| selector);
        Some(made([
            ("topologyKey", json!(key)),
            ("whenUnsatisfiable", json!(unsatisfiable)),
            ("maxSkew", json!(super::tree::number(rest))),
            (
                "labelSelector",
                selector.map_or(Value::Null, super::workload::selector),
            ),
        ]))
    };
    let lines = fields.list("Topology Spread Constraints").into_iter();
    json!(lines.filter_map(read).collect::<Vec<_>>())
}

/// The words of a command that is printed as a slice of Go: where they are divided is lost.
pub(super) fn slice(text: &str) -> Vec<&str> {
    bracketed(Some(text))
}
