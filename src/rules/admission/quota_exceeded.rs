//! A ResourceQuota has no room for the pods that a workload lacks.
//!
//! Source: kube-apiserver `plugin/pkg/admission/resourcequota` and `staging/…/quota/v1` (1.37): a pod is refused when for one of
//! the quota's resources what is used and what the pod asks for is more than the quota's limit. The message names only those.

use super::refused::{Refused, WorkloadCase};
use crate::kubernetes::patch;
use crate::kubernetes::quantity::Quantity;
use crate::messages::admission::Denial;
use crate::rules::finding::{Finding, Fix, Risk, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef, PodRecord, ResourceQuota, Seen};
use crate::text::{Fact, Message, Seconds, Sentence, say};
use crate::triage::RETRY;
use serde_json::{Map, Value, json};

/// `quota-exceeded`
pub static RULE: Rule = Rule {
    cause: "quota-exceeded",
    layer: Layer::Admission,
    title: "a ResourceQuota has no room for the pods",
    seen_as: &["FailedCreate", "ReplicaFailure"],
    explanation: include_str!("quota_exceeded.md"),
    reads: &[
        Kind::ResourceQuota,
        Kind::ReplicaSet,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::ReplicationController,
    ],
    refines: &[],
    root: Root::Facts(say!(
        "quota-exceeded.root",
        "quota {quota} of namespace {namespace} is used up"
    )),
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let Some(refused) = Refused::of(case) else {
        return Vec::new();
    };
    let Denial::QuotaExceeded {
        quota,
        requested,
        used,
        limited,
    } = &refused.denial
    else {
        return Vec::new();
    };
    let shortages = requested
        .iter()
        .filter_map(|(resource, asked)| Shortage::from_message(resource, asked, used, limited));
    let seen = case.snapshot.quotas().get(case.namespace(), quota);
    let situation = Situation {
        case,
        refused: &refused,
        quota: ObjectRef::new(Kind::ResourceQuota, case.namespace(), quota),
        shortages: shortages.map(|one| one.now(seen.yes())).collect(),
        seen,
        old: old_pods(case),
    };
    vec![situation.finding()]
}

/// What a quota and a pod say of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shortage {
    resource: String,
    asked: Quantity,
    used: Quantity,
    /// None where the quota does not limit it any more.
    hard: Option<Quantity>,
}

type Amounts = [(String, String)];

impl Shortage {
    /// As the API server says it.
    fn from_message(
        resource: &str,
        asked: &str,
        used: &Amounts,
        limited: &Amounts,
    ) -> Option<Self> {
        let of = |amounts: &Amounts| {
            let mut named = amounts.iter().filter(|(name, _)| name == resource);
            named.next()?.1.parse().ok()
        };
        Some(Shortage {
            resource: resource.to_owned(),
            asked: asked.parse().ok().filter(|asked| *asked > Quantity::ZERO)?,
            used: of(used)?,
            hard: Some(of(limited)?),
        })
    }

    /// As it is now, where the quota was read and its controller has counted.
    fn now(self, quota: Option<&ResourceQuota>) -> Self {
        let Some(quota) = quota.filter(|quota| !quota.hard.is_empty()) else {
            return self;
        };
        let used = quota.used.get(&self.resource).copied();
        Shortage {
            hard: quota.hard.get(&self.resource).copied(),
            used: used.unwrap_or(self.used),
            ..self
        }
    }

    /// How many pods there is room for; none says that nothing limits them.
    fn room(&self) -> Option<i64> {
        Some(self.asked.goes_into(self.hard? - self.used))
    }

    /// What the limit has to be for so many more pods.
    fn needed(&self, pods: i64) -> Quantity {
        self.used + self.asked.times(pods)
    }

    /// Whether the pod alone is more than all that the quota allows.
    fn never_fits(&self) -> bool {
        self.hard.is_some_and(|hard| self.asked > hard)
    }

    fn message(&self) -> Option<Message> {
        let sentence = if self.asked == Quantity::from_units(1) {
            say!("quota-exceeded.used", "{resource} {used} of {hard} used")
        } else {
            say!(
                "quota-exceeded.asked",
                "{resource} {used} of {hard} used, {asked} asked"
            )
        };
        let amount = |amount| Fact::amount(amount, &self.resource);
        let message = Message::new(sentence)
            .fact("resource", self.resource.as_str())
            .fact("used", amount(self.used))
            .fact("hard", amount(self.hard?))
            .fact("asked", amount(self.asked));
        Some(message)
    }

    /// Of a container's resources so much for each of the pods, in an amount that reads well.
    fn share(&self, pods: i64) -> Option<Message> {
        let kind = self.resource.rsplit('.').next().unwrap_or_default();
        if !["cpu", "memory", "ephemeral-storage"].contains(&kind) || pods <= 0 {
            return None;
        }
        let share = (self.hard? - self.used)
            .shared_by(pods)
            .exact(&self.resource);
        let share: Quantity = share.parse().ok()?;
        let message = Message::new(say!("quota-exceeded.share", "{resource} {share}"))
            .fact("resource", self.resource.as_str())
            .fact("share", share);
        (share > Quantity::ZERO).then_some(message)
    }
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

/// All that is known of a workload and the quota that refuses its pods.
struct Situation<'c, 'a> {
    case: &'c WorkloadCase<'a>,
    refused: &'c Refused<'a>,
    quota: ObjectRef,
    seen: Seen<'a, &'a ResourceQuota>,
    shortages: Vec<Shortage>,
    old: i64,
}

impl Situation<'_, '_> {
    /// How many more pods there is room for.
    fn room(&self) -> i64 {
        let missing = self.refused.missing();
        if self.seen.is_absent() {
            return missing;
        }
        let rooms = self.shortages.iter().filter_map(Shortage::room);
        let room = rooms.min().unwrap_or(missing);
        room.clamp(0, missing)
    }

    fn finding(&self) -> Finding {
        let short = self.shortages.iter().filter_map(Shortage::message);
        let short: Vec<Message> = short.collect();
        let (headline, why) = self.sentences();
        let quota = self.quota.name.as_str();
        let describe = ["describe", &self.quota.argument()];
        let fixes = if self.room() == self.refused.missing() {
            vec![wait()]
        } else {
            let in_order = [
                self.stop_an_old_pod_first(),
                self.raise(),
                self.fewer_replicas(),
                self.smaller(),
                self.delete(),
            ];
            in_order.into_iter().flatten().collect()
        };
        self.refused
            .finding(self.case, headline)
            .why(why)
            .fact("quota", quota)
            .fact("namespace", self.case.namespace())
            .fact("room", self.room())
            .fact("controller", self.case.object().short())
            .fact("interval", Seconds(RETRY))
            .fact_if("short", (!short.is_empty()).then_some(short))
            .fact_if("old", (self.old > 0).then_some(self.old))
            .evidence(self.counted())
            .fix(fixes)
            .inspect(self.case.kubectl(describe))
    }

    fn sentences(&self) -> (Sentence, Sentence) {
        let has_room = say!(
            "quota-exceeded.room-why",
            "there is room for {room} {room|pod|pods} now, and the controller of {controller} tries again at growing intervals, at most {interval} apart"
        );
        if self.seen.is_absent() {
            return (
                say!(
                    "quota-exceeded.gone",
                    "quota {quota}, which is gone now, refused {missing|a pod|pods}; {existing} of {wanted} {wanted|pod|pods} made[ beside {old} old {old|one|ones}]"
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
                    "quota {quota} refused {missing|a pod|pods}, and has room for {room} now[: {short}]; {existing} of {wanted} {wanted|pod|pods} made[ beside {old} old {old|one|ones}]"
                ),
                has_room,
            );
        }
        (
            say!(
                "quota-exceeded.headline",
                "quota {quota}[: {short}]; {existing} of {wanted} {wanted|pod|pods} made[ beside {old} old {old|one|ones}]"
            ),
            say!(
                "quota-exceeded.why",
                "the API server refuses each pod that would take more than the quota allows, and the controller of {controller} tries again at growing intervals, at most {interval} apart"
            ),
        )
    }

    /// The counts of the quota as they are now.
    fn counted(&self) -> Vec<Evidence> {
        let Seen::Yes(quota) = self.seen else {
            let absence = self
                .seen
                .is_absent()
                .then(|| self.case.absence(self.quota.clone()));
            return absence.into_iter().collect();
        };
        let field = |path: &str, resource: &str, amount: Option<&Quantity>| {
            let path = format!("status.{path}[{resource}]");
            let quote = amount?.to_string();
            Some(self.case.field_of(self.quota.clone(), path, quote))
        };
        let both = |shortage: &Shortage| {
            let resource = shortage.resource.as_str();
            let used = field("used", resource, quota.used.get(resource));
            let hard = field("hard", resource, quota.hard.get(resource));
            [used, hard]
        };
        self.shortages.iter().flat_map(both).flatten().collect()
    }

    /// What the quota has to allow for all pods that are missing. They count as pods too, whatever was short at first.
    fn raised(&self) -> Vec<(String, Quantity)> {
        let missing = self.refused.missing();
        let one_each = |resource: &'static str| {
            let quota = self.seen.yes()?;
            Some(Shortage {
                resource: resource.to_owned(),
                asked: Quantity::from_units(1),
                used: quota.used.get(resource).copied()?,
                hard: Some(quota.hard.get(resource).copied()?),
            })
        };
        let is_known = |shortage: &Shortage| {
            let mut known = self.shortages.iter();
            known.any(|known| known.resource == shortage.resource)
        };
        let as_pods = ["pods", "count/pods"].into_iter().filter_map(one_each);
        let as_pods = as_pods.filter(|shortage| !is_known(shortage));
        let all = self.shortages.iter().cloned().chain(as_pods);
        let short = all.filter(|shortage| shortage.room().is_some_and(|room| room < missing));
        short
            .map(|shortage| (shortage.resource.clone(), shortage.needed(missing)))
            .collect()
    }

    fn raise(&self) -> Option<Fix> {
        let raised = self.raised();
        if raised.is_empty() || self.seen.is_absent() {
            return None;
        }
        let hard = raised.iter().map(|(resource, amount)| {
            let amount = Value::from(amount.to_string());
            (resource.clone(), amount)
        });
        let hard: Map<String, Value> = hard.collect();
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
            "raise quota {quota} to {amounts}, which is enough for the {missing|pod that is|{missing} pods that are} missing"
        );
        let patch = hard.iter().map(operation).collect();
        let fix = Fix::edit(change, Who::Admin, self.quota.clone(), patch, &Value::Null)
            .fact("amounts", raised.iter().map(amount).collect::<Vec<_>>());
        Some(fix)
    }

    /// An old pod that goes leaves its share to a new one. Where nothing else uses the quota that is all that a rollout needs.
    fn stop_an_old_pod_first(&self) -> Option<Fix> {
        let deployment = self.case.subject();
        if self.old == 0 || deployment.known_kind() != Some(Kind::Deployment) {
            return None;
        }
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}});
        let patch = vec![patch::add("/spec/strategy", strategy)];
        let change = say!(
            "quota-exceeded.stop-old-pod-first",
            "let rolling updates stop an old pod, which leaves its share of the quota, before they start a new one (maxSurge 0, maxUnavailable 1)"
        );
        let workload =
            self.case
                .snapshot
                .workload(&deployment.kind, self.case.namespace(), &deployment.name);
        let before = workload
            .and_then(Seen::yes)
            .and_then(|read| read.strategy.clone());
        let before = patch::nested("/spec/strategy", before);
        Some(Fix::edit(change, Who::Owner, deployment, patch, &before))
    }

    /// As many as there is room for, if that is any.
    fn fewer_replicas(&self) -> Option<Fix> {
        let workload = self.case.subject();
        let scales = workload.known_kind()?.scales();
        let replicas = self.refused.existing + self.room();
        if !scales || self.old > 0 || replicas == 0 {
            return None;
        }
        let change = say!(
            "quota-exceeded.fewer-replicas",
            "run {replicas} {replicas|replica|replicas} in place of {wanted}: the quota has room for no more"
        );
        let patch = vec![patch::replace("/spec/replicas", replicas)];
        let fix = Fix::edit(change, Who::Owner, workload, patch, &Value::Null);
        Some(fix.fact("replicas", replicas))
    }

    /// What each of the missing pods may ask for so that all of them fit.
    fn smaller(&self) -> Option<Fix> {
        let missing = self.refused.missing();
        let shares = self
            .shortages
            .iter()
            .map(|shortage| shortage.share(missing));
        let shares: Vec<Message> = shares.collect::<Option<_>>()?;
        let change = say!(
            "quota-exceeded.smaller",
            "give each pod no more than {shares}: then {missing|the one that is missing fits|the {missing} that are missing fit}"
        );
        (!shares.is_empty()).then(|| Fix::advice(change, Who::Owner).fact("shares", shares))
    }

    /// Of no use where the quota is too small for a single pod.
    fn delete(&self) -> Option<Fix> {
        let change = say!(
            "quota-exceeded.delete",
            "delete what namespace {namespace} does not need: a pod that goes leaves its share of the quota"
        );
        let too_small = self.shortages.iter().any(Shortage::never_fits);
        (!too_small).then(|| Fix::advice(change, Who::Owner).risk(Risk::Destroys))
    }
}

/// There is room, and only the next attempt is yet to come.
fn wait() -> Fix {
    let change = say!(
        "quota-exceeded.wait",
        "wait for the next attempt; any change of {controller}, such as an annotation, brings it on at once"
    );
    Fix::advice(change, Who::Owner).risk(Risk::Reads)
}
