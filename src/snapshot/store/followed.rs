//! Writes down what becomes different of a store, for those who follow it.

use super::Store;
use crate::snapshot::catalog::ObjectKey;
use crate::snapshot::{Changes, Kind, PodRecord};

impl Store {
    /// What has become different since it was asked last. From the first time on it is written down.
    pub fn take_changes(&mut self) -> Changes {
        self.changes.replace(Changes::default()).unwrap_or_default()
    }

    /// Writes something down, if anybody follows.
    pub(super) fn changed(&mut self, what: impl FnOnce(&mut Changes)) {
        if let Some(changes) = &mut self.changes {
            what(changes);
        }
    }

    pub(super) fn known_pod(&self, (namespace, name): &ObjectKey) -> Option<(PodRecord, bool)> {
        self.changes.as_ref()?;
        let record = self.pod_records.get(namespace, name)?;
        let keeps_others_away = !self.pod_records.footprint(record).anti_affinity.is_empty();
        Some((record.clone(), keeps_others_away))
    }

    /// Writes down what has become different of a pod's record.
    pub(super) fn pod_changed(&mut self, key: &ObjectKey, before: Option<(PodRecord, bool)>) {
        let now = self.known_pod(key);
        let (Some(changes), true) = (&mut self.changes, before != now) else {
            return;
        };
        changes.object(Kind::Pod, &key.0, &key.1);
        let is_as_before = match (&before, &now) {
            (Some((before, _)), Some((now, _))) => now.occupies_as(before),
            _ => false,
        };
        for (record, keeps_others_away) in [before, now].into_iter().flatten() {
            for node in [&record.node, &record.nominated].into_iter().flatten() {
                changes.pod_on(node);
                if !is_as_before {
                    changes.room_on(node, keeps_others_away);
                }
            }
        }
    }
}
