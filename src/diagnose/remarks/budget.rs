//! A node that is to be emptied, and PodDisruptionBudgets that let none of its pods go.
//!
//! An eviction that a budget refuses leaves no trace on the pod (pkg/registry/core/pod/storage/eviction.go, 1.37): `kubectl
//! drain` and autoscalers try again until it allows one.

use crate::kubernetes::selector::label_selector_matches;
use crate::report::Remark;
use crate::snapshot::{Evidence, Kind, ObjectRef, PodDisruptionBudget, PodRecord, Snapshot};
use crate::text::{Message, say};

/// Budgets that are told of.
const TOLD: usize = 3;

/// What is said of a node.
pub(super) fn remarks(name: &str, snapshot: &Snapshot<'_>) -> Vec<Remark> {
    let store = snapshot.store();
    let node = store.nodes().get("", name).yes();
    if !node.is_some_and(|node| node.is_to_be_emptied()) {
        return Vec::new();
    }
    let records = store.pod_records();
    // a drain leaves these alone
    let stays = |pod: &PodRecord| {
        let controller = pod.controller.as_deref();
        controller.is_some_and(|it| it.starts_with("DaemonSet/") || it.starts_with("Node/"))
    };
    let moving = || {
        let all = records.on_node(name);
        all.filter(|pod| !pod.terminating && !stays(pod))
    };
    let closed = store
        .budgets()
        .seen()
        .filter(|(_, it)| it.disruptions_allowed <= 0);
    let closed = closed.filter_map(|((namespace, budget), it)| {
        let selector = it.selector.as_ref()?;
        let guards = |pod: &&PodRecord| {
            let labels = records.identity(pod).labels;
            *pod.namespace == **namespace && label_selector_matches(selector, labels)
        };
        let pods: Vec<String> = moving()
            .filter(guards)
            .map(|pod| pod.name.to_string())
            .collect();
        let object = ObjectRef::new(Kind::PodDisruptionBudget, namespace, budget);
        (!pods.is_empty()).then(|| remark(object, it, pods))
    });
    closed.take(TOLD).collect()
}

fn remark(object: ObjectRef, budget: &PodDisruptionBudget, pods: Vec<String>) -> Remark {
    let message = Message::new(say!(
        "remark.drain-waits",
        "nothing new comes to it, and a drain waits for {pods}: {budget} -n {namespace} lets no pod go now[; {healthy} of its pods {healthy|is|are} healthy, and it keeps {kept}]"
    ))
    .fact("pods", pods)
    .fact("budget", object.argument())
    .fact("namespace", object.namespace.clone().unwrap_or_default())
    .fact_if("healthy", budget.healthy.map(|(healthy, _)| healthy))
    .fact_if("kept", budget.healthy.map(|(_, kept)| kept));
    let allowed = budget.disruptions_allowed.to_string();
    Remark::new(
        message,
        Evidence::of_field(object, "status.disruptionsAllowed", allowed),
    )
}
