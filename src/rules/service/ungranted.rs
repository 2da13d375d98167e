//! Routes of the Gateway API that lead to a Service of another namespace, which no ReferenceGrant of that namespace permits.
//!
//! Only the condition of a route proves it: which grants there are need not be known (gateway-api, ReferenceGrant).

use super::selector_fixes::ServiceCase;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::snapshot::{Evidence, ObjectRef, Refusal};
use crate::text::say;

/// The most routes that are named and quoted.
const NAMED: usize = 3;

pub(super) fn finding(case: &ServiceCase<'_>) -> Option<Finding> {
    let refused = case.it.refused_routes(case.snapshot.store());
    let (first, ..) = refused.first()?;
    let mut quotes = refused
        .iter()
        .map(|(route, refusal, _)| quoted(case, route, refusal));
    let proof = quotes.next()?;
    let is_sure = refused.iter().any(|(.., is_alone)| *is_alone);
    let headline = say!(
        "service-missing.ungranted",
        "{routes} of namespace {from} {routes|leads|lead} to Service {service}, and no ReferenceGrant in {namespace} permits it"
    );
    let why = say!(
        "service-missing.ungranted-why",
        "a route may name a Service of another namespace only where that grants it; whoever asks is answered with an error, mostly 500, however well its pods run"
    );
    let grant = say!(
        "service-missing.grant",
        "make a ReferenceGrant in {namespace} that lets {kind}s of {from} name Service {service}, or route to a Service of {from}"
    );
    let names = refused.iter().map(|(route, ..)| route.argument());
    let from = first.namespace.clone().unwrap_or_default();
    Some(
        Finding::new(case.subject(), headline, proof)
            .certainty(if is_sure {
                Certainty::Proven
            } else {
                Certainty::Likely
            })
            .fact("routes", names.take(NAMED).collect::<Vec<_>>())
            .fact("from", from)
            .fact("kind", first.kind.as_str())
            .fact("service", case.it.name)
            .fact("namespace", case.namespace())
            .evidence(quotes.take(NAMED))
            .why(why)
            .fix([Fix::advice(grant, Who::Owner)])
            .inspect(case.kubectl(["get", "referencegrants", "-o", "yaml"])),
    )
}

fn quoted(case: &ServiceCase<'_>, route: &ObjectRef, refusal: &Refusal) -> Evidence {
    let path = format!(
        "status.parents[{}].conditions[ResolvedRefs].",
        refusal.parent
    );
    match refusal.message.as_str() {
        "" => case.field_of(route.clone(), path + "reason", "RefNotPermitted"),
        message => case.field_of(route.clone(), path + "message", message),
    }
}
