//! How a probe failed, and the sentences and facts for it.
//!
//! A probe's event is true of the moment in which it was written: whether it still holds is shown
//! by the container's own status and by the time of its start. What a failure is has one sentence of
//! its own, which stands in two headlines: a probe fails, or a container is killed by its probe.

use super::{probe_port, probe_request};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::text;
use crate::messages::probe::{self, ProbeFailure, ProbeKind, ProbeText};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::crash::log;
use crate::rules::shared::template::{Template, field_path, place, role_word};
use crate::snapshot::{ContainerView, Event, Evidence};
use crate::text::{Fact, Message, Seconds, Sentence, say};
use crate::triage;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Probe;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;

/// The most columns of a probe's output in a headline.
const OUTPUT: usize = 100;
/// Seconds in which a failing probe has an event again: behind a burst the kubelet lets one event in
/// five minutes through (client-go tools/record/events_cache.go).
pub(super) const EVENT_AGAIN: i64 = 600;

/// An event about a probe, read.
pub(super) struct ProbeEvent<'a> {
    /// The event.
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
pub(super) fn word(kind: ProbeKind) -> Sentence {
    match kind {
        ProbeKind::Liveness => say!("probe.liveness", "liveness"),
        ProbeKind::Readiness => say!("probe.readiness", "readiness"),
        ProbeKind::Startup => say!("probe.startup", "startup"),
    }
}

/// The field that holds it.
pub(super) fn field(kind: ProbeKind) -> &'static str {
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
) -> Option<ProbeEvent<'a>> {
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
        (same && !other && text.failure != ProbeFailure::Redirected)
            .then_some(ProbeEvent { event, text })
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

/// The finding about a container whose probe fails, with what the event Unhealthy tells of it.
pub(super) fn finding(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
    proof: Evidence,
    unhealthy: Option<&ProbeEvent<'_>>,
    killed: bool,
) -> Finding {
    let failure = unhealthy.map(|event| &event.text.failure);
    let mut finding = Finding::new(case.subject(), headline(failure, killed), proof);
    finding.why = match failure {
        Some(ProbeFailure::Timeout) if cpu_limit(container, kind).is_some() => Some(say!(
            "probe.why-throttled",
            "the command of an exec probe is a process of its own that shares the container's CPU limit of {cpuLimit}: starting it may take longer than {timeoutSeconds}"
        )),
        // that fix says how it comes about
        Some(_) if probe_port::without_host(container, kind).is_some() => None,
        failure => failure.and_then(why),
    };
    let finding = finding.fact_if("cpuLimit", cpu_limit(container, kind));
    facts(case, container, kind, unhealthy, finding)
        .fix(failure.and_then(|failure| advice(case, container, kind, failure)))
        .inspect(log(case, container))
}

/// What the readiness probe of a container meets that another probe kills, where that is a second fault.
pub(super) fn met_by_readiness(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    killing: Option<&ProbeEvent<'_>>,
) -> Option<(Fact, Evidence, Option<Fix>)> {
    let kind = ProbeKind::Readiness;
    let probe = written(container, kind)?;
    let event = newest(case, container, kind, "Unhealthy")?;
    let is_current = |last| case.seconds_since(last) <= EVENT_AGAIN;
    // what refuses one probe on a port refuses all of them
    let is_same = killing.is_none_or(|killing| {
        killing.text.failure == event.text.failure
            && (killing.text.address == event.text.address
                && !matches!(event.text.failure, ProbeFailure::Status(_)))
    });
    if container.status.ready || is_same || !event.event.last.is_some_and(is_current) {
        return None;
    }
    let proof = case.event(event.event);
    let scratch = Finding::new(case.subject(), headline(None, false), proof.clone())
        .fact_if("target", target(probe));
    let mut scratch = of_failure(&event.text, Some(probe), scratch);
    let met = scratch.facts.0.remove("met")?;
    let fix = advice(case, container, kind, &event.text.failure);
    Some((
        met,
        proof,
        fix.map(|fix| fix.fact("probe", word(kind)).follows()),
    ))
}

/// The CPU limit that a probe's command shares with the program.
fn cpu_limit(container: &ContainerView<'_>, kind: ProbeKind) -> Option<Fact> {
    written(container, kind)?.exec.as_ref()?;
    let limits = container.spec?.resources.as_ref()?.limits.as_ref()?;
    Some(Fact::from(limits.get("cpu")?.0.as_str()))
}

/// The headline, for a failure that an event tells of or not.
fn headline(failure: Option<&ProbeFailure>, killed: bool) -> Sentence {
    if killed {
        return say!(
            "probe.kills",
            "{role} {container} is killed by its {probe} probe[: {met}][; its readiness probe fails too: {readinessMet}]"
        );
    }
    match failure.and_then(met) {
        Some(_) => say!(
            "probe.fails",
            "{probe} probe of {role} {container} fails: {met}"
        ),
        None => say!(
            "probe.fails-without-event",
            "{probe} probe of {role} {container} fails, and no event says why"
        ),
    }
}

/// What the probe met.
fn met(failure: &ProbeFailure) -> Option<Sentence> {
    use ProbeFailure as F;
    Some(match failure {
        F::Refused => say!("probe.met-refused", "nothing listens[ on {address}]"),
        F::Timeout => say!(
            "probe.met-timeout",
            "[{target} gives ]no answer within {timeoutSeconds}"
        ),
        F::Unreachable => say!(
            "probe.met-unreachable",
            "no way from the node[ to {address}]"
        ),
        F::BadAnswer => say!(
            "probe.met-bad-answer",
            "the connection[ to {address}] ends without an answer"
        ),
        F::Status(_) => say!("probe.met-status", "[{target} answers ]HTTP {status}"),
        F::Dns => say!(
            "probe.met-dns",
            "the name[ of {address}] does not resolve on the node"
        ),
        F::HttpVsHttps => say!(
            "probe.met-http-vs-https",
            "[on {address} ]one side speaks HTTP, the other HTTPS"
        ),
        F::Tls => say!("probe.met-tls", "TLS[ with {address}] fails"),
        F::UnknownPort(_) => say!(
            "probe.met-unknown-port",
            "no port of the container is named {port}"
        ),
        F::InvalidPort(_) => say!("probe.met-invalid-port", "{port} is no port number"),
        F::GrpcUnimplemented => say!(
            "probe.met-grpc-unimplemented",
            "the server has no gRPC health service"
        ),
        F::GrpcUnhealthy(_) => say!(
            "probe.met-grpc-unhealthy",
            "the gRPC health service says {health}"
        ),
        F::GrpcUnreachable => say!(
            "probe.met-grpc-unreachable",
            "no gRPC connection[ to {address}]"
        ),
        F::CommandMissing(_) => say!(
            "probe.met-command-missing",
            "its command {command} is not in the image"
        ),
        F::Output(output) if output.trim().is_empty() => {
            say!("probe.met-no-output", "its command says nothing")
        }
        F::Output(_) => say!("probe.met-output", "its command says {output}"),
        F::Errored(_) => say!("probe.met-errored", "it cannot be made[: {output}]"),
        F::Redirected | F::Killing { .. } => return None,
    })
}

/// How such a failure comes about.
fn why(failure: &ProbeFailure) -> Option<Sentence> {
    use ProbeFailure as F;
    Some(match failure {
        F::Refused => say!(
            "probe.why-refused",
            "the program listens on another port, only on 127.0.0.1 (the kubelet asks the pod's address), or is not up yet"
        ),
        F::Timeout => say!(
            "probe.why-timeout",
            "the program is busy or waits for something itself, or the limit is short"
        ),
        F::BadAnswer => say!(
            "probe.why-bad-answer",
            "another protocol is spoken there than the probe speaks"
        ),
        F::Status(301..=399) => say!(
            "probe.why-redirect",
            "a redirect to another host does not count as an answer"
        ),
        F::Status(401 | 403) => say!(
            "probe.why-login",
            "the path wants a login, which a probe gives only by its httpHeaders"
        ),
        F::Status(404) => say!(
            "probe.why-no-path",
            "the program listens, and does not know this path"
        ),
        F::Status(500..) => say!(
            "probe.why-unhealthy",
            "the program answers, and says itself that it is not healthy"
        ),
        F::GrpcUnreachable => say!(
            "probe.why-grpc-unreachable",
            "nothing listens there, or something that speaks no gRPC: the text is the same"
        ),
        _ => return None,
    })
}

/// What to change about it.
fn advice(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
    failure: &ProbeFailure,
) -> Option<Fix> {
    use ProbeFailure as F;
    if matches!(failure, F::Refused | F::GrpcUnreachable)
        && let Some(fix) = probe_port::correct(case, container, kind)
    {
        return Some(fix);
    }
    let request = match failure {
        F::HttpVsHttps => probe_request::correct_scheme(case, container, kind),
        F::Status(404) => probe_request::correct_path(case, container, kind),
        _ => None,
    };
    if request.is_some() {
        return request;
    }
    let asks_elsewhere = matches!(failure, F::Refused | F::Timeout | F::Unreachable | F::Dns);
    if asks_elsewhere && let Some(fix) = probe_port::without_host(container, kind) {
        return Some(fix);
    }
    let change = match failure {
        F::Refused => say!(
            "probe.listen-on-the-port",
            "let the program listen on the port that the {probe} probe asks, on all addresses (0.0.0.0), or correct the probe's port"
        ),
        F::Timeout => say!(
            "probe.raise-timeout",
            "raise timeoutSeconds of the {probe} probe, or let the path answer without long work"
        ),
        F::Status(404) => say!(
            "probe.correct-path",
            "correct the path of the {probe} probe"
        ),
        F::Status(401 | 403) => say!(
            "probe.path-without-login",
            "let the {probe} probe ask a path without login"
        ),
        F::Status(500..) => say!(
            "probe.find-in-log",
            "find in the log why the program answers {status}[ at {target}]"
        ),
        F::HttpVsHttps => say!(
            "probe.correct-scheme",
            "correct the scheme of the {probe} probe"
        ),
        F::GrpcUnimplemented => say!(
            "probe.serve-grpc-health",
            "serve grpc.health.v1.Health, or probe by tcpSocket"
        ),
        F::CommandMissing(_) => say!(
            "probe.use-command-of-image",
            "use a command in the {probe} probe that the image holds"
        ),
        F::UnknownPort(port) => return Some(name_port(case, container, kind, port)),
        _ => return None,
    };
    let of_probe = !matches!(
        failure,
        F::Refused | F::Status(500..) | F::GrpcUnimplemented
    );
    Some(Fix::advice(change, Who::Owner).when(of_probe, Fix::of_template))
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
    let change = say!(
        "probe.ask-port",
        "let the {probe} probe ask port {meant}, the one that the container has"
    );
    let pointer = probe_port::pointer(case, container, kind);
    match (meant, Template::of(case), pointer) {
        (Some(meant), Some(template), Some(pointer)) => template
            .replace(change, &pointer, &json!(port), &json!(meant))
            .fact("meant", meant),
        (Some(meant), ..) => Fix::advice(change, Who::Owner)
            .fact("meant", meant)
            .of_template(),
        _ => Fix::advice(
            say!(
                "probe.name-port",
                "name a port of the container {port}, or let the {probe} probe ask a number"
            ),
            Who::Owner,
        ),
    }
}

/// Adds what the probe is and how it failed.
fn facts(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
    unhealthy: Option<&ProbeEvent<'_>>,
    finding: Finding,
) -> Finding {
    let probe = written(container, kind);
    let timeout = probe.and_then(|probe| probe.timeout_seconds).unwrap_or(1);
    let mut finding = finding
        .container(container.name())
        .fact("role", role_word(container.role))
        .fact("probe", word(kind))
        .fact("restarts", container.status.restart_count)
        .fact("timeoutSeconds", Seconds(timeout.into()))
        .fact_if("target", probe.and_then(target));
    if let Some(probe) = probe {
        let quote = serde_json::to_string(probe).unwrap_or_default();
        let spec = place(case, container)
            .map(|place| case.field(field_path(&format!("{place}/{}", field(kind))), quote));
        finding = finding
            .fact("budgetSeconds", Seconds(triage::budget(probe)))
            .evidence(spec);
    }
    match unhealthy {
        Some(event) => of_failure(&event.text, probe, finding),
        None => finding,
    }
}

fn of_failure(text: &ProbeText, probe: Option<&Probe>, finding: Finding) -> Finding {
    use ProbeFailure as F;
    let address = text.address.clone().or_else(|| probe.and_then(target));
    let finding = finding.fact_if("address", address);
    let finding = match &text.failure {
        F::Status(status) => finding.fact("status", i32::from(*status)),
        F::UnknownPort(port) | F::InvalidPort(port) => finding.fact("port", port.as_str()),
        F::GrpcUnhealthy(health) => finding.fact("health", health.as_str()),
        F::CommandMissing(command) => finding.fact("command", command.as_str()),
        F::Output(output) | F::Errored(output) => {
            let line = text::one_line(output);
            let shown = text::truncate_width(&line, OUTPUT);
            finding.fact_if("output", (!line.is_empty()).then(|| shown.into_owned()))
        }
        _ => finding,
    };
    let met = met(&text.failure).map(|met| Message::with(met, &[&finding.facts]));
    finding.fact_if("met", met)
}

/// What the probe asks: `:8080/healthz`, `:5432`, or its command.
fn target(probe: &Probe) -> Option<String> {
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    if let Some(http) = &probe.http_get {
        let path = http.path.as_deref().unwrap_or("/");
        return Some(format!(":{}{path}", port(&http.port)));
    }
    if let Some(tcp) = &probe.tcp_socket {
        return Some(format!(":{}", port(&tcp.port)));
    }
    if let Some(grpc) = &probe.grpc {
        return Some(format!(":{}", grpc.port));
    }
    Some(probe.exec.as_ref()?.command.as_ref()?.join(" "))
}
