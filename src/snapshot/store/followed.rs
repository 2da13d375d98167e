//! Writes down what becomes different of a store, for those who follow it.

use super::Store;
use crate::kubernetes::Word;
use crate::snapshot::images::Images;
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

    pub(super) fn known_pod(&self, key: &(Word, Word)) -> Option<Known> {
        self.changes.as_ref()?;
        let record = self.pod_records.get(&key.0, &key.1)?;
        let whole = self.whole.get(key);
        let footprint = self.pod_records.footprint(record);
        Some(Known {
            keeps_others_away: !footprint.anti_affinity.is_empty(),
            images: Images::of(&self.pod_records, record, whole),
            record: record.clone(),
        })
    }

    /// Writes down what has become different of a pod's record.
    pub(super) fn pod_changed(&mut self, key: &(Word, Word), before: Option<Known>) {
        let now = self.known_pod(key);
        let (Some(changes), true) = (&mut self.changes, before != now) else {
            return;
        };
        changes.object(Kind::Pod, &key.0, &key.1);
        let alike = |alike: fn(&Known, &Known) -> bool| {
            let both = before.as_ref().zip(now.as_ref());
            both.is_some_and(|(before, now)| alike(before, now))
        };
        let occupies_as_before = alike(|before, now| now.record.occupies_as(&before.record));
        let stays = alike(|before, now| now.record.node == before.record.node);
        let runs_as_before = alike(|before, now| now.images.running == before.images.running);
        let waits_as_before = alike(|before, now| now.images.awaited == before.images.awaited);
        for known in [before, now].into_iter().flatten() {
            for node in [known.record.node.as_ref(), known.record.nominated()] {
                let Some(node) = node else { continue };
                changes.pod_on(node);
                if !occupies_as_before {
                    changes.room_on(node, known.keeps_others_away);
                }
            }
            if !(stays && runs_as_before) {
                changes.run(known.images.running);
            }
            if !(stays && waits_as_before) {
                changes.wait_for(known.images.awaited);
            }
        }
    }
}

/// What was known of a pod.
#[derive(PartialEq)]
pub(super) struct Known {
    record: PodRecord,
    keeps_others_away: bool,
    images: Images,
}
