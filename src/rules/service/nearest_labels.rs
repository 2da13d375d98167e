//! The pods that a selector was probably meant for: those with the least difference in labels.
//!
//! Here lives the comparison. What to change is for the rule to say.

use crate::kubernetes::labels::is_set_by_controller;
use crate::kubernetes::nearest::nearest;
use crate::rules::Case;
use crate::snapshot::{Kind, ObjectRef, Workload};
use crate::triage::ServiceSubject;
use std::collections::BTreeMap;
use std::sync::Arc;

type Labels = BTreeMap<String, String>;

/// How a pair of a selector is not met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    /// The key has another value.
    Value {
        key: String,
        found: String,
        /// Whether it is spelt nearly so.
        is_slip: bool,
    },
    /// Another key has the value, and not this one.
    Key { key: String, found: String },
    /// There is no such key.
    Missing { key: String },
}

impl Difference {
    /// The key in the selector.
    pub(super) fn key(&self) -> &str {
        match self {
            Difference::Value { key, .. }
            | Difference::Key { key, .. }
            | Difference::Missing { key } => key,
        }
    }

    /// Whether the key has a value that is not spelt nearly so.
    pub(super) fn is_another_value(&self) -> bool {
        matches!(self, Difference::Value { is_slip: false, .. })
    }

    fn is_slip(&self) -> bool {
        matches!(
            self,
            Difference::Key { .. } | Difference::Value { is_slip: true, .. }
        )
    }

    /// A slip is likelier than a label left out, and that than a different value, which may have been meant so.
    fn weight(&self) -> usize {
        match self {
            Difference::Value { is_slip: true, .. } => 1,
            Difference::Key { .. } => 2,
            Difference::Missing { .. } => 3,
            Difference::Value { is_slip: false, .. } => 4,
        }
    }
}

/// Pods, or a template for some, that a selector misses.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    /// What a person would change to change them: the outermost owner, or the pod itself.
    pub(super) owner: ObjectRef,
    /// One of the pods; absent when there are none of this template.
    pub(super) pod: Option<ObjectRef>,
    /// How many there are.
    pub(super) pods: usize,
    /// The labels of one.
    pub(super) labels: &'a Labels,
    /// How they differ from the selector, in order of its keys.
    pub(super) differences: Vec<Difference>,
    /// Their controller, where it was read.
    pub(super) workload: Option<(ObjectRef, &'a Workload)>,
}

impl Candidate<'_> {
    /// Whether the label of this key is one that the pods were made with, as far as their template was read.
    pub(super) fn is_of_template(&self, key: &str) -> bool {
        let is_bare = self.pod.as_ref() == Some(&self.owner);
        let template = self.workload.as_ref();
        is_bare || template.is_some_and(|(_, workload)| workload.template_labels.contains_key(key))
    }

    /// The keys of which it has another value than the selector that its template, which was read, does not give: something sets
    /// them while the pods run.
    pub(super) fn set_at_run_time(&self) -> Vec<String> {
        let others = self.differences.iter().filter(|one| one.is_another_value());
        let set = others.filter(|one| !self.is_of_template(one.key()));
        set.map(|one| one.key().to_owned()).collect()
    }

    /// Whether its workload wants no pod.
    pub(super) fn is_scaled_to_zero(&self) -> bool {
        let workload = self.workload.as_ref();
        workload.is_some_and(|(_, workload)| workload.scaled_to_zero)
    }

    /// What it carries in place of what the selector asks for.
    pub(super) fn carried(&self) -> Vec<String> {
        let pair = |key: &str| Some(format!("{key}={}", self.labels.get(key)?));
        let carried = self.differences.iter().filter_map(|one| match one {
            Difference::Value { key, .. } => pair(key),
            Difference::Key { found, .. } => pair(found),
            Difference::Missing { .. } => None,
        });
        carried.collect()
    }

    /// The keys of the selector that it has nothing for.
    pub(super) fn missing(&self) -> Vec<String> {
        let missing = self.differences.iter().filter_map(|one| match one {
            Difference::Missing { key } => Some(key.clone()),
            _ => None,
        });
        missing.collect()
    }
}

/// What comes nearest to the selector, in order of names; several come equally near, none when nothing comes near at all.
pub(super) fn find<'a>(case: &Case<'a, ServiceSubject<'a>>) -> Vec<Candidate<'a>> {
    let selector = &case.it.service.selector;
    let near = |candidate: &Candidate<'_>| {
        let differences = &candidate.differences;
        differences.len() < selector.len() || differences.iter().all(Difference::is_slip)
    };
    let weight = |candidate: &Candidate<'_>| {
        let weights = candidate.differences.iter().map(Difference::weight);
        weights.sum::<usize>()
    };
    let mut all = candidates(case);
    all.retain(near);
    let least = all.iter().map(weight).min();
    all.retain(|candidate| Some(weight(candidate)) == least);
    all
}

/// Pods by owner and difference, and the templates of which there are none.
fn candidates<'a>(case: &Case<'a, ServiceSubject<'a>>) -> Vec<Candidate<'a>> {
    let store = case.snapshot.store();
    let selector = &case.it.service.selector;
    let mut workloads: BTreeMap<ObjectRef, (ObjectRef, &'a Workload)> = BTreeMap::new();
    for (object, workload) in case.it.workloads(store) {
        let owner = store.outermost(object.clone());
        workloads.entry(owner).or_insert((object, workload));
    }
    let mut found: BTreeMap<(ObjectRef, Vec<Difference>), Candidate<'a>> = BTreeMap::new();
    let is_own = |key: &String| is_set_by_controller(key);
    let alike = if selector.keys().any(is_own) {
        Arc::new(alike(case, &|_| true))
    } else {
        let question = format!("pods of one owner and its labels in {}", case.it.namespace);
        case.engine
            .shared(&question, || alike(case, &|key| !is_set_by_controller(key)))
    };
    let records = store.pod_records();
    for ((owner, _), (first, pods)) in alike.iter() {
        let Some(record) = records.get(case.it.namespace, first) else {
            continue;
        };
        let labels = &records.footprint(record).labels;
        let differences = differences(selector, labels);
        let key = (owner.clone(), differences.clone());
        let candidate = found.entry(key).or_insert_with(|| Candidate {
            owner: owner.clone(),
            pod: Some(ObjectRef::new(Kind::Pod, &record.namespace, &record.name)),
            pods: 0,
            labels,
            differences,
            workload: workloads.get(owner).cloned(),
        });
        candidate.pods += pods;
    }
    for (owner, (object, workload)) in workloads {
        if found.keys().any(|(of, _)| *of == owner) {
            continue;
        }
        let labels = &workload.template_labels;
        let differences = differences(selector, labels);
        let candidate = Candidate {
            owner: owner.clone(),
            pod: None,
            pods: 0,
            labels,
            differences: differences.clone(),
            workload: Some((object, workload)),
        };
        found.insert((owner, differences), candidate);
    }
    found.into_values().collect()
}

/// How many live pods the namespace has.
pub(super) fn pods_beside<'a>(case: &Case<'a, ServiceSubject<'a>>) -> usize {
    let namespace = case.it.namespace;
    let question = format!("how many pods are in {namespace}");
    let records = case.snapshot.store().pod_records();
    let all = case
        .engine
        .shared(&question, || records.in_namespace(namespace).count());
    *all
}

/// The pods of a namespace by owner and labels: the first by name, and how many there are.
type Alike = BTreeMap<(ObjectRef, Labels), (String, usize)>;

fn alike<'a>(case: &Case<'a, ServiceSubject<'a>>, counts: &dyn Fn(&str) -> bool) -> Alike {
    let store = case.snapshot.store();
    let records = store.pod_records();
    let mut alike = Alike::new();
    for record in records.in_namespace(case.it.namespace) {
        let labels = records.footprint(record).labels.iter();
        let labels = labels.filter(|(key, _)| counts(key));
        let labels: Labels = labels
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let owners = store.owners(&records.identity(record));
        let pod = || ObjectRef::new(Kind::Pod, &record.namespace, &record.name);
        let owner = owners.last().cloned().unwrap_or_else(pod);
        let known = alike.entry((owner, labels));
        known.or_insert_with(|| (record.name.to_string(), 0)).1 += 1;
    }
    alike
}

fn differences(selector: &Labels, labels: &Labels) -> Vec<Difference> {
    let differing = selector
        .iter()
        .filter(|(key, value)| labels.get(*key) != Some(value));
    differing
        .map(|(key, value)| difference(key, value, labels))
        .collect()
}

fn difference(key: &str, value: &str, labels: &Labels) -> Difference {
    let key = key.to_owned();
    if let Some(found) = labels.get(&key) {
        return Difference::Value {
            key,
            found: found.clone(),
            is_slip: nearest(value, [found.as_str()]).is_some(),
        };
    }
    let under = labels.iter().find(|(_, other)| *other == value);
    match under.filter(|_| tells(value)) {
        Some((other, _)) => Difference::Key {
            key,
            found: other.clone(),
        },
        None => Difference::Missing { key },
    }
}

/// Whether two labels of this value have more in common than a switch.
fn tells(value: &str) -> bool {
    let says_nothing = ["", "true", "false", "yes", "no", "enabled", "disabled"];
    !says_nothing.contains(&value) && !value.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
