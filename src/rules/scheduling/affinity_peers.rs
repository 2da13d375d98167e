//! The pods that an affinity term means: on nodes, still waiting for one, in namespaces where it does not look, or not read.

use crate::kubernetes::selector::label_selector_text;
use crate::kubernetes::shell;
use crate::rules::Case;
use crate::scheduler::Term;
use crate::snapshot::{PodRecord, PodRecords};

/// The pods that a term's selector means.
#[derive(Default)]
pub(super) struct Meant<'c> {
    /// On a node, where the term looks.
    pub(super) placed: Vec<&'c PodRecord>,
    /// Not on a node yet, where the term looks.
    pub(super) waiting: Vec<&'c PodRecord>,
    /// In namespaces where it does not look.
    pub(super) elsewhere: Vec<&'c PodRecord>,
}

/// The pods that a term means, the pod itself left out.
pub(super) fn meant<'c>(case: &Case<'c>, term: &Term<'_>) -> Meant<'c> {
    let pod_records = case.snapshot.pod_records();
    let shapes = pod_records.footprints().iter();
    let selected: Vec<bool> = shapes.map(|shape| term.selects(&shape.labels)).collect();
    let mut meant = Meant::default();
    if !selected.contains(&true) {
        return meant;
    }
    let is_itself =
        |one: &PodRecord| *one.name == *case.pod().name() && *one.namespace == *case.namespace();
    for pod_record in pod_records.iter() {
        let is_selected = selected.get(PodRecords::place_of(pod_record)) == Some(&true);
        if !is_selected || is_itself(pod_record) {
            continue;
        }
        match (term.covers(&pod_record.namespace), &pod_record.node) {
            (false, _) => meant.elsewhere.push(pod_record),
            (true, Some(_)) => meant.placed.push(pod_record),
            (true, None) => meant.waiting.push(pod_record),
        }
    }
    meant
}

/// The pods that the term could mean and that were not read, in words.
pub(super) fn unread(case: &Case<'_>, term: &Term<'_>) -> Option<String> {
    let pods = case.snapshot.pods();
    match term.namespaces() {
        None => pods
            .whole_cluster()
            .err()
            .map(|_| "pods of all namespaces".to_owned()),
        Some(names) => {
            let gap = names.iter().find(|name| pods.whole(name).is_err());
            gap.map(|name| format!("pods of namespace {name}"))
        }
    }
}

/// `namespace/name`
pub(super) fn names(pods: &[&PodRecord]) -> Vec<String> {
    pods.iter()
        .map(|pod| format!("{}/{}", pod.namespace, pod.name))
        .collect()
}

/// The command that shows them.
pub(super) fn look(term: &Term<'_>) -> String {
    let mut words = vec!["kubectl"];
    let everywhere = match term.namespaces() {
        Some([only]) => {
            words.extend(["-n", only]);
            None
        }
        _ => Some("-A"),
    };
    words.extend(["get", "pods", "-o", "wide"]);
    words.extend(everywhere);
    let selector = term.selector().map(label_selector_text);
    if let Some(selector) = selector.as_deref().filter(|text| !text.is_empty()) {
        words.extend(["-l", selector]);
    }
    shell::command(words)
}
