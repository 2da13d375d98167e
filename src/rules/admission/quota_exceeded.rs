//! A ResourceQuota has no room for what workloads lack: pods, a Deployment's ReplicaSet, a CronJob's Job. What it demands
//! besides room is in `quota_demands`.
//!
//! Source: kube-apiserver `plugin/pkg/admission/resourcequota` and `staging/…/quota/v1` (1.37): a pod is refused when
//! for one of the quota's resources what is used and what the pod asks for is more than the quota's limit. The
//! message names only those.

use super::quota::{Refusals, Shortage, quota};
use super::quota_demands;
use super::quota_rollout::old_pods;
use crate::kubernetes::quantity::Quantity;
use crate::rules::finding::Finding;
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, Seen};
use crate::text::{Message, Seconds, say};
use crate::triage::{RETRY, Subject};

/// `quota-exceeded`
pub static RULE: Rule = Rule {
    cause: "quota-exceeded",
    layer: Layer::Admission,
    title: "a ResourceQuota refuses the pods",
    seen_as: &[
        "FailedCreate",
        "ReplicaFailure",
        "ReplicaSetCreateError",
        "ProgressDeadlineExceeded",
    ],
    explanation: include_str!("quota_exceeded.md"),
    reads: &[
        Kind::ResourceQuota,
        Kind::LimitRange,
        Kind::ReplicaSet,
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::CronJob,
        Kind::ReplicationController,
    ],
    refines: &[],
    root: Root::Facts(say!(
        "quota-exceeded.root",
        "quota {quota} of namespace {namespace} refused what workloads make"
    )),
    check: Check::WorkloadsAlike { check, key },
};

/// Refusals of other workloads that are quoted.
const QUOTED: usize = 20;

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let refused = Refused::of(case.it, case.snapshot);
    let exceeded = refused.and_then(|refused| {
        let by = Refusals::of(case, quota(&refused)?);
        let situation = Situation {
            old: old_pods(case),
            case,
            refused: &refused,
            by,
        };
        Some(situation.finding())
    });
    let finding = exceeded.or_else(|| quota_demands::of(case));
    finding.into_iter().collect()
}

/// The same is said of workloads that one quota refuses, as sure.
fn key(case: &WorkloadCase<'_>) -> Option<String> {
    let refused = Refused::of(case.it, case.snapshot)?;
    let quota = quota(&refused)?;
    let certainty = refused.certainty(case.snapshot);
    Some(format!("{}/{quota} {certainty:?}", case.namespace()))
}

/// All that is known of a workload and the quota that refuses what it makes.
pub(super) struct Situation<'c, 'a> {
    pub(super) case: &'c WorkloadCase<'a>,
    pub(super) refused: &'c Refused<'a>,
    pub(super) by: Refusals<'a>,
    /// How many pods there are of an earlier template.
    pub(super) old: i64,
}

impl Situation<'_, '_> {
    /// Whether it is the only one that the quota refuses something.
    pub(super) fn is_alone(&self) -> bool {
        self.by.workloads.len() < 2
    }

    /// For how many more there is room.
    pub(super) fn room(&self) -> i64 {
        if self.by.seen.is_absent() {
            return self.by.missing();
        }
        self.by.room()
    }

    fn finding(&self) -> Finding {
        let by = &self.by;
        let is_gone = by.seen.is_absent();
        let told = by.short().filter_map(Shortage::message);
        let told: Vec<Message> = told.collect();
        let (headline, why) = self.sentences();
        let (quota, missing) = (by.quota.name.as_str(), by.missing());
        let finding = self
            .refused
            .finding(self.case, by.quota.clone(), headline)
            .why(why)
            .fact("quota", quota)
            .fact("namespace", self.case.namespace())
            .fact("workloads", by.workloads.len())
            .fact("missing", missing)
            .fact("room", self.room())
            .when(self.is_alone() && by.of_pods(), |finding| {
                finding
                    .fact("wanted", self.refused.wanted)
                    .fact("existing", self.refused.existing)
            })
            .fact("lack", self.lack())
            .fact("what", self.what())
            .fact("controller", self.case.object().argument())
            .fact("interval", Seconds(RETRY))
            .fact_if("short", (!told.is_empty()).then_some(told))
            .evidence(self.counted())
            .evidence(self.others())
            .fix(self.fixes());
        finding.when(!is_gone, |finding| finding.inspect(self.users()))
    }

    /// The counts of the quota as they are now.
    fn counted(&self) -> Vec<Evidence> {
        let object = || self.by.quota.clone();
        let Seen::Yes(quota) = self.by.seen else {
            let is_gone = self.by.seen.is_absent();
            return is_gone
                .then(|| self.case.absence(object()))
                .into_iter()
                .collect();
        };
        let field = |path: &str, resource: &str, amount: Option<&Quantity>| {
            let path = format!("status.{path}[{resource}]");
            Some(self.case.field_of(object(), path, amount?.to_string()))
        };
        let both = |shortage: &Shortage| {
            let resource = shortage.resource.as_str();
            let used = field("used", resource, quota.used.get(resource));
            let hard = field("hard", resource, quota.hard.get(resource));
            [used, hard]
        };
        self.by.short().flat_map(both).flatten().collect()
    }

    /// The words in which the others were refused.
    fn others(&self) -> Vec<Evidence> {
        let own = self.case.object();
        let others = self.by.workloads.iter();
        let others = others.filter(|one| one.it.object() != own);
        others
            .take(QUOTED)
            .map(|one| one.quote(self.case))
            .collect()
    }
}
