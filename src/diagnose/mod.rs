//! Runs the rules over everything that needs an explanation and makes the report.
//!
//! Rules are independent: here the less specific findings give way, findings of one owner's objects become one diagnosis
//! (`merge`), sentences get their facts, and everything is put in order. Nodes come first, since what is wrong with a node
//! explains its pods; then pods, workloads and Services.

mod consequences;
mod diff;
mod equivalence;
mod filter;
mod ladder;
mod merge;
mod named_claims;
mod narrow;
mod next;
mod remarks;
mod revisions;
mod rollback;
mod root_cause;
mod silence;
mod summary;
mod template_changes;
mod transitions;
mod unexplained;
mod verdicts;
mod wait;
mod workloads;

pub use diff::diff;
pub use filter::Shown;
pub use silence::{Malformed, Silence, silence};
pub use transitions::Transitions;
pub use verdicts::Verdicts;
pub use wait::{Wait, is_of_nothing, wait};

use crate::report::{Defect, Report, Requests, SCHEMA, Unexplained};
use crate::rules::finding::Certainty;
use crate::rules::{self, Case, Explained, Layer, Rule};
use crate::scheduler::Engine;
use crate::snapshot::{Changes, Kind, ObjectRef, PodView, Snapshot};
use crate::triage::{Scope, is_undated, triage};
use merge::{Diagnoses, Hit, MergeKey, refine};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Diagnoses everything in the scope that is stuck.
pub fn diagnose(snapshot: &Snapshot<'_>, scope: &Scope, requests: Requests) -> Report {
    run(snapshot, scope, requests, Examine::OneOfEachClass, None)
}

/// The same where it was diagnosed before and this has changed since: what the rules found is not asked again in vain.
pub fn diagnose_again(
    snapshot: &Snapshot<'_>,
    scope: &Scope,
    requests: Requests,
    verdicts: &mut Verdicts,
    changes: &Changes,
) -> Report {
    let kept = Some((verdicts, changes));
    run(snapshot, scope, requests, Examine::OneOfEachClass, kept)
}

/// The same with a look at each object, however alike they are: what tests hold against it.
pub fn diagnose_each(snapshot: &Snapshot<'_>, scope: &Scope, requests: Requests) -> Report {
    run(snapshot, scope, requests, Examine::Each, None)
}

/// For which objects the rules run: one of each equivalence class, or each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Examine {
    OneOfEachClass,
    Each,
}

fn run(
    snapshot: &Snapshot<'_>,
    scope: &Scope,
    requests: Requests,
    examine: Examine,
    kept: Option<(&mut Verdicts, &Changes)>,
) -> Report {
    let mut triage = triage(snapshot, scope);
    let unset = Engine::without_nodes(snapshot);
    let pods = &triage.pods.stuck;
    let once = examine == Examine::OneOfEachClass;
    let classes = once.then(|| equivalence::classes(pods, &unset));
    let classes = classes.unwrap_or_default();
    let unbound = || {
        let all = pods.iter().enumerate();
        let unbound = all.filter(|(_, pod)| pod.node().is_none());
        unbound.map(|(at, pod)| (*pod, classes.get(at).and_then(Option::as_deref)))
    };
    let verdicts = kept.map(|(verdicts, changes)| {
        verdicts.begin(changes, snapshot.clock().at, unbound().map(|(pod, _)| pod));
        verdicts
    });
    let lacks_none = verdicts.as_ref().is_some_and(|all| !all.lack(unbound()));
    let engine = if unbound().next().is_some() && !lacks_none {
        Engine::new(snapshot)
    } else {
        unset
    };
    let mut run = Run {
        verdicts,
        ..Run::default()
    };
    run.explain_all(&triage.namespaces.stuck, &engine, |_, _| None);
    run.explain_all(&triage.nodes.stuck, &engine, |_, _| None);
    run.explain_all(pods, &engine, |at, case| {
        let waiting = classes.get(at)?.as_deref().map(str::to_owned);
        waiting.or_else(|| equivalence::on_node(case.it, &engine))
    });
    let undated = triage.pods.unknown.iter().map(|(pod, _)| *pod);
    let undated: Vec<&PodView> = undated.filter(|pod| is_undated(pod, snapshot)).collect();
    run.explain_if_possible(&undated, &engine);
    run.explain_all(&triage.workloads.stuck, &engine, |_, case| {
        once.then(|| rules::alike(case))?
    });
    run.explain_all(&triage.custom_owners.stuck, &engine, |_, _| None);
    run.explain_if_possible(&triage.workloads.held, &engine);
    run.explain_all(&triage.services.stuck, &engine, |_, _| None);
    run.explain_if_possible(&triage.services.doubtful, &engine);
    run.explain_if_possible(&triage.ready_pods, &engine);
    run.each_object_once(snapshot);
    if let Some(verdicts) = run.verdicts.as_mut() {
        verdicts.end();
    }
    let affected = run.diagnoses.affected();
    let has_cause = |pod: &&PodView| {
        let of_pod = (Kind::Pod.as_str(), Some(pod.namespace()), pod.name());
        affected.contains(&of_pod)
    };
    triage.pods.explained(Kind::Pod.as_str(), has_cause);
    let may_be_wrong = |object: &ObjectRef| run.diagnoses.keep_stuck(object);
    triage
        .services
        .doubted(Kind::Service.as_str(), may_be_wrong);
    let workloads = workloads::reports(&triage, snapshot);
    let (root_causes, mut diagnoses) = root_cause::in_order(run.diagnoses.finish(), &workloads);
    rollback::offer(&mut diagnoses, &workloads, snapshot);
    let mut not_stuck = summary::not_stuck(&triage, snapshot, &diagnoses);
    not_stuck.extend(named_claims::not_stuck(scope, snapshot, &diagnoses));
    Report {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        as_of: snapshot.clock().at.to_string(),
        scope: summary::scope(scope),
        summary: summary::summary(
            &triage,
            (snapshot, scope),
            &root_causes,
            (&diagnoses, &run.unexplained, &workloads),
        ),
        root_causes,
        diagnoses,
        workloads,
        unexplained: run.unexplained,
        silenced: Vec::new(),
        silences_nothing: Vec::new(),
        not_stuck,
        awaited: Vec::new(),
        progressing: triage.progressing(),
        gaps: summary::gaps(snapshot, scope),
        read: summary::read(snapshot),
        defects: run.defects,
        requests,
    }
}

/// What was found so far.
#[derive(Debug, Default)]
struct Run<'v> {
    /// Of the reports before, where there were any.
    verdicts: Option<&'v mut Verdicts>,
    diagnoses: Diagnoses,
    unexplained: Vec<Unexplained>,
    defects: Vec<Defect>,
    /// Which rules have explained a pod by something that it depends on.
    explained: BTreeMap<ObjectRef, Vec<&'static Rule>>,
}

impl Run<'_> {
    /// Looks at each object, unless one of the same key was looked at.
    fn explain_all<'a, S: Explained<'a>>(
        &mut self,
        subjects: &[S],
        engine: &'a Engine<'a>,
        key: impl Fn(usize, &Case<'a, S>) -> Option<String>,
    ) {
        let mut known: HashMap<String, Vec<MergeKey>> = HashMap::new();
        for (at, subject) in subjects.iter().enumerate() {
            let case = Case::new(*subject, engine);
            // what others explain is not what its like are explained by
            let is_alone = self.explained.contains_key(&case.object());
            let key = (!is_alone).then(|| key(at, &case)).flatten();
            if let Some(merged) = key.as_ref().and_then(|key| known.get(key)) {
                for key in merged {
                    self.diagnoses.join(&case, key, &[]);
                }
                continue;
            }
            let merged = self.explain(&case);
            // a node keeps its own pods, and no others
            let is_of_node = case.it.node().is_some()
                && merged
                    .iter()
                    .any(|(_, subject, ..)| subject.known_kind() == Some(Kind::Node));
            if let (Some(key), false) = (key, merged.is_empty() || is_of_node) {
                known.insert(key, merged);
            }
        }
    }

    /// The same for what need not be stuck: where no rule finds a cause, nothing is said.
    fn explain_if_possible<'a, S: Explained<'a>>(
        &mut self,
        subjects: &[S],
        engine: &'a Engine<'a>,
    ) {
        let before = self.unexplained.len();
        self.explain_all(subjects, engine, |_, _| None);
        self.unexplained.truncate(before);
    }

    /// Of a Deployment one ReplicaSet may be explained and another not, or neither. A workload whose pods a kubelet refuses lacks
    /// them for that.
    fn each_object_once(&mut self, snapshot: &Snapshot<'_>) {
        let mut seen: BTreeSet<ObjectRef> = BTreeSet::new();
        let diagnoses = &self.diagnoses;
        let affected = diagnoses.affected();
        self.unexplained.retain(|one| {
            let is_pod = one.object.kind == Kind::Pod.as_str();
            let is_explained =
                || affected.contains(&one.object.key()) || diagnoses.refuse(&one.subject, snapshot);
            is_pod || seen.insert(one.object.object()) && !is_explained()
        });
    }

    /// Runs the rules over one object.
    fn explain<'a, S: Explained<'a>>(&mut self, case: &Case<'a, S>) -> Vec<MergeKey> {
        let object = case.object();
        let by_others = self.explained.get(&object).cloned().unwrap_or_default();
        let is_symptom = |hit: &Hit| {
            let mut rules = by_others.iter();
            rules.any(|rule| rule.refines.contains(&hit.rule.cause))
        };
        let look = || {
            let goes = case.it.is_terminating();
            let rules = rules::all().filter(|rule| !goes || rule.layer == Layer::Removal);
            let (hits, defects) = check(case, rules);
            (refine(hits), defects)
        };
        let (mut hits, defects) = match &mut self.verdicts {
            Some(verdicts) => verdicts.of(case, look),
            None => look(),
        };
        self.defects.extend(defects);
        hits.retain(|hit| !is_symptom(hit));
        if case.it.is_in_doubt(case.snapshot) {
            for hit in &mut hits {
                hit.finding.certainty = hit.finding.certainty.max(Certainty::Likely);
            }
        }
        if hits.is_empty() && by_others.is_empty() {
            self.unexplained
                .push(unexplained::report(case, removal(case)));
        }
        for hit in &hits {
            for pod in &hit.finding.affected {
                let rules = self.explained.entry(pod.clone()).or_default();
                rules.push(hit.rule);
            }
        }
        self.diagnoses.merge(case, hits)
    }
}

/// Runs every rule. One that panics is a defect of this tool; the others still speak.
fn check<'a, S: Explained<'a>>(
    case: &Case<'a, S>,
    rules: impl Iterator<Item = &'static Rule>,
) -> (Vec<Hit>, Vec<Defect>) {
    let (mut hits, mut defects) = (Vec::new(), Vec::new());
    for rule in rules {
        match catch_unwind(AssertUnwindSafe(|| S::check(rule.check, case))) {
            Ok(findings) => hits.extend(findings.into_iter().map(|finding| Hit { rule, finding })),
            Err(panic) => defects.push(Defect {
                cause: rule.cause,
                object: case.object().to_string(),
                message: panic_message(panic.as_ref()),
            }),
        }
    }
    (hits, defects)
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// Where an object is stuck that is being deleted.
fn removal<'a, S: Explained<'a>>(case: &Case<'a, S>) -> Option<Layer> {
    case.it.is_terminating().then_some(Layer::Removal)
}
