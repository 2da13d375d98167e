//! PodDisruptionBudgets that let none of their pods go, and what that holds up.
//!
//! An eviction that a budget refuses leaves no trace on the pod (pkg/registry/core/pod/storage/eviction.go, 1.37): `kubectl
//! drain` and autoscalers try again until it allows one.

use super::autoscaler::Told;
use crate::kubernetes::pod::Labels;
use crate::kubernetes::selector::label_selector_matches;
use crate::snapshot::{
    Evidence, Kind, ObjectRef, PodDisruptionBudget, PodRecord, PodView, Snapshot,
};
use crate::text::{Message, say};

/// What a node that is to be emptied waits for, a budget each.
pub(crate) fn waits_for<'s>(
    name: &'s str,
    snapshot: &'s Snapshot<'_>,
) -> impl Iterator<Item = Told> + 's {
    let store = snapshot.store();
    let node = store.nodes().get("", name).yes();
    let is_emptied = node.is_some_and(|node| node.is_to_be_emptied());
    let records = store.pod_records();
    let budgets = store.budgets().seen().filter(move |_| is_emptied);
    let closed = budgets.filter(|(_, it)| it.disruptions_allowed <= 0);
    closed.filter_map(move |((namespace, budget), it)| {
        let is_guarded = |pod: &&PodRecord| {
            *pod.namespace == **namespace && guards(it, records.identity(pod).labels)
        };
        let pods: Vec<String> = records
            .drained_from(name)
            .filter(is_guarded)
            .map(|pod| pod.name.to_string())
            .collect();
        let object = ObjectRef::new(Kind::PodDisruptionBudget, namespace, budget);
        (!pods.is_empty()).then(|| blocked(object, it, pods))
    })
}

fn blocked(object: ObjectRef, budget: &PodDisruptionBudget, pods: Vec<String>) -> Told {
    let message = Message::new(say!(
        "drain.waits",
        "a drain waits for {pods}: {budget} -n {namespace} lets no pod go now[; {healthy} of its pods {healthy|is|are} healthy, and it keeps {kept}]"
    ))
    .fact("pods", pods)
    .fact("budget", object.argument())
    .fact("namespace", object.namespace.clone().unwrap_or_default())
    .fact_if("healthy", budget.healthy.map(|(healthy, _)| healthy))
    .fact_if("kept", budget.healthy.map(|(_, kept)| kept));
    (message, allowed(object, budget))
}

/// That no other pod may go while this one, which was evicted, is not gone and replaced.
pub(crate) fn held_up_by(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<Told> {
    let mut budgets = snapshot.store().budgets().seen_in(pod.namespace());
    let (name, budget) = budgets
        .find(|(_, budget)| budget.disruptions_allowed <= 0 && guards(budget, pod.labels()))?;
    let object = ObjectRef::new(Kind::PodDisruptionBudget, pod.namespace(), name);
    let message = Message::new(say!(
        "drain.held-up",
        "{budget} lets no other of its pods go meanwhile"
    ));
    let message = message.fact("budget", object.argument());
    Some((message, allowed(object, budget)))
}

fn guards(budget: &PodDisruptionBudget, labels: &Labels) -> bool {
    let selector = budget.selector.as_ref();
    selector.is_some_and(|selector| label_selector_matches(selector, labels))
}

fn allowed(object: ObjectRef, budget: &PodDisruptionBudget) -> Evidence {
    let allowed = budget.disruptions_allowed.to_string();
    Evidence::of_field(object, "status.disruptionsAllowed", allowed)
}
