//! The pods that an affinity term means: on nodes, still waiting for one, in namespaces where it does not look, or not read.

use crate::kubernetes::selector::label_selector_text;
use crate::kubernetes::shell;
use crate::rules::Case;
use crate::scheduler::Term;
use crate::snapshot::{Occupant, Occupants};

/// The pods that a term's selector means.
#[derive(Default)]
pub(super) struct Meant<'c> {
    /// On a node, where the term looks.
    pub(super) placed: Vec<&'c Occupant>,
    /// Not on a node yet, where the term looks.
    pub(super) waiting: Vec<&'c Occupant>,
    /// In namespaces where it does not look.
    pub(super) elsewhere: Vec<&'c Occupant>,
}

/// The pods that a term means, the pod itself left out.
pub(super) fn meant<'c>(case: &Case<'c>, term: &Term<'_>) -> Meant<'c> {
    let occupants = case.snapshot.occupants();
    let shapes = occupants.shapes().iter();
    let selected: Vec<bool> = shapes.map(|shape| term.selects(&shape.labels)).collect();
    let mut meant = Meant::default();
    if !selected.contains(&true) {
        return meant;
    }
    let is_itself =
        |one: &Occupant| *one.name == *case.pod.name() && *one.namespace == *case.namespace();
    for occupant in occupants.iter() {
        let is_selected = selected.get(Occupants::place_of(occupant)) == Some(&true);
        if !is_selected || is_itself(occupant) {
            continue;
        }
        match (term.covers(&occupant.namespace), &occupant.node) {
            (false, _) => meant.elsewhere.push(occupant),
            (true, Some(_)) => meant.placed.push(occupant),
            (true, None) => meant.waiting.push(occupant),
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
pub(super) fn names(pods: &[&Occupant]) -> Vec<String> {
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
