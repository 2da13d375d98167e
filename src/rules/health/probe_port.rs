//! Where a probe should ask: it asks a port that the container does not declare, and another answers, or it asks another host.

use super::probe::{field, word, written};
use crate::messages::probe::ProbeKind;
use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::rules::shared::template::{Template, place};
use crate::snapshot::ContainerView;
use crate::text::say;
use k8s_openapi::api::core::v1::Probe;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;

/// The change of a probe that nobody answers where it asks, to the port that is meant. None where the container declares the
/// port that is asked, or nothing tells another.
pub(super) fn correct(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
) -> Option<Fix> {
    let asked = number(written(container, kind)?)?;
    let declared = declared(container);
    if declared.contains(&asked) {
        return None;
    }
    let passing = passing(container, kind).filter(|(_, port)| *port != asked);
    let only = match declared.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let meant = match (&passing, only) {
        (Some((_, port)), _) => *port,
        (None, only) => only?,
    };
    let is_declared = declared.contains(&meant);
    let change = match (&passing, is_declared) {
        (Some(_), true) => say!(
            "probe-port.declared-and-passing",
            "correct the {probe} probe's port from {asked} to {meant}: the container declares {meant}, and its {passing} probe on {meant} passes"
        ),
        (Some(_), false) => say!(
            "probe-port.passing",
            "correct the {probe} probe's port from {asked} to {meant}: the container's {passing} probe on {meant} passes"
        ),
        (None, _) => say!(
            "probe-port.declared",
            "correct the {probe} probe's port from {asked} to {meant}, the only one that the container declares"
        ),
    };
    let pointer = pointer(case, container, kind);
    let fix = match (Template::of(case), pointer) {
        (Some(template), Some(pointer)) => {
            template.replace(change, &pointer, &json!(asked), &json!(meant))
        }
        _ => Fix::advice(change, Who::Owner).of_template(),
    };
    let fix = fix.fact("asked", asked.to_string());
    let fix = fix.fact("meant", meant.to_string());
    Some(match passing {
        Some((kind, _)) => fix.fact("passing", word(kind)),
        None => fix,
    })
}

/// The change of a probe that names a host: the kubelet then asks that one and not the pod.
pub(super) fn without_host(container: &ContainerView<'_>, kind: ProbeKind) -> Option<Fix> {
    let probe = written(container, kind)?;
    let http = probe.http_get.as_ref().and_then(|it| it.host.as_deref());
    let tcp = probe.tcp_socket.as_ref().and_then(|it| it.host.as_deref());
    let host = http.or(tcp).filter(|host| !host.is_empty())?;
    let change = say!(
        "probe-port.without-host",
        "take host {host} out of the {probe} probe: the kubelet asks it from the node, and without it the pod itself"
    );
    Some(
        Fix::advice(change, Who::Owner)
            .of_template()
            .fact("host", host),
    )
}

/// Where the port of a probe stands in the pod's spec.
pub(super) fn pointer(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
) -> Option<String> {
    let probe = written(container, kind)?;
    let action = match (&probe.http_get, &probe.tcp_socket, &probe.grpc) {
        (Some(_), ..) => "httpGet",
        (_, Some(_), _) => "tcpSocket",
        (.., Some(_)) => "grpc",
        _ => return None,
    };
    let place = place(case, container)?;
    Some(format!("{place}/{}/{action}/port", field(kind)))
}

/// The port that a probe asks, where it is written as a number.
fn number(probe: &Probe) -> Option<i32> {
    let http = probe.http_get.as_ref().map(|it| &it.port);
    let tcp = probe.tcp_socket.as_ref().map(|it| &it.port);
    match http.or(tcp) {
        Some(IntOrString::Int(port)) => Some(*port),
        Some(IntOrString::String(_)) => None,
        None => probe.grpc.as_ref().map(|grpc| grpc.port),
    }
}

/// The ports over TCP that the container declares.
fn declared(container: &ContainerView<'_>) -> Vec<i32> {
    let ports = container
        .spec
        .into_iter()
        .flat_map(|spec| spec.ports.iter().flatten());
    let over_tcp = ports.filter(|port| port.protocol.as_deref().unwrap_or("TCP") == "TCP");
    over_tcp.map(|port| port.container_port).collect()
}

/// Another probe of the container that passes now, and its port.
fn passing(container: &ContainerView<'_>, kind: ProbeKind) -> Option<(ProbeKind, i32)> {
    let mut others = passing_probes(container, kind);
    others.find_map(|(other, probe)| Some((other, number(probe)?)))
}

/// The other probes of the container that pass now.
pub(super) fn passing_probes<'a>(
    container: &ContainerView<'a>,
    kind: ProbeKind,
) -> impl Iterator<Item = (ProbeKind, &'a Probe)> {
    let has_started = container.status.started == Some(true);
    let passes = [
        (ProbeKind::Readiness, container.status.ready),
        (ProbeKind::Startup, has_started),
    ];
    let passes = passes.into_iter();
    let passes = passes.filter(move |(other, passes)| *passes && *other != kind);
    passes.filter_map(|(other, _)| Some((other, written(container, other)?)))
}
