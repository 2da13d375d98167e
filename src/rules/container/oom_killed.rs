//! `oom-killed`: the kernel kills a container's process because there is no memory left within its limit or on the node.

use super::start_failure::start_errors;
use crate::kubernetes::quantity::Quantity;
use crate::messages::start::{self, StartFailure};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::crash::{Crash, crashes};
use crate::rules::shared::template::{Template, field_path, place, role_word};
use crate::rules::{Case, Layer, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{ContainerView, Kind, ObjectRef, Role};
use k8s_openapi::api::core::v1::ResourceRequirements;

/// The kernel kills a container's process because there is no memory left within its limit or on the node.
pub static RULE: Rule = Rule {
    cause: "oom-killed",
    layer: Layer::Container,
    title: "the container runs out of memory",
    explanation: include_str!("oom_killed.md"),
    reads: &[Kind::Node],
    refines: &["crash-app-error", "crash-exit-zero"],
    check,
};

const MEMORY: &str = "memory";
/// With less the runtimes mostly fail to set a process up (they need some 6 to 10 MiB).
const STARTABLE: Quantity = Quantity::from_units(16 << 20);
/// SIGKILL of the main process; with any other code it was a child that was killed.
const KILLED: i32 = 137;

fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = crashes(case)
        .iter()
        .filter(|crash| crash.reason() == "OOMKilled")
        .map(|crash| killed(case, crash))
        .collect();
    found.extend(
        start_errors(case)
            .iter()
            .filter(|error| error.failure == StartFailure::OomAtInit)
            .map(|error| too_small(case, &error.container, error.proof.clone())),
    );
    if found.is_empty() {
        found.extend(sandbox(case));
    }
    found
}

fn killed(case: &Case<'_>, crash: &Crash<'_>) -> Finding {
    let container = &crash.container;
    let limit = limit(case, container);
    let child = crash.end.exit_code != KILLED;
    let (headline, why) = match (&limit, child) {
        (Some(_), false) => (
            "{role} {container} runs out of memory: it needs more than its limit of {limit}",
            "the kernel kills a container that goes beyond its limit; what the node has free does not count",
        ),
        (Some(_), true) => (
            "a process of {role} {container} was killed for memory: the container needs more than its limit of {limit}",
            "the main process lived on after its child was killed and ended with exit code {exitCode} by itself",
        ),
        (None, false) => (
            "{role} {container} was killed because its node ran out of memory: it has no limit of its own",
            "without limits the kernel chooses by how far a container is above its request",
        ),
        (None, true) => (
            "a process of {role} {container} was killed because the node ran out of memory: the container has no limit",
            "the main process lived on after its child was killed and ended with exit code {exitCode} by itself",
        ),
    };
    let finding = crash
        .finding(case, headline)
        .why(why)
        .certainty(match limit {
            Some(_) => Certainty::Proven,
            None => Certainty::Likely,
        });
    let finding = amounts(case, container, finding);
    match &limit {
        Some(limit) => finding.fix([raise(case, container, limit)]).fix([Fix::advice(
            "let the program use less: fewer workers, smaller caches, a heap limit (-Xmx, --max-old-space-size) below the container's",
            Who::Owner,
        )]),
        None => finding.evidence(node_oom(case)).fix([Fix::advice(
            "set memory requests that cover what the pods of the node use, so that the scheduler does not overfill it",
            Who::Owner,
        )]),
    }
}

/// The limit does not even let the runtime start a process.
fn too_small(case: &Case<'_>, container: &ContainerView<'_>, proof: Evidence) -> Finding {
    let limit = limit(case, container);
    let headline = match &limit {
        Some(_) => {
            "the memory limit of {role} {container}, {limit}, is too small to start any process"
        }
        None => "the memory limit of {role} {container} is too small to start any process",
    };
    let finding = Finding::new(case.subject(), headline, proof)
        .container(container.name())
        .fact("role", role_word(container.role))
        .look(case.describe_pod());
    let finding = amounts(case, container, finding);
    match &limit {
        Some(limit) => finding.fix([raise(case, container, limit)]),
        None => finding,
    }
}

/// Where the sandbox falls victim to it, the event names no container: it is the one with the least.
fn sandbox(case: &Case<'_>) -> Option<Finding> {
    let event = case.newest_event(&["FailedCreatePodSandBox", "Started", "Created"])?;
    if event.reason != "FailedCreatePodSandBox" {
        return None;
    }
    let (_, failure) = event.message.split_once(':')?;
    if start::read(failure) != Some(StartFailure::OomAtInit) {
        return None;
    }
    let least = case
        .pod()
        .containers()
        .filter_map(|container| Some((limit(case, &container)?.amount()?, container)))
        .min_by_key(|(amount, _)| *amount)?;
    Some(too_small(case, &least.1, case.event(event)))
}

/// A limit of memory, and where it stands.
struct Limit {
    text: String,
    path: String,
    own: bool,
}

impl Limit {
    fn amount(&self) -> Option<Quantity> {
        self.text.parse().ok()
    }
}

/// The container's limit, or the whole pod's.
fn limit(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Limit> {
    let of = |resources: Option<&ResourceRequirements>| {
        let limits = resources?.limits.as_ref()?;
        limits.get(MEMORY).map(|limit| limit.0.clone())
    };
    if let Some(text) = of(container.spec.and_then(|spec| spec.resources.as_ref())) {
        let place = place(case, container)?;
        return Some(Limit {
            text,
            path: field_path(&format!("{place}/resources/limits/memory")),
            own: true,
        });
    }
    let text = of(case.pod().spec().resources.as_ref())?;
    Some(Limit {
        text,
        path: "spec.resources.limits.memory".to_owned(),
        own: false,
    })
}

/// Limit and request as facts, the limit also as evidence.
fn amounts(case: &Case<'_>, container: &ContainerView<'_>, finding: Finding) -> Finding {
    let request = container
        .spec
        .and_then(|spec| spec.resources.as_ref()?.requests.as_ref()?.get(MEMORY))
        .map(|request| request.0.clone());
    let mut finding = finding;
    if let Some(limit) = limit(case, container) {
        finding = finding
            .fact("limit", limit.text.as_str())
            .evidence([case.field(limit.path, limit.text)]);
    }
    match request {
        Some(request) => finding.fact("request", request),
        None => finding,
    }
}

/// Twice the limit, as a first try, but enough to start: how much the program needs is not known.
fn raise(case: &Case<'_>, container: &ContainerView<'_>, limit: &Limit) -> Fix {
    let doubled = limit
        .amount()
        .map(|amount| amount.saturating_add(amount).max(STARTABLE).exact(MEMORY));
    let (Some(template), Some(doubled)) = (Template::of(case), doubled) else {
        return Fix::advice(
            "raise the memory limit of {role} {container} above {limit}",
            Who::Owner,
        );
    };
    let change = "raise the memory limit of {role} {container}, for a first try from {limit} to {doubled}; what it needs is to be measured";
    // kubectl set resources knows the main containers only
    if container.role != Role::Main || !limit.own {
        return Fix::advice(change, Who::Owner).fact("doubled", doubled);
    }
    let command = case.kubectl([
        "set",
        "resources",
        &template.owner().argument(),
        "-c",
        container.name(),
        &format!("--limits=memory={doubled}"),
    ]);
    Fix::command(change, Who::Owner, template.owner().clone(), command).fact("doubled", doubled)
}

/// The node's own word that it ran out of memory.
fn node_oom(case: &Case<'_>) -> Option<Evidence> {
    let node = ObjectRef::new(Kind::Node, "", case.pod().node()?);
    let events = case.snapshot.events_of(&node, None).yes()?;
    let event = events
        .iter()
        .rev()
        .find(|event| event.reason == "SystemOOM")?;
    Some(case.event(event))
}
