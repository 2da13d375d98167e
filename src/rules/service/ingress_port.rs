//! Ingresses and routes that lead to a port which the Service does not have.

use super::selector_fixes::ServiceCase;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::field_path;
use crate::snapshot::{Backend, BackendPort, ObjectRef};
use crate::text::say;
use std::collections::BTreeMap;

/// One for each that does.
pub(super) fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let mut found: BTreeMap<ObjectRef, &Backend> = BTreeMap::new();
    for (route, backend) in case.it.routes(case.snapshot.store()) {
        if !has(case, backend) {
            found.entry(route).or_insert(backend);
        }
    }
    let services = case.snapshot.store().services();
    let service = services.get(case.it.namespace, case.it.name).yes();
    let found = found.into_iter();
    found
        .filter(|_| service.is_some())
        .map(|(route, backend)| finding(case, &route, backend))
        .collect()
}

/// Whether the Service has the port to which it is routed.
fn has(case: &ServiceCase<'_>, backend: &Backend) -> bool {
    let mut ports = case.it.service.ports.iter();
    match &backend.port {
        None => true,
        Some(BackendPort::Number(number)) => ports.any(|port| port.number == *number),
        Some(BackendPort::Name(name)) => ports.any(|port| port.name == *name),
    }
}

fn finding(case: &ServiceCase<'_>, route: &ObjectRef, backend: &Backend) -> Finding {
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
    let wanted = backend.port.as_ref().map(ToString::to_string);
    let wanted = wanted.unwrap_or_default();
    let proof = case.field_of(route.clone(), path(&backend.port_at), &wanted);
    Finding::new(case.subject(), headline, proof)
        .fact("ingress", route.argument())
        .fact("service", case.object().argument())
        .fact("wanted", wanted)
        .fact("ports", ports.clone())
        .evidence([case.field("spec.ports", ports.join(", "))])
        .fix([Fix::advice(change, Who::Owner)])
        .inspect(route.kubectl(["describe", &route.argument()]))
}

/// A pointer into a route as the path of a field.
pub(super) fn path(pointer: &str) -> String {
    field_path(pointer.strip_prefix("/spec/").unwrap_or(pointer))
}
