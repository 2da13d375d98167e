//! `service-port-mismatch`: a port of a Service leads to a port that its pods do not have.
//!
//! A name that no container gives a port leads nowhere: that is certain. A number is used as it is, and containers need not
//! declare what they listen on: that none does is a hint, for who has named the Service.

use super::endpoint_slices::label;
use super::ingress_port;
use super::ports::{declared, meant, of_service, quoted, written};
use super::selector_fixes::ServiceCase;
use crate::kubernetes::patch;
use crate::kubernetes::ports::OpenPort;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ServicePort, TargetPort};
use crate::text::say;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A port of a Service leads to a port that its pods do not have.
pub static RULE: Rule = Rule {
    cause: "service-port-mismatch",
    layer: Layer::Service,
    title: "a port of a Service leads to one that its pods do not have",
    seen_as: &[],
    explanation: include_str!("service_port_mismatch.md"),
    reads: &[Kind::Service, Kind::Ingress],
    refines: &[],
    root: Root::Subject,
    check: Check::Service(check),
};

type Declared<'a> = BTreeSet<&'a OpenPort>;

fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let store = case.snapshot.store();
    let declared = declared(case);
    let dead = case.it.dead_ports(store);
    let mut findings: Vec<Finding> = dead
        .iter()
        .map(|port| leads_nowhere(case, port, &declared))
        .collect();
    findings.extend(ingress_port::check(case));
    if findings.is_empty() && case.it.members(store).ready > 0 && !case.it.service.is_headless {
        let ports = case.it.service.ports.iter();
        findings.extend(ports.filter_map(|port| undeclared(case, port)));
    }
    findings
}

fn leads_nowhere(case: &ServiceCase<'_>, port: &ServicePort, declared: &Declared<'_>) -> Finding {
    let target = port.target.to_string();
    let other = declared.iter().find(|one| one.is_named(&target)).copied();
    let meant = meant(port, declared).filter(|_| other.is_none());
    let headline = match (other, meant) {
        (Some(_), _) => say!(
            "service-port-mismatch.other-protocol",
            "port {port} leads nowhere: the port {target} of its {pods|pod|pods} is of {protocol}"
        ),
        (None, Some(_)) => say!(
            "service-port-mismatch.nearest",
            "port {port} leads nowhere: no container of its {pods|pod|pods} has a port named {target}; they have {meant}"
        ),
        (None, None) => say!(
            "service-port-mismatch.no-name",
            "port {port} leads nowhere: no container of its {pods|pod|pods} has a port named {target}"
        ),
    };
    let why = say!(
        "service-port-mismatch.why",
        "a name is looked up among the ports of each pod's containers, with the protocol; where it is not found the pod is no endpoint for this port"
    );
    let path = format!("spec.ports[{}].targetPort", port.place);
    let finding = Finding::new(case.subject(), headline, case.field(path, &target))
        .fact("port", of_service(port))
        .fact("target", target)
        .fact("pods", case.it.members(case.snapshot.store()).pods)
        .fact_if("protocol", other.map(|other| other.protocol.to_string()))
        .fact_if("meant", meant.map(written))
        .evidence(quoted(case))
        .why(why)
        .inspect(case.kubectl(["get", "endpointslices", "-l", &label(case)]));
    match (other, meant) {
        (Some(other), _) => finding.fix([other_protocol(case, port, other)]),
        (None, Some(meant)) => finding.fix(other_name(case, port, meant)),
        (None, None) => finding.fix([name_it()]),
    }
}

fn other_protocol(case: &ServiceCase<'_>, port: &ServicePort, other: &OpenPort) -> Fix {
    let path = format!("/spec/ports/{}/protocol", port.place);
    let operations = vec![patch::replace(&path, other.protocol.to_string())];
    let change = say!(
        "service-port-mismatch.change-protocol",
        "if that port is meant, let the Service's port be of {protocol} too"
    );
    Fix::edit(change, Who::Owner, case.object(), operations, &before(case))
}

fn other_name(case: &ServiceCase<'_>, port: &ServicePort, meant: &OpenPort) -> Option<Fix> {
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

fn name_it() -> Fix {
    let change = say!(
        "service-port-mismatch.name-port",
        "name the port {target} in the pods' template, or lead to its number"
    );
    Fix::advice(change, Who::Owner)
}

/// A number that none of the containers declares, where each of the pods declares others of its protocol.
fn undeclared(case: &ServiceCase<'_>, port: &ServicePort) -> Option<Finding> {
    let TargetPort::Number(number) = port.target else {
        return None;
    };
    let is_declared = |one: &OpenPort| one.number == number && one.protocol == port.protocol;
    let mut pods = case.it.pods(case.snapshot.store());
    let others = pods.all(|(pod, _)| {
        let mut open = pod.open_ports.iter();
        !pod.open_ports.is_empty() && !open.any(is_declared)
    });
    if !others {
        return None;
    }
    let declared: Vec<String> = declared(case).into_iter().map(written).collect();
    let headline = say!(
        "service-port-mismatch.undeclared",
        "port {port} leads to {target}, which no container of its {pods|pod|pods} declares; they declare {declared}"
    );
    let why = say!(
        "service-port-mismatch.may-listen",
        "containers may listen on ports that they do not declare; where nothing listens, connections are refused although the pods are ready"
    );
    let see = say!(
        "service-port-mismatch.see-whether-it-listens",
        "see whether anything listens on {target} in the pods; if not, lead to the port that is meant"
    );
    let path = format!("spec.ports[{}].targetPort", port.place);
    let proof = case.field(path, number.to_string());
    let finding = Finding::new(case.subject(), headline, proof)
        .fact("port", of_service(port))
        .fact("target", format!("{number}/{}", port.protocol))
        .fact("pods", case.it.members(case.snapshot.store()).pods)
        .fact("declared", declared)
        .evidence(quoted(case))
        .hint()
        .why(why);
    let local = format!("{0}:{0}", port.number);
    let forward = case.kubectl(["port-forward", &case.object().argument(), &local]);
    Some(finding.fix([Fix::advice(see, Who::Owner)]).inspect(forward))
}
