//! Which footprints have a label: what a Service selects is found without a walk over all pods of its namespace.
//!
//! Labels are known by their hash, so that no word is kept twice; who asks compares the labels themselves.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Places of footprints by namespace, key and value, and by namespace and key.
#[derive(Debug, Clone, Default)]
pub(super) struct LabelIndex(HashMap<u64, Vec<usize>>);

impl LabelIndex {
    /// Of these labels, each with its namespace and place.
    pub(super) fn of<'a>(
        all: impl Iterator<Item = (&'a str, usize, &'a BTreeMap<String, String>)>,
    ) -> Self {
        let mut index = LabelIndex::default();
        for (namespace, place, labels) in all {
            for (key, value) in labels {
                for hash in [
                    hash(namespace, key, Some(value)),
                    hash(namespace, key, None),
                ] {
                    index.0.entry(hash).or_default().push(place);
                }
            }
        }
        index
    }

    /// The places that may have it, each once and in order.
    pub(super) fn having(&self, namespace: &str, key: &str, value: Option<&str>) -> &[usize] {
        let places = self.0.get(&hash(namespace, key, value));
        places.map(Vec::as_slice).unwrap_or_default()
    }
}

fn hash(namespace: &str, key: &str, value: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (namespace, key, value).hash(&mut hasher);
    hasher.finish()
}
