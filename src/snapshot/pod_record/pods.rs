//! Some of the pods that were read.

use super::{PodRecord, PodRecords};

/// Pods that have something in common, in order of their names.
#[derive(Debug, Clone, Copy)]
pub struct Pods<'a> {
    records: &'a PodRecords,
    places: &'a [u32],
}

impl<'a> Pods<'a> {
    pub(super) fn at(records: &'a PodRecords, places: &'a [u32]) -> Self {
        Pods { records, places }
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.places.len()
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = &'a PodRecord> {
        self.records.these(self.places)
    }
}
