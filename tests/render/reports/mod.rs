//! Reports made by hand, as a cluster would give them.

mod nodes;
mod quiet;
mod running;
mod scheduling;

use crate::support::*;
use crate::support::{
    Agree, Agreement, Certainty, Count, Evidence, Fact, Facts, Holder, Layer, ObjectRef, Origin,
    Risk, Who,
};

pub(crate) use nodes::*;
pub(crate) use quiet::*;
pub(crate) use running::*;
pub(crate) use scheduling::*;

fn object(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        kind: kind.to_owned(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        name: name.to_owned(),
    }
}

fn report(pods: usize, diagnoses: Vec<Diagnosis>) -> Report {
    let mut causes: Vec<CauseSummary> = Vec::new();
    let mut stuck = std::collections::BTreeSet::new();
    for diagnosis in &diagnoses {
        stuck.extend(
            diagnosis
                .pods
                .iter()
                .map(|pod| (pod.namespace.clone(), pod.name.clone())),
        );
        causes.retain(|known| known.cause != diagnosis.cause);
        causes.push(CauseSummary {
            cause: diagnosis.cause,
            pods: diagnosis.pods.len(),
            longest_seconds: diagnosis
                .pods
                .iter()
                .filter_map(|pod| pod.since_seconds)
                .max(),
        });
    }
    Report {
        schema: SCHEMA,
        version: "1.0.0",
        as_of: "2026-01-01T12:00:00Z".to_owned(),
        scope: ScopeReport {
            namespace: Some("shop".to_owned()),
            ..ScopeReport::default()
        },
        summary: Summary {
            pods,
            stuck: stuck.len(),
            progressing: 0,
            causes,
        },
        diagnoses,
        unexplained: Vec::new(),
        healthy: Vec::new(),
        gaps: Vec::new(),
        defects: Vec::new(),
        requests: Requests {
            count: 4,
            bytes: 217_088,
        },
    }
}

fn pod(namespace: &str, name: &str, status: &str, since: i64) -> PodReport {
    PodReport {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        container: None,
        status: status.to_owned(),
        since_seconds: Some(since),
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

fn event(object: ObjectRef, reason: &str, component: &str, count: u32, quote: &str) -> Evidence {
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

fn diagnosis(cause: &'static str, layer: Layer, subject: ObjectRef, proof: Evidence) -> Diagnosis {
    Diagnosis {
        cause,
        layer,
        certainty: Certainty::Proven,
        subject,
        pods: Vec::new(),
        headline: String::new(),
        why: String::new(),
        proof,
        evidence: Vec::new(),
        facts: Facts::default(),
        before_nodes: Vec::new(),
        nodes: Vec::new(),
        unread: Vec::new(),
        agreement: None,
        preemption: None,
        fixes: Vec::new(),
        ladder: Vec::new(),
        next: Next {
            layer,
            command: String::new(),
        },
    }
}

fn fix(change: &str, command: &str) -> FixReport {
    FixReport {
        change: change.to_owned(),
        target: None,
        patch: Vec::new(),
        command: command.to_owned(),
        template: String::new(),
        risk: Risk::Changes,
        who: Who::Owner,
        verified: None,
    }
}

fn node(name: &str, failures: Vec<FilterFailureReport>) -> NodeReport {
    NodeReport {
        count: 1,
        names: vec![name.to_owned()],
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
        affects: affects.to_vec(),
    }
}
