//! One required term of an affinity or anti-affinity between pods: whom it means, and in which namespaces.
//!
//! Source: kube-scheduler `framework/types.go`, `newAffinityTerm` (1.37): a term that names namespaces in neither way means its
//! pod's own; one without a selector means nobody.

pub(super) use crate::kubernetes::affinity::{
    pod_affinity as affinity, pod_anti_affinity as anti_affinity,
};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::selector::{
    label_selector_is_empty, label_selector_matches, label_selector_text,
};
use crate::snapshot::{Gap, PodRecords, Seen, Snapshot};
use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A term with its namespaces resolved.
#[derive(Debug, Clone)]
pub struct Term<'a> {
    raw: &'a PodAffinityTerm,
    namespaces: Namespaces,
}

/// A label that a term asks for in vain, and one that pods carry where it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misspelt {
    /// The label's key.
    pub key: String,
    /// The value that the selector asks for.
    pub from: String,
    /// The value that is most like it, of those that pods carry.
    pub to: String,
    /// Whose: places among [`PodRecords::footprints`].
    pub footprints: BTreeSet<usize>,
}

/// The pods that a term means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TermPods {
    /// Its label selector as `kubectl -l` takes it, empty when it selects all pods; absent when it has none and selects no pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// The namespaces that it looks at; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
enum Namespaces {
    Every,
    Only(Vec<String>),
}

impl<'a> Term<'a> {
    /// Resolves a term of a pod in the namespace `own`.
    pub(super) fn new<'s>(
        raw: &'a PodAffinityTerm,
        own: &str,
        snapshot: &'s Snapshot<'s>,
    ) -> Result<Self, &'s Gap> {
        let namespaces = namespaces(raw, own, snapshot)?;
        Ok(Term { raw, namespaces })
    }

    /// The required terms of a pod's affinity, each with its place; those whose namespaces could not be read are left out.
    pub fn of_affinity(
        spec: &'a PodSpec,
        own: &str,
        snapshot: &Snapshot<'_>,
    ) -> Vec<(usize, Self)> {
        placed(affinity(spec), own, snapshot)
    }

    /// The same of its anti-affinity.
    pub fn of_anti_affinity(
        spec: &'a PodSpec,
        own: &str,
        snapshot: &Snapshot<'_>,
    ) -> Vec<(usize, Self)> {
        placed(anti_affinity(spec), own, snapshot)
    }

    /// The `topologyKey`.
    pub fn key(&self) -> &'a str {
        &self.raw.topology_key
    }

    /// The `labelSelector`.
    pub fn selector(&self) -> Option<&'a LabelSelector> {
        self.raw.label_selector.as_ref()
    }

    /// The pods that it means, apart from the topology.
    pub fn pods(&self) -> TermPods {
        TermPods {
            selector: self.selector().map(label_selector_text),
            namespaces: self.namespaces().map(<[String]>::to_vec),
        }
    }

    /// Whether it looks at pods of the namespace.
    pub fn covers(&self, namespace: &str) -> bool {
        match &self.namespaces {
            Namespaces::Every => true,
            Namespaces::Only(names) => names.iter().any(|name| name == namespace),
        }
    }

    /// The namespaces that it looks at; `None` for all of them.
    pub fn namespaces(&self) -> Option<&[String]> {
        match &self.namespaces {
            Namespaces::Every => None,
            Namespaces::Only(names) => Some(names),
        }
    }

    /// Whether its selector means pods with these labels, wherever they are.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        selects(self.raw, labels)
    }

    /// Whether it means a pod.
    pub fn means(&self, namespace: &str, labels: &BTreeMap<String, String>) -> bool {
        self.covers(namespace) && self.selects(labels)
    }

    /// A label of its selector that no pod carries where it looks, and what was probably meant.
    pub fn misspelt(&self, pod_records: &PodRecords) -> Option<Misspelt> {
        let covered = pod_records.iter().filter(|pod| self.covers(&pod.namespace));
        let places: BTreeSet<usize> = covered.map(PodRecords::place_of).collect();
        let label = |place: &usize, key: &str| {
            let labels = &pod_records.footprints().get(*place)?.labels;
            labels.get(key).map(String::as_str)
        };
        let mut pairs = self.selector()?.match_labels.iter().flatten();
        pairs.find_map(|(key, from)| {
            let values: BTreeSet<&str> = places.iter().filter_map(|at| label(at, key)).collect();
            if values.contains(from.as_str()) {
                return None;
            }
            let to = nearest(from, values)?;
            let carries = |place: &&usize| label(place, key) == Some(to);
            Some(Misspelt {
                key: key.clone(),
                from: from.clone(),
                to: to.to_owned(),
                footprints: places.iter().filter(carries).copied().collect(),
            })
        })
    }
}

fn placed<'a>(
    raw: &'a [PodAffinityTerm],
    own: &str,
    snapshot: &Snapshot<'_>,
) -> Vec<(usize, Term<'a>)> {
    let terms = raw.iter().enumerate();
    terms
        .filter_map(|(place, raw)| Some((place, Term::new(raw, own, snapshot).ok()?)))
        .collect()
}

/// A term without a selector selects nothing.
pub(super) fn selects(term: &PodAffinityTerm, labels: &BTreeMap<String, String>) -> bool {
    let selector = term.label_selector.as_ref();
    selector.is_some_and(|selector| label_selector_matches(selector, labels))
}

/// The namespaces that a term names; its pod's own when it names none in either way.
pub(super) fn named(term: &PodAffinityTerm, own: &str) -> Vec<String> {
    let names = term.namespaces.clone().unwrap_or_default();
    if names.is_empty() && term.namespace_selector.is_none() {
        vec![own.to_owned()]
    } else {
        names
    }
}

/// The namespaces that a term of the incoming pod means.
fn namespaces<'s>(
    term: &PodAffinityTerm,
    own: &str,
    snapshot: &'s Snapshot<'s>,
) -> Result<Namespaces, &'s Gap> {
    let mut names = named(term, own);
    let Some(selector) = term.namespace_selector.as_ref() else {
        return Ok(Namespaces::Only(names));
    };
    if label_selector_is_empty(selector) {
        return Ok(Namespaces::Every);
    }
    snapshot.namespaces().whole_cluster()?;
    let selected = snapshot.namespaces().seen().filter(|(_, namespace)| {
        let labels = namespace.metadata.labels.clone().unwrap_or_default();
        label_selector_matches(selector, &labels)
    });
    names.extend(selected.map(|((_, name), _)| name.clone()));
    names.sort();
    names.dedup();
    Ok(Namespaces::Only(names))
}

/// The labels of a namespace; none of one that does not exist.
pub(super) fn labels_of<'s>(
    name: &str,
    snapshot: &'s Snapshot<'s>,
) -> Result<BTreeMap<String, String>, &'s Gap> {
    match snapshot.namespaces().get("", name) {
        Seen::Yes(namespace) => Ok(namespace.metadata.labels.clone().unwrap_or_default()),
        Seen::No => Ok(BTreeMap::new()),
        Seen::Unknown(gap) => Err(gap),
    }
}
