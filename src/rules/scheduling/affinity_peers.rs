//! The pods that an affinity term means: which there are (on nodes, waiting for one, in namespaces where it
//! does not look), and which were not read.

use crate::kubernetes::selector::label_selector_text;
use crate::kubernetes::shell;
use crate::rules::Case;
use crate::rules::shared::failure;
use crate::scheduler::Term;
use crate::snapshot::{PodRecord, PodRecords};
use crate::text::{Message, say};

/// The pods that a term's selector means.
#[derive(Default)]
pub(super) struct Peers<'c> {
    /// On a node, where the term looks.
    pub(super) placed: Vec<&'c PodRecord>,
    /// Not on a node yet, where the term looks.
    pub(super) waiting: Vec<&'c PodRecord>,
    /// In namespaces where it does not look.
    pub(super) elsewhere: Vec<&'c PodRecord>,
}

/// The pods that a term means, the pod itself left out.
pub(super) fn peers<'c>(case: &Case<'c>, term: &Term<'_>) -> Peers<'c> {
    let pod_records = case.snapshot.pod_records();
    let footprints = pod_records.footprints().iter();
    let selected: Vec<bool> = footprints
        .map(|footprint| term.selects(&footprint.labels))
        .collect();
    let mut peers = Peers::default();
    if !selected.contains(&true) {
        return peers;
    }
    let is_itself =
        |one: &PodRecord| *one.name == *case.pod().name() && *one.namespace == *case.namespace();
    for pod_record in pod_records.iter() {
        let is_selected = selected.get(PodRecords::place_of(pod_record)) == Some(&true);
        if !is_selected || is_itself(pod_record) {
            continue;
        }
        match (term.covers(&pod_record.namespace), &pod_record.node) {
            (false, _) => peers.elsewhere.push(pod_record),
            (true, Some(_)) => peers.placed.push(pod_record),
            (true, None) => peers.waiting.push(pod_record),
        }
    }
    peers
}

/// The pods that the term could mean and that were not read.
pub(super) fn unread(case: &Case<'_>, term: &Term<'_>) -> Option<Message> {
    let pods = case.snapshot.pods();
    let Some(names) = term.namespaces() else {
        pods.whole_cluster().err()?;
        return Some(say!("affinity-peers.unread", "pods of all namespaces").into());
    };
    let name = names.iter().find(|name| pods.whole(name).is_err())?;
    let sentence = say!(
        "affinity-peers.unread-namespace",
        "pods of namespace {namespace}"
    );
    Some(Message::new(sentence).fact("namespace", name.as_str()))
}

/// What terms mean, as a sentence gives it.
pub(super) fn meant_pods<'t, 'c: 't>(
    terms: impl IntoIterator<Item = &'t Term<'c>>,
) -> Vec<Message> {
    let terms = terms.into_iter();
    terms.map(|term| failure::pods(&term.pods())).collect()
}

/// `namespace/name`
pub(super) fn names(pods: &[&PodRecord]) -> Vec<String> {
    pods.iter()
        .map(|pod| format!("{}/{}", pod.namespace, pod.name))
        .collect()
}

/// The command that shows them.
pub(super) fn inspect(term: &Term<'_>) -> String {
    let mut command = vec!["kubectl"];
    let everywhere = match term.namespaces() {
        Some([only]) => {
            command.extend(["-n", only]);
            None
        }
        _ => Some("-A"),
    };
    command.extend(["get", "pods", "-o", "wide"]);
    command.extend(everywhere);
    let selector = term.selector().map(label_selector_text);
    if let Some(selector) = selector.as_deref().filter(|text| !text.is_empty()) {
        command.extend(["-l", selector]);
    }
    shell::command(command)
}
