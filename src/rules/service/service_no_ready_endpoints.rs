//! `service-no-ready-endpoints`: a Service selects pods, and none of them is ready.
//!
//! Why they are not is said of the pods, or of the workload that makes none. With that this one ends, so that it is told there.

use super::selector_fixes::{ServiceCase, written};
use crate::kubernetes::shell;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef, PodRecord};
use crate::text::say;
use std::collections::BTreeSet;

/// A Service selects pods, and none of them is ready.
pub static RULE: Rule = Rule {
    cause: "service-no-ready-endpoints",
    layer: Layer::Service,
    title: "a Service has pods, and none of them is ready",
    seen_as: &[],
    explanation: include_str!("service_no_ready_endpoints.md"),
    reads: &[Kind::Service],
    refines: &[],
    root: Root::Subject,
    check: Check::Service(check),
};

/// The most pods and owners that are named.
const NAMED: usize = 3;

fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let store = case.snapshot.store();
    let members = case.it.members(store);
    let finding = match (members.pods, members.ready) {
        (0, _) => {
            let workload = case.it.workload(store);
            workload.map(|workload| without_pods(case, workload))
        }
        (_, 0) if !case.it.service.publishes_unready => of_pods(case),
        _ => None,
    };
    finding.into_iter().collect()
}

fn of_pods(case: &ServiceCase<'_>) -> Option<Finding> {
    let store = case.snapshot.store();
    let unready = case.it.unready(store);
    let owner = |record: &&PodRecord| {
        let owners = store.owners(&store.pod_records().identity(record));
        owners.last().cloned().unwrap_or_else(|| object(record))
    };
    let owners: BTreeSet<ObjectRef> = unready.iter().map(owner).collect();
    let mut quotes = unready.iter().take(NAMED).map(|pod| quoted(case, pod));
    let proof = quotes.next()?;
    let headline = say!(
        "service-no-ready-endpoints.headline",
        "no endpoints, since {pods|its one pod is not|none of its {pods} pods is} ready"
    );
    let see = say!(
        "service-no-ready-endpoints.see-pods",
        "see first why the pods of {owners} are not ready; with them the endpoints come by themselves"
    );
    let certainty = match store.pods().whole(case.it.namespace) {
        Ok(()) => Certainty::Proven,
        Err(_) => Certainty::Likely,
    };
    let names = owners.iter().take(NAMED).map(ObjectRef::argument);
    Some(
        Finding::new(case.subject(), headline, proof)
            .fact("pods", unready.len())
            .fact("owners", names.collect::<Vec<_>>())
            .evidence(quotes)
            .evidence([selector(case)])
            .certainty(certainty)
            .fix([Fix::advice(see, Who::Owner)])
            .inspect(diagnosed(case, owners.first()?))
            .because_of(unready.iter().map(|pod| object(pod)).collect()),
    )
}

fn without_pods(case: &ServiceCase<'_>, workload: ObjectRef) -> Finding {
    let headline = say!(
        "service-no-ready-endpoints.without-pods",
        "no endpoints, since {workload} has none of its pods"
    );
    let see = say!(
        "service-no-ready-endpoints.see-workload",
        "see first why {workload} has no pods; with them the endpoints come by themselves"
    );
    Finding::new(case.subject(), headline, selector(case))
        .fact("workload", workload.argument())
        .fix([Fix::advice(see, Who::Owner)])
        .inspect(diagnosed(case, &workload))
        .because_of(vec![workload])
}

fn object(pod: &PodRecord) -> ObjectRef {
    ObjectRef::new(Kind::Pod, &pod.namespace, &pod.name)
}

fn selector(case: &ServiceCase<'_>) -> Evidence {
    case.field("spec.selector", written(&case.it.service.selector))
}

/// The condition that says so; a pod that has none has only a phase.
fn quoted(case: &ServiceCase<'_>, pod: &PodRecord) -> Evidence {
    let store = case.snapshot.store();
    let whole = store.whole_pod(&pod.namespace, &pod.name);
    let condition = whole.and_then(|whole| whole.condition("Ready"));
    let (path, quote) = match (condition, whole) {
        (Some(condition), _) => ("status.conditions[Ready].status", condition.status.as_str()),
        (None, Some(whole)) => ("status.phase", whole.phase()),
        (None, None) => return selector(case),
    };
    case.field_of(object(pod), path, quote)
}

fn diagnosed(case: &ServiceCase<'_>, object: &ObjectRef) -> String {
    let namespace = case.it.namespace;
    shell::cluster(["diagnose", &object.argument(), "-n", namespace])
}
