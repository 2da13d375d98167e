//! Where pods stand that have something in common.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// The places of pods by what they have in common.
#[derive(Debug, Clone)]
pub(super) struct Index<K>(BTreeMap<K, Vec<u32>>);

impl<K> Default for Index<K> {
    fn default() -> Self {
        Index(BTreeMap::new())
    }
}

impl<K: Ord> Index<K> {
    /// Adds a place, behind those that come before it.
    pub(super) fn put(&mut self, key: K, at: u32, is_before: impl Fn(u32) -> bool) {
        let places = self.0.entry(key).or_default();
        // a list comes in order
        let is_last = places.last().is_none_or(|last| is_before(*last));
        let place = if is_last {
            places.len()
        } else {
            places.partition_point(|other| is_before(*other))
        };
        places.insert(place, at);
    }

    /// Takes a place out that stands behind those that come before it, and with the last one the key.
    pub(super) fn take(&mut self, key: &K, at: u32, is_before: impl Fn(u32) -> bool) {
        if let Some(places) = self.0.get_mut(key) {
            let place = places.partition_point(|other| is_before(*other));
            if places.get(place) == Some(&at) {
                places.remove(place);
            }
            if places.is_empty() {
                self.0.remove(key);
            }
        }
    }

    /// The places under a key.
    pub(super) fn of<Q>(&self, key: &Q) -> &[u32]
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The keys from this one on, in order, with their places.
    pub(super) fn from(&self, key: K) -> impl Iterator<Item = (&K, &[u32])> {
        let keys = self.0.range(key..);
        keys.map(|(key, places)| (key, places.as_slice()))
    }

    /// All places, in order of the keys.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        self.0.values().flatten().copied()
    }

    /// The keys, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.keys()
    }

    /// Whether there is such a key.
    pub(super) fn has(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
