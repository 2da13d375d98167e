//! What to change where a quota refuses what workloads make, best first.

use super::quota::Shortage;
use super::quota_exceeded::Situation;
use crate::kubernetes::patch;
use crate::kubernetes::quantity::Quantity;
use crate::rules::finding::{Fix, Risk, Who};
use crate::snapshot::{Kind, Seen};
use crate::text::{Message, say};
use serde_json::{Map, Value, json};

impl Situation<'_, '_> {
    pub(super) fn fixes(&self) -> Vec<Fix> {
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

    fn raise(&self) -> Option<Fix> {
        let raised = self.by.raised();
        if raised.is_empty() {
            return None;
        }
        let hard = raised
            .iter()
            .map(|(resource, amount)| (resource.clone(), Value::from(written(*amount, resource))));
        let hard: Map<String, Value> = hard.collect();
        let operation = |(resource, amount): (&String, &Value)| {
            let path = format!("/spec/hard/{}", patch::escaped(resource));
            patch::replace(&path, amount.clone())
        };
        let amount = |(resource, amount): &(String, Quantity)| {
            Message::new(say!("quota-exceeded.raised", "{resource} {amount}"))
                .fact("resource", resource.as_str())
                .fact("amount", written(*amount, resource))
        };
        let change = say!(
            "quota-exceeded.raise",
            "raise quota {quota} to {amounts}, which is enough for {all}[ unless {untold} {untold|runs|run} out first]"
        );
        let untold = self.by.untold();
        let patch = hard.iter().map(operation).collect();
        let fix = Fix::edit(
            change,
            Who::Admin,
            self.by.quota.clone(),
            patch,
            &Value::Null,
        )
        .fact("amounts", raised.iter().map(amount).collect::<Vec<_>>())
        .fact("all", self.all_that_is_missing());
        Some(if untold.is_empty() {
            fix
        } else {
            fix.fact("untold", untold)
        })
    }

    fn all_that_is_missing(&self) -> Message {
        let sentence = match (self.is_alone(), self.refused.lacks()) {
            (false, _) if self.by.of_pods() => say!(
                "quota-exceeded.all-missing-pods",
                "the {missing} pods that all {workloads} workloads lack"
            ),
            (false, _) => say!(
                "quota-exceeded.all-missing",
                "what all {workloads} workloads lack"
            ),
            (true, Kind::ReplicaSet) => say!("quota-exceeded.missing-set", "the ReplicaSet"),
            (true, Kind::Job) => say!("quota-exceeded.missing-job", "the Job"),
            (true, _) => say!(
                "quota-exceeded.missing-pods",
                "the {missing|pod that is|{missing} pods that are} missing"
            ),
        };
        let (workloads, missing) = (self.by.workloads.len(), self.by.missing());
        let facts = Message::new(sentence)
            .fact("workloads", workloads)
            .fact("missing", missing);
        // those that it names
        Message::with(sentence, &[&facts.args])
    }

    /// An old pod that goes leaves its share to a new one. Where nothing else uses the quota that is all that a rollout needs.
    fn stop_an_old_pod_first(&self) -> Option<Fix> {
        let deployment = self.case.subject();
        let is_deployment = deployment.known_kind() == Some(Kind::Deployment);
        if self.old == 0 || !self.is_alone() || !is_deployment {
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
        let is_of_pods = self.is_alone() && self.by.of_pods();
        if !scales || !is_of_pods || self.old > 0 || replicas == 0 {
            return None;
        }
        let change = say!(
            "quota-exceeded.fewer-replicas",
            "run {replicas} {replicas|replica|replicas} in place of {wanted}: the quota has room for no more"
        );
        let patch = vec![patch::replace("/spec/replicas", replicas)];
        let fix = Fix::edit(change, Who::Owner, workload, patch, &Value::Null);
        let fix = fix.fact("replicas", replicas);
        Some(fix.fact("wanted", self.refused.wanted))
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

/// The whole amount as it stands in a manifest, in the unit in which sentences give it where that is exact.
fn written(amount: Quantity, resource: &str) -> String {
    let written = amount.exact(resource);
    let is_whole = written.parse() == Ok(amount);
    if is_whole {
        written
    } else {
        amount.to_string()
    }
}
