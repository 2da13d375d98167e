//! A ResourceQuota has no room for what workloads lack: pods, a Deployment's ReplicaSet, a CronJob's Job.
//!
//! Source: kube-apiserver `plugin/pkg/admission/resourcequota` and `staging/…/quota/v1` (1.37): a pod is refused when for one of
//! the quota's resources what is used and what the pod asks for is more than the quota's limit. The message names only those.

use super::quota::{Refusals, Shortage, quota};
use super::refused::{Refused, WorkloadCase};
use crate::kubernetes::patch;
use crate::kubernetes::quantity::Quantity;
use crate::rules::finding::{Finding, Fix, Risk, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, PodRecord, Seen};
use crate::text::{Message, Seconds, Sentence, say};
use crate::triage::{RETRY, Subject};
use serde_json::{Map, Value, json};

/// `quota-exceeded`
pub static RULE: Rule = Rule {
    cause: "quota-exceeded",
    layer: Layer::Admission,
    title: "a ResourceQuota has no room for the pods",
    explanation: include_str!("quota_exceeded.md"),
    reads: &[
        Kind::ResourceQuota,
        Kind::ReplicaSet,
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::CronJob,
        Kind::ReplicationController,
    ],
    refines: &[],
    root: Root::Subject,
    check: Check::Workload(check),
};

/// Refusals of other workloads that are quoted.
const QUOTED: usize = 20;

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let refused = Refused::of(case.it, case.snapshot);
    let finding = refused.and_then(|refused| {
        let by = Refusals::of(case, quota(&refused)?);
        let situation = Situation {
            old: old_pods(case),
            case,
            refused: &refused,
            by,
        };
        Some(situation.finding())
    });
    finding.into_iter().collect()
}

/// What tells workloads apart of which not the same is said: the quota that refuses them, and how sure that is. A quota that is
/// gone refuses each for itself.
pub fn key(case: &WorkloadCase<'_>) -> Option<String> {
    let refused = Refused::of(case.it, case.snapshot)?;
    let quota = quota(&refused)?;
    let seen = case.snapshot.quotas().get(case.namespace(), quota);
    let certainty = refused.certainty(case.snapshot);
    (!seen.is_absent()).then(|| format!("{}/{quota} {certainty:?}", case.namespace()))
}

/// Pods that the Deployment's other ReplicaSets have: during a rolling update, those of an earlier template. Their ReplicaSets may
/// not have been read, and of those that were the pods may not.
fn old_pods(case: &WorkloadCase<'_>) -> i64 {
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

/// All that is known of a workload and the quota that refuses what it makes.
struct Situation<'c, 'a> {
    case: &'c WorkloadCase<'a>,
    refused: &'c Refused<'a>,
    by: Refusals<'a>,
    old: i64,
}

impl Situation<'_, '_> {
    /// Whether it is the only one that the quota refuses something.
    fn is_alone(&self) -> bool {
        self.by.workloads.len() < 2
    }

    /// For how many more there is room.
    fn room(&self) -> i64 {
        if self.by.seen.is_absent() {
            return self.by.missing();
        }
        self.by.room()
    }

    fn finding(&self) -> Finding {
        let by = &self.by;
        let is_gone = by.seen.is_absent();
        let told = by.shortages.iter().filter_map(Shortage::message);
        let told: Vec<Message> = told.collect();
        let (headline, why) = self.sentences();
        let (quota, missing) = (by.quota.name.as_str(), by.missing());
        let subject = if is_gone {
            self.case.subject()
        } else {
            by.quota.clone()
        };
        let describe = self.case.kubectl(["describe", "resourcequota", quota]);
        let finding = self
            .refused
            .finding(self.case, subject, headline)
            .why(why)
            .fact("quota", quota)
            .fact("namespace", self.case.namespace())
            .fact("workloads", by.workloads.len())
            .fact("missing", missing)
            .fact("room", self.room())
            .fact("lack", self.lack())
            .fact("what", self.what())
            .fact("controller", self.case.object().short())
            .fact("interval", Seconds(RETRY))
            .fact_if("short", (!told.is_empty()).then_some(told))
            .evidence(self.counted())
            .evidence(self.others())
            .fix(self.fixes());
        finding.when(!is_gone, |finding| finding.inspect(describe))
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.room() == self.by.missing() {
            return vec![self.wait()];
        }
        let in_order = [
            self.stop_an_old_pod_first(),
            self.raise(),
            self.fewer_replicas(),
            self.smaller(),
            self.delete(),
        ];
        in_order.into_iter().flatten().collect()
    }

    fn sentences(&self) -> (Sentence, Sentence) {
        if self.by.seen.is_absent() {
            return (
                say!(
                    "quota-exceeded.gone",
                    "quota {quota}, which is gone now, refused {what}; {lack}"
                ),
                say!(
                    "quota-exceeded.gone-why",
                    "the controller of {controller} tries again at growing intervals, at most {interval} apart"
                ),
            );
        }
        if self.room() > 0 {
            return (
                say!(
                    "quota-exceeded.has-room",
                    "quota {quota} refused {what}, and has room for {room} now[: {short}]; {lack}"
                ),
                say!(
                    "quota-exceeded.room-why",
                    "there is room for {room} of {missing} now, and {workloads|the controller of {controller} tries|the controllers try} again at growing intervals, at most {interval} apart"
                ),
            );
        }
        (
            say!(
                "quota-exceeded.headline",
                "quota {quota}[: {short}]; {lack}"
            ),
            say!(
                "quota-exceeded.why",
                "the API server refuses what would take more than the quota allows, and {workloads|the controller of {controller} tries|the controllers try} again at growing intervals, at most {interval} apart"
            ),
        )
    }

    /// What is missing of it, or of all.
    fn lack(&self) -> Message {
        let sentence = match (self.is_alone(), self.refused.lacks()) {
            (true, Kind::ReplicaSet) => {
                say!("quota-exceeded.lacks-set", "its new ReplicaSet is not made")
            }
            (true, Kind::Job) => say!("quota-exceeded.lacks-job", "its Job is not made"),
            (true, _) => say!(
                "quota-exceeded.lacks-pods",
                "{existing} of {wanted} {wanted|pod|pods} made[ beside {old} old {old|one|ones}]"
            ),
            (false, _) if self.by.of_pods() => say!(
                "quota-exceeded.all-lack-pods",
                "{workloads} workloads lack {missing} pods"
            ),
            (false, _) => say!(
                "quota-exceeded.all-lack",
                "{workloads} workloads lack what they make"
            ),
        };
        let lack = Message::new(sentence);
        if !self.is_alone() {
            let lack = lack.fact("workloads", self.by.workloads.len());
            return if self.by.of_pods() {
                lack.fact("missing", self.by.missing())
            } else {
                lack
            };
        }
        if self.refused.lacks() != Kind::Pod {
            return lack;
        }
        lack.fact("existing", self.refused.existing)
            .fact("wanted", self.refused.wanted)
            .fact_if("old", (self.old > 0).then_some(self.old))
    }

    /// What was refused.
    fn what(&self) -> Sentence {
        match (self.by.of_pods(), self.is_alone(), self.refused.lacks()) {
            (true, true, _) if self.by.missing() == 1 => say!("quota-exceeded.pod", "a pod"),
            (true, ..) => say!("quota-exceeded.pods", "pods"),
            (_, true, Kind::Job) => say!("quota-exceeded.job", "a Job"),
            (_, true, _) => say!("quota-exceeded.set", "a ReplicaSet"),
            (_, false, _) => say!("quota-exceeded.objects", "pods and other objects"),
        }
    }

    /// The counts of the quota as they are now.
    fn counted(&self) -> Vec<Evidence> {
        let object = || self.by.quota.clone();
        let Seen::Yes(quota) = self.by.seen else {
            let is_gone = self.by.seen.is_absent();
            return is_gone.then(|| self.case.absence(object())).into_iter().collect();
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
        self.by.shortages.iter().flat_map(both).flatten().collect()
    }

    /// The words in which the others were refused.
    fn others(&self) -> Vec<Evidence> {
        let own = self.case.object();
        let others = self.by.workloads.iter();
        let others = others.filter(|one| one.it.object() != own);
        others.take(QUOTED).map(|one| one.quote(self.case)).collect()
    }

    fn raise(&self) -> Option<Fix> {
        let raised = self.by.raised();
        if raised.is_empty() {
            return None;
        }
        let hard = raised.iter().map(|(resource, amount)| {
            let amount = Value::from(amount.to_string());
            (resource.clone(), amount)
        });
        let hard: Map<String, Value> = hard.collect();
        let merged = json!({"spec": {"hard": hard}}).to_string();
        let quota = self.by.quota.name.as_str();
        let words = ["patch", "resourcequota", quota, "-p", merged.as_str()];
        let operation = |(resource, amount): (&String, &Value)| {
            let path = format!("/spec/hard/{}", patch::escaped(resource));
            patch::replace(&path, amount.clone())
        };
        let amount = |(resource, amount): &(String, Quantity)| {
            Message::new(say!("quota-exceeded.raised", "{resource} {amount}"))
                .fact("resource", resource.as_str())
                .fact("amount", *amount)
        };
        let change = say!(
            "quota-exceeded.raise",
            "raise quota {quota} to {amounts}, which is enough for {all}[ unless {untold} {untold|runs|run} out first]"
        );
        let untold = self.by.untold();
        let command = self.case.kubectl(words);
        let fix = Fix::command(change, Who::Admin, self.by.quota.clone(), command)
            .fact("amounts", raised.iter().map(amount).collect::<Vec<_>>())
            .fact("all", self.all_that_is_missing())
            .patch(hard.iter().map(operation).collect());
        Some(if untold.is_empty() {
            fix
        } else {
            fix.fact("untold", untold)
        })
    }

    fn all_that_is_missing(&self) -> Message {
        let sentence = match (self.is_alone(), self.by.of_pods()) {
            (true, true) => say!(
                "quota-exceeded.missing-pods",
                "the {missing|pod that is|{missing} pods that are} missing"
            ),
            (false, true) => say!(
                "quota-exceeded.all-missing-pods",
                "the {missing} pods that all {workloads} workloads lack"
            ),
            (true, false) => say!("quota-exceeded.missing-one", "the one that is missing"),
            (false, false) => say!(
                "quota-exceeded.all-missing",
                "what all {workloads} workloads lack"
            ),
        };
        let message = Message::new(sentence);
        let message = if self.by.of_pods() {
            message.fact("missing", self.by.missing())
        } else {
            message
        };
        let several = (!self.is_alone()).then_some(self.by.workloads.len());
        message.fact_if("workloads", several)
    }

    /// An old pod that goes leaves its share to a new one. Where nothing else uses the quota that is all that a rollout needs.
    fn stop_an_old_pod_first(&self) -> Option<Fix> {
        let deployment = self.case.subject();
        if self.old == 0 || !self.is_alone() || deployment.known_kind() != Some(Kind::Deployment) {
            return None;
        }
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}});
        let patch = vec![patch::add("/spec/strategy", strategy)];
        let name = deployment.name.as_str();
        let command = patch::command(self.case.namespace(), &["deployment", name], &patch);
        let change = say!(
            "quota-exceeded.stop-old-pod-first",
            "let rolling updates stop an old pod, which leaves its share of the quota, before they start a new one (maxSurge 0, maxUnavailable 1)"
        );
        Some(Fix::command(change, Who::Owner, deployment, command).patch(patch))
    }

    /// As many as there is room for, if that is any.
    fn fewer_replicas(&self) -> Option<Fix> {
        let workload = self.case.subject();
        let scales = matches!(
            workload.known_kind()?,
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController
        );
        let replicas = self.refused.existing + self.room();
        let is_of_pods = self.is_alone() && self.by.of_pods();
        if !scales || !is_of_pods || self.old > 0 || replicas == 0 {
            return None;
        }
        let to = format!("--replicas={replicas}");
        let kind = workload.kind.to_lowercase();
        let words = ["scale", kind.as_str(), workload.name.as_str(), to.as_str()];
        let command = self.case.kubectl(words);
        let change = say!(
            "quota-exceeded.fewer-replicas",
            "run {replicas} {replicas|replica|replicas} in place of {wanted}: the quota has room for no more"
        );
        let fix = Fix::command(change, Who::Owner, workload, command)
            .fact("replicas", replicas)
            .fact("wanted", self.refused.wanted)
            .patch(vec![patch::replace("/spec/replicas", replicas)]);
        Some(fix)
    }

    /// What each of the missing pods may ask for so that all of them fit.
    fn smaller(&self) -> Option<Fix> {
        let missing = self.by.missing();
        let shares = self.by.shortages.iter();
        let shares: Vec<Message> = shares
            .map(|shortage| shortage.share(missing))
            .collect::<Option<_>>()?;
        let change = say!(
            "quota-exceeded.smaller",
            "give each pod no more than {shares}: then {missing|the one that is missing fits|the {missing} that are missing fit}"
        );
        let is_any = !shares.is_empty() && self.by.of_pods();
        is_any.then(|| Fix::advice(change, Who::Owner).fact("shares", shares))
    }

    /// Of no use where the quota is too small for a single one.
    fn delete(&self) -> Option<Fix> {
        let change = say!(
            "quota-exceeded.delete",
            "delete what namespace {namespace} does not need: what goes leaves its share of the quota"
        );
        let too_small = self.by.shortages.iter().any(Shortage::never_fits);
        (!too_small).then(|| Fix::advice(change, Who::Owner).risk(Risk::Destroys))
    }

    /// There is room, and only the next attempt is yet to come.
    fn wait(&self) -> Fix {
        let change = if self.is_alone() {
            say!(
                "quota-exceeded.wait",
                "wait for the next attempt; any change of {controller}, such as an annotation, brings it on at once"
            )
        } else {
            say!(
                "quota-exceeded.wait-for-all",
                "wait for the next attempts; any change of a workload, such as an annotation, brings its own on at once"
            )
        };
        Fix::advice(change, Who::Owner).risk(Risk::Reads)
    }
}
