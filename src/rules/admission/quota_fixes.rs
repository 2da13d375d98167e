//! What to change where a quota refuses what workloads make, best first, and what shows who uses it.

use super::next_attempt;
use super::quota::Shortage;
use super::quota_exceeded::Situation;
use super::quota_rollout::{Rollout, asked_by_old};
use crate::kubernetes::patch;
use crate::kubernetes::quantity::Quantity;
use crate::rules::finding::{Fix, Risk, Who};
use crate::snapshot::{Kind, ObjectRef, Seen};
use crate::text::{Message, say};
use serde_json::{Map, Value, json};

/// ReplicaSets of old revisions that a fix names.
const NAMED: usize = 3;

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
            self.delete_old_sets(),
            self.delete(),
        ];
        in_order.into_iter().flatten().collect()
    }

    /// What shows who uses what is short.
    pub(super) fn users(&self) -> String {
        let first = self.by.shortages.first();
        let resource = first.map_or("", |first| first.resource.as_str());
        let column = |list: &str, name: &str| {
            let path = format!(
                ".spec.containers[*].resources.{list}.{}",
                name.replace('.', "\\.")
            );
            let columns = format!(
                "custom-columns=NAME:.metadata.name,{}:{path}",
                list.to_uppercase()
            );
            self.case.kubectl(["get", "pods", "-o", &columns])
        };
        if let Some(counted) = resource.strip_prefix("count/") {
            return self.case.kubectl(["get", counted]);
        }
        match resource.split_once('.') {
            _ if resource == "pods" => self.case.kubectl(["get", "pods"]),
            _ if resource.ends_with("requests.storage") => self.case.kubectl(["get", "pvc"]),
            Some((list @ ("requests" | "limits"), name)) => column(list, name),
            _ if ["cpu", "memory"].contains(&resource) => column("requests", resource),
            _ => self.case.kubectl(["describe", &self.by.quota.argument()]),
        }
    }

    fn raise(&self) -> Option<Fix> {
        let (raised, is_whole_rollout) = self.raised();
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
        let untold = self.by.untold();
        // what was raised for those that name it may not do for those that do not
        let is_raised = raised.iter().any(|(resource, _)| untold.contains(resource));
        let change = match (
            self.by.shortages.iter().any(Shortage::allows_none),
            is_raised,
        ) {
            (true, _) => say!(
                "quota-exceeded.raise-from-none",
                "raise quota {quota} to {amounts}, which is enough for {all}, unless its limit of 0 is there to keep them out"
            ),
            (_, true) => say!(
                "quota-exceeded.raise-untold",
                "raise quota {quota} to {amounts}, which is enough for {all} if those whose refusal does not name {untold} ask for none"
            ),
            _ => say!(
                "quota-exceeded.raise",
                "raise quota {quota} to {amounts}, which is enough for {all}[ unless {untold} {untold|runs|run} out first]"
            ),
        };
        let all = if is_whole_rollout {
            say!("quota-exceeded.whole-rollout", "the whole rollout").into()
        } else {
            self.all_that_is_missing()
        };
        let patch = hard.iter().map(operation).collect();
        let quota = self.by.quota.clone();
        let fix = Fix::edit(change, Who::Admin, quota, patch, &Value::Null)
            .fact("amounts", raised.iter().map(amount).collect::<Vec<_>>())
            .fact("all", all);
        Some(if untold.is_empty() {
            fix
        } else {
            fix.fact("untold", untold)
        })
    }

    /// What the quota has to allow for all that is missing, or for a whole rollout where that can be told.
    fn raised(&self) -> (Vec<(String, Quantity)>, bool) {
        let rollout = Rollout::of(self);
        let at_its_worst = |one: &Shortage| {
            let old = asked_by_old(self, &one.resource)?;
            Some(rollout.as_ref()?.peak(one, old)?.max(one.needed()))
        };
        let peaks: Option<Vec<Quantity>> = self.by.known().map(at_its_worst).collect();
        let is_whole_rollout = peaks.is_some();
        let needed = || self.by.known().map(Shortage::needed).collect();
        let needed = self.by.known().zip(peaks.unwrap_or_else(needed));
        let short = needed.filter(|(one, needed)| one.hard.is_some_and(|hard| hard < *needed));
        let raised = short.map(|(one, needed)| (one.resource.clone(), needed));
        (raised.collect(), is_whole_rollout)
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

    /// An old pod that goes leaves its share to a new one, which may ask for more.
    fn stop_an_old_pod_first(&self) -> Option<Fix> {
        let deployment = self.case.subject();
        let rollout = Rollout::of(self)?;
        let fits = |one: &Shortage| {
            let old = asked_by_old(self, &one.resource);
            old.is_some_and(|old| rollout.fits_in_place(one, old))
        };
        if !self.by.known().all(fits) {
            return None;
        }
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}});
        let patch = vec![patch::add("/spec/strategy", strategy)];
        let change = say!(
            "quota-exceeded.stop-old-pod-first",
            "let rolling updates stop an old pod, which leaves its share of the quota, before they start a new one (maxSurge 0, maxUnavailable 1); {serving|1 of {replicas} pods serves|{serving} of {replicas} pods serve} meanwhile"
        );
        let serves_none = say!(
            "quota-exceeded.stop-only-pod-first",
            "let rolling updates stop an old pod, which leaves its share of the quota, before they start a new one (maxSurge 0, maxUnavailable 1); nothing serves until the new one is ready"
        );
        let serving = rollout.replicas - 1;
        let change = if serving > 0 { change } else { serves_none };
        let workload =
            self.case
                .snapshot
                .workload(&deployment.kind, self.case.namespace(), &deployment.name);
        let before = workload
            .and_then(Seen::yes)
            .and_then(|read| read.strategy.clone());
        let before = patch::nested("/spec/strategy", before);
        let fix = Fix::edit(change, Who::Owner, deployment, patch, &before);
        Some(
            fix.fact("serving", serving)
                .fact("replicas", rollout.replicas),
        )
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
        let rollout = Rollout::of(self);
        let of_rollout = |one: &Shortage| {
            let old = asked_by_old(self, &one.resource)?;
            rollout.as_ref()?.share(one, old)
        };
        let is_whole_rollout = self
            .by
            .shortages
            .iter()
            .all(|one| of_rollout(one).is_some());
        let share = |one: &Shortage| {
            let alone = (one.hard? - one.used).shared_by(missing);
            one.share(if is_whole_rollout {
                of_rollout(one)?
            } else {
                alone
            })
        };
        let shares: Vec<Message> = self.by.shortages.iter().map(share).collect::<Option<_>>()?;
        let change = if is_whole_rollout {
            say!(
                "quota-exceeded.smaller-rollout",
                "give each new pod no more than {shares}: then the whole rollout fits"
            )
        } else {
            say!(
                "quota-exceeded.smaller",
                "give each pod no more than {shares}: then {missing|the one that is missing fits|the {missing} that are missing fit}"
            )
        };
        let is_any = missing > 0 && !shares.is_empty() && self.by.of_pods();
        is_any.then(|| Fix::advice(change, Who::Owner).fact("shares", shares))
    }

    /// A Deployment keeps ReplicaSets of old revisions only to go back to them, and cleans up no more while it is
    /// refused a new one (pkg/controller/deployment/sync.go cleanupDeployment, after a complete rollout, 1.37).
    fn delete_old_sets(&self) -> Option<Fix> {
        let is_short = |one: &Shortage| one.resource == "count/replicasets.apps";
        if !self.by.shortages.iter().any(is_short) {
            return None;
        }
        let namespace = self.case.namespace();
        let sets = self.case.snapshot.store().replica_sets();
        let mut old: Vec<(Option<i64>, &str)> = sets
            .seen_in(namespace)
            .filter(|(_, set)| set.controller.is_some() && set.scaled_to_zero)
            .filter(|(_, set)| set.existing.unwrap_or_default() == 0)
            .map(|(name, set)| (set.revision, name))
            .collect();
        old.sort_unstable();
        let names: Vec<String> = old.iter().map(|(_, name)| format!("rs/{name}")).collect();
        let needed = usize::try_from(self.by.missing()).unwrap_or(NAMED);
        let sets = names.get(..needed.clamp(1, NAMED))?;
        let change = say!(
            "quota-exceeded.delete-old-sets",
            "delete {sets}, {sets|an old revision|old revisions} without pods, to which `kubectl rollout undo` then cannot go back; a lower revisionHistoryLimit keeps fewer of them"
        );
        let words = ["delete"]
            .into_iter()
            .chain(sets.iter().map(String::as_str));
        let first = ObjectRef::new(Kind::ReplicaSet, namespace, old.first()?.1);
        let command = self.case.kubectl(words);
        let fix = Fix::command(change, Who::Owner, first, command);
        Some(fix.fact("sets", sets.to_vec()))
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
        if !self.is_alone() {
            let change = say!(
                "quota-exceeded.wait-for-all",
                "wait for the next attempts; any change of a workload, such as an annotation, brings its own on at once"
            );
            return Fix::advice(change, Who::Owner).risk(Risk::Reads);
        }
        next_attempt::wait(self.case)
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
