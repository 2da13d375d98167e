//! How much is kept of pods that are well.
//!
//! A big cluster has tens of thousands of pods that were started again some day, and keeps thousands that have
//! completed. Kept whole each takes some KiB, of which a scan asks nothing.

use super::{FEW, Store};
use crate::snapshot::PodView;
use crate::snapshot::pod::{LATELY, SETTLED};

impl Store {
    /// Of pods that have completed, or have run well for an hour, no more than so many are kept whole: who looks over all
    /// of them asks how they stand, and only of one that is named what it went through before.
    pub fn keep_of_well(&mut self, so_many: usize) {
        self.room_for_well = so_many;
    }

    /// Whether as many pods are kept whole as may be of those that are well.
    pub(super) fn is_crowded(&self) -> bool {
        self.whole.len() >= self.room_for_well
    }

    /// Whether the record of a pod is enough, whatever it went through.
    pub(super) fn is_well_enough(&self, pod: &PodView) -> bool {
        pod.is_plainly_healthy() || (self.is_crowded() && self.has_settled(pod, LATELY))
    }

    pub(super) fn has_settled(&self, pod: &PodView, seconds: i64) -> bool {
        let now = self.at.or(self.newest);
        now.is_some_and(|now| pod.has_settled(now, seconds))
    }

    /// Lets go of what is not looked at of pods that have settled by the time that is known now: lists of pods often come
    /// before what tells it. A watch, which compares, keeps what it was given.
    pub(super) fn sweep(&mut self) {
        if self.whole.len() < self.sweep_at || self.changes.is_some() {
            return;
        }
        let mut whole = std::mem::take(&mut self.whole);
        let mut well = 0;
        whole.retain(|(namespace, name), pod| {
            let is_well = self.has_settled(pod, LATELY);
            well += usize::from(is_well);
            let stays = !is_well || well <= self.room_for_well;
            if !stays {
                let containers = pod.main_containers();
                self.pod_records.is_well(namespace, name, containers);
            } else if self.has_settled(pod, SETTLED) {
                pod.let_go();
                self.sharing.pod(pod.pod_mut());
            }
            stays
        });
        self.whole = whole;
        self.sweep_at = self.whole.len().saturating_mul(2).max(FEW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Kind, Retention, Why};
    use serde_json::{Value, json};

    const HOUR: [&str; 2] = ["2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z"];

    fn restarted(name: &str) -> Value {
        json!({"metadata": {"name": name, "namespace": "shop"},
            "spec": {"nodeName": "n1", "containers": [{"name": "app"}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [{"name": "app", "ready": true, "restartCount": 3, "state": {"running": {"startedAt": HOUR[0]}}}]}})
    }

    fn completed(name: &str) -> Value {
        json!({"metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}, "creationTimestamp": HOUR[0],
                "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "import", "uid": "u", "controller": true}]},
            "spec": {"containers": [{"name": "app"}]}, "status": {"phase": "Succeeded"}})
    }

    /// So many pods are kept whole, and so many were counted as well.
    fn kept(room: usize, clock_first: bool, pods: &[Value]) -> [usize; 2] {
        let mut store = Store::new(Why::NotInDump);
        store.keep_of_well(room);
        let now = Some(HOUR[1].parse().unwrap());
        if clock_first {
            store.saw(now);
        }
        for pod in pods {
            let pod = pod.to_string();
            store
                .insert(Kind::Pod, pod.as_bytes(), Retention::Whole)
                .unwrap();
        }
        store.saw(now);
        store.sweep_at = 0;
        store.sweep();
        let healthy = store
            .pod_records()
            .iter()
            .filter(|pod| pod.healthy() == Some(1));
        let completed = store.pod_records().completed().identities();
        [
            store.whole_pods().count(),
            healthy.count() + completed.count(),
        ]
    }

    #[test]
    fn what_is_well_is_counted_and_not_kept_unless_it_is_named() {
        let pods: Vec<Value> = (0..FEW)
            .flat_map(|at| [restarted(&format!("r{at}")), completed(&format!("c{at}"))])
            .collect();
        assert_eq!(kept(0, true, &pods), [0, 2 * FEW]);
        // the clock comes last
        assert_eq!(kept(0, false, &pods), [0, 2 * FEW]);
        let [whole, _] = kept(usize::MAX, false, &pods);
        assert_eq!(whole, 2 * FEW);
    }

    #[test]
    fn what_was_started_again_within_the_hour_is_kept() {
        let mut pod = restarted("web");
        pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"] =
            json!("2026-01-01T01:30:00Z");
        assert_eq!(kept(0, true, &[pod]), [1, 0]);
    }
}
