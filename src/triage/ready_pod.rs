//! A pod that was named and is well: who names one may have found that nobody reaches it.

use super::subject::StatusText;
use super::{Because, Layer, Scope, Standing, Subject};
use crate::snapshot::{Footprint, Kind, ObjectRef, PodRecord, Snapshot, Store};
use jiff::Timestamp;

/// A pod that is plainly healthy, so that only a record of it is kept.
#[derive(Debug, Clone, Copy)]
pub struct ReadyPod<'s> {
    /// What tells it from others.
    pub record: &'s PodRecord,
    /// What it shares with them.
    pub footprint: &'s Footprint,
}

/// Those that were named, one by one.
pub(super) fn named<'s>(snapshot: &Snapshot<'s>, scope: &Scope) -> Vec<ReadyPod<'s>> {
    let records = snapshot.store().pod_records();
    if !scope.only_pods() {
        return Vec::new();
    }
    let ready = records.iter().filter(|record| record.healthy().is_some());
    let subjects = ready.map(|record| ReadyPod {
        record,
        footprint: records.footprint(record),
    });
    subjects
        .filter(|subject| subject.is_in(scope, snapshot))
        .collect()
}

impl<'s> Subject<'s> for ReadyPod<'s> {
    const LAYERS: &'static [Layer] = &[Layer::Service];

    fn object(&self) -> ObjectRef {
        ObjectRef::new(Kind::Pod, &self.record.namespace, &self.record.name)
    }

    fn uid(self) -> Option<&'s str> {
        None
    }

    fn namespace(self) -> &'s str {
        &self.record.namespace
    }

    fn owner(&self, store: &Store) -> ObjectRef {
        let owners = store.owners(&store.pod_records().identity(self.record));
        owners.last().cloned().unwrap_or_else(|| self.object())
    }

    fn is_in(&self, scope: &Scope, _: &Store) -> bool {
        scope.names(&self.object())
    }

    fn standing(&self, _: &Snapshot<'_>) -> Standing {
        let containers = self.record.healthy().unwrap_or_default();
        Standing::Healthy(Because::Ready(containers.into()))
    }

    fn status(&self, _: &Store) -> String {
        "Running".to_owned()
    }

    fn raw_status(&self) -> Vec<StatusText> {
        Vec::new()
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        None
    }

    fn node(self) -> Option<&'s str> {
        self.record.node.as_deref()
    }
}
