//! Turns changes that go together into one command and one patch.
//!
//! Source: kubectl's `taint` (1.37).

use super::change::{Change, Expression, in_turn, is_last, toleration};
use crate::kubernetes::patch::{add, escaped, remove, replace, test};
use crate::kubernetes::pod::Pod;
use crate::kubernetes::shell;
use crate::snapshot::{Kind, ObjectRef, Propagation, TemplateOwner};
use k8s_openapi::api::core::v1::Toleration;
use serde_json::{Value, json};
use std::sync::Arc;

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
    let mut before = pod.clone();
    let admitted = before.spec.as_mut().filter(|_| !fixed).map(Arc::make_mut);
    if let Some(all) = admitted.and_then(|spec| spec.tolerations.as_mut()) {
        all.retain(|toleration| !is_admitted(toleration));
    }
    patch.extend(tolerations(changes, spec, &before, fixed));
    let command = template_owner.edit(&patch, &before);
    (patch, Some(command))
}

/// The operations of one change. Each tests what it replaces, since a webhook may have written the pod otherwise than
/// its template.
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

/// A template's tolerations are written as a whole. A pod's may only be added to.
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
    let all: Vec<Toleration> = present
        .into_iter()
        .flatten()
        .cloned()
        .chain(added)
        .collect();
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
    if let Change::Untaint { node, taint } = change {
        let taint = format!("{}:{}-", taint.key, taint.effect);
        return Some(shell::cluster(["taint", "node", node, &taint]));
    }
    let node = ObjectRef::new(Kind::Node, "", change.node()?);
    Some(node.edit(&[node_patch(change)?], &Value::Null))
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
