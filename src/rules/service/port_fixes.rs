//! How a port of a Service is led to one that its pods have.

use super::selector_fixes::ServiceCase;
use crate::kubernetes::patch;
use crate::kubernetes::ports::OpenPort;
use crate::rules::finding::{Fix, Who};
use crate::snapshot::{ServicePort, TargetPort};
use crate::text::say;
use serde_json::{Value, json};

pub(super) fn other_protocol(case: &ServiceCase<'_>, port: &ServicePort, other: &OpenPort) -> Fix {
    let path = format!("/spec/ports/{}/protocol", port.place);
    let operations = vec![patch::replace(&path, other.protocol.to_string())];
    let change = say!(
        "service-port-mismatch.change-protocol",
        "if that port is meant, let the Service's port be of {protocol} too"
    );
    Fix::edit(change, Who::Owner, case.object(), operations, &before(case))
}

pub(super) fn other_name(
    case: &ServiceCase<'_>,
    port: &ServicePort,
    meant: &OpenPort,
) -> Option<Fix> {
    let name = meant.name.as_deref()?;
    let path = format!("/spec/ports/{}/targetPort", port.place);
    let operations = vec![patch::replace(&path, name.to_owned())];
    let change = say!(
        "service-port-mismatch.change-target",
        "if port {number} is meant, lead to {name}"
    );
    let fix = Fix::edit(change, Who::Owner, case.object(), operations, &before(case));
    let number = meant.number.to_string();
    Some(fix.fact("name", name).fact("number", number))
}

/// As much of the Service as is known and changed.
fn before(case: &ServiceCase<'_>) -> Value {
    let ports = case.it.service.ports.iter().map(|port| {
        let target = match &port.target {
            TargetPort::Number(number) => Value::from(*number),
            TargetPort::Name(name) => Value::from(name.as_str()),
        };
        json!({"port": port.number, "protocol": port.protocol.to_string(), "targetPort": target})
    });
    json!({"spec": {"ports": ports.collect::<Vec<_>>()}})
}

pub(super) fn name_it() -> Fix {
    let change = say!(
        "service-port-mismatch.name-port",
        "name the port {target} in the pods' template, or lead to its number"
    );
    Fix::advice(change, Who::Owner)
}

/// To the number that the pods give the port's own name.
pub(super) fn other_number(case: &ServiceCase<'_>, port: &ServicePort, meant: &OpenPort) -> Fix {
    let path = format!("/spec/ports/{}/targetPort", port.place);
    let operations = vec![patch::replace(&path, meant.number)];
    let change = say!(
        "service-port-mismatch.change-number",
        "if {meant} is meant, lead to that"
    );
    Fix::edit(change, Who::Owner, case.object(), operations, &before(case))
}
