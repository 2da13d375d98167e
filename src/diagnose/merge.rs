//! Findings become diagnoses: those of one owner's objects with equal cause, certainty, container and place are one.
//!
//! A diagnosis never claims more than its own proof shows, so findings of different certainty stay apart.
//! So do those of different revisions, where not the same is said of them.

use super::ladder::ladder;
use super::next::{affected, affected_pod, next};
use super::revisions::{self, Newest, Revisions};
use super::root_cause::{fingerprint, shared};
use crate::report::{
    Affected, Diagnosis, FixReport, NodeReport, ObjectKey, Verified, node_reports,
};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Rule};
use crate::scheduler::{FilterResults, PodsRead};
use crate::snapshot::{ObjectRef, PodView, ReadScope, Snapshot};
use crate::text::Message;
use crate::triage::{Layer, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A finding with the rule that made it.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) rule: &'static Rule,
    pub(super) finding: Finding,
}

/// What findings of one diagnosis have in common; the last two are the number among their object's like findings, and that among
/// the revisions of which different things are said.
pub(super) type MergeKey = (
    &'static str,
    ObjectRef,
    Certainty,
    Option<String>,
    usize,
    usize,
);

/// The diagnoses so far.
#[derive(Debug, Default)]
pub(super) struct Diagnoses {
    all: BTreeMap<MergeKey, Merged>,
    /// The nodes of one diagnosis: pods that ask the same come one after another, and each table names thousands.
    latest: Option<(Arc<FilterResults>, Arc<[NodeReport]>)>,
}

/// A diagnosis, and what places it among the others.
#[derive(Debug)]
pub(super) struct Merged {
    /// Among causes of one layer: smaller comes first.
    pub(super) rank: u32,
    /// What it shares with other diagnoses of its root cause; none where the object to change is the root.
    pub(super) shared: Option<Message>,
    /// What keeps its objects as they are.
    pub(super) because_of: Vec<ObjectRef>,
    /// Of which revisions its pods are.
    pub(super) revisions: Revisions,
    pub(super) diagnosis: Diagnosis,
}

impl Diagnoses {
    /// Adds an object's findings.
    pub(super) fn merge<'a, S: Subject<'a>>(
        &mut self,
        case: &Case<'a, S>,
        hits: Vec<Hit>,
    ) -> Vec<MergeKey> {
        let mut alike: BTreeMap<(&str, Option<String>), usize> = BTreeMap::new();
        let first_layer = hits.iter().map(|hit| hit.rule.layer).min();
        let mut merged = Vec::new();
        for hit in hits {
            let finding = &hit.finding;
            let container = finding.container.clone();
            let nth = alike
                .entry((hit.rule.cause, container.clone()))
                .or_default();
            let subject = finding.subject.clone();
            let key = (
                hit.rule.cause,
                subject,
                finding.certainty,
                container,
                *nth,
                0,
            );
            let key = self.of_revision(key, case, finding);
            *nth += 1;
            if self.join(case, &key, &finding.affected) {
                self.place(&key, finding);
            } else {
                let nodes = self.nodes(finding);
                let new = Merged {
                    rank: finding.rank,
                    shared: shared(hit.rule.root, finding),
                    because_of: finding.because_of.clone(),
                    revisions: Revisions::of(case),
                    diagnosis: diagnosis(case, hit, first_layer, nodes),
                };
                self.all.insert(key.clone(), new);
            }
            merged.push(key);
        }
        merged
    }

    /// Why each node was rejected.
    fn nodes(&mut self, finding: &Finding) -> Arc<[NodeReport]> {
        let Some(results) = &finding.results else {
            return Arc::default();
        };
        match &self.latest {
            Some((of, nodes)) if Arc::ptr_eq(of, results) => nodes.clone(),
            _ => {
                let nodes = node_reports(results);
                self.latest = Some((results.clone(), nodes.clone()));
                nodes
            }
        }
    }

    /// The key of what is said of the object's revision already, or of another one in the same words; else a new one.
    fn of_revision<'a, S: Subject<'a>>(
        &self,
        mut key: MergeKey,
        case: &Case<'a, S>,
        finding: &Finding,
    ) -> MergeKey {
        let Some(revision) = revisions::of(case) else {
            return key;
        };
        let first = key.clone();
        let same = self.all.range(first..).take_while(|(known, _)| {
            (known.0, &known.1, known.2, &known.3, known.4) == (key.0, &key.1, key.2, &key.3, key.4)
        });
        let same: Vec<_> = same.collect();
        let is_own = |(_, known): &&(&MergeKey, &Merged)| known.revisions.contains(&revision);
        let headline = || Message::with(finding.headline, &[&finding.facts]).english();
        let known = same.iter().find(is_own).or_else(|| {
            let headline = (!same.is_empty()).then(headline)?;
            same.iter()
                .find(|(_, known)| known.diagnosis.headline == headline)
        });
        key.5 = known.map_or(same.len(), |(known, _)| known.5);
        key
    }

    /// Adds the object, or these pods that a finding about it explains, to a diagnosis that is known already; whether it is.
    pub(super) fn join<'a, S: Subject<'a>>(
        &mut self,
        case: &Case<'a, S>,
        key: &MergeKey,
        pods: &[ObjectRef],
    ) -> bool {
        let Some(known) = self.all.get_mut(key) else {
            return false;
        };
        known.revisions.add(case);
        let others = &mut known.diagnosis.affected;
        // two ReplicaSets are one Deployment to people
        let is_itself = pods.is_empty() && case.it.shown(case.snapshot) == case.object();
        for one in affected_by(case, key.3.clone(), pods) {
            if is_itself || others.iter().all(|other| other.key() != one.key()) {
                others.push(one);
            }
        }
        true
    }

    /// The objects that they are about.
    pub(super) fn affected(&self) -> BTreeSet<ObjectKey<'_>> {
        let all = self
            .all
            .values()
            .flat_map(|known| &known.diagnosis.affected);
        all.map(Affected::key).collect()
    }

    /// Whether one of them keeps the object stuck, and does not only hint at what may be.
    pub(super) fn keep_stuck(&self, object: &ObjectRef) -> bool {
        let sure = self.all.values().filter(|known| !known.diagnosis.is_hint());
        let mut all = sure.flat_map(|known| &known.diagnosis.affected);
        all.any(|one| one.object() == *object)
    }

    /// Whether one of them says why kubelets refuse the pods of this owner, so that it lacks them.
    pub(super) fn refuse(&self, owner: &ObjectRef, snapshot: &Snapshot<'_>) -> bool {
        let is_refused = |one: &Affected| {
            let namespace = one.namespace.as_deref().unwrap_or_default();
            let pod = snapshot.store().whole_pod(namespace, &one.name);
            !one.ended && pod.is_some_and(PodView::is_refused)
        };
        let mut all = self.all.values().map(|known| &known.diagnosis);
        all.any(|one| one.subject == *owner && one.affected.iter().any(is_refused))
    }

    /// The first place of its findings is the diagnosis's, whichever object was looked at first.
    fn place(&mut self, key: &MergeKey, finding: &Finding) {
        if let Some(known) = self.all.get_mut(key) {
            known.rank = known.rank.min(finding.rank);
            known.diagnosis.role = known.diagnosis.role.min(finding.role);
        }
    }

    /// All of them, each with its fingerprint.
    pub(super) fn finish(self) -> impl Iterator<Item = Merged> {
        let newest = Newest::of(self.all.values().map(|merged| &merged.revisions));
        self.all.into_iter().map(move |(key, mut merged)| {
            merged.diagnosis.affected.sort();
            let waiting = merged.diagnosis.affected.len();
            let fixes = merged.diagnosis.fixes.iter_mut();
            for verified in fixes.filter_map(|fix| fix.verified.as_mut()) {
                verified.room = verified.room.filter(|room| *room < waiting);
            }
            if let Some(old) = merged.revisions.old(&newest) {
                revisions::leave(&key.1, &mut merged.diagnosis.fixes);
                merged.diagnosis.old_revision = Some(old);
            }
            merged.diagnosis.fingerprint = fingerprint(&key, &merged);
            merged
        })
    }
}

/// Drops findings that a more specific one on the same object replaces. Two findings about two
/// different containers, or volumes, stand side by side.
pub(super) fn refine(hits: Vec<Hit>) -> Vec<Hit> {
    let same = |one: &Option<String>, other: &Option<String>| {
        one.as_ref()
            .zip(other.as_ref())
            .is_none_or(|(one, other)| one == other)
    };
    let replaced = |general: &Hit| {
        hits.iter().any(|specific| {
            specific.rule.refines.contains(&general.rule.cause)
                && same(&specific.finding.container, &general.finding.container)
                && same(&specific.finding.volume, &general.finding.volume)
        })
    };
    let keep: Vec<bool> = hits.iter().map(|hit| !replaced(hit)).collect();
    hits.into_iter()
        .zip(keep)
        .filter_map(|(hit, keep)| keep.then_some(hit))
        .collect()
}

fn diagnosis<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    hit: Hit,
    first_layer: Option<Layer>,
    nodes: Arc<[NodeReport]>,
) -> Diagnosis {
    let Hit { rule, finding } = hit;
    let facts = &[&finding.facts];
    let stuck = first_layer.or(Some(rule.layer));
    // what keeps a pod from running may keep it from being made, too: the layer of a workload is its own
    let rungs = ladder(case, stuck.filter(|layer| S::LAYERS.contains(layer)));
    let not_run = FilterResults::default();
    let results = finding.results.as_deref().unwrap_or(&not_run);
    let message = Message::with(finding.headline, facts);
    let why = finding.why.map(|why| Message::with(why, facts));
    let fixes = finding
        .fixes
        .iter()
        .map(|fix| fix_report(case, fix, &finding));
    Diagnosis {
        fingerprint: String::new(),
        cause: rule.cause,
        role: finding.role,
        consequence_of: None,
        layer: rule.layer,
        certainty: finding.certainty,
        headline: message.english(),
        message,
        why: why.as_ref().map(Message::english).unwrap_or_default(),
        why_message: why,
        fixes: fixes.collect(),
        before_nodes: results.before.iter().map(Into::into).collect(),
        nodes,
        unread: results.unread.iter().map(Into::into).collect(),
        next: next(case, &rungs, Some(&finding)),
        ladder: rungs,
        subject: finding.subject,
        affected: affected_by(case, finding.container, &finding.affected),
        unlisted: 0,
        old_revision: None,
        proof: finding.proof,
        evidence: finding.evidence,
        refers_to_quotes: finding.refers_to_quotes,
        facts: finding.facts,
        agreement: finding.agreement.as_ref().map(Into::into),
        preemption: finding.preemption.as_ref().map(Into::into),
        image: finding.image,
    }
}

fn affected_by<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    container: Option<String>,
    pods: &[ObjectRef],
) -> Vec<Affected> {
    if pods.is_empty() {
        return vec![affected(case, container)];
    }
    let pods = pods.iter();
    pods.map(|pod| affected_pod(case.snapshot, pod)).collect()
}

fn fix_report<'a, S: Subject<'a>>(case: &Case<'a, S>, fix: &Fix, finding: &Finding) -> FixReport {
    // kubectl reads what it changes
    let of_target = fix.target.as_ref().and_then(|target| {
        let namespace = target.namespace.clone().unwrap_or_default();
        let scope = ReadScope::Object(namespace, target.name.clone());
        Some((target.known_kind()?, scope))
    });
    let namespace = ReadScope::Namespace(case.namespace().to_owned());
    let looks_at = fix.looks_at.map(|kind| (kind, namespace));
    let mut needed = of_target.into_iter().chain(looks_at);
    let store = case.snapshot.store();
    let refused = needed.any(|(kind, scope)| store.is_refused(kind, &scope));
    let message = Message::with(fix.change, &[&fix.facts, &finding.facts]);
    let pods = finding.results.as_deref().map(|results| &results.pods);
    FixReport {
        change: message.english(),
        message,
        target: fix.target.clone(),
        patch: fix.patch.clone(),
        command: fix.command.clone(),
        template: fix.template.clone(),
        risk: fix.risk,
        who: if refused { Who::Admin } else { fix.who },
        verified: fix.verified.clone().map(|nodes| Verified {
            nodes,
            room: fix.room,
            pods_elsewhere_unread: pods == Some(&PodsRead::OfItsNodes),
        }),
        follows: fix.follows,
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagnoses, Hit};
    use crate::diagnose::diagnose;
    use crate::report::Requests;
    use crate::rules::finding::Finding;
    use crate::rules::{Case, find};
    use crate::scheduler::Engine;
    use crate::scheduler::testing::{Cluster, node, pod};
    use crate::snapshot::{Kind, ObjectRef};
    use crate::text::say;
    use crate::triage::Scope;
    use serde_json::json;
    use std::sync::Arc;

    /// What two objects are found to keep stuck by one cause of `subject`, each time with pods that it names.
    fn merged(subject: &str, affected: [&[&str]; 2]) -> Vec<String> {
        let objects = ["a", "b"].map(pod).into_iter();
        let cluster = objects.fold(Cluster::new(), Cluster::with);
        let snapshot = cluster.snapshot();
        let engine = Engine::new(&snapshot);
        let of = |name: &str| ObjectRef::new(Kind::Pod, "shop", name);
        let mut diagnoses = Diagnoses::default();
        for (name, affected) in ["a", "b"].into_iter().zip(affected) {
            let pod = snapshot.store().whole_pod("shop", name).unwrap();
            let case = Case::new(pod, &engine);
            let proof = case.field("status.phase", "Pending");
            let finding = Finding::new(of(subject), say!("x.headline", "x"), proof);
            let finding = finding.affected(affected.iter().copied().map(of).collect());
            let rule = find("node-lost").unwrap();
            diagnoses.merge(&case, vec![Hit { rule, finding }]);
        }
        let names = diagnoses.finish().flat_map(|one| one.diagnosis.affected);
        names.map(|one| one.name).collect()
    }

    #[test]
    fn pods_that_ask_the_same_share_their_table_of_nodes() {
        let said = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu."}]);
        let waiting = |name: &str| {
            pod(name)
                .asks("cpu", "2")
                .set("/status/conditions", said.clone())
        };
        let cluster = Cluster::new().with(node("n1", "1", "1Gi"));
        let cluster = ["a", "b"]
            .map(waiting)
            .into_iter()
            .fold(cluster, Cluster::with);
        let report = diagnose(
            &cluster.snapshot(),
            &Scope::everything(),
            Requests::default(),
        );
        let [a, b] = report.diagnoses.as_slice() else {
            panic!("{report:#?}");
        };
        assert!(!a.nodes.is_empty() && Arc::ptr_eq(&a.nodes, &b.nodes));
    }

    #[test]
    fn what_a_second_finding_explains_joins_the_first_ones() {
        assert_eq!(merged("x", [&["c"], &["d"]]), ["c", "d"]);
        assert_eq!(merged("x", [&["c", "d"], &["d", "e"]]), ["c", "d", "e"]);
        assert_eq!(merged("x", [&[], &[]]), ["a", "b"]);
    }
}
