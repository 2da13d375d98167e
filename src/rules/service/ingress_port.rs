//! Ingresses that route to a port which the Service does not have.

use super::selector_fixes::ServiceCase;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::{Backend, BackendPort, Kind, ObjectRef};
use crate::text::say;

/// One for each Ingress that does.
pub(super) fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let ingresses = case.snapshot.store().ingresses();
    let all = ingresses.seen_in(case.it.namespace);
    let found = all.filter_map(|(name, ingress)| {
        let mut backends = ingress.backends.iter();
        let backend =
            backends.find(|backend| backend.service == case.it.name && !has(case, backend))?;
        Some(finding(case, name, backend))
    });
    found.collect()
}

/// Whether the Service has the port to which it is routed.
fn has(case: &ServiceCase<'_>, backend: &Backend) -> bool {
    let mut ports = case.it.service.ports.iter();
    match &backend.port {
        BackendPort::Number(number) => ports.any(|port| port.number == *number),
        BackendPort::Name(name) => ports.any(|port| port.name == *name),
    }
}

fn finding(case: &ServiceCase<'_>, name: &str, backend: &Backend) -> Finding {
    let ingress = ObjectRef::new(Kind::Ingress, case.it.namespace, name);
    let ports = case.it.service.ports.iter();
    let ports: Vec<String> = ports
        .map(|port| match port.name.as_str() {
            "" => port.number.to_string(),
            name => format!("{} ({name})", port.number),
        })
        .collect();
    let headline = say!(
        "service-port-mismatch.ingress",
        "{ingress} routes to port {wanted} of {service}, which has {ports}"
    );
    let change = say!(
        "service-port-mismatch.change-ingress",
        "route to a port that {service} has, in {ingress}"
    );
    let wanted = backend.port.to_string();
    let proof = case.field_of(ingress.clone(), &backend.path, &wanted);
    Finding::new(case.subject(), headline, proof)
        .fact("ingress", ingress.argument())
        .fact("service", case.object().argument())
        .fact("wanted", wanted)
        .fact("ports", ports.clone())
        .evidence([case.field("spec.ports", ports.join(", "))])
        .fix([Fix::advice(change, Who::Owner)])
        .inspect(ingress.kubectl(["describe", &ingress.argument()]))
}

/// Whether an Ingress that was read routes to the Service.
pub(super) fn names(case: &ServiceCase<'_>) -> bool {
    let ingresses = case.snapshot.store().ingresses();
    let mut all = ingresses.seen_in(case.it.namespace);
    all.any(|(_, ingress)| {
        let mut backends = ingress.backends.iter();
        backends.any(|backend| backend.service == case.it.name)
    })
}
