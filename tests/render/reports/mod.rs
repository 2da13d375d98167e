//! Reports made by hand, as a cluster would give them.

mod nodes;
mod quiet;
mod running;
mod scheduling;

use crate::support::*;
use std::sync::Arc;

pub(crate) use nodes::*;
pub(crate) use quiet::*;
pub(crate) use running::*;
pub(crate) use scheduling::*;

pub(crate) fn object(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        kind: kind.to_owned(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        name: name.to_owned(),
    }
}

/// Words that stand for a sentence of the rules; they are the same in every language.
fn said(words: &str) -> Message {
    let sentence = Sentence {
        id: "test.said",
        en: "{words}",
    };
    Message::new(sentence).fact("words", words)
}

pub(crate) fn says(diagnosis: &mut Diagnosis, headline: &str) {
    diagnosis.headline = headline.to_owned();
    diagnosis.message = said(headline);
}

fn because(diagnosis: &mut Diagnosis, why: &str) {
    diagnosis.why = why.to_owned();
    diagnosis.why_message = Some(said(why));
}

fn numbers(report: &mut Report, pods: KindSummary) {
    let by_kind = &mut report.summary.by_kind;
    by_kind.insert(Kind::Pod.as_str().to_owned(), pods);
}

pub(crate) fn report(pods: usize, mut diagnoses: Vec<Diagnosis>) -> Report {
    for (nth, diagnosis) in diagnoses.iter_mut().enumerate() {
        diagnosis.fingerprint = format!("{nth:016x}");
        let subject = Some(diagnosis.subject.clone());
        let workload =
            subject.filter(|subject| subject.known_kind().is_some_and(Kind::is_workload));
        for one in &mut diagnosis.affected {
            one.workload.clone_from(&workload);
        }
    }
    let root_causes = diagnoses
        .chunks(1)
        .filter_map(|one| RootCause::of(one, None, &[]))
        .collect();
    let mut causes: Vec<CauseSummary> = Vec::new();
    let mut stuck = std::collections::BTreeSet::new();
    for diagnosis in &diagnoses {
        let affected = diagnosis.affected.iter();
        stuck.extend(affected.map(|pod| (pod.namespace.clone(), pod.name.clone())));
        causes.retain(|known| known.cause != diagnosis.cause);
        causes.push(CauseSummary {
            cause: diagnosis.cause,
            root_causes: 1,
            affected: diagnosis.affected.len(),
            longest_seconds: diagnosis
                .affected
                .iter()
                .filter_map(|pod| pod.since_seconds)
                .max(),
        });
    }
    let mut report = Report {
        schema: SCHEMA,
        version: "1.0.0",
        as_of: "2026-01-01T12:00:00Z".to_owned(),
        scope: ScopeReport {
            namespace: Some("shop".to_owned()),
            ..ScopeReport::default()
        },
        summary: Summary {
            causes,
            ..Summary::default()
        },
        root_causes,
        diagnoses,
        workloads: Vec::new(),
        unexplained: Vec::new(),
        awaited: Vec::new(),
        progressing: std::collections::BTreeMap::new(),
        not_stuck: Vec::new(),
        silenced: Vec::new(),
        silences_nothing: Vec::new(),
        gaps: Vec::new(),
        read: Vec::new(),
        defects: Vec::new(),
        requests: Requests {
            count: 4,
            bytes: 217_088,
        },
    };
    let pods = KindSummary {
        all: Some(pods),
        stuck: stuck.len(),
        ..KindSummary::default()
    };
    numbers(&mut report, pods);
    report
}

pub(crate) fn pod(namespace: &str, name: &str, status: &str, since: i64) -> Affected {
    Affected {
        kind: Kind::Pod.as_str().to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
        container: None,
        status: status.to_owned(),
        containers: Some(ContainersReport { ready: 0, all: 1 }),
        since_seconds: Some(since),
        restarts: None,
        ended: false,
        held: false,
        workload: None,
        node: None,
        requests: std::collections::BTreeMap::new(),
    }
}

fn restarts(count: i64, last: i64) -> RestartsReport {
    RestartsReport {
        count,
        last_seconds: Some(last),
        last_reason: Some("Error".to_owned()),
        last_exit_code: Some(1),
    }
}

fn ladder(stuck: Layer, passed: &[&str]) -> Vec<Rung> {
    let mut passed = passed.iter();
    let layers = Layer::ALL
        .into_iter()
        .filter(|layer| *layer != Layer::Removal);
    let rung = |layer: Layer| {
        let (state, by) = match layer.cmp(&stuck) {
            std::cmp::Ordering::Less => match passed.next() {
                Some(&"") | None => (RungState::Unknown, ""),
                Some(by) => (RungState::Passed, *by),
            },
            std::cmp::Ordering::Equal => (RungState::Stuck, ""),
            std::cmp::Ordering::Greater => (RungState::NotReached, ""),
        };
        Rung {
            layer,
            state,
            by: by.to_owned(),
            message: (!by.is_empty()).then(|| said(by)),
        }
    };
    layers.map(rung).collect()
}

fn field(object: ObjectRef, path: &str, quote: &str) -> Evidence {
    Evidence {
        object,
        origin: Origin::Field {
            path: path.to_owned(),
        },
        quote: quote.to_owned(),
    }
}

pub(crate) fn event(
    object: ObjectRef,
    reason: &str,
    component: &str,
    count: u32,
    quote: &str,
) -> Evidence {
    let origin = Origin::Event {
        reason: reason.to_owned(),
        component: component.to_owned(),
        count,
        age_seconds: Some(95),
    };
    Evidence {
        object,
        origin,
        quote: quote.to_owned(),
    }
}

pub(crate) fn diagnosis(
    cause: &'static str,
    layer: Layer,
    subject: ObjectRef,
    proof: Evidence,
) -> Diagnosis {
    Diagnosis {
        consequence_of: None,
        fingerprint: String::new(),
        role: Role::Cause,
        cause,
        layer,
        certainty: Certainty::Proven,
        subject,
        affected: Vec::new(),
        unlisted: 0,
        old_revision: None,
        headline: String::new(),
        message: said(""),
        why: String::new(),
        why_message: None,
        proof,
        evidence: Vec::new(),
        refers_to_quotes: false,
        facts: Facts::default(),
        before_nodes: Vec::new(),
        nodes: Arc::default(),
        unread: Vec::new(),
        agreement: None,
        preemption: None,
        image: None,
        fixes: Vec::new(),
        ladder: Vec::new(),
        next: Next {
            layer,
            command: String::new(),
            node: None,
            who: Who::Owner,
        },
    }
}

fn fix(change: &str, command: &str) -> FixReport {
    FixReport {
        change: change.to_owned(),
        message: said(change),
        target: None,
        patch: Vec::new(),
        command: command.to_owned(),
        template: String::new(),
        risk: Risk::Changes,
        who: Who::Owner,
        verified: None,
        follows: false,
    }
}

fn agreement(
    verdict: Agree,
    scheduler: Vec<Count>,
    computed: Vec<Count>,
    because: &str,
) -> AgreementReport {
    AgreementReport {
        scheduler,
        computed,
        verdict,
        because: because.to_owned(),
        message: (!because.is_empty()).then(|| said(because)),
    }
}

fn node(name: &str, failures: Vec<FilterFailureReport>) -> NodeReport {
    NodeReport {
        count: 1,
        names: vec![name.into()],
        failures,
    }
}

fn port(namespace: &str, holder: &str) -> FilterFailureReport {
    FilterFailureReport {
        filter: "NodePorts",
        reason: "node(s) didn't have free ports for the requested pod ports".to_owned(),
        port: Some("8080/TCP".to_owned()),
        holder: Some(Holder {
            namespace: namespace.to_owned(),
            name: holder.to_owned(),
            controller: Some("ReplicaSet/web-59f4".to_owned()),
        }),
        ..FilterFailureReport::default()
    }
}

fn taint(taint: &str) -> FilterFailureReport {
    FilterFailureReport {
        filter: "TaintToleration",
        reason: "node(s) had untolerated taint(s)".to_owned(),
        taint: Some(taint.to_owned()),
        ..FilterFailureReport::default()
    }
}

fn memory(free: i64) -> FilterFailureReport {
    FilterFailureReport {
        filter: "NodeResourcesFit",
        reason: "Insufficient memory".to_owned(),
        resource: Some("memory".to_owned()),
        asked: Some("8Gi".to_owned()),
        free: Some(format!("{free}Mi")),
        allocatable: Some("16Gi".to_owned()),
        ..FilterFailureReport::default()
    }
}

fn count(count: u32, reason: &str) -> Count {
    Count {
        count: Some(count),
        reason: reason.to_owned(),
    }
}

fn gap(
    kind: &'static str,
    namespace: Option<&str>,
    why: &'static str,
    affects: &[&'static str],
) -> GapReport {
    GapReport {
        kind,
        namespace: namespace.map(str::to_owned),
        name: None,
        why,
        detail: match why {
            "forbidden" => format!("{kind} is forbidden: User \"dev\" cannot list resource"),
            _ => String::new(),
        },
        may_hide: true,
        affects: affects.to_vec(),
    }
}
