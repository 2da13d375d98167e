//! A Deployment's rollout under a quota: what of it the old pods give back when they go, and what it takes at its worst.
//!
//! Source: kubernetes `pkg/controller/deployment/rolling.go` and `util/deployment_util.go` (1.37): there are at most
//! `replicas` and `maxSurge` pods, and an old one goes when a new one is available.

use super::quota::{AS_PODS, Shortage};
use super::quota_exceeded::Situation;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::resources::{pod_limits, pod_requests};
use crate::rules::shared::refused::WorkloadCase;
use crate::snapshot::{Kind, PodRecord, Seen, Workload};

/// A rollout that the quota stops, where the numbers of its pods are known.
pub(super) struct Rollout {
    /// How many pods the Deployment wants.
    pub(super) replicas: i64,
    /// How many more there may be for a while (`maxSurge`).
    surge: i64,
    /// Pods of an earlier template.
    old: i64,
    /// Pods of the new one.
    new: i64,
}

impl Rollout {
    pub(super) fn of(situation: &Situation<'_, '_>) -> Option<Self> {
        let (case, deployment) = (situation.case, situation.case.subject());
        let is_deployment = deployment.known_kind() == Some(Kind::Deployment);
        if situation.old == 0 || !situation.is_alone() || !is_deployment {
            return None;
        }
        let seen = case
            .snapshot
            .workload(&deployment.kind, case.namespace(), &deployment.name);
        let read = seen.and_then(Seen::yes);
        let replicas = case.it.workload.desired;
        let replicas = replicas.or(read.and_then(|read| read.wanted))?;
        let surge = surge(read, replicas)?;
        Some(Rollout {
            replicas: replicas.max(1),
            surge,
            old: situation.old,
            new: situation.refused.existing,
        })
    }

    /// Whether it comes to its end when an old pod goes before each new one (maxSurge 0, maxUnavailable 1).
    pub(super) fn fits_in_place(&self, shortage: &Shortage, old: Quantity) -> bool {
        let (Some(hard), Some(new)) = (shortage.hard, shortage.asked) else {
            return false;
        };
        let others = self.others(shortage, old, new);
        let with = |k: i64| others + new.times(k) + old.times(self.old.min(self.replicas - k));
        // what it takes grows or falls evenly
        with(self.new + 1).max(with(self.replicas)) <= hard
    }

    /// What it takes at its worst as it is.
    pub(super) fn peak(&self, shortage: &Shortage, old: Quantity) -> Option<Quantity> {
        let new = shortage.asked?;
        let others = self.others(shortage, old, new);
        let with = |k: i64| others + new.times(k) + old.times(self.beside(k));
        Some(with(self.turn()).max(with(self.replicas)))
    }

    /// What each new pod may ask for so that it comes to its end as it is.
    pub(super) fn share(&self, shortage: &Shortage, old: Quantity) -> Option<Quantity> {
        let others = self.others(shortage, old, shortage.asked?);
        let hard = shortage.hard?;
        let share = |k: i64| (hard - others - old.times(self.beside(k))).shared_by(k);
        Some(share(self.turn()).min(share(self.replicas)))
    }

    /// Old pods beside so many new ones.
    fn beside(&self, new: i64) -> i64 {
        self.old.min(self.replicas + self.surge - new).max(0)
    }

    /// The most new pods beside all old ones.
    fn turn(&self) -> i64 {
        let most = self.replicas + self.surge - self.old;
        most.clamp(1, self.replicas)
    }

    /// What everybody else uses.
    fn others(&self, shortage: &Shortage, old: Quantity, new: Quantity) -> Quantity {
        let own = old.times(self.old) + new.times(self.new);
        (shortage.used - own).max(Quantity::ZERO)
    }
}

/// Pods that the Deployment's other ReplicaSets have: during a rolling update, those of an earlier template. Their
/// ReplicaSets may not have been read, and of those that were the pods may not.
pub(super) fn old_pods(case: &WorkloadCase<'_>) -> i64 {
    let owner = case.it.workload.controller.as_ref();
    if case.it.kind != Kind::ReplicaSet || owner.is_none() {
        return 0;
    }
    let store = case.snapshot.store();
    let sets = store.replica_sets().seen_in(case.namespace());
    let others =
        sets.filter(|(name, set)| *name != case.it.name && set.controller.as_ref() == owner);
    let counted = others.filter_map(|(_, set)| set.existing).sum();
    let (own, deployment) = (case.object().short(), case.subject());
    let records = store.pod_records();
    let is_old = |record: &&PodRecord| {
        !record.terminating
            && record.controller.as_deref() != Some(own.as_str())
            && store.owners(&records.identity(record)).last() == Some(&deployment)
    };
    let pods = records
        .in_namespace(case.namespace())
        .filter(is_old)
        .count();
    i64::try_from(pods).unwrap_or(i64::MAX).max(counted)
}

/// `maxSurge`, of which a percentage is rounded up (ResolveFenceposts); None where there is no rolling update.
fn surge(deployment: Option<&Workload>, replicas: i64) -> Option<i64> {
    let strategy = deployment.and_then(|read| read.strategy.as_ref());
    let field = |path: &str| strategy.and_then(|strategy| strategy.pointer(path));
    if field("/type").is_some_and(|kind| kind == "Recreate") {
        return None;
    }
    let Some(surge) = field("/rollingUpdate/maxSurge") else {
        return Some(share(25, replicas));
    };
    let percentage = || surge.as_str()?.strip_suffix('%')?.parse().ok();
    surge
        .as_i64()
        .or_else(|| Some(share(percentage()?, replicas)))
}

fn share(percentage: i64, replicas: i64) -> i64 {
    let hundredfold = percentage.saturating_mul(replicas);
    hundredfold.saturating_add(99).div_euclid(100)
}

/// What each old pod takes of a quota's resource, where that is known and the same of all. A template that names none
/// may have got it from a LimitRange.
pub(super) fn asked_by_old(situation: &Situation<'_, '_>, resource: &str) -> Option<Quantity> {
    if AS_PODS.contains(&resource) {
        return Some(Quantity::from_units(1));
    }
    let case = situation.case;
    let owner = case.it.workload.controller.as_ref();
    let sets = case.snapshot.store().replica_sets();
    let old = sets.seen_in(case.namespace()).filter(|(name, set)| {
        let has_pods = set.existing.is_some_and(|existing| existing > 0);
        *name != case.it.name && set.controller.as_ref() == owner && has_pods
    });
    let amounts: Option<Vec<Quantity>> = old.map(|(_, set)| asked(set, resource)).collect();
    let amounts = amounts?;
    let first = *amounts.first()?;
    amounts.iter().all(|one| *one == first).then_some(first)
}

/// What a pod of this ReplicaSet takes (pkg/quota/v1/evaluator/core/pods.go podComputeUsageHelper, 1.37).
fn asked(set: &Workload, resource: &str) -> Option<Quantity> {
    let spec = set.template.as_ref()?.pod()?.spec?;
    match resource.strip_prefix("limits.") {
        Some(resource) => pod_limits(&spec).get(resource).copied(),
        None => {
            let resource = resource.strip_prefix("requests.").unwrap_or(resource);
            pod_requests(&spec).get(resource).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milli(milli: i64) -> Quantity {
        Quantity::from_milli(milli)
    }

    /// Two old pods of a Deployment that wants two, and may have one more for a while.
    const TWO: Rollout = Rollout {
        replicas: 2,
        surge: 1,
        old: 2,
        new: 0,
    };

    #[test]
    fn an_old_pod_goes_first_only_where_the_whole_rollout_then_fits() {
        let fits = |used, hard, old, new| {
            let shortage = Shortage::of_cpu(milli(used), milli(hard), milli(new));
            TWO.fits_in_place(&shortage, milli(old))
        };
        // what goes is less than what comes
        assert!(!fits(1000, 2000, 500, 2000));
        // the first new pod fits, and the second does not
        assert!(!fits(1000, 2500, 500, 2000));
        assert!(fits(2000, 3000, 1000, 1500));
        // others use it as well
        assert!(!fits(2500, 3000, 1000, 1500));
        assert!(fits(2000, 2000, 1000, 1000));
    }

    #[test]
    fn a_rollout_takes_the_most_at_its_turn_or_at_its_end() {
        let of = |used, hard, old, new| {
            let shortage = Shortage::of_cpu(milli(used), milli(hard), milli(new));
            let peak = TWO.peak(&shortage, milli(old)).unwrap();
            (peak, TWO.share(&shortage, milli(old)).unwrap())
        };
        // two new ones and an old one; so much for each that these fit
        assert_eq!(of(1000, 2000, 500, 2000), (milli(4500), milli(750)));
        // smaller ones come while both old ones are there
        assert_eq!(of(4000, 4000, 2000, 500), (milli(4500), milli(0)));
    }

    #[test]
    fn a_percentage_of_the_surge_is_rounded_up() {
        let surge = |strategy: serde_json::Value| {
            let workload = Workload {
                strategy: Some(strategy),
                ..Workload::default()
            };
            surge(Some(&workload), 5)
        };
        let json =
            serde_json::json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "30%"}});
        assert_eq!(surge(json), Some(2));
        let json = serde_json::json!({"rollingUpdate": {"maxSurge": 3}});
        assert_eq!(surge(json), Some(3));
        assert_eq!(surge(serde_json::json!({"type": "Recreate"})), None);
        assert_eq!(super::surge(None, 4), Some(1));
    }
}
