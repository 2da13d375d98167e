//! The scheduler waited in vain for a pod's volumes: whether they are bound by now, and where to look.

use crate::kubernetes::claims::phase;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Risk, Who};
use crate::rules::shared::claims;
use crate::text::say;

/// Says how it stands with the claims, and what to do.
pub(super) fn told(case: &Case<'_>, finding: Finding) -> Finding {
    let claims = claims::of_pod(case);
    let bound: Vec<String> = claims
        .iter()
        .filter(|claim| claim.seen.yes().is_some_and(|read| phase(read) == "Bound"))
        .map(|claim| claim.name.to_string())
        .collect();
    let inspect = claims.first().map(|claim| {
        let claim = format!("pvc/{}", claim.name);
        case.kubectl(["describe", &claim])
    });
    let finding = finding.when(inspect.is_some(), |finding| {
        finding.inspect(inspect.unwrap_or_default())
    });
    if !bound.is_empty() && bound.len() == claims.len() {
        return finding
            .fact("claims", bound)
            .why(say!(
                "scheduler-error.volumes-bound-by-now",
                "{claims|claim|claims} {claims} {claims|is|are} bound by now, so the next attempt should succeed"
            ))
            .fix([Fix::advice(
                say!("scheduler-error.wait-for-next-attempt", "wait for the next attempt, which comes within minutes"),
                Who::Owner,
            )
            .risk(Risk::Reads)]);
    }
    finding
        .why(say!(
            "scheduler-error.volumes-late-why",
            "it waits ten minutes unless told otherwise, gives the node up and starts again"
        ))
        .fix([Fix::advice(
            say!(
                "scheduler-error.inspect-volumes",
                "look why the volumes were late: at the events of the claims and at the provisioner"
            ),
            Who::Admin,
        )])
}
