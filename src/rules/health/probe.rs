//! What a probe met, and the sentences and facts that tell of it.
//!
//! A probe's event is news of the moment in which it was written: whether it still holds is shown
//! by the container's own status and by the time of its start. Each failure has one sentence with
//! two beginnings: a probe fails, or a container is killed by its probe.

use crate::text::{Message, Sentence, say};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::text;
use crate::messages::probe::{self, ProbeFailure, ProbeKind, ProbeText};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::{Template, field_path, place, role_word};
use crate::snapshot::{ContainerView, Event};
use crate::triage;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Probe;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;

/// The most columns of a probe's output in a headline.
const OUTPUT: usize = 100;

/// What a probe met when it was last heard of.
pub(super) struct Met<'a> {
    /// The event that says so.
    pub(super) event: &'a Event,
    /// What it means.
    pub(super) text: ProbeText,
}

/// A container's probe of this kind.
pub(super) fn written<'a>(container: &ContainerView<'a>, kind: ProbeKind) -> Option<&'a Probe> {
    let spec = container.spec?;
    match kind {
        ProbeKind::Liveness => spec.liveness_probe.as_ref(),
        ProbeKind::Readiness => spec.readiness_probe.as_ref(),
        ProbeKind::Startup => spec.startup_probe.as_ref(),
    }
}

/// The word for a kind of probe.
fn word(kind: ProbeKind) -> Sentence {
    match kind {
        ProbeKind::Liveness => "liveness",
        ProbeKind::Readiness => "readiness",
        ProbeKind::Startup => "startup",
    }
}

/// The field that holds it.
fn field(kind: ProbeKind) -> Sentence {
    match kind {
        ProbeKind::Liveness => "livenessProbe",
        ProbeKind::Readiness => "readinessProbe",
        ProbeKind::Startup => "startupProbe",
    }
}

/// The newest event of these reasons about this probe of the container. An event that does not say
/// which probe counts where the container has only one.
pub(super) fn newest<'a>(
    case: &Case<'a>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
    reason: &str,
) -> Option<Met<'a>> {
    let only = [
        ProbeKind::Liveness,
        ProbeKind::Readiness,
        ProbeKind::Startup,
    ]
    .into_iter()
    .filter(|kind| written(container, *kind).is_some())
    .count()
        == 1;
    let mut events = case.events();
    events.reverse();
    events.into_iter().find_map(|event| {
        let about = event
            .container()
            .is_none_or(|name| name == container.name());
        if event.reason != reason || !about {
            return None;
        }
        let text = probe::read(&event.message);
        let same = text.kind == Some(kind)
            || (text.kind.is_none() && only && written(container, kind).is_some());
        let other = match &text.failure {
            ProbeFailure::Killing { container: killed } => is_another(case, container, killed),
            _ => false,
        };
        (same && !other && text.failure != ProbeFailure::Redirected).then_some(Met { event, text })
    })
}

/// Whether a name is that of another container of the pod.
fn is_another(case: &Case<'_>, container: &ContainerView<'_>, name: &str) -> bool {
    let mut others = case.pod().containers().map(|other| other.name());
    name != container.name() && others.any(|other| other == name)
}

/// Whether an event is of the time since the container started.
pub(super) fn since_start(container: &ContainerView<'_>, event: &Event) -> bool {
    started(container).is_some_and(|start| event.since(start))
}

/// When the container's present run began.
pub(super) fn started(container: &ContainerView<'_>) -> Option<Timestamp> {
    Some(container.running()?.started_at.as_ref()?.0)
}

/// The headline, for a failure that was heard of or not.
pub(super) fn headline(failure: Option<&ProbeFailure>, killed: bool) -> Sentence {
    let known = failure.and_then(met).is_some();
    match (killed, known) {
        (true, true) => say!("probe.killed-met", "{role} {container} is killed by its {probe} probe: {met}"),
        (false, true) => say!("probe.fails-met", "{probe} probe of {role} {container} fails: {met}"),
        (true, false) => say!("probe.killed", "{role} {container} is killed by its {probe} probe"),
        (false, false) => say!("probe.fails", "{probe} probe of {role} {container} fails, and no event says why"),
    }
}

/// What the probe met.
fn met(failure: &ProbeFailure) -> Option<Sentence> {
    use ProbeFailure as F;
    Some(match failure {
        F::Refused => say!("probe.met-refused", "nothing listens on {address}"),
        F::Timeout => say!("probe.met-timeout", "no answer within {timeoutSeconds} s"),
        F::Unreachable => say!("probe.met-unreachable", "no way from the node to {address}"),
        F::BadAnswer => say!("probe.met-bad-answer", "{address} ends the connection without an answer"),
        F::Status(_) => say!("probe.met-status", "{target} answers HTTP {status}"),
        F::Dns => say!("probe.met-dns", "the name of {address} does not resolve on the node"),
        F::HttpVsHttps => say!("probe.met-http-vs-https", "the probe and {address} differ in HTTP and HTTPS"),
        F::Tls => say!("probe.met-tls", "TLS with {address} fails"),
        F::UnknownPort(_) => say!("probe.met-unknown-port", "no port of the container is named {port}"),
        F::InvalidPort(_) => say!("probe.met-invalid-port", "{port} is no port number"),
        F::GrpcUnimplemented => say!("probe.met-grpc-unimplemented", "the server has no gRPC health service"),
        F::GrpcUnhealthy(_) => say!("probe.met-grpc-unhealthy", "the gRPC health service says {health}"),
        F::GrpcUnreachable => say!("probe.met-grpc-unreachable", "no gRPC connection to {address}"),
        F::CommandMissing(_) => say!("probe.met-command-missing", "its command {command} is not in the image"),
        F::Output(_) => say!("probe.met-output", "its command says {output}"),
        F::Errored(_) => say!("probe.met-errored", "it cannot be made: {output}"),
        _ => return None,
    })
}

/// How such a failure comes about.
pub(super) fn why(failure: &ProbeFailure) -> Sentence {
    use ProbeFailure as F;
    match failure {
        F::Refused => {
            say!("probe.why", "the program listens on another port, only on 127.0.0.1 (the kubelet asks the pod's address), or is not up yet")
        }
        F::Timeout => say!("probe.why-2", "the program is busy or waits for something itself, or the limit is short"),
        F::BadAnswer => say!("probe.why-3", "another protocol is spoken there than the probe speaks"),
        F::Status(301..=399) => say!("probe.why-4", "a redirect to another host does not count as an answer"),
        F::Status(401 | 403) => {
            say!("probe.why-5", "the path wants a login, which a probe gives only by its httpHeaders")
        }
        F::Status(404) => say!("probe.why-6", "the program listens, and does not know this path"),
        F::Status(500..) => say!("probe.why-7", "the program answers, and says itself that it is not well"),
        F::GrpcUnreachable => {
            say!("probe.why-8", "nothing listens there, or something that speaks no gRPC: the text is the same")
        }
        _ => "",
    }
}

/// What to change about it.
pub(super) fn advice(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
    failure: &ProbeFailure,
) -> Option<Fix> {
    use ProbeFailure as F;
    let change = match failure {
        F::Refused => {
            say!("probe.advice", "let the program listen on the port that the {probe} probe asks, on all addresses (0.0.0.0), or correct the probe's port")
        }
        F::Timeout => {
            say!("probe.advice-2", "raise timeoutSeconds of the {probe} probe, or let the path answer without long work")
        }
        F::Status(404) => say!("probe.advice-3", "correct the path of the {probe} probe"),
        F::Status(401 | 403) => say!("probe.advice-4", "let the {probe} probe ask a path without login"),
        F::Status(500..) => say!("probe.advice-5", "find in the log why {target} answers {status}"),
        F::HttpVsHttps => say!("probe.advice-6", "correct the scheme of the {probe} probe"),
        F::GrpcUnimplemented => say!("probe.advice-7", "serve grpc.health.v1.Health, or probe by tcpSocket"),
        F::CommandMissing(_) => say!("probe.advice-8", "use a command in the {probe} probe that the image holds"),
        F::UnknownPort(port) => return Some(name_port(case, container, kind, port)),
        _ => return None,
    };
    Some(Fix::advice(change, Who::Owner))
}

/// A probe by a port's name that no port has: the nearest name is exact where there is one.
fn name_port(case: &Case<'_>, container: &ContainerView<'_>, kind: ProbeKind, port: &str) -> Fix {
    let names: Vec<&str> = container
        .spec
        .iter()
        .flat_map(|spec| spec.ports.iter().flatten())
        .filter_map(|port| port.name.as_deref())
        .collect();
    let meant = nearest(port, names.iter().copied()).or(match names.as_slice() {
        [only] => Some(*only),
        _ => None,
    });
    let change = say!("probe.name-port", "let the {probe} probe ask port {meant}, the one that the container has");
    let pointer = written(container, kind).and_then(|probe| {
        let action = match (&probe.http_get, &probe.tcp_socket) {
            (Some(_), _) => "httpGet",
            (_, Some(_)) => "tcpSocket",
            _ => return None,
        };
        Some(format!(
            "{}/{}/{action}/port",
            place(case, container)?,
            field(kind)
        ))
    });
    match (meant, Template::of(case), pointer) {
        (Some(meant), Some(template), Some(pointer)) => template
            .replace(change, &pointer, &json!(port), &json!(meant))
            .fact("meant", meant),
        (Some(meant), ..) => Fix::advice(change, Who::Owner).fact("meant", meant),
        _ => Fix::advice(
            say!("probe.name-port-fix", "name a port of the container {port}, or let the {probe} probe ask a number"),
            Who::Owner,
        ),
    }
}

/// Adds what the probe is and what it met.
pub(super) fn facts(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
    met: Option<&Met<'_>>,
    finding: Finding,
) -> Finding {
    let probe = written(container, kind);
    let mut finding = finding
        .container(container.name())
        .fact("role", role_word(container.role))
        .fact("probe", word(kind))
        .fact("restarts", container.status.restart_count)
        .fact(
            "timeoutSeconds",
            probe.and_then(|p| p.timeout_seconds).unwrap_or(1),
        )
        .fact("target", probe.map(target).unwrap_or_default());
    if let Some(probe) = probe {
        let quote = serde_json::to_string(probe).unwrap_or_default();
        finding =
            finding
                .fact("budgetSeconds", triage::budget(probe))
                .evidence(place(case, container).map(|place| {
                    case.field(field_path(&format!("{place}/{}", field(kind))), quote)
                }));
    }
    match met {
        Some(met) => of_failure(&met.text, probe, finding),
        None => finding,
    }
}

fn of_failure(text: &ProbeText, probe: Option<&Probe>, finding: Finding) -> Finding {
    use ProbeFailure as F;
    let address = text
        .address
        .clone()
        .or_else(|| probe.map(target).filter(|target| !target.is_empty()))
        .unwrap_or_else(|| "the probe's port".to_owned());
    let finding = finding.fact("address", address);
    let finding = match &text.failure {
        F::Status(status) => finding.fact("status", i64::from(*status)),
        F::UnknownPort(port) | F::InvalidPort(port) => finding.fact("port", port.as_str()),
        F::GrpcUnhealthy(health) => finding.fact("health", health.as_str()),
        F::CommandMissing(command) => finding.fact("command", command.as_str()),
        F::Output(output) | F::Errored(output) => {
            let line = text::one_line(output);
            let shown = if line.is_empty() {
                "nothing".to_owned()
            } else {
                text::truncate_width(&line, OUTPUT).into_owned()
            };
            finding.fact("output", shown)
        }
        _ => finding,
    };
    match met(&text.failure) {
        Some(sentence) => {
            let met = Message::with(sentence, &[&finding.facts]);
            finding.fact("met", met)
        }
        None => finding,
    }
}

/// What the probe asks: `:8080/healthz`, `:5432`, or its command.
fn target(probe: &Probe) -> String {
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    if let Some(http) = &probe.http_get {
        let path = http.path.as_deref().unwrap_or("/");
        return format!(":{}{path}", port(&http.port));
    }
    if let Some(tcp) = &probe.tcp_socket {
        return format!(":{}", port(&tcp.port));
    }
    if let Some(grpc) = &probe.grpc {
        return format!(":{}", grpc.port);
    }
    let command = probe.exec.as_ref().and_then(|exec| exec.command.as_ref());
    command.map(|words| words.join(" ")).unwrap_or_default()
}
