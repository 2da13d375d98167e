//! Runs the rules over every stuck pod and makes the report.
//!
//! Rules are independent: here the less specific findings give way, findings of one owner's pods
//! become one diagnosis, sentences are filled in, and everything is put in order.

use crate::diagnose::ladder::{ladder, next_layer};
use crate::report::{
    CauseSummary, Defect, Diagnosis, FixReport, GapReport, Next, NotStuckReport, PodReport, Report,
    Requests, Rung, SCHEMA, ScopeReport, Summary, Verified, node_reports,
};
use crate::rules::finding::{COMPANION, Certainty, Finding, Fix};
use crate::rules::{self, Case, Layer, Rule};
use crate::scheduler::{Engine, FilterResults};
use crate::snapshot::{ObjectRef, Snapshot};
use crate::text::fill;
use crate::triage::Standing;
use crate::triage::scope::Scope;
use crate::triage::status_word::{status_word, stuck_since};
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

mod equivalence;
mod ladder;
mod recovery;
mod unexplained;

/// A finding with the rule that made it.
#[derive(Debug)]
struct Hit {
    rule: &'static Rule,
    finding: Finding,
}

/// Findings are merged when they agree in cause, subject, container and place among their pod's like findings.
type MergeKey = (&'static str, ObjectRef, Option<String>, usize);

/// What became of a finding: the diagnosis that it is part of, its rank and its certainty.
type Merged = (MergeKey, u32, Certainty);

/// Diagnoses every stuck pod of a snapshot.
pub fn diagnose(snapshot: &Snapshot, scope: &Scope, requests: Requests) -> Report {
    run(snapshot, scope, requests, equivalence::equivalence_key)
}

/// The same with a look at each pod, however alike they are: what tests hold against it.
pub fn diagnose_each(snapshot: &Snapshot, scope: &Scope, requests: Requests) -> Report {
    run(snapshot, scope, requests, |_| None)
}

fn run(
    snapshot: &Snapshot,
    scope: &Scope,
    requests: Requests,
    key_of: fn(&Case<'_>) -> Option<String>,
) -> Report {
    let mut diagnoses: BTreeMap<MergeKey, (u32, Diagnosis)> = BTreeMap::new();
    let mut unexplained = Vec::new();
    let mut defects = Vec::new();
    let mut stuck = 0;
    let mut equivalence: HashMap<String, Vec<Merged>> = HashMap::new();
    let engine = Engine::when_needed(snapshot);
    for pod in snapshot.stuck() {
        let case = Case::new(pod, &engine);
        if recovery::recovered(&case) && !scope.only_pods() {
            continue;
        }
        stuck += 1;
        let equivalence_key = key_of(&case);
        if let Some(known) = equivalence_key
            .as_ref()
            .and_then(|equivalence_key| equivalence.get(equivalence_key))
        {
            for (key, rank, certainty) in known {
                join(&case, key, *rank, *certainty, &mut diagnoses);
            }
            continue;
        }
        let hits = refine(check(&case, rules::all(), &mut defects));
        if hits.is_empty() {
            unexplained.push(unexplained::report(&case));
        }
        let merged = merge(&case, hits, &mut diagnoses);
        if let (Some(equivalence_key), false) = (equivalence_key, merged.is_empty()) {
            equivalence.insert(equivalence_key, merged);
        }
    }
    let diagnoses = ordered(diagnoses);
    Report {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        as_of: snapshot.clock().at.to_string(),
        scope: scope_report(scope),
        summary: summary(snapshot, stuck, &diagnoses),
        diagnoses,
        unexplained,
        healthy: healthy(snapshot, scope),
        gaps: gaps(snapshot),
        defects,
        requests,
    }
}

/// Runs every rule. One that panics is a defect of this tool; the others still speak.
fn check(
    case: &Case<'_>,
    rules: impl Iterator<Item = &'static Rule>,
    defects: &mut Vec<Defect>,
) -> Vec<Hit> {
    let mut hits = Vec::new();
    for rule in rules {
        match catch_unwind(AssertUnwindSafe(|| (rule.check)(case))) {
            Ok(findings) => hits.extend(findings.into_iter().map(|finding| Hit { rule, finding })),
            Err(panic) => defects.push(Defect {
                cause: rule.cause,
                pod: case.pod().object().to_string(),
                message: said(panic.as_ref()),
            }),
        }
    }
    hits
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the rule panicked".to_owned())
}

/// Drops findings that a more specific one on the same pod replaces. Two findings about two
/// different containers stand side by side.
fn refine(hits: Vec<Hit>) -> Vec<Hit> {
    let replaced = |general: &Hit| {
        hits.iter().any(|specific| {
            specific.rule.refines.contains(&general.rule.cause)
                && match (&specific.finding.container, &general.finding.container) {
                    (Some(one), Some(other)) => one == other,
                    _ => true,
                }
        })
    };
    let keep: Vec<bool> = hits.iter().map(|hit| !replaced(hit)).collect();
    hits.into_iter()
        .zip(keep)
        .filter_map(|(hit, keep)| keep.then_some(hit))
        .collect()
}

/// Adds a pod's findings to the diagnoses.
fn merge(
    case: &Case<'_>,
    hits: Vec<Hit>,
    diagnoses: &mut BTreeMap<MergeKey, (u32, Diagnosis)>,
) -> Vec<Merged> {
    let mut alike: BTreeMap<(&str, Option<String>), usize> = BTreeMap::new();
    let first_layer = hits.iter().map(|hit| hit.rule.layer).min();
    let mut merged = Vec::new();
    for hit in hits {
        let container = hit.finding.container.clone();
        let place = alike
            .entry((hit.rule.cause, container.clone()))
            .or_default();
        let subject = hit.finding.subject.clone();
        let key = (hit.rule.cause, subject, container.clone(), *place);
        *place += 1;
        let (rank, certainty) = (hit.finding.rank, hit.finding.certainty);
        if !join(case, &key, rank, certainty, diagnoses) {
            let pod = pod_report(case, container);
            diagnoses.insert(key.clone(), (rank, diagnosis(case, hit, pod, first_layer)));
        }
        merged.push((key, rank, certainty));
    }
    merged
}

/// Adds the pod to a diagnosis that is known already; whether it is.
fn join(
    case: &Case<'_>,
    key: &MergeKey,
    rank: u32,
    certainty: Certainty,
    diagnoses: &mut BTreeMap<MergeKey, (u32, Diagnosis)>,
) -> bool {
    let Some((least, known)) = diagnoses.get_mut(key) else {
        return false;
    };
    *least = (*least).min(rank);
    known.certainty = known.certainty.min(certainty);
    known.pods.push(pod_report(case, key.2.clone()));
    true
}

/// The pod as the report names it.
pub(crate) fn pod_report(case: &Case<'_>, container: Option<String>) -> PodReport {
    PodReport {
        namespace: case.pod().namespace().to_owned(),
        name: case.pod().name().to_owned(),
        container,
        status: status_word(case.pod().pod()),
        since_seconds: stuck_since(case.pod()).map(|since| case.seconds_since(since)),
    }
}

fn diagnosis(case: &Case<'_>, hit: Hit, pod: PodReport, first_layer: Option<Layer>) -> Diagnosis {
    let Hit { rule, finding } = hit;
    let facts = &[&finding.facts];
    let rungs = ladder(case, first_layer.or(Some(rule.layer)));
    let not_judged = FilterResults::default();
    let results = finding.results.as_deref().unwrap_or(&not_judged);
    Diagnosis {
        cause: rule.cause,
        layer: rule.layer,
        certainty: finding.certainty,
        headline: fill(finding.headline, facts),
        why: fill(finding.why, facts),
        fixes: finding
            .fixes
            .iter()
            .map(|fix| fix_report(fix, &finding))
            .collect(),
        before_nodes: results.before.iter().map(Into::into).collect(),
        nodes: node_reports(results),
        unread: results.unread.iter().map(Into::into).collect(),
        next: next(case, &rungs, finding.look),
        ladder: rungs,
        subject: finding.subject,
        pods: vec![pod],
        proof: finding.proof,
        evidence: finding.evidence,
        facts: finding.facts,
        agreement: finding.agreement,
        preemption: finding.preemption,
    }
}

/// Where to look next, with the finding's own command or the layer's.
pub(crate) fn next(case: &Case<'_>, rungs: &[Rung], look: Option<String>) -> Next {
    let layer = next_layer(rungs);
    Next {
        layer,
        command: look.unwrap_or_else(|| unexplained::look(case, layer)),
    }
}

fn fix_report(fix: &Fix, finding: &Finding) -> FixReport {
    FixReport {
        change: fill(fix.change, &[&fix.facts, &finding.facts]),
        target: fix.target.clone(),
        patch: fix.patch.clone(),
        command: fix.command.clone(),
        template: fix.template.clone(),
        risk: fix.risk,
        who: fix.who,
        verified: fix.verified.clone().map(|nodes| Verified { nodes }),
    }
}

/// Certain before likely, earlier layer before later, more pods before fewer, then names; contributing findings behind all others.
fn ordered(diagnoses: BTreeMap<MergeKey, (u32, Diagnosis)>) -> Vec<Diagnosis> {
    let mut all: Vec<(MergeKey, (u32, Diagnosis))> = diagnoses.into_iter().collect();
    for (_, (_, diagnosis)) in &mut all {
        diagnosis.pods.sort();
    }
    all.sort_by(|(a_key, (a_rank, a)), (b_key, (b_rank, b))| {
        let a_order = (
            *a_rank == COMPANION,
            a.certainty,
            a.layer,
            a_rank,
            std::cmp::Reverse(a.pods.len()),
            a_key,
        );
        let b_order = (
            *b_rank == COMPANION,
            b.certainty,
            b.layer,
            b_rank,
            std::cmp::Reverse(b.pods.len()),
            b_key,
        );
        a_order.cmp(&b_order)
    });
    all.into_iter()
        .map(|(_, (_, diagnosis))| diagnosis)
        .collect()
}

fn scope_report(scope: &Scope) -> ScopeReport {
    ScopeReport {
        namespace: scope.namespace.clone(),
        selector: scope.selector.as_ref().map(ToString::to_string),
        targets: scope
            .targets
            .iter()
            .map(|target| format!("{}/{}", target.kind, target.name))
            .collect(),
    }
}

fn summary(snapshot: &Snapshot, stuck: usize, diagnoses: &[Diagnosis]) -> Summary {
    let mut causes: Vec<CauseSummary> = Vec::new();
    for diagnosis in diagnoses {
        let longest = diagnosis
            .pods
            .iter()
            .filter_map(|pod| pod.since_seconds)
            .max();
        match causes
            .iter_mut()
            .find(|known| known.cause == diagnosis.cause)
        {
            Some(known) => {
                known.pods += diagnosis.pods.len();
                known.longest_seconds = known.longest_seconds.max(longest);
            }
            None => causes.push(CauseSummary {
                cause: diagnosis.cause,
                pods: diagnosis.pods.len(),
                longest_seconds: longest,
            }),
        }
    }
    let tally = snapshot.tally();
    Summary {
        pods: tally.pods,
        stuck,
        progressing: tally.progressing,
        causes,
    }
}

/// The pods that were asked for by name and are not stuck; a scan does not list them.
fn healthy(snapshot: &Snapshot, scope: &Scope) -> Vec<NotStuckReport> {
    if scope.targets.is_empty() {
        return Vec::new();
    }
    let report = |((namespace, name), standing): (&(String, String), &Standing)| {
        let (healthy, because) = match standing {
            Standing::Healthy(because) => (true, because),
            Standing::Progressing(because) => (false, because),
            Standing::Stuck => return None,
        };
        Some(NotStuckReport {
            namespace: namespace.clone(),
            name: name.clone(),
            healthy,
            because: because.clone(),
        })
    };
    snapshot.pods().seen().filter_map(report).collect()
}

fn gaps(snapshot: &Snapshot) -> Vec<GapReport> {
    let report = |gap: &&crate::snapshot::Gap| GapReport {
        kind: gap.kind.as_str(),
        namespace: gap.namespace.clone(),
        name: gap.name.clone(),
        why: gap.why.as_str(),
        detail: gap.detail.clone(),
        affects: rules::all()
            .filter(|rule| rule.reads.contains(&gap.kind))
            .map(|rule| rule.cause)
            .collect(),
    };
    snapshot.gaps().iter().map(report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Keep, Kind, Store, Why};

    fn rule(cause: &'static str, check: fn(&Case<'_>) -> Vec<Finding>) -> Rule {
        Rule {
            cause,
            layer: Layer::Container,
            title: "",
            explanation: "",
            reads: &[],
            refines: &[],
            check,
        }
    }

    #[test]
    fn a_rule_that_panics_is_a_defect_and_the_others_still_speak() {
        let mut store = Store::new(Why::NotAsked);
        let pod = br#"{"metadata":{"name":"web","namespace":"shop"},"status":{"phase":"Failed"}}"#;
        store.object(Kind::Pod, pod, Keep::Suspects).unwrap();
        let snapshot = store.seal(&Scope::everything());
        let engine = Engine::new(&snapshot);
        let case = Case::new(snapshot.stuck().first().unwrap(), &engine);
        let rules: [&'static Rule; 2] = [
            Box::leak(Box::new(rule("bad", |_| panic!("out of order")))),
            Box::leak(Box::new(rule("good", |case| {
                vec![Finding::new(
                    case.subject(),
                    "",
                    case.field("status.phase", "Failed"),
                )]
            }))),
        ];
        let mut defects = Vec::new();
        let hits = check(&case, rules.into_iter(), &mut defects);
        assert_eq!(hits.first().map(|hit| hit.rule.cause), Some("good"));
        let told: Vec<_> = defects
            .iter()
            .map(|d| (d.cause, d.message.as_str()))
            .collect();
        assert_eq!(told, [("bad", "out of order")]);
    }
}
