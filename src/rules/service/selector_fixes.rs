//! What lets the selector of a Service and the labels of pods agree.

use super::nearest_labels::{Candidate, Difference};
use crate::kubernetes::labels::is_set_by_controller;
use crate::kubernetes::patch;
use crate::kubernetes::selector::carries;
use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::snapshot::Kind;
use crate::text::{Fact, say};
use crate::triage::ServiceSubject;
use serde_json::Value;
use std::collections::BTreeMap;

/// The case of a Service.
pub(super) type ServiceCase<'a> = Case<'a, ServiceSubject<'a>>;
type Labels = BTreeMap<String, String>;

/// As `kubectl get services -o wide` and `kubectl get pods --show-labels` write labels.
pub(super) fn written(labels: &Labels) -> String {
    let pairs = labels.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}

/// The selector with what was found in place of what differs; only where it then matches these pods and no others.
pub(super) fn reselect(case: &ServiceCase<'_>, near: &Candidate<'_>) -> Option<Fix> {
    // another value says something: traffic for the primary is not meant for replicas
    let cannot_change =
        |one: &Difference| one.is_another_value() || is_set_by_controller(one.key());
    if near.differences.iter().any(cannot_change) {
        return None;
    }
    let mut selector = case.it.service.selector.clone();
    let mut operations = Vec::new();
    for difference in &near.differences {
        let key = difference.key();
        let path = pointer("/spec/selector", key);
        let wanted = selector.remove(key)?;
        operations.push(patch::test(&path, wanted.clone()));
        match difference {
            Difference::Value { found, .. } => {
                operations.push(patch::replace(&path, found.clone()));
                selector.insert(key.to_owned(), found.clone());
            }
            Difference::Key { found, .. } => {
                operations.push(patch::shift(&path, &pointer("/spec/selector", found)));
                selector.insert(found.clone(), wanted);
            }
            Difference::Missing { .. } => operations.push(patch::remove(&path)),
        }
    }
    if selector.is_empty() || !matches_only(case, near, &selector) {
        return None;
    }
    let change = if near.pods == 0 && near.is_scaled_to_zero() {
        say!(
            "service-selector-mismatch.change-selector-and-scale",
            "if its pods are meant, change the selector to {proposed}, which only this template has, and scale {workload} up, which has 0 replicas"
        )
    } else if near.pods == 0 {
        say!(
            "service-selector-mismatch.change-selector-to-template",
            "if its pods are meant, change the selector to {proposed}, which only this template has"
        )
    } else {
        say!(
            "service-selector-mismatch.change-selector",
            "if {pods|this pod is|these pods are} meant, change the selector to {proposed}: it then matches {pods|this pod and no other|these {pods} pods and no others}"
        )
    };
    let before = patch::nested("/spec/selector", &case.it.service.selector);
    let fix = Fix::edit(change, Who::Owner, case.object(), operations, &before);
    Some(fix.fact("proposed", written(&selector)))
}

/// Whether these labels select these pods and no others; where there are none, this template and no other.
fn matches_only(case: &ServiceCase<'_>, near: &Candidate<'_>, selector: &Labels) -> bool {
    let store = case.snapshot.store();
    let records = store.pod_records();
    let matched = records.selected(case.it.namespace, selector);
    let templates = case.it.workloads(store);
    let mut others = templates
        .filter(|(_, workload)| carries(&workload.template_labels, selector))
        .filter(|(object, _)| store.outermost(object.clone()) != near.owner);
    matched.map(|(_, pods)| pods.len()).sum::<usize>() == near.pods
        && (near.pods > 0 || others.next().is_none())
}

fn pointer(parent: &str, key: &str) -> String {
    format!("{parent}/{}", patch::escaped(key))
}

/// The labels for the template of the workload. Not those that its own selector holds, which cannot be changed, nor in place
/// of another value, which says something.
pub(super) fn label(case: &ServiceCase<'_>, near: &Candidate<'_>) -> Option<Fix> {
    let (object, workload) = near.workload.as_ref()?;
    let rolls_out = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];
    let rolls_out = rolls_out.contains(&object.known_kind()?);
    let own = workload.selector.as_ref()?.match_labels.as_ref();
    let is_fixed = |one: &Difference| own.is_some_and(|own| own.contains_key(one.key()));
    let mut differences = near.differences.iter();
    let cannot_change = |one: &Difference| {
        is_fixed(one) || one.is_another_value() || is_set_by_controller(one.key())
    };
    if !rolls_out || differences.any(cannot_change) {
        return None;
    }
    let labels = "/spec/template/metadata/labels";
    let mut pairs = Vec::new();
    let mut operations: Vec<Value> = Vec::new();
    for difference in &near.differences {
        let wanted = case.it.service.selector.get(difference.key())?;
        pairs.push(format!("{}={wanted}", difference.key()));
        operations.push(patch::add(
            &pointer(labels, difference.key()),
            wanted.clone(),
        ));
    }
    let change = say!(
        "service-selector-mismatch.label-template",
        "if {pods|this pod is|these pods are} meant, label {pods|it|them} {wanted} in the template of {workload}, which makes {pods|it|them} anew"
    );
    let fix = Fix::edit(change, Who::Owner, object.clone(), operations, &Value::Null);
    Some(fix.fact("wanted", pairs))
}

/// What the selector asks for and the pods do not carry.
fn wanted(case: &ServiceCase<'_>, near: &Candidate<'_>) -> Vec<String> {
    let keys = near.differences.iter().map(Difference::key);
    let wanted = keys.filter_map(|key| case.it.service.selector.get_key_value(key));
    wanted
        .map(|(key, value)| format!("{key}={value}"))
        .collect()
}

/// Where neither side can be changed without asking which of them was meant.
pub(super) fn agree(case: &ServiceCase<'_>, near: &Candidate<'_>) -> Vec<Fix> {
    let wanted = wanted(case, near);
    let at_run_time = near.set_at_run_time();
    let advice = |change| Fix::advice(change, Who::Owner).fact("wanted", wanted.clone());
    if !at_run_time.is_empty() {
        let change = say!(
            "service-selector-mismatch.look-who-labels",
            "look at what labels the pods of {workload} while they run (an operator, a failover agent): {keys} is not of their template, and none has {wanted}; do not set it by hand"
        );
        return vec![advice(change).fact("keys", at_run_time)];
    }
    let either = say!(
        "service-selector-mismatch.agree",
        "select {carried}, or label the pods {wanted} in the template of {workload}, whichever was meant"
    );
    let one = say!(
        "service-selector-mismatch.agree-on-labels",
        "label the pods {wanted}, or select labels that they have"
    );
    let carries = !near.carried().is_empty();
    let back = go_back(case, near).into_iter();
    back.chain([advice(if carries { either } else { one })])
        .collect()
}

/// An earlier revision whose pods the selector meant.
fn go_back(case: &ServiceCase<'_>, near: &Candidate<'_>) -> Option<Fix> {
    let owner = &near.owner;
    if owner.known_kind() != Some(Kind::Deployment) {
        return None;
    }
    let sets = case.snapshot.store().replica_sets();
    let own = sets.seen_in(case.it.namespace).filter(|(_, set)| {
        let controller = set.controller.as_ref();
        controller.is_some_and(|(kind, name)| (kind, name) == (&owner.kind, &owner.name))
    });
    let meant = own.filter(|(_, set)| carries(&set.template_labels, &case.it.service.selector));
    let revision = meant.filter_map(|(_, set)| set.revision).max()?;
    let change = say!(
        "service-selector-mismatch.go-back",
        "go back to revision {revision} of {workload}, whose pods carry {wanted}"
    );
    let to = format!("--to-revision={revision}");
    let command = case.kubectl(["rollout", "undo", &owner.argument(), &to]);
    let fix = Fix::command(change, Who::Owner, owner.clone(), command);
    let fix = fix.fact("wanted", wanted(case, near));
    Some(fix.fact("revision", Fact::Number(revision)))
}
