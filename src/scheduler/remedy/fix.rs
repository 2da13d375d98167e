//! Turns changes that belong together into one fix: sentence, patch and command.
//!
//! Sources: kubectl's `set resources`, `patch`, `taint`, `label`, `uncordon` (1.37).

use super::change::{Change, Expression, in_turn, is_last, toleration};
use super::template_owner::{Propagation, TemplateOwner};
use crate::kubernetes::patch::{add, escaped, remove, replace, test};
use crate::kubernetes::shell;
use crate::rules::finding::{Fix, Who};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Facts, Message, Sentence, say};
use k8s_openapi::api::core::v1::{Pod, Toleration};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The fix that makes all of these changes.
pub(super) fn of(changes: &[Change], template_owner: &TemplateOwner, pod: &Pod, who: Who) -> Fix {
    let (of_pod, of_nodes): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.node().is_none());
    let mut fix = Fix::advice(sentence(changes, template_owner, &of_pod), who);
    fix.facts = facts(changes, template_owner);
    let (patch, pod_command) = pod_part(&of_pod, template_owner, pod);
    let reachable = of_pod.is_empty() || pod_command.is_some();
    let commands: Vec<String> = pod_command
        .into_iter()
        .chain(of_nodes.iter().filter_map(|change| node_command(change)))
        .collect();
    // half of what is needed would not help, neither here nor as a patch
    if reachable {
        fix.command = commands.join(" && ");
    }
    match (of_pod.as_slice(), of_nodes.as_slice()) {
        ([], [only, ..]) => {
            let node = only.node().unwrap_or_default();
            fix.target = Some(ObjectRef::new(Kind::Node, "", node));
            let patch: Option<Vec<Value>> =
                of_nodes.iter().map(|change| node_patch(change)).collect();
            fix.patch = patch.unwrap_or_default();
        }
        (_, others) => {
            fix.target = Some(template_owner.object.clone());
            if others.is_empty() && reachable {
                fix.patch = patch;
            }
        }
    }
    fix
}

/// What is to be done, with what follows for objects that do not change in place.
fn sentence(changes: &[Change], template_owner: &TemplateOwner, of_pod: &[&Change]) -> Sentence {
    let only_tolerates = of_pod.iter().all(|c| matches!(c, Change::Tolerate(_)));
    let propagation = match template_owner.propagation {
        // tolerations may be added to a pod that is there
        Propagation::Fixed if template_owner.is_pod() && only_tolerates => Propagation::Rollout,
        propagation => propagation,
    };
    match (of_pod.is_empty(), propagation, changes) {
        (true, _, [only]) | (false, Propagation::Rollout, [only]) => only.sentence().0,
        (true, ..) | (false, Propagation::Rollout, _) => say!("remedy.changes", "{changes}"),
        (false, Propagation::ByHand, _) => say!(
            "remedy.delete-pod",
            "{changes}, then delete the pod so that it is made anew"
        ),
        (false, Propagation::NextRun, _) => {
            say!("remedy.next-run", "{changes}; the next run follows it")
        }
        (false, Propagation::Fixed, _) if template_owner.is_pod() => {
            say!(
                "remedy.create-pod-anew",
                "delete the pod and create it anew to {changes}, since its spec cannot be changed"
            )
        }
        (false, Propagation::Fixed, _) => {
            say!(
                "remedy.create-anew",
                "delete {owner} and create it anew to {changes}, since its template cannot be changed"
            )
        }
        (false, Propagation::Foreign, _) => say!("remedy.in-owner", "{changes}, in {owner}"),
    }
}

fn facts(changes: &[Change], template_owner: &TemplateOwner) -> Facts {
    let mut all = Facts::default();
    let mut phrases: Vec<Message> = Vec::new();
    for change in changes {
        let (sentence, facts) = change.sentence();
        let facts = Facts(facts.into_iter().collect());
        phrases.push(Message::with(sentence, &[&facts]));
        if changes.len() == 1 {
            all = facts;
        }
    }
    all.0.insert("changes", phrases.into());
    all.0.insert("owner", template_owner.object.short().into());
    all
}

/// The patch of the pod's spec and the command that makes it; no command when the spec cannot be changed where it is.
fn pod_part(
    changes: &[&Change],
    template_owner: &TemplateOwner,
    pod: &Pod,
) -> (Vec<Value>, Option<String>) {
    let Some(spec) = template_owner.spec().filter(|_| !changes.is_empty()) else {
        return (Vec::new(), None);
    };
    let fixed = template_owner.propagation == Propagation::Fixed;
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
        _ => template_owner.patch(&patch),
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
