//! `oom-killed`: the kernel kills a container's process because there is no memory left within its limit or on the node.

use super::memory_limit::{MemoryLimit, amounts};
use super::node_oom;
use super::start_failure::start_errors;
use crate::messages::start::{self, StartFailure};
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::shared::crash::{Crash, crashes};
use crate::rules::shared::template::role_word;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{ContainerView, Kind};
use crate::text::{Sentence, say};

/// The kernel kills a container's process because there is no memory left within its limit or on the node.
pub static RULE: Rule = Rule {
    cause: "oom-killed",
    layer: Layer::Container,
    title: "the container runs out of memory",
    seen_as: &[
        "OOMKilled",
        "CrashLoopBackOff",
        "Running",
        "ContainerCreating",
        "BackOff",
        "Error",
        "Failed",
        "OOMKilling",
        "SystemOOM",
    ],
    explanation: include_str!("oom_killed.md"),
    reads: &[Kind::Node],
    refines: &[
        "crash-app-error",
        "crash-exit-zero",
        "init-container-failing",
        "sandbox-error",
    ],
    root: Root::Subject,
    check: Check::Pod(check),
};

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
    let limit = MemoryLimit::of(case, container);
    let child = crash.end.exit_code != KILLED;
    let of_node = limit.as_ref();
    if let Some(finding) = of_node.and_then(|limit| node_oom::with_limit(case, crash, limit)) {
        return finding;
    }
    let certainty = match limit {
        Some(_) => Certainty::Proven,
        None => Certainty::Likely,
    };
    let finding = crash
        .finding(case, headline(limit.is_some(), child))
        .why(why(limit.is_some(), child))
        .certainty(certainty);
    let finding = amounts(container, limit.as_ref(), finding);
    match &limit {
        Some(limit) => finding
            .evidence([limit.evidence(case)])
            .fix([limit.raise(case, container)])
            .fix([Fix::advice(
                say!(
                    "oom-killed.use-less",
                    "let the program use less: fewer workers, smaller caches, a heap limit (-Xmx, --max-old-space-size) below the container's"
                ),
                Who::Owner,
            )]),
        None => finding
            .evidence(node_oom::event(case).map(|event| case.event(event)))
            .fix([node_oom::set_requests()]),
    }
}

fn headline(limited: bool, child: bool) -> Sentence {
    match (limited, child) {
        (true, false) => say!(
            "oom-killed.limit",
            "{role} {container} runs out of memory: it needs more than its limit of {limit}"
        ),
        (true, true) => say!(
            "oom-killed.child-limit",
            "a process of {role} {container} was killed for memory: the container needs more than its limit of {limit}"
        ),
        (false, false) => say!(
            "oom-killed.node",
            "{role} {container} was killed because its node ran out of memory: it has no limit of its own"
        ),
        (false, true) => say!(
            "oom-killed.child-node",
            "a process of {role} {container} was killed because the node ran out of memory: the container has no limit"
        ),
    }
}

fn why(limited: bool, child: bool) -> Sentence {
    match (limited, child) {
        (_, true) => say!(
            "oom-killed.why-child",
            "the main process lived on after its child was killed and ended with exit code {exitCode} by itself"
        ),
        (true, false) => say!(
            "oom-killed.why-limit",
            "the kernel kills a container that goes beyond its limit; what the node has free does not count"
        ),
        (false, false) => say!(
            "oom-killed.why-node",
            "without limits the kernel chooses by how far a container is above its request"
        ),
    }
}

/// The limit does not even let the runtime start a process.
fn too_small(case: &Case<'_>, container: &ContainerView<'_>, proof: Evidence) -> Finding {
    let limit = MemoryLimit::of(case, container);
    let headline = say!(
        "oom-killed.too-small",
        "the memory limit of {role} {container}[, {limit},] is too small to start any process"
    );
    let finding = Finding::new(case.subject(), headline, proof)
        .container(container.name())
        .fact("role", role_word(container.role))
        .inspect(NextCommand::default());
    let raise = limit.as_ref().map(|limit| limit.raise(case, container));
    amounts(container, limit.as_ref(), finding)
        .evidence(limit.map(|limit| limit.evidence(case)))
        .fix(raise)
}

/// Where the sandbox is killed for it, the event names no container: it is the one with the least.
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
        .filter_map(|container| Some((MemoryLimit::of(case, &container)?.amount()?, container)))
        .min_by_key(|(amount, _)| *amount)?;
    Some(too_small(case, &least.1, case.event(event)))
}
