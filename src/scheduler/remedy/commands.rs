//! Turns changes that go together into one command and one patch.
//!
//! Sources: kubectl's `set resources`, `patch`, `taint`, `label`, `uncordon` (1.37).

use super::change::{Change, Expression, in_turn, is_last, toleration};
use crate::kubernetes::patch::{add, escaped, remove, replace, test};
use crate::kubernetes::shell;
use crate::snapshot::{Kind, ObjectRef, Propagation, TemplateOwner};
use k8s_openapi::api::core::v1::{Pod, Toleration};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What makes a change, as far as one command or one patch can.
#[derive(Debug, Default)]
pub(super) struct Commands {
    pub(super) target: Option<ObjectRef>,
    pub(super) patch: Vec<Value>,
    pub(super) command: String,
}

/// What makes all of these changes.
pub(super) fn of(changes: &[Change], template_owner: &TemplateOwner, pod: &Pod) -> Commands {
    let (of_pod, of_nodes): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.node().is_none());
    let (patch, pod_command) = pod_part(&of_pod, template_owner, pod);
    let reachable = of_pod.is_empty() || pod_command.is_some();
    let mut found = Commands::default();
    // half of what is needed would not help, neither here nor as a patch
    if reachable {
        let of_nodes = of_nodes.iter().filter_map(|change| node_command(change));
        let commands: Vec<String> = pod_command.into_iter().chain(of_nodes).collect();
        found.command = commands.join(" && ");
    }
    if let ([], [only, ..]) = (of_pod.as_slice(), of_nodes.as_slice()) {
        let node = only.node().unwrap_or_default();
        found.target = Some(ObjectRef::new(Kind::Node, "", node));
        let patch: Option<Vec<Value>> = of_nodes.iter().map(|change| node_patch(change)).collect();
        found.patch = patch.unwrap_or_default();
        return found;
    }
    found.target = Some(template_owner.object.clone());
    if of_nodes.is_empty() && reachable {
        found.patch = patch;
    }
    found
}

/// The patch of the pod's spec and the command that makes it; no command when the spec cannot be changed where it is.
fn pod_part(
    changes: &[&Change],
    template_owner: &TemplateOwner,
    pod: &Pod,
) -> (Vec<Value>, Option<String>) {
    let Some(spec) = template_owner
        .spec_pointer()
        .filter(|_| !changes.is_empty())
    else {
        return (Vec::new(), None);
    };
    let fixed = template_owner.propagation == Propagation::Immutable;
    if fixed && !changes.iter().all(|c| matches!(c, Change::Tolerate(_))) {
        return (Vec::new(), None);
    }
    let mut patch: Vec<Value> = Vec::new();
    let mut changed = pod.clone();
    for change in in_turn(changes.iter().copied()) {
        patch.extend(pod_patch(change, spec, &changed));
        change.apply_to_pod(&mut changed);
    }
    patch.extend(tolerations(changes, spec, pod, fixed));
    let command = match requests(changes) {
        Some((container, requests)) if template_owner.propagation != Propagation::NextRun => {
            let requests = format!("--requests={requests}");
            template_owner.kubectl(&["set", "resources"], &["-c", container, &requests])
        }
        _ => template_owner.patch_command(&patch),
    };
    (patch, Some(command))
}

/// `cpu=500m,memory=1Gi` when one container's requests are all that changes.
fn requests<'c>(changes: &[&'c Change]) -> Option<(&'c str, String)> {
    let mut amounts: BTreeMap<&str, &str> = BTreeMap::new();
    let mut name = None;
    for change in changes {
        let Change::Lower {
            container,
            resource,
            to,
            ..
        } = change
        else {
            return None;
        };
        if name.is_some_and(|name| name != container) {
            return None;
        }
        name = Some(container);
        amounts.insert(resource, to);
    }
    let amounts: Vec<String> = amounts
        .into_iter()
        .map(|(resource, to)| format!("{resource}={to}"))
        .collect();
    Some((name?, amounts.join(",")))
}

/// The operations of one change. Each tests what it replaces, since a webhook may have written the pod otherwise than its template.
fn pod_patch(change: &Change, spec: &str, pod: &Pod) -> Vec<Value> {
    match change {
        Change::Lower {
            index,
            container,
            resource,
            to,
            ..
        } => vec![
            test(
                &format!("{spec}/containers/{index}/name"),
                container.as_str(),
            ),
            add(
                &format!(
                    "{spec}/containers/{index}/resources/requests/{}",
                    escaped(resource)
                ),
                to.as_str(),
            ),
        ],
        Change::Select { key, from, to } => {
            let path = format!("{spec}/nodeSelector/{}", escaped(key));
            vec![test(&path, from.as_str()), replace(&path, to.as_str())]
        }
        Change::Unselect { key, from } => {
            let path = format!("{spec}/nodeSelector/{}", escaped(key));
            vec![test(&path, from.as_str()), remove(&path)]
        }
        Change::Accept { at, key, value } => {
            let path = expression_path(spec, *at);
            vec![
                test(&format!("{path}/key"), key.as_str()),
                add(&format!("{path}/values/-"), value.as_str()),
            ]
        }
        Change::Unrequire { at, .. } => unrequire(spec, *at, pod),
        Change::FreePort {
            index,
            port_index,
            port,
        } => {
            let path = format!("{spec}/containers/{index}/ports/{port_index}/hostPort");
            vec![test(&path, port.port), remove(&path)]
        }
        Change::Spread(relaxation) => relaxation.patch(spec),
        Change::Affinity(relaxation) => relaxation.patch(spec),
        Change::Tolerate(_)
        | Change::Uncordon { .. }
        | Change::Untaint { .. }
        | Change::Label { .. }
        | Change::Place { .. } => Vec::new(),
    }
}

fn required_path(spec: &str) -> String {
    format!("{spec}/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution")
}

fn expression_path(spec: &str, at: Expression) -> String {
    let required = required_path(spec);
    let Expression { term, index } = at;
    format!("{required}/nodeSelectorTerms/{term}/matchExpressions/{index}")
}

/// Removes the expression, or the whole requirement when it was its only one: an empty term would match nothing.
fn unrequire(spec: &str, at: Expression, pod: &Pod) -> Vec<Value> {
    let incoming = crate::scheduler::Incoming::alone(pod);
    let terms = incoming.node_affinity().unwrap_or_default();
    let expressions = terms
        .get(at.term)
        .and_then(|term| term.match_expressions.as_deref())
        .unwrap_or_default();
    let path = expression_path(spec, at);
    let key = expressions.get(at.index).map(|expression| &expression.key);
    let what = if is_last(terms, at) {
        remove(&required_path(spec))
    } else {
        remove(&path)
    };
    vec![test(&format!("{path}/key"), json!(key)), what]
}

/// A template's tolerations are written as a whole, without those that admission adds to its pods. A pod's may
/// only be added to.
fn tolerations(changes: &[&Change], spec: &str, pod: &Pod, fixed: bool) -> Vec<Value> {
    let added: Vec<Toleration> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Tolerate(taint) => Some(toleration(taint)),
            _ => None,
        })
        .collect();
    if added.is_empty() {
        return Vec::new();
    }
    let present = pod.spec.as_ref().and_then(|spec| spec.tolerations.as_ref());
    let path = format!("{spec}/tolerations");
    if fixed && present.is_some() {
        let path = format!("{path}/-");
        return added.iter().map(|one| add(&path, json!(one))).collect();
    }
    let own = present.into_iter().flatten().filter(|t| !is_admitted(t));
    let all: Vec<Toleration> = own.cloned().chain(added).collect();
    vec![add(&path, json!(all))]
}

/// Whether the admission plugin DefaultTolerationSeconds gives this toleration to every pod that has no other for the key.
fn is_admitted(toleration: &Toleration) -> bool {
    let key = toleration.key.as_deref().unwrap_or_default();
    matches!(
        key,
        "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable"
    ) && toleration.toleration_seconds == Some(300)
}

fn node_command(change: &Change) -> Option<String> {
    Some(match change {
        Change::Uncordon { node } => shell::command(["kubectl", "uncordon", node]),
        Change::Untaint { node, taint } => {
            let taint = format!("{}:{}-", taint.key, taint.effect);
            shell::command(["kubectl", "taint", "nodes", node, &taint])
        }
        Change::Label { node, key, value } | Change::Place { node, key, value } => {
            let label = format!("{key}={value}");
            shell::command(["kubectl", "label", "nodes", node, &label])
        }
        _ => return None,
    })
}

/// Taints are a list without stable places: they have a command and no patch.
fn node_patch(change: &Change) -> Option<Value> {
    match change {
        Change::Uncordon { .. } => Some(replace("/spec/unschedulable", false)),
        Change::Label { key, value, .. } | Change::Place { key, value, .. } => {
            let path = format!("/metadata/labels/{}", escaped(key));
            Some(add(&path, value.as_str()))
        }
        _ => None,
    }
}
