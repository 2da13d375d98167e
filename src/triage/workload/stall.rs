//! Workloads that do not come on for one of their own pods, and rollouts that make no progress though no pod of the new
//! revision is at fault.
//!
//! Sources: pkg/controller/statefulset/stateful_set_control.go (updateStatefulSet, processReplica: one that is ordered goes no
//! further than to the first pod that is not ready, whatever its revision), pkg/controller/deployment/recreate.go and
//! progress.go, 1.37.

use super::{MAKING, WorkloadSubject};
use crate::snapshot::{Kind, ObjectRef, PodRecord, PodView, REVISION_HASH, Snapshot};
use crate::triage::{Standing, Subject};

/// Why a rollout makes no progress.
#[derive(Debug, Clone, Copy)]
pub enum Stall<'s> {
    /// Its controller has not seen the present spec.
    Unseen,
    /// A StatefulSet waits for this pod of an earlier revision, which it does not replace.
    EarlierPod(&'s PodView),
    /// A Deployment makes new pods when this old one is gone.
    Going(&'s PodView),
    /// It had no more time to make progress, and nothing of it tells why.
    Deadline,
}

impl<'s> WorkloadSubject<'s> {
    /// Why its rollout makes no progress, where no pod of the new revision tells.
    pub fn stall(&self, snapshot: &Snapshot<'s>) -> Option<Stall<'s>> {
        if self.workload.behind.is_some() {
            let written = self.workload.written?;
            return (snapshot.seconds_since(written) > MAKING).then_some(Stall::Unseen);
        }
        match self.kind {
            Kind::StatefulSet => self.earlier_pod(snapshot).map(Stall::EarlierPod),
            Kind::Deployment if self.workload.halted => None,
            Kind::Deployment => self
                .going_pod(snapshot)
                .map(Stall::Going)
                .or_else(|| self.is_over_time(snapshot).then_some(Stall::Deadline)),
            _ => None,
        }
    }

    /// The pod of an ordered StatefulSet that is stuck, and before which no other is made or replaced.
    pub fn predecessor(&self, snapshot: &Snapshot<'s>) -> Option<&'s PodView> {
        if self.kind != Kind::StatefulSet || !self.workload.ordered {
            return None;
        }
        let store = snapshot.store();
        let own = self.pods(store).filter(|pod| !pod.ready || pod.terminating);
        let own = own.filter_map(|pod| Some((ordinal(pod)?, pod)));
        let (_, first) = own.min_by_key(|(ordinal, _)| *ordinal)?;
        let pod = store.whole_pod(self.namespace, &first.name)?;
        (pod.standing(snapshot) == Standing::Stuck).then_some(pod)
    }

    /// The same, where it is of an earlier revision than the one that the StatefulSet would give it.
    fn earlier_pod(&self, snapshot: &Snapshot<'s>) -> Option<&'s PodView> {
        let newest = self.workload.update_revision.as_deref()?;
        let pod = self.predecessor(snapshot)?;
        let revision = pod.identity().labels.get(REVISION_HASH)?;
        let record = snapshot.pod_records().get(self.namespace, pod.name())?;
        let is_replaced = self.updates_itself() && ordinal(record)? >= self.partition();
        (revision != newest && is_replaced && !pod.is_terminating()).then_some(pod)
    }

    /// A pod that does not go, of a Deployment that makes no others before all have gone.
    fn going_pod(&self, snapshot: &Snapshot<'s>) -> Option<&'s PodView> {
        if self.going(snapshot) == 0 {
            return None;
        }
        let mut own = self.own_pods(snapshot);
        own.find(|pod| pod.is_terminating() && pod.standing(snapshot) == Standing::Stuck)
    }

    /// The pods of its ReplicaSets that are kept whole.
    fn own_pods(&self, snapshot: &Snapshot<'s>) -> impl Iterator<Item = &'s PodView> {
        let (store, object): (_, ObjectRef) = (snapshot.store(), self.object());
        let pods = store.whole_pods_in(self.namespace);
        pods.filter(move |pod| store.owner(pod) == object)
    }

    /// Whether a Deployment's progressDeadlineSeconds are over, and it is not where it should be.
    pub fn is_past_deadline(&self) -> bool {
        let workload = self.workload;
        let progressing = workload.condition("Progressing");
        let is_past = progressing.is_some_and(|it| {
            it.status == "False" && it.reason.as_deref() == Some("ProgressDeadlineExceeded")
        });
        let number = |count: Option<i64>| count.unwrap_or_default();
        let (wanted, updated) = (self.wanted(), number(workload.updated));
        let is_complete = updated >= wanted
            && number(workload.existing) <= updated
            && number(workload.available) >= wanted;
        self.kind == Kind::Deployment && is_past && !is_complete
    }

    /// Whether that is so while all pods of all its ReplicaSets are there and well.
    fn is_over_time(&self, snapshot: &Snapshot<'s>) -> bool {
        if !self.is_past_deadline() {
            return false;
        }
        let number = |count: Option<i64>| count.unwrap_or_default();
        let store = snapshot.store();
        let mut sets = self.made(store).peekable();
        let has_sets = sets.peek().is_some();
        let are_made = sets.all(|(_, set)| number(set.existing) >= number(set.wanted));
        let is_well = |pod: &PodView| {
            let standing = pod.standing(snapshot);
            matches!(standing, Standing::Healthy(_) | Standing::Ended(_))
        };
        has_sets && are_made && self.own_pods(snapshot).all(is_well)
    }
}

/// The number of a StatefulSet's pod.
fn ordinal(pod: &PodRecord) -> Option<i64> {
    let (_, number) = pod.name.rsplit_once('-')?;
    number.parse().ok()
}
