//! `init-container-running`: an init container has been at work for long, and nothing behind it starts.
//!
//! Most wait for something else. Where the command says for what, and that is a Service, it is said how that stands.

use super::awaited_service::{State, Wanted, wanted};
use crate::messages::awaited::{self, Awaited, Variable};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::crash::log;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{ContainerView, Evidence, Kind, Role};
use crate::text::{Seconds, Sentence, say};
use crate::triage::{awaits, init_budget};

/// An init container has been at work for long, and nothing behind it starts.
pub static RULE: Rule = Rule {
    cause: "init-container-running",
    layer: Layer::Container,
    title: "an init container does not come to its end, and the containers behind it do not start",
    seen_as: &[
        "Pending",
        "PodInitializing",
        "ContainersNotInitialized",
        "ContainersNotReady",
        "ProgressDeadlineExceeded",
    ],
    explanation: include_str!("init_container_running.md"),
    reads: &[Kind::Service],
    refines: &[],
    root: Root::Facts(say!(
        "init-container-running.root",
        "init containers wait for Service {service} in namespace {serviceNamespace}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pod = case.pod();
    let is_past = |one: &ContainerView<'_>| one.role == Role::Main && one.running().is_some();
    if pod.containers().any(|one| is_past(&one)) {
        return Vec::new();
    }
    let mut init = pod.containers().filter(|one| one.role == Role::Init);
    let running = init.find(|one| one.running().is_some());
    let finding = running.and_then(|container| finding(case, &container));
    finding.into_iter().collect()
}

fn finding(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let started = container.running()?.started_at.as_ref().map(|time| time.0);
    let since = started.map(|started| case.seconds_since(started));
    let awaited = awaits(container);
    let never_ends = awaited == [Awaited::Forever];
    let is_late = since.is_some_and(|since| since > init_budget(case.pod(), container));
    if !is_late && !never_ends {
        return None;
    }
    let behind: Vec<String> = case
        .pod()
        .containers()
        .skip_while(|one| one.name() != container.name())
        .skip(1)
        .map(|one| one.name().to_owned())
        .collect();
    // of several the first that is not there is what it waits for, as far as one can see
    let mut all: Vec<Wanted<'_>> = awaited.iter().filter_map(|one| wanted(case, one)).collect();
    all.sort_by_key(|one| one.state.rank());
    let found = all.into_iter().next();
    let state = found.as_ref().map(|wanted| &wanted.state);
    let runs = || {
        let path = format!("{}.state.running.startedAt", container.path());
        case.field(
            path,
            started.map(|time| time.to_string()).unwrap_or_default(),
        )
    };
    let told = found.as_ref().map(|wanted| wanted.host.as_str());
    let command = written(case, container, told);
    let is_told = command.is_some();
    let proof = command.unwrap_or_else(runs);
    let finding = Finding::new(case.subject(), headline(state, never_ends), proof)
        .container(container.name())
        .fact_if("since", since.filter(|since| *since > 0).map(Seconds))
        .fact_if("waiting", (!behind.is_empty()).then_some(behind))
        .evidence(is_told.then(runs).filter(|_| started.is_some()))
        .certainty(certainty(state, never_ends))
        .why(say!(
            "init-container-running.why",
            "init containers run one after the other, each to its end[; {waiting} {waiting|starts|start} only then]"
        ))
        .inspect(log(case, container));
    Some(match found {
        Some(wanted) => wanted.told(case, finding),
        None => finding.fix([see(never_ends)]),
    })
}

/// A service that is not there is why. That something runs for long may be all there is to it.
fn certainty(state: Option<&State<'_>>, never_ends: bool) -> Certainty {
    match state {
        _ if never_ends => Certainty::Proven,
        Some(State::Absent { .. } | State::NoPods | State::NoneReady { .. }) => Certainty::Proven,
        Some(State::NoPort { .. } | State::Own) => Certainty::Proven,
        Some(State::Outside | State::Unread) => Certainty::Likely,
        Some(State::Ready { .. }) | None => Certainty::Possible,
    }
}

fn headline(state: Option<&State<'_>>, never_ends: bool) -> Sentence {
    match state {
        None if never_ends => say!(
            "init-container-running.never-ends",
            "init container {container} never ends: it is told to sleep"
        ),
        None => say!(
            "init-container-running.headline",
            "init container {container} has been at work for {since}"
        ),
        Some(State::Absent { .. }) => say!(
            "init-container-running.absent",
            "init container {container} waits for {address}: there is no Service {service} in namespace {serviceNamespace}"
        ),
        Some(State::NoPods) => say!(
            "init-container-running.no-pods",
            "init container {container} waits for {address}: Service {service} has no pods"
        ),
        Some(State::NoPort { .. }) => say!(
            "init-container-running.no-port",
            "init container {container} waits for {address}: Service {service} has no such port, only {ports}"
        ),
        Some(State::Own) => say!(
            "init-container-running.own",
            "init container {container} waits for {address}: these are the pods of its own workload, which start only after it"
        ),
        Some(State::NoneReady { .. }) => say!(
            "init-container-running.none-ready",
            "init container {container} waits for {address}: {pods|the only pod|none of the {pods} pods} of Service {service} is{pods| not|} ready"
        ),
        Some(State::Ready { .. }) => say!(
            "init-container-running.ready",
            "init container {container} waits for {address}[ for {since}], and Service {service} has {ready} ready {ready|pod|pods}"
        ),
        Some(State::Outside | State::Unread) => say!(
            "init-container-running.waits",
            "init container {container} has been waiting for {address}[ for {since}]"
        ),
    }
}

/// What there is to do where nothing tells what it waits for.
fn see(never_ends: bool) -> Fix {
    let change = if never_ends {
        say!(
            "init-container-running.let-it-end",
            "let the command end, or make the container a sidecar (restartPolicy Always) or one of spec.containers"
        )
    } else {
        say!(
            "init-container-running.see-log",
            "see in its log what it does, and whether that goes on"
        )
    };
    Fix::advice(change, Who::Owner)
}

/// The part of the command that names what it waits for, as it is written.
fn written(case: &Case<'_>, container: &ContainerView<'_>, host: Option<&str>) -> Option<Evidence> {
    let spec = container.spec?;
    let listed = case.pod().spec().init_containers.iter().flatten();
    let at = listed
        .clone()
        .position(|one| one.name == container.name())?;
    let lists = [("command", &spec.command), ("args", &spec.args)];
    let pieces = lists.into_iter().flat_map(|(field, words)| {
        let words = words.iter().flatten().enumerate();
        words.flat_map(move |(nth, word)| {
            let pieces = word.split([';', '\n']).map(str::trim);
            pieces.map(move |piece| (field, nth, piece))
        })
    });
    let ends = |piece: &str| awaited::read([piece], |_| Variable::Unknown) == [Awaited::Forever];
    let tells = |piece: &str| match host {
        Some(host) => piece.to_ascii_lowercase().contains(host),
        None => ends(piece),
    };
    let (field, nth, piece) = pieces.into_iter().find(|(_, _, piece)| tells(piece))?;
    let path = format!("spec.initContainers[{at}].{field}[{nth}]");
    Some(case.field(path, piece))
}
