//! `external-name`: a Service stands for a name outside that cannot lead anywhere.

use super::selector_fixes::ServiceCase;
use crate::kubernetes::nearest::nearest;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::say;
use crate::triage::DeadName;

/// A Service stands for a name outside that cannot lead anywhere.
pub static RULE: Rule = Rule {
    cause: "external-name",
    layer: Layer::Service,
    title: "a Service of type ExternalName stands for a name that leads nowhere",
    seen_as: &[],
    explanation: include_str!("external_name.md"),
    reads: &[Kind::Service],
    refines: &[],
    root: Root::Subject,
    check: Check::Service(check),
};

fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let dead = case.it.dead_name(case.snapshot.store());
    dead.map(|dead| finding(case, &dead)).into_iter().collect()
}

fn finding(case: &ServiceCase<'_>, dead: &DeadName) -> Finding {
    let store = case.snapshot.store();
    let host = case.it.service.external_name.as_deref().unwrap_or_default();
    let headline = match dead {
        DeadName::Address => say!(
            "external-name.address",
            "it stands for {host}, which is an address: DNS takes it for a name, and there is none of that kind"
        ),
        DeadName::Itself => say!(
            "external-name.itself",
            "it stands for {host}, which is its own name"
        ),
        DeadName::NoService(_) => say!(
            "external-name.no-service",
            "it stands for {host}, and namespace {serviceNamespace} has no Service {service}[; it has {nearest}]"
        ),
    };
    let meant = match dead {
        DeadName::NoService(meant) => Some(meant),
        _ => None,
    };
    let near = meant.and_then(|meant| {
        let services = store.services().seen_in(&meant.namespace);
        nearest(&meant.name, services.map(|(name, _)| name))
    });
    let absence = meant.map(|meant| -> Evidence {
        case.absence(ObjectRef::new(Kind::Service, &meant.namespace, &meant.name))
    });
    let change = match dead {
        DeadName::Address => say!(
            "external-name.write-endpoints",
            "make it a Service without selector, and write the address into an EndpointSlice with the label kubernetes.io/service-name={name}"
        ),
        DeadName::Itself | DeadName::NoService(_) => say!(
            "external-name.correct",
            "correct spec.externalName[; if {nearest} is meant, to {nearest}.{serviceNamespace}.svc.cluster.local]"
        ),
    };
    let is_idle = !case.it.is_routed_to(store);
    Finding::new(
        case.subject(),
        headline,
        case.field("spec.externalName", host),
    )
    .fact("host", host)
    .fact("name", case.it.name)
    .fact_if("service", meant.map(|meant| meant.name.as_str()))
    .fact_if(
        "serviceNamespace",
        meant.map(|meant| meant.namespace.as_str()),
    )
    .fact_if("nearest", near)
    .evidence(absence)
    .why(say!(
        "external-name.why",
        "DNS answers its name with the other name alone; whoever asks has to resolve that one"
    ))
    .when(is_idle, Finding::idle)
    .fix([Fix::advice(change, Who::Owner)])
}
