//! What stands in a Service's EndpointSlices that is none of its pods, and how they are quoted.

use super::selector_fixes::ServiceCase;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::snapshot::{EndpointSlice, Evidence, Kind, ObjectRef};
use crate::text::say;
use std::collections::BTreeSet;

/// The most objects that are named and quoted.
pub(super) const NAMED: usize = 3;

/// The slices of a Service, by name.
pub(super) type Slices<'a> = [(&'a str, &'a EndpointSlice)];

/// Endpoints that say they are pods which do not exist.
pub(super) fn gone(case: &ServiceCase<'_>, slices: &Slices<'_>) -> Option<Finding> {
    let store = case.snapshot.store();
    let records = store.pod_records();
    store.pods().whole(case.it.namespace).ok()?;
    let is_gone = |name: &&str| records.get(case.it.namespace, name).is_none();
    let gone: BTreeSet<&str> = named(slices).filter(is_gone).collect();
    let first = *gone.first()?;
    let of_first = |slice: &&(&str, &EndpointSlice)| {
        let mut pods = slice
            .1
            .endpoints
            .iter()
            .filter_map(|one| one.pod.as_deref());
        pods.any(|pod| pod == first)
    };
    let slice = slices.iter().find(of_first)?;
    let headline = say!(
        "service-endpoints.gone",
        "{gone} of its endpoints {gone|leads to pod {first}, which does|lead to pods that do} not exist[, such as {example}]"
    );
    let by_hand = say!(
        "service-endpoints.write-anew",
        "write the address that is meant into {slice}; pods get another address each time"
    );
    let by_controller = say!(
        "service-endpoints.see-controller",
        "see whether kube-controller-manager runs and what its endpointslice controller logs"
    );
    let fix = if slice.1.is_of_selector() {
        Fix::advice(by_controller, Who::Admin)
    } else {
        Fix::advice(by_hand, Who::Owner)
    };
    Some(
        Finding::new(case.subject(), headline, quoted(case, slice))
            .fact("gone", gone.len())
            .fact(
                "endpoints",
                slices
                    .iter()
                    .map(|(_, slice)| slice.endpoints.len())
                    .sum::<usize>(),
            )
            .fact("first", first)
            .fact_if("example", (gone.len() > 1).then_some(first))
            .fact("slice", object(case, slice.0).argument())
            .evidence([case.absence(ObjectRef::new(Kind::Pod, case.it.namespace, first))])
            .certainty(Certainty::Likely)
            .fix([fix])
            .inspect(case.kubectl(["get", "endpointslices", "-l", &label(case)])),
    )
}

/// Addresses that somebody has written beside its pods.
pub(super) fn foreign(case: &ServiceCase<'_>, slices: &Slices<'_>) -> Option<Finding> {
    let by_others = slices
        .iter()
        .filter(|(_, slice)| !slice.is_of_selector() && !slice.endpoints.is_empty());
    let by_others: Vec<_> = by_others.collect();
    let first = by_others.first()?;
    let headline = say!(
        "service-endpoints.foreign",
        "{slice} adds {addresses} to what its selector matches: a part of its traffic goes there"
    );
    let change = say!(
        "service-endpoints.take-away",
        "if that is not meant, take the label kubernetes.io/service-name off {slice}"
    );
    let addresses = first.1.endpoints.iter().map(|one| one.address.clone());
    Some(
        Finding::new(case.subject(), headline, quoted(case, first))
            .fact("slice", object(case, first.0).argument())
            .fact("addresses", addresses.take(NAMED).collect::<Vec<_>>())
            .hint()
            .fix([Fix::advice(change, Who::Owner)]),
    )
}

/// The pods that its endpoints say they are.
pub(super) fn named<'a>(slices: &'a Slices<'a>) -> impl Iterator<Item = &'a str> {
    let endpoints = slices.iter().flat_map(|(_, slice)| &slice.endpoints);
    endpoints.filter_map(|one| one.pod.as_deref())
}

/// How the EndpointSlices of a Service are found (k8s.io/api `discovery/v1/well_known_labels.go`, 1.37).
pub(super) fn label(case: &ServiceCase<'_>) -> String {
    format!("kubernetes.io/service-name={}", case.it.name)
}

fn object(case: &ServiceCase<'_>, slice: &str) -> ObjectRef {
    ObjectRef::new(Kind::EndpointSlice, case.it.namespace, slice)
}

/// The first addresses of a slice.
pub(super) fn quoted(case: &ServiceCase<'_>, (name, slice): &(&str, &EndpointSlice)) -> Evidence {
    let written = slice
        .endpoints
        .iter()
        .take(NAMED)
        .map(|one| match &one.pod {
            Some(pod) => format!("{} ({pod})", one.address),
            None => one.address.clone(),
        });
    let written: Vec<String> = written.collect();
    let quote = if written.is_empty() {
        "none".to_owned()
    } else {
        written.join(", ")
    };
    case.field_of(object(case, name), "endpoints", quote)
}
