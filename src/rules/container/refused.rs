//! The Service whose port refused a program, and how it stands.

use super::awaited_service::{State, Wanted, wanted};
use crate::kubernetes::shell;
use crate::messages::awaited::Awaited;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, Sentence, say};

/// The finding with what is known of who refused, and with what to do about it.
pub(super) fn told(
    case: &Case<'_>,
    finding: Finding,
    host: Option<&str>,
    port: Option<u16>,
) -> Finding {
    let Some(host) = host else { return finding };
    if host == "localhost" || host.starts_with("127.") || host == "::1" {
        return itself(case, finding, port);
    }
    let meant = by_address(case, host);
    let awaited = Awaited::Host {
        host: meant.unwrap_or_else(|| host.to_owned()),
        port,
    };
    match wanted(case, &awaited) {
        Some(wanted) => of_service(case, finding, &wanted, port),
        None => finding,
    }
}

/// The name of the Service that has this address, as far as they were read.
fn by_address(case: &Case<'_>, address: &str) -> Option<String> {
    let mut services = case.snapshot.services().seen();
    let found = services.find(|(_, service)| service.cluster_ip == address);
    let ((namespace, name), _) = found?;
    if namespace == case.namespace() {
        return Some(name.clone());
    }
    Some(format!("{name}.{namespace}.svc"))
}

/// Within the pod: another of its containers, which starts beside this one.
fn itself(case: &Case<'_>, finding: Finding, port: Option<u16>) -> Finding {
    let others = case.pod().containers().count() > 1;
    let change = if others {
        say!(
            "refused.start-first",
            "let what listens[ on {port}] start first, as an init container with restartPolicy Always and a startupProbe, or try again until it answers"
        )
    } else {
        say!(
            "refused.not-localhost",
            "name the Service in place of localhost, which is the pod itself: nothing in it listens[ on {port}]"
        )
    };
    finding
        .fact_if("port", port.map(|port| port.to_string()))
        .fix([Fix::advice(change, Who::Owner)])
}

fn of_service(
    case: &Case<'_>,
    finding: Finding,
    wanted: &Wanted<'_>,
    port: Option<u16>,
) -> Finding {
    let Some(service) = &wanted.service else {
        return finding;
    };
    let Some((found, change)) = sentences(&wanted.state) else {
        return finding;
    };
    let object = ObjectRef::new(Kind::Service, &service.namespace, &service.name);
    let diagnose = shell::cluster(["diagnose", &object.argument(), "-n", &service.namespace]);
    let finding = finding
        .fact("service", service.name.as_str())
        .fact("serviceNamespace", service.namespace.as_str())
        .fact_if("port", port.map(|port| port.to_string()));
    let finding = match &wanted.state {
        State::Absent { nearest, elsewhere } => finding
            .evidence([case.absence(object)])
            .fact_if("nearest", *nearest)
            .fact_if("elsewhere", *elsewhere),
        State::NoPort { ports } => finding
            .fact("ports", ports.clone())
            .evidence([case.field_of(object, "spec.ports[*].port", ports.join(", "))]),
        State::NoneReady { pods, owner } => finding
            .fact("pods", *pods)
            .fact("owner", owner.argument())
            .evidence(wanted.selector(case, &object))
            .inspect(diagnose),
        State::Ready { ready } => finding.fact("ready", *ready),
        _ => finding
            .evidence(wanted.selector(case, &object))
            .inspect(diagnose),
    };
    let found = Message::with(found, &[&finding.facts]);
    finding
        .fact("found", found)
        .fix([Fix::advice(change, Who::Owner)])
}

/// How it stands, and what to do about that.
fn sentences(state: &State<'_>) -> Option<(Sentence, Sentence)> {
    Some(match state {
        State::Absent { .. } => (
            say!(
                "refused.absent",
                "namespace {serviceNamespace} has no Service {service}[, but {nearest}][; namespace {elsewhere} has one]"
            ),
            say!(
                "refused.create-service",
                "create the Service {service}, or name the one that is meant"
            ),
        ),
        State::NoPods => (
            say!("refused.no-pods", "Service {service} selects no pod"),
            say!(
                "refused.make-pods",
                "create or scale up the workload behind Service {service}, or correct its selector"
            ),
        ),
        State::NoPort { .. } => (
            say!(
                "refused.no-port",
                "Service {service} has no port {port}, but {ports}"
            ),
            say!(
                "refused.use-its-port",
                "connect to a port that Service {service} has, or give it port {port}"
            ),
        ),
        State::NoneReady { .. } => (
            say!(
                "refused.none-ready",
                "{pods|the one pod|none of the {pods} pods} of Service {service} is {pods|not |}ready"
            ),
            say!(
                "refused.see-pods",
                "see first why {owner} is not ready; the container starts by itself then"
            ),
        ),
        State::Own => (
            say!(
                "refused.own",
                "Service {service} leads to this very workload"
            ),
            say!(
                "refused.not-itself",
                "do not let the program wait for its own Service, which has no ready pod before it"
            ),
        ),
        State::Ready { .. } => (
            say!(
                "refused.ready",
                "Service {service} has {ready} ready {ready|pod|pods} now"
            ),
            say!(
                "refused.see-port",
                "see whether what runs behind Service {service} listens on the port to which it leads, on all addresses"
            ),
        ),
        State::Outside | State::Unread => return None,
    })
}
