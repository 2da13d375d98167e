//! The templates of workloads whose pods are of several revisions while one is stuck, and of those that had no more time for it.
//!
//! Where the pods were listed, they tell which revisions there are, and these are selected by their hashes: one request, however
//! long the history. A pod that was named alone tells nothing of others: there the ReplicaSets are selected by the labels that
//! all revisions of a Deployment have.

use super::workloads::of_events;
use super::{Read, SINGLES, list, most_namespaces};
use crate::snapshot::{ByRevision, Kind, ObjectRef, PodView, REVISION_HASH, Store, TEMPLATE_HASH};
use crate::triage::{Scope, Standing, Subject, WorkloadSubject};
use std::collections::{BTreeMap, BTreeSet};

/// Labels that a revision has for itself; the others are conventions (kubernetes.io, Recommended Labels).
const OF_A_REVISION: [&str; 4] = [
    TEMPLATE_HASH,
    "version",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
];
/// So many hashes make a selector of about a kilobyte.
const HASHES: usize = 100;

/// The kind that keeps templates, and the label that tells one from another.
type Keeper = (Kind, &'static str);

/// Reads the templates of the workloads of which one of these pods is stuck, or which were refused one.
pub(super) fn of_scope(
    scope: &Scope,
    suspects: &[&PodView],
    store: &Store,
    reads: &mut BTreeSet<Read>,
) {
    let snapshot = store.snapshot();
    let is_stuck = |pod: &&&PodView| pod.standing(&snapshot) == Standing::Stuck;
    let stuck = suspects.iter().filter(is_stuck);
    if scope.only_pods() {
        reads.extend(stuck.filter_map(|pod| beside(pod, store)));
        return;
    }
    // each with the revisions that have no pod
    let mut workloads: BTreeMap<ObjectRef, BTreeSet<String>> = BTreeMap::new();
    for pod in stuck {
        workloads.entry(store.owner(pod)).or_default();
    }
    for (refused, _) in of_events(scope, store) {
        if let Some((deployment, set)) = deployment_of(refused) {
            workloads.entry(deployment).or_default().insert(set);
        }
    }
    let mut namespaces: BTreeMap<String, BTreeMap<ObjectRef, ByRevision>> = BTreeMap::new();
    let mut hashes: BTreeMap<Keeper, BTreeSet<(String, String)>> = BTreeMap::new();
    for (workload, mut revisions) in workloads {
        let (Some(keeper), Some(namespace)) = (keeper(&workload), workload.namespace.clone())
        else {
            continue;
        };
        let known = namespaces
            .entry(namespace.clone())
            .or_insert_with(|| store.revisions_in(&namespace));
        let with_pods = known.remove(&workload).unwrap_or_default();
        revisions.extend(with_pods.keys().cloned());
        if revisions.len() < 2 {
            continue;
        }
        let hash = |name: &String| name.rsplit('-').next().unwrap_or_default().to_owned();
        let of_pods = with_pods.keys().map(|name| (namespace.clone(), hash(name)));
        hashes.entry(keeper).or_default().extend(of_pods);
    }
    for (keeper, hashes) in hashes {
        by_hash(keeper, &hashes, most_namespaces(scope), reads);
    }
    not_progressing(scope, store, reads);
}

/// Of Deployments that make no progress, and of StatefulSets that wait for a pod, what else numbers their pods; of the former
/// their ReplicaSets as well: whether all of their pods are there.
fn not_progressing(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    let snapshot = store.snapshot();
    let mut namespaces: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in WorkloadSubject::all(&snapshot, scope) {
        let is_late = one.is_past_deadline();
        let waits = || is_late || one.predecessor(&snapshot).is_some();
        if !(one.is_in(scope, store) && waits()) {
            continue;
        }
        reads.insert(list(Kind::HorizontalPodAutoscaler, Some(one.namespace)));
        if is_late {
            let selector = one.workload.selector.as_ref();
            let labels = selector.and_then(|selector| selector.match_labels.as_ref());
            let labels = labels.into_iter().flatten();
            let labels: Vec<String> = labels
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            let known = namespaces.entry(one.namespace).or_default();
            known.push(labels.join(","));
        }
    }
    for (namespace, selectors) in namespaces {
        if selectors.len() > SINGLES {
            reads.insert(list(Kind::ReplicaSet, Some(namespace)));
            continue;
        }
        reads.extend(selectors.into_iter().map(|labels| Read::List {
            kind: Kind::ReplicaSet,
            namespace: Some(namespace.to_owned()),
            fields: String::new(),
            labels,
            records_only: false,
        }));
    }
}

fn keeper(workload: &ObjectRef) -> Option<Keeper> {
    match workload.known_kind()? {
        Kind::Deployment => Some((Kind::ReplicaSet, TEMPLATE_HASH)),
        // pkg/controller/history/controller_history.go NewControllerRevision, 1.37
        Kind::StatefulSet => Some((Kind::ControllerRevision, "controller.kubernetes.io/hash")),
        Kind::DaemonSet => Some((Kind::ControllerRevision, REVISION_HASH)),
        _ => None,
    }
}

/// The Deployment of a ReplicaSet, by the name that it gives it, and the ReplicaSet's name.
fn deployment_of(set: ObjectRef) -> Option<(ObjectRef, String)> {
    if set.known_kind() != Some(Kind::ReplicaSet) {
        return None;
    }
    let (deployment, _) = set.name.rsplit_once('-')?;
    let namespace = set.namespace.as_deref()?;
    let deployment = ObjectRef::new(Kind::Deployment, namespace, deployment);
    Some((deployment, set.name))
}

/// Lists what keeps the templates with these hashes, each with its namespace; of more namespaces than `most` over all of them.
fn by_hash(
    (kind, label): Keeper,
    hashes: &BTreeSet<(String, String)>,
    most: usize,
    reads: &mut BTreeSet<Read>,
) {
    let mut by_namespace: BTreeMap<Option<String>, Vec<&str>> = BTreeMap::new();
    let namespaces: BTreeSet<&String> = hashes.iter().map(|(namespace, _)| namespace).collect();
    for (namespace, hash) in hashes {
        let namespace = (namespaces.len() <= most).then(|| namespace.clone());
        by_namespace.entry(namespace).or_default().push(hash);
    }
    for (namespace, hashes) in by_namespace {
        for hashes in hashes.chunks(HASHES) {
            reads.insert(Read::List {
                kind,
                namespace: namespace.clone(),
                fields: String::new(),
                labels: format!("{label} in ({})", hashes.join(",")),
                records_only: false,
            });
        }
    }
}

/// The ReplicaSets beside that of a pod.
fn beside(pod: &PodView, store: &Store) -> Option<Read> {
    let owner = store.owner(pod);
    let is_wanted = owner.known_kind() == Some(Kind::Deployment);
    // labels with another prefix come from webhooks and from the API server, and stand on no ReplicaSet
    let is_lasting = |key: &str| {
        let is_plain = !key.contains('/') || key.starts_with("app.kubernetes.io/");
        is_plain && !OF_A_REVISION.contains(&key)
    };
    let labels = pod.identity().labels.iter();
    let labels: Vec<String> = labels
        .filter(|(key, _)| is_lasting(key))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    (is_wanted && !labels.is_empty()).then(|| Read::List {
        kind: Kind::ReplicaSet,
        namespace: Some(pod.namespace().to_owned()),
        fields: String::new(),
        labels: labels.join(","),
        records_only: false,
    })
}
