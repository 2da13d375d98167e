//! `service-endpoints`: a Service's traffic goes elsewhere than to its pods.
//!
//! Its EndpointSlices are held against the pods that its selector matches; where it has no selector, somebody else writes them.

use super::endpoint_slices::{NAMED, Slices, foreign, gone, label, named, quoted};
use super::selector_fixes::ServiceCase;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef, PodRecord};
use crate::text::say;
use std::collections::BTreeSet;

/// A Service's traffic goes elsewhere than to its pods.
pub static RULE: Rule = Rule {
    cause: "service-endpoints",
    layer: Layer::Service,
    title: "a Service's endpoints are not its pods",
    seen_as: &["FailedToUpdateEndpointSlices", "FailedToUpdateEndpoint"],
    explanation: include_str!("service_endpoints.md"),
    reads: &[Kind::Service, Kind::EndpointSlice],
    refines: &[],
    root: Root::Subject,
    check: Check::Service(check),
};

/// Seconds that its controller may take for a pod that has come up.
const LATE: i64 = 120;
fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let (store, service) = (case.snapshot.store(), case.it.service);
    let slices = case.it.slices(store);
    let Some(slices) = slices.filter(|_| !case.it.is_missing && service.external_name.is_none())
    else {
        return Vec::new();
    };
    let found = if service.selector.is_empty() {
        [unwritten(case), gone(case, &slices)]
    } else {
        [
            left_out(case, &slices),
            gone(case, &slices).or_else(|| foreign(case, &slices)),
        ]
    };
    found.into_iter().flatten().collect()
}

/// Nobody has written any.
fn unwritten(case: &ServiceCase<'_>) -> Option<Finding> {
    let store = case.snapshot.store();
    if !case.it.has_no_address(store) {
        return None;
    }
    // the label is easily forgotten, since EndpointSlices need no other tie
    let all = store.endpoint_slices().seen_in(case.it.namespace);
    let mut loose = all.filter(|(name, slice)| {
        slice.service.is_empty() && !slice.endpoints.is_empty() && name.starts_with(case.it.name)
    });
    let loose = loose
        .next()
        .map(|(name, _)| ObjectRef::new(Kind::EndpointSlice, case.it.namespace, name));
    let headline = say!(
        "service-endpoints.unwritten",
        "no endpoints: it has no selector, and nobody has written any[; {loose} lacks the label {label}]"
    );
    let label = label(case);
    let write = say!(
        "service-endpoints.write",
        "give it a selector, or write an EndpointSlice with the label {label}"
    );
    let tie = loose.clone().map(|slice| {
        let change = say!("service-endpoints.tie", "label {loose} with {label}");
        let command = slice.kubectl(["label", &slice.argument(), &label]);
        Fix::command(change, Who::Owner, slice, command)
    });
    let proof = case.field("spec.selector", "<none>");
    Some(
        Finding::new(case.subject(), headline, proof)
            .fact("label", label.as_str())
            .fact_if("loose", loose.map(|slice| slice.argument()))
            .when(!case.it.is_routed_to(store), Finding::idle)
            .fix(tie)
            .fix([Fix::advice(write, Who::Owner)])
            .inspect(case.kubectl(["get", "endpointslices"])),
    )
}

/// Ready pods that its controller has not written, though it had the time.
fn left_out(case: &ServiceCase<'_>, slices: &Slices<'_>) -> Option<Finding> {
    let written: BTreeSet<&str> = named(slices).collect();
    let pods = case
        .it
        .pods(case.snapshot.store())
        .flat_map(|(_, pods)| pods.iter());
    let ready: Vec<&PodRecord> = pods.filter(|pod| pod.ready && !pod.terminating).collect();
    let is_old = |pod: &PodRecord| {
        pod.started()
            .is_some_and(|it| case.seconds_since(it) > LATE)
    };
    let has_address = |pod: &PodRecord| pod.has_ipv4 || pod.has_ipv6;
    let out = ready
        .iter()
        .filter(|pod| is_old(pod) && has_address(pod) && !written.contains(&*pod.name));
    let mut out: Vec<&str> = out.map(|pod| &*pod.name).collect();
    out.sort_unstable();
    let first = ObjectRef::new(Kind::Pod, case.it.namespace, out.first()?);
    let headline = say!(
        "service-endpoints.left-out",
        "{left} of its {ready} ready pods {left|is|are} in none of its EndpointSlices, such as {first}"
    );
    let why = say!(
        "service-endpoints.controller",
        "kube-controller-manager writes them, mostly within a second: it may not run, not keep up, or be refused"
    );
    let change = say!(
        "service-endpoints.see-controller",
        "see whether kube-controller-manager runs and what its endpointslice controller logs"
    );
    let proof = case.field_of(first, "status.conditions[Ready].status", "True");
    Some(
        Finding::new(case.subject(), headline, proof)
            .fact("left", out.len())
            .fact("ready", ready.len())
            .fact("first", out.first().copied().unwrap_or_default())
            .evidence(slices.iter().take(NAMED).map(|slice| quoted(case, slice)))
            .certainty(Certainty::Likely)
            .why(why)
            .fix([Fix::advice(change, Who::Admin)])
            .inspect(case.kubectl(["get", "endpointslices", "-l", &label(case)])),
    )
}
