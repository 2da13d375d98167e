//! `service-port-mismatch`: a port of a Service leads to a port that its pods do not have.
//!
//! A name that no container gives a port leads nowhere: that is certain. A number is used as it is, and containers need not
//! declare what they listen on: that none does is a hint, for who has named the Service. Where they give the port's own name to
//! another number, Service and pods contradict each other, and that is told unasked.

use super::endpoint_slices::label;
use super::ingress_port;
use super::port_fixes::{name_it, other_name, other_number, other_protocol};
use super::ports::{declared, meant, of_service, quoted, written};
use super::selector_fixes::ServiceCase;
use crate::kubernetes::ports::OpenPort;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ServicePort, TargetPort};
use crate::text::say;
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
        let contradicted = case.it.contradicted_ports(store);
        let doubtful = match contradicted.as_slice() {
            [] => case.it.service.ports.iter().collect(),
            _ => contradicted,
        };
        findings.extend(
            doubtful
                .into_iter()
                .filter_map(|port| undeclared(case, port)),
        );
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
    let declared = declared(case);
    let mut alike = declared.iter().copied();
    let alike = alike.find(|one| one.protocol == port.protocol && one.is_named(&port.name));
    let headline = match alike {
        Some(_) => say!(
            "service-port-mismatch.contradicted",
            "port {port} ({name}) leads to {target}, which no container of its {pods|pod|pods} declares; their port {name} is {meant}"
        ),
        None => say!(
            "service-port-mismatch.undeclared",
            "port {port} leads to {target}, which no container of its {pods|pod|pods} declares; they declare {declared}"
        ),
    };
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
        .fact(
            "declared",
            declared.iter().copied().map(written).collect::<Vec<_>>(),
        )
        .fact_if("name", alike.map(|_| port.name.as_str()))
        .fact_if(
            "meant",
            alike.map(|one| format!("{}/{}", one.number, one.protocol)),
        )
        .evidence(quoted(case))
        .hint()
        .why(why);
    let local = format!("{0}:{0}", port.number);
    let forward = case.kubectl(["port-forward", &case.object().argument(), &local]);
    let lead = alike.map(|one| other_number(case, port, one));
    Some(
        finding
            .fix([Fix::advice(see, Who::Owner)])
            .fix(lead)
            .inspect(forward),
    )
}
