//! The Service for which an init container waits, and how it stands.

use crate::kubernetes::nearest::nearest;
use crate::kubernetes::service_host::{ServiceHost, services};
use crate::kubernetes::shell;
use crate::messages::awaited::Awaited;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::{Evidence, Kind, ObjectRef, PodRecord, Seen, Service};
use crate::text::say;
use std::sync::Arc;

/// What is waited for.
pub(super) struct Wanted<'a> {
    /// The host, as it is written.
    pub(super) host: String,
    port: Option<u16>,
    /// The Service that is meant.
    pub(super) service: Option<ServiceHost>,
    /// How it stands.
    pub(super) state: State<'a>,
}

/// How a Service stands that is waited for.
pub(super) enum State<'a> {
    /// It does not exist; the nearest name in its namespace, or the namespace that has one of that name.
    Absent {
        nearest: Option<&'a str>,
        elsewhere: Option<&'a str>,
    },
    /// It selects no pod.
    NoPods,
    /// It has other ports.
    NoPort { ports: Vec<String> },
    /// It leads to the pods of the very workload that waits.
    Own,
    /// None of its pods is ready.
    NoneReady { pods: usize, owner: ObjectRef },
    /// Some are.
    Ready { ready: usize },
    /// It is nothing of this cluster.
    Outside,
    /// It was not read, or says nothing of its pods.
    Unread,
}

impl State<'_> {
    /// What keeps somebody waiting comes first.
    pub(super) fn rank(&self) -> u8 {
        match self {
            State::Absent { .. } => 0,
            State::NoPods => 1,
            State::Own => 2,
            State::NoPort { .. } => 3,
            State::NoneReady { .. } => 4,
            State::Unread => 5,
            State::Outside => 6,
            State::Ready { .. } => 7,
        }
    }
}

/// What of the cluster is meant, and how that stands.
pub(super) fn wanted<'a>(case: &Case<'a>, awaited: &Awaited) -> Option<Wanted<'a>> {
    let Awaited::Host { host, port } = awaited else {
        return None;
    };
    let services = services(host, case.namespace());
    let there = services.iter().find_map(|one| {
        let seen = case.snapshot.services().get(&one.namespace, &one.name);
        Some((one.clone(), seen.yes()?))
    });
    let is_meant = |one: &&ServiceHost| one.certain || is_namespace(case, &one.namespace);
    let (service, state) = match there {
        Some((one, service)) => {
            let state = match of_pods(case, &one, service) {
                ready @ State::Ready { .. } => without_port(service, *port).unwrap_or(ready),
                state => state,
            };
            (Some(one), state)
        }
        None => match services.iter().find(is_meant) {
            Some(one) => (Some(one.clone()), absent(case, one)),
            None => (None, State::Outside),
        },
    };
    Some(Wanted {
        host: host.clone(),
        port: *port,
        service,
        state,
    })
}

fn is_namespace(case: &Case<'_>, name: &str) -> bool {
    let question = format!("is {name} a namespace");
    let store = case.snapshot.store();
    let known: Arc<bool> = case
        .engine
        .shared(&question, || store.known_namespaces().contains(name));
    *known
}

fn absent<'a>(case: &Case<'a>, one: &ServiceHost) -> State<'a> {
    let all = case.snapshot.store().services();
    if let Seen::Unknown(_) | Seen::Yes(_) = all.get(&one.namespace, &one.name) {
        return State::Unread;
    }
    let names = all.seen_in(&one.namespace).map(|(name, _)| name);
    let elsewhere = all.seen().find(|((_, name), _)| *name == one.name);
    State::Absent {
        nearest: nearest(&one.name, names),
        elsewhere: elsewhere.map(|((namespace, _), _)| namespace.as_str()),
    }
}

/// What ports it has where the one that is asked for is none of them. A headless Service leads to whatever port of its pods.
fn without_port<'a>(service: &Service, port: Option<u16>) -> Option<State<'a>> {
    let wanted = port?;
    let ports = &service.ports;
    let has = ports.iter().any(|port| port.number == wanted);
    if has || ports.is_empty() || service.is_headless {
        return None;
    }
    let ports = ports.iter().map(|port| port.number.to_string()).collect();
    Some(State::NoPort { ports })
}

fn of_pods<'a>(case: &Case<'a>, one: &ServiceHost, service: &Service) -> State<'a> {
    if service.selector.is_empty() {
        return State::Unread;
    }
    let store = case.snapshot.store();
    let records = store.pod_records();
    let selected = records.selected(&one.namespace, &service.selector);
    let mut pods: Vec<&PodRecord> = selected.flat_map(|(_, pods)| pods.iter()).collect();
    pods.sort_by(|one, other| one.name.cmp(&other.name));
    let ready = pods.iter().filter(|pod| pod.ready).count();
    if ready > 0 {
        return State::Ready { ready };
    }
    if store.pods().whole(&one.namespace).is_err() {
        return State::Unread;
    }
    let owner = |pod: &&PodRecord| {
        let identity = records.identity(pod);
        let object = ObjectRef::new(Kind::Pod, &pod.namespace, &pod.name);
        store.owners(&identity).pop().unwrap_or(object)
    };
    let is_own = |pod: &&PodRecord| owner(pod) == case.subject();
    match pods.first() {
        None => State::NoPods,
        Some(_) if pods.iter().all(is_own) => State::Own,
        Some(first) => State::NoneReady {
            pods: pods.len(),
            owner: owner(first),
        },
    }
}

impl Wanted<'_> {
    /// The finding with what is known of the Service, and with what to do about it.
    pub(super) fn told(&self, case: &Case<'_>, finding: Finding) -> Finding {
        let address = match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        };
        let finding = finding.fact("address", address);
        let Some(service) = &self.service else {
            return finding.fix([say_outside()]);
        };
        let object = ObjectRef::new(Kind::Service, &service.namespace, &service.name);
        let finding = match self.state {
            // what nobody knows to be in the way is nothing to put right together
            State::Outside | State::Unread | State::Ready { .. } => finding,
            _ => finding.fact("serviceNamespace", service.namespace.as_str()),
        };
        let finding = finding.fact("service", service.name.as_str());
        let pods = || shell::kubectl(&service.namespace, ["get", "pods", "--show-labels"]);
        match &self.state {
            State::Absent { nearest, elsewhere } => {
                let names = shell::kubectl(&service.namespace, ["get", "svc"]);
                finding
                    .evidence([case.absence(object)])
                    .fact_if("nearest", *nearest)
                    .fact_if("elsewhere", *elsewhere)
                    .fix(nearest.map(|_| advice_nearest()))
                    .fix(elsewhere.map(|_| advice_elsewhere()))
                    .fix([Fix::advice(
                        say!(
                            "init-container-running.create-service",
                            "create the Service {service}, or take the wait for it out"
                        ),
                        Who::Owner,
                    )])
                    .inspect(names)
            }
            State::NoPods => finding
                .evidence(self.selector(case, &object))
                .fix([Fix::advice(
                    say!(
                        "init-container-running.make-pods",
                        "create or scale up the workload behind Service {service}, or correct its selector"
                    ),
                    Who::Owner,
                )])
                .inspect(pods()),
            State::NoPort { ports } => finding
                .fact("ports", ports.clone())
                .evidence([case.field_of(object, "spec.ports[*].port", ports.join(", "))])
                .fix([Fix::advice(
                    say!(
                        "init-container-running.wait-at-its-port",
                        "wait at a port that Service {service} has, or give it the one that is meant"
                    ),
                    Who::Owner,
                )]),
            State::Own => finding
                .evidence(self.selector(case, &object))
                .fix([Fix::advice(
                    say!(
                        "init-container-running.not-itself",
                        "do not wait for the workload's own Service: its pods are ready only after their init containers"
                    ),
                    Who::Owner,
                )]),
            State::NoneReady { pods, owner } => {
                let diagnose = owner.argument();
                let words = ["diagnose", &diagnose, "-n", &service.namespace];
                finding
                    .fact("pods", *pods)
                    .evidence(self.selector(case, &object))
                    .fix([Fix::advice(
                        say!(
                            "init-container-running.see-pods",
                            "see first why {owner} is not ready; this container ends by itself then"
                        ),
                        Who::Owner,
                    )
                    .fact("owner", diagnose.as_str())])
                    .because_of(vec![owner.clone()])
                    .inspect(shell::cluster(words))
            }
            State::Ready { ready } => finding.fact("ready", *ready).fix([Fix::advice(
                say!(
                    "init-container-running.see-port",
                    "see whether the Service has that port, whether its name resolves, and whether a NetworkPolicy keeps this pod out"
                ),
                Who::Owner,
            )]),
            State::Outside | State::Unread => finding.fix([say_outside()]),
        }
    }

    /// Which pods it selects, as evidence.
    pub(super) fn selector(&self, case: &Case<'_>, object: &ObjectRef) -> Option<Evidence> {
        let namespace = object.namespace.as_deref()?;
        let service = case
            .snapshot
            .services()
            .get(namespace, &object.name)
            .yes()?;
        let pairs = service
            .selector
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        let selector: Vec<String> = pairs.collect();
        Some(case.field_of(object.clone(), "spec.selector", selector.join(",")))
    }
}

fn say_outside() -> Fix {
    Fix::advice(
        say!(
            "init-container-running.see-address",
            "see whether {address} answers from a pod of this namespace"
        ),
        Who::Owner,
    )
}

fn advice_nearest() -> Fix {
    Fix::advice(
        say!(
            "init-container-running.name-nearest",
            "wait for {nearest} instead, if that Service was meant"
        ),
        Who::Owner,
    )
}

fn advice_elsewhere() -> Fix {
    Fix::advice(
        say!(
            "init-container-running.name-namespace",
            "namespace {elsewhere} has a Service of that name: wait for {service}.{elsewhere}, if that was meant"
        ),
        Who::Owner,
    )
}
