//! Labels as they are looked up: those of an object as it was sent, and those of one that is kept in a small form.

use super::word::Word;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// What selectors ask of labels (apimachinery `pkg/labels/labels.go` Labels, v0.37).
pub trait Labels {
    /// The value of a key.
    fn value(&self, key: &str) -> Option<&str>;
}

impl Labels for BTreeMap<String, String> {
    fn value(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

/// Labels whose texts other objects have as well: in one piece, in order of their keys. A quarter of what a map takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSet(Box<[(Word, Word)]>);

impl LabelSet {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.place(key).ok();
        let (_, value) = found.and_then(|at| self.0.get(at))?;
        Some(value)
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|(known, _)| known.as_str().cmp(key))
    }

    /// Adds a label, or gives it another value.
    pub fn insert(&mut self, key: &str, value: &str) {
        let place = self.place(key);
        let mut all = std::mem::take(&mut self.0).into_vec();
        match place.map(|at| all.get_mut(at)) {
            Ok(known) => known.into_iter().for_each(|it| it.1 = value.into()),
            Err(at) => all.insert(at, (key.into(), value.into())),
        }
        self.0 = all.into();
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// The texts that other objects may have as well.
    pub fn each_word(&mut self, share: impl FnMut(&mut Word)) {
        let words = self.0.iter_mut().flat_map(|(key, value)| [key, value]);
        words.for_each(share);
    }
}

impl Labels for LabelSet {
    fn value(&self, key: &str) -> Option<&str> {
        self.get(key)
    }
}

impl<K: Into<Word> + Ord, V: Into<Word>> From<BTreeMap<K, V>> for LabelSet {
    fn from(labels: BTreeMap<K, V>) -> Self {
        let words = labels
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()));
        LabelSet(words.collect())
    }
}

impl<'de> Deserialize<'de> for LabelSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<Word, Word>::deserialize(deserializer).map(LabelSet::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_are_found_in_whatever_order_they_were_sent() {
        let mut labels: LabelSet =
            serde_json::from_value(json!({"zone": "b", "arch": "arm64", "pool": "edge"})).unwrap();
        labels.insert("zone", "c");
        labels.insert("disk", "ssd");
        let keys: Vec<&str> = labels.keys().collect();
        assert_eq!(keys, ["arch", "disk", "pool", "zone"]);
        assert_eq!(labels.get("zone"), Some("c"));
        assert_eq!(labels.value("disk"), Some("ssd"));
        assert_eq!(labels.get("region"), None);
    }
}
