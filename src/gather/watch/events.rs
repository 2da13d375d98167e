//! Which events matter: those of what is looked at. A cluster writes far more of them than there are objects, mostly of pods that
//! come up well.

use crate::gather::read_error::ReadError;
use crate::kubernetes::Word;
use crate::snapshot::{Event, Kind, ObjectRef, Seen, Store};
use crate::triage::{HEARD, is_refusal, refusal_reasons};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A pod comes at most so much later than what is said of it.
const RACE: SignedDuration = SignedDuration::from_secs(60);

/// What tells whether an event matters. Both ways of writing events have it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "regarding")]
    involved_object: Option<About<'a>>,
}

#[derive(Deserialize)]
struct About<'a> {
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    namespace: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}

/// Whether an event that has come matters.
pub(super) fn matters(store: &Store, json: &[u8]) -> Result<bool, ReadError> {
    let told: Told<'_> = serde_json::from_slice(json)?;
    let reason = told.reason.unwrap_or_default();
    let Some(about) = told.involved_object else {
        return Ok(true);
    };
    let [kind, namespace, name] =
        [about.kind, about.namespace, about.name].map(Option::unwrap_or_default);
    if HEARD.contains(&&*reason) || refusal_reasons().contains(&&*reason) {
        return Ok(true);
    }
    if !is_looked_at(store, &kind, &namespace, &name) {
        return Ok(false);
    }
    let is_of_nobody =
        Kind::of_manifest(&kind) == Some(Kind::Pod) && store.whole_pod(&namespace, &name).is_none();
    // a cluster keeps an hour of what was said of pods that are gone
    Ok(!is_of_nobody || Event::read(json)?.since(recent(store)))
}

/// From when on what is said of a pod that is not there may be of one to come.
fn recent(store: &Store) -> Timestamp {
    store.snapshot().clock().at - RACE
}

/// Of pods those that are not known to be well, of workloads those that were read; of other kinds all, which are few.
fn is_looked_at(store: &Store, kind: &str, namespace: &str, name: &str) -> bool {
    match Kind::of_manifest(kind) {
        // what is said of a pod may come before the pod itself
        Some(Kind::Pod) => {
            store.whole_pod(namespace, name).is_some()
                || store.pod_records().get(namespace, name).is_none()
        }
        Some(workload) if workload.is_workload() => {
            let seen = store.workload(kind, namespace, name);
            matches!(seen, Some(Seen::Yes(_)))
        }
        _ => true,
    }
}

/// Takes out what does not matter any more. Of each scheduler the newest word stays: it shows that it works.
pub(super) fn prune(store: &mut Store) {
    let recent = recent(store);
    let mut heard: BTreeMap<Word, (Option<Timestamp>, Arc<ObjectRef>)> = BTreeMap::new();
    for event in store.events().iter().filter(|event| is_heard(event)) {
        let newest = (event.last, event.about.clone());
        let known = heard
            .entry(event.component.clone())
            .or_insert_with(|| newest.clone());
        if newest.0 >= known.0 {
            *known = newest;
        }
    }
    let about: BTreeMap<Arc<ObjectRef>, Of> = store
        .events()
        .iter()
        .map(|event| (event.about.clone(), of(store, &event.about)))
        .collect();
    store.retain_events(|event| {
        let is_newest = || {
            let newest = heard.get(&event.component);
            is_heard(event) && newest.is_some_and(|(_, about)| *about == event.about)
        };
        let is_of_gone = event.about.known_kind() == Some(Kind::Pod)
            && !event.since(recent)
            && about.get(&event.about) == Some(&Of::Nobody);
        let is_looked_at = about.get(&event.about) != Some(&Of::Healthy) && !is_of_gone;
        is_looked_at || is_refusal(event) || is_newest()
    });
}

/// Of whom an event is.
#[derive(PartialEq, Eq)]
enum Of {
    LookedAt,
    Healthy,
    Nobody,
}

fn of(store: &Store, about: &ObjectRef) -> Of {
    let namespace = about.namespace.as_deref().unwrap_or_default();
    let is_whole = || store.whole_pod(namespace, &about.name).is_some();
    if !is_looked_at(store, &about.kind, namespace, &about.name) {
        Of::Healthy
    } else if about.known_kind() == Some(Kind::Pod) && !is_whole() {
        Of::Nobody
    } else {
        Of::LookedAt
    }
}

fn is_heard(event: &Event) -> bool {
    HEARD.contains(&event.reason.as_str())
}
