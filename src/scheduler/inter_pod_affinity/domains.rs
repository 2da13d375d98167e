//! Pods that matter in one way, by the domains in which they stand: a domain is a topology key and a value of it.
//!
//! They are counted, so that a pod can be left out again; which pods matter is for the filter.

use crate::scheduler::NodeView;
use crate::snapshot::PodRecord;
use std::collections::{BTreeMap, HashMap};

/// The pods of one domain.
#[derive(Debug, Clone, Copy)]
struct Group<'v> {
    count: usize,
    /// The first of them; it is named also when it has left and others are there.
    first: &'v PodRecord,
}

/// Pods by the value of one topology key.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups<'v>(HashMap<String, Group<'v>>);

impl<'v> Groups<'v> {
    pub(super) fn join(&mut self, domain: &str, pod_record: &'v PodRecord) {
        match self.0.get_mut(domain) {
            Some(group) => group.count += 1,
            None => {
                let first = pod_record;
                self.0.insert(domain.to_owned(), Group { count: 1, first });
            }
        }
    }

    pub(super) fn leave(&mut self, domain: &str) {
        if let Some(group) = self.0.get_mut(domain) {
            group.count = group.count.saturating_sub(1);
            if group.count == 0 {
                self.0.remove(domain);
            }
        }
    }

    /// The first pod of a domain.
    pub(super) fn first(&self, domain: &str) -> Option<&'v PodRecord> {
        self.0.get(domain).map(|group| group.first)
    }
}

/// Pods by topology key, then by the key's value.
#[derive(Debug, Clone, Default)]
pub(super) struct Domains<'v>(BTreeMap<String, Groups<'v>>);

impl<'v> Domains<'v> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn join(&mut self, key: &str, domain: &str, pod_record: &'v PodRecord) {
        match self.0.get_mut(key) {
            Some(groups) => groups.join(domain, pod_record),
            None => {
                let groups = self.0.entry(key.to_owned()).or_default();
                groups.join(domain, pod_record);
            }
        }
    }

    pub(super) fn leave(&mut self, key: &str, domain: &str) {
        if let Some(groups) = self.0.get_mut(key) {
            groups.leave(domain);
            if groups.0.is_empty() {
                self.0.remove(key);
            }
        }
    }

    /// Whether any pod stands in the domain.
    pub(super) fn holds(&self, key: &str, domain: &str) -> bool {
        let groups = self.0.get(key);
        groups.is_some_and(|groups| groups.0.contains_key(domain))
    }

    /// The first pod of a domain that the node is in, with the domain.
    pub(super) fn first_beside<'n>(
        &'n self,
        node: &'n NodeView<'_>,
    ) -> Option<(&'n str, &'n str, &'v PodRecord)> {
        self.0.iter().find_map(|(key, groups)| {
            let domain = node.label(key)?;
            Some((key.as_str(), domain, groups.first(domain)?))
        })
    }
}
