//! Which changes remove one filter failure on one node: the owner's first, each kind's smallest first.
//!
//! Nothing is offered that would only move the failure elsewhere, or bring the pod to a node that somebody takes away:
//! taints for a node's state are not tolerated, a selector for an architecture or operating system is not changed, labels
//! that Kubernetes gives are not written by hand.

use super::change::{Change, Expression, place_of};
use super::{Situation, affinity, spread};
use crate::kubernetes::node_terms::NodeRequirement;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::taints::TaintText;
use crate::scheduler::ranking::is_condition;
use crate::scheduler::{FilterFailure, Incoming, NodeView, What};
use k8s_openapi::api::core::v1::{Container, NodeSelectorRequirement, Taint};
use std::slice;

/// A request is not lowered below one part in this many: what is left would not be the same program.
const LEAST_PART: i128 = 10;

/// The changes after which the filter failure is gone; none when nothing sensible removes it.
pub(super) fn of(at: &Situation<'_>, node: &NodeView<'_>, failure: &FilterFailure) -> Vec<Change> {
    if node.node.leaving().is_some_and(|it| it.leaving.is_final()) {
        return Vec::new();
    }
    let incoming = &at.incoming;
    let name = node.name().to_owned();
    match &failure.what {
        What::Cordoned { keeps_free: true } => Vec::new(),
        What::Cordoned { .. } => vec![Change::Uncordon { node: name }],
        What::Taint { key, .. } if is_condition(key) => Vec::new(),
        What::Taint { taint, .. } => {
            let is_it = |other: &&Taint| TaintText(other).to_string() == *taint;
            let taint = node.node.taints.iter().find(is_it);
            taint.map_or_else(Vec::new, |taint| of_taint(name, taint))
        }
        What::Label { wanted, found } => of_label(incoming, node, wanted, found.as_deref()),
        What::Port { port, .. } if incoming.spec.host_network != Some(true) => {
            place_of(at.pod.pod(), port)
                .map(|(index, port_index)| Change::FreePort {
                    index,
                    port_index,
                    port: port.clone(),
                })
                .into_iter()
                .collect()
        }
        What::Resource {
            resource,
            asked,
            free,
            ..
        } => lower(incoming, resource, *asked, *free)
            .into_iter()
            .collect(),
        What::Spread { .. } => spread::options(at, node, &failure.what),
        What::Apart { .. } | What::Together { .. } => affinity::options(at, node, &failure.what),
        _ => Vec::new(),
    }
}

fn of_taint(node: String, taint: &Taint) -> Vec<Change> {
    let taint = Taint {
        time_added: None,
        ..taint.clone()
    };
    vec![
        Change::Tolerate(taint.clone()),
        Change::Untaint { node, taint },
    ]
}

fn of_label(
    incoming: &Incoming<'_, '_>,
    node: &NodeView<'_>,
    wanted: &NodeRequirement,
    found: Option<&str>,
) -> Vec<Change> {
    let key = wanted.key.as_str();
    if matches!(key, "kubernetes.io/arch" | "kubernetes.io/os") {
        return Vec::new();
    }
    let selector = incoming.spec.node_selector.as_ref();
    let selected = selector
        .and_then(|selector| selector.get(key))
        .filter(|value| NodeRequirement::one_of(key, slice::from_ref(*value)) == *wanted);
    let mut changes = match selected {
        Some(value) => of_selector(key, value, found),
        None => of_expression(incoming, wanted, found),
    };
    let value = match selected {
        Some(value) => Some(value.clone()),
        None => expression(incoming, wanted).and_then(|(_, expression)| labelled(expression)),
    };
    if let (Some(value), None, false) = (value, found, is_given(key)) {
        changes.push(Change::Label {
            node: node.name().to_owned(),
            key: key.to_owned(),
            value,
        });
    }
    changes
}

fn of_selector(key: &str, value: &str, found: Option<&str>) -> Vec<Change> {
    let (key, from) = (key.to_owned(), value.to_owned());
    let other = found.map(|found| Change::Select {
        key: key.clone(),
        from: from.clone(),
        to: found.to_owned(),
    });
    other
        .into_iter()
        .chain([Change::Unselect { key, from }])
        .collect()
}

fn of_expression(
    incoming: &Incoming<'_, '_>,
    wanted: &NodeRequirement,
    found: Option<&str>,
) -> Vec<Change> {
    let Some((at, expression)) = expression(incoming, wanted) else {
        return Vec::new();
    };
    let accept = found
        .filter(|_| expression.operator == "In")
        .map(|found| Change::Accept {
            at,
            key: expression.key.clone(),
            value: found.to_owned(),
        });
    let drop = Change::Unrequire {
        at,
        wanted: wanted.clone(),
    };
    accept.into_iter().chain([drop]).collect()
}

/// The first such expression. Terms that pin nodes by name are a controller's, and its own template is written
/// otherwise.
fn expression<'a>(
    incoming: &Incoming<'a, '_>,
    wanted: &NodeRequirement,
) -> Option<(Expression, &'a NodeSelectorRequirement)> {
    let terms = incoming.node_affinity()?;
    if terms.iter().any(|term| term.match_fields.is_some()) {
        return None;
    }
    terms.iter().enumerate().find_map(|(term, of_term)| {
        let expressions = of_term.match_expressions.iter().flatten().enumerate();
        let mut expressions = expressions.into_iter();
        let (index, expression) =
            expressions.find(|(_, expression)| NodeRequirement::from(*expression) == *wanted)?;
        Some((Expression { term, index }, expression))
    })
}

/// The value with which a label fulfils an expression.
fn labelled(expression: &NodeSelectorRequirement) -> Option<String> {
    match expression.operator.as_str() {
        "In" => expression.values.as_ref()?.first().cloned(),
        "Exists" => Some(String::new()),
        _ => None,
    }
}

/// Whether Kubernetes or a cloud gives labels of this domain; roles are given by people.
pub(super) fn is_given(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    domain != "node-role.kubernetes.io"
        && ["kubernetes.io", "k8s.io"]
            .iter()
            .any(|own| domain.ends_with(own))
}

/// Lowers the container that asks most, so that the pod asks exactly what is free. Extended resources are left alone: a program
/// that wants two devices does not run with one.
fn lower(
    incoming: &Incoming<'_, '_>,
    resource: &str,
    asked: Quantity,
    free: Quantity,
) -> Option<Change> {
    if !matches!(resource, "cpu" | "memory" | "ephemeral-storage") {
        return None;
    }
    let request = |container: &Container| {
        let requests = container.resources.as_ref()?.requests.as_ref()?;
        Quantity::try_from(requests.get(resource)?).ok()
    };
    let containers = incoming.spec.containers.iter().enumerate();
    let (index, container, from) = containers
        .filter_map(|(index, container)| Some((index, container, request(container)?)))
        // of equals the first
        .rev()
        .max_by_key(|(.., amount)| *amount)?;
    let to = from - (asked - free);
    let is_sensible = to > Quantity::ZERO && to.milli().saturating_mul(LEAST_PART) >= from.milli();
    is_sensible.then(|| Change::Lower {
        index,
        container: container.name.clone(),
        resource: resource.to_owned(),
        from,
        to: to.exact(resource),
    })
}
