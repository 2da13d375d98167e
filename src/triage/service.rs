//! How a Service stands: whether there are pods that its selector matches, whether one of them is ready, and whether its ports
//! lead to any of theirs.

mod routes;

pub use routes::{DeadName, to_nowhere};

use super::subject::{StatusText, is_later};
use super::{Because, Layer, Scope, Standing, Subject, WorkloadSubject};
use crate::kubernetes::labels::is_set_by_controller;
use crate::kubernetes::selector::carries;
use crate::snapshot::{
    Footprint, Kind, ObjectRef, PodIdentity, PodRecord, Pods, Seen, Service, ServicePort, Snapshot,
    Store, TargetPort, Workload,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Seconds for which a new Service may wait for its pods.
const NEW: i64 = 60;

/// A Service with its name.
#[derive(Debug, Clone, Copy)]
pub struct ServiceSubject<'s> {
    /// Its namespace.
    pub namespace: &'s str,
    /// Its name.
    pub name: &'s str,
    /// The Service.
    pub service: &'s Service,
    /// There is none of this name, and something routes to it.
    pub is_missing: bool,
    /// A route of another namespace leads to it, and no ReferenceGrant permits that.
    pub is_ungranted: bool,
}

/// What stands for a Service that does not exist, or was not read.
static MISSING: LazyLock<Service> = LazyLock::new(Service::default);

/// How many pods a Service has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Members {
    /// All that are live.
    pub pods: usize,
    /// Those that are ready.
    pub ready: usize,
}

/// The Services that were read. Which labels a Service itself has is not kept, so a label selector means none.
pub(super) fn candidates<'s>(
    snapshot: &Snapshot<'s>,
    scope: &Scope,
) -> impl Iterator<Item = ServiceSubject<'s>> + use<'s> {
    let asked = scope.selector.is_none() && scope.fields.is_none();
    let store = snapshot.store();
    let ungranted = routes::ungranted(store);
    let is_unread = |(namespace, name): &(&str, &str)| {
        let seen = store.services().get(namespace, name);
        seen.is_unknown()
    };
    let unread: Vec<_> = ungranted.iter().copied().filter(is_unread).collect();
    let there = store.services().seen();
    let there =
        there.map(|((namespace, name), service)| ServiceSubject::of(namespace, name, service));
    let missing = routes::to_nowhere(store).into_iter();
    let missing = missing.map(|(namespace, name)| ServiceSubject {
        is_missing: true,
        ..ServiceSubject::of(namespace, name, &MISSING)
    });
    let unread = unread
        .into_iter()
        .map(|(namespace, name)| ServiceSubject::of(namespace, name, &MISSING));
    let all = there.chain(missing).chain(unread);
    all.filter(move |_| asked)
        .map(move |subject| ServiceSubject {
            is_ungranted: ungranted.contains(&(subject.namespace, subject.name)),
            ..subject
        })
}

impl<'s> ServiceSubject<'s> {
    /// A Service that is there.
    pub fn of(namespace: &'s str, name: &'s str, service: &'s Service) -> Self {
        ServiceSubject {
            namespace,
            name,
            service,
            is_missing: false,
            is_ungranted: false,
        }
    }

    /// Its live pods, by what they have in common.
    pub fn pods<'a>(
        &self,
        store: &'a Store,
    ) -> impl Iterator<Item = (&'a Footprint, Pods<'a>)> + use<'a, 's>
    where
        's: 'a,
    {
        let records = store.pod_records();
        records.selected(self.namespace, &self.service.selector)
    }

    /// How many they are, and how many of them are ready.
    pub fn members(&self, store: &Store) -> Members {
        let mut members = Members::default();
        for (_, pods) in self.pods(store) {
            members.pods += pods.len();
            members.ready += pods.iter().filter(|pod| pod.ready).count();
        }
        members
    }

    /// Its live pods that are not ready, in order of names.
    pub fn unready<'a>(&self, store: &'a Store) -> Vec<&'a PodRecord>
    where
        's: 'a,
    {
        let pods = self.pods(store).flat_map(|(_, pods)| pods.iter());
        let mut unready: Vec<_> = pods.filter(|pod| !pod.ready).collect();
        unready.sort_by(|one, other| one.name.cmp(&other.name));
        unready
    }

    /// The ports that lead to a name which no container of its pods gives a port: they lead nowhere. Who asks a headless Service
    /// is led to the pods and not to a port.
    pub fn dead_ports(&self, store: &Store) -> Vec<&'s ServicePort> {
        let is_dead = |port: &&ServicePort| {
            let mut pods = self.pods(store);
            matches!(port.target, TargetPort::Name(_))
                && pods.all(|(pod, _)| port.number_of(&pod.open_ports).is_none())
        };
        let known = !self.service.is_headless
            && store.pods().whole(self.namespace).is_ok()
            && self.pods(store).next().is_some();
        let ports = self.service.ports.iter().filter(|_| known);
        ports.filter(is_dead).collect()
    }

    /// The numbers that none of its pods declares though all of them give the port's own name to another: `http` leads to 9090,
    /// and what the containers call `http` is 8080.
    pub fn contradicted_ports(&self, store: &Store) -> Vec<&'s ServicePort> {
        let is_contradicted = |port: &&ServicePort| {
            let TargetPort::Number(number) = port.target else {
                return false;
            };
            let mut pods = self.pods(store);
            !port.name.is_empty()
                && pods.all(|(pod, _)| {
                    let mut open = pod.open_ports.iter();
                    let mut alike = open.clone();
                    alike.any(|one| one.protocol == port.protocol && one.is_named(&port.name))
                        && open.all(|one| one.number != number)
                })
        };
        let ports = self.service.ports.iter();
        let ports = ports.filter(|_| !self.service.is_headless);
        ports.filter(is_contradicted).collect()
    }

    /// How many pods would be its own if they had not ended, as far as they were read.
    fn ended(&self, store: &Store) -> usize {
        let completed = store.pod_records().completed();
        let completed = completed.in_namespace(self.namespace);
        let completed = completed.filter(|pod| pod.carries(&self.service.selector));
        let pods = store.whole_pods_in(self.namespace);
        let failed =
            pods.filter(|pod| pod.phase() == "Failed" && self.selects(pod.identity().labels));
        completed.count() + failed.count()
    }

    fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        carries(labels, &self.service.selector)
    }

    /// The workloads of its namespace that were read. A ReplicaSet keeps what its Deployment's template was once, so of those
    /// whose Deployment was read that one counts.
    pub fn workloads<'a>(&self, store: &'a Store) -> impl Iterator<Item = (ObjectRef, &'a Workload)>
    where
        's: 'a,
    {
        let namespace = self.namespace;
        let all = store.workload_catalogs().flat_map(move |(kind, catalog)| {
            let seen = catalog.seen_in(namespace);
            seen.map(move |(name, workload)| (ObjectRef::new(kind, namespace, name), workload))
        });
        all.filter(move |(_, workload)| {
            let controller = workload.controller.as_ref();
            controller.is_none_or(|(kind, name)| {
                let seen = store.workload(kind, namespace, name);
                kind != Kind::Deployment.as_str() || !matches!(seen, Some(Seen::Yes(_)))
            })
        })
    }

    /// How it stands by what was read, however new it is.
    fn by_its_pods(&self, snapshot: &Snapshot<'_>) -> Standing {
        let store = snapshot.store();
        if self.is_missing || self.is_ungranted || self.dead_name(store).is_some() {
            return Standing::Stuck;
        }
        if self.service.external_name.is_some() {
            return Standing::Healthy(Because::ExternalName);
        }
        if self.service.selector.is_empty() {
            let is_in_vain = self.is_routed_to(store) && self.has_no_address(store);
            return if is_in_vain {
                Standing::Stuck
            } else {
                Standing::Healthy(Because::NoSelector)
            };
        }
        let members = self.members(store);
        if members.pods == 0 {
            return self.without_pods(snapshot);
        }
        if !self.dead_ports(store).is_empty() || self.needs_dead_family(store) {
            return Standing::Stuck;
        }
        if members.ready == 0 && !self.service.publishes_unready {
            return self.without_ready_pods(snapshot);
        }
        Standing::Healthy(Because::Serves {
            pods: members.pods,
            ready: members.ready,
            ports: self.leads(store),
        })
    }

    /// Its ports and those of its pods, as `80 -> http/8080`; none of a headless one.
    fn leads(&self, store: &Store) -> Vec<String> {
        if self.service.is_headless {
            return Vec::new();
        }
        let open = self.pods(store).next().map(|(pod, _)| &pod.open_ports);
        let lead = |port: &ServicePort| {
            let number = open.and_then(|open| port.number_of(open));
            match (&port.target, number) {
                (TargetPort::Name(name), Some(number)) => {
                    format!("{} -> {name}/{number}", port.number)
                }
                (target, _) => format!("{} -> {target}", port.number),
            }
        };
        self.service.ports.iter().map(lead).collect()
    }

    fn without_pods(&self, snapshot: &Snapshot<'_>) -> Standing {
        let store = snapshot.store();
        match self.ended(store) {
            0 if store.pods().whole(self.namespace).is_err() => {
                Standing::Healthy(Because::PodsUnread)
            }
            0 => match self.workload(store) {
                Some(workload) => of_workload(workload, snapshot),
                None => self.untaken_role(store).map_or(Standing::Stuck, |label| {
                    Standing::Healthy(Because::RoleUntaken(label))
                }),
            },
            ended => Standing::Healthy(Because::PodsEnded(ended)),
        }
    }

    /// None of its pods is ready: as long as one may be in time, it is on its way; else it is as they are.
    fn without_ready_pods(&self, snapshot: &Snapshot<'_>) -> Standing {
        let store = snapshot.store();
        let unready = self.unready(store);
        // one that goes makes no endpoint any more
        let stays = unready.iter().any(|pod| !pod.terminating);
        let whole = unready.iter().filter(|pod| !(stays && pod.terminating));
        let whole = whole.filter_map(|pod| store.whole_pod(&pod.namespace, &pod.name));
        let mut standing = Standing::Healthy(Because::PodsNotReady(unready.len()));
        let not_yet = || Because::PodsNotReadyYet(unready.len());
        for pod in whole {
            match (Subject::standing(&pod, snapshot), &standing) {
                (Standing::Progressing(_, until), Standing::Progressing(_, known))
                    if !is_later(until, *known) => {}
                (Standing::Progressing(_, until), _) => {
                    standing = Standing::Progressing(not_yet(), until);
                }
                (_, Standing::Progressing(..)) => {}
                (Standing::Unknown(_), _) => standing = Standing::Unknown(not_yet()),
                (Standing::Stuck, Standing::Healthy(_)) => standing = Standing::Stuck,
                _ => {}
            }
        }
        standing
    }

    /// The label that keeps its selector from the only pod that could be meant, when it stands for a role: operators say by such
    /// labels which pod is the primary, and make a Service for each role whether or not there are pods enough.
    fn untaken_role(&self, store: &Store) -> Option<String> {
        let records = store.pod_records();
        let selector = &self.service.selector;
        let role = selector.iter().find(|(key, _)| {
            let mut others = selector.clone();
            others.remove(*key);
            let only = if others.is_empty() {
                only(records.labelled(self.namespace, key), key, &others)
            } else {
                only(records.selected(self.namespace, &others), key, &others)
            };
            only.is_some_and(|pod| self.is_set_while_running(key, records.identity(pod), store))
        });
        role.map(|(key, value)| format!("{key}={value}"))
    }

    /// Whether the label comes from no template: the one of the pod's controller lacks it, or the Service's own controller is one
    /// that makes pods without any.
    fn is_set_while_running(&self, key: &str, pod: PodIdentity<'_>, store: &Store) -> bool {
        let Some((kind, name)) = pod.controller else {
            return false;
        };
        match store.workload(kind, pod.namespace, name) {
            Some(Seen::Yes(workload)) => !workload.template_labels.contains_key(key),
            Some(_) => false,
            None => {
                let own = self.service.controller.as_ref();
                own.is_some_and(|own| (own.0.as_str(), own.1.as_str()) == (kind, name))
            }
        }
    }

    /// A workload whose pods it would have if there were any.
    pub fn workload(&self, store: &Store) -> Option<ObjectRef> {
        let mut workloads = self.workloads(store);
        // labels that a controller gives each pod are in no template
        let selector = &self.service.selector;
        let written = selector
            .iter()
            .filter(|(key, _)| !is_set_by_controller(key));
        let written: BTreeMap<String, String> = written
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let is_its = |workload: &Workload| {
            !written.is_empty() && carries(&workload.template_labels, &written)
        };
        let (workload, _) = workloads.find(|(_, workload)| is_its(workload))?;
        Some(store.outermost(workload))
    }
}

/// The only pod of these that has a label of this key, and these others.
fn only<'s>(
    groups: impl Iterator<Item = (&'s Footprint, Pods<'s>)>,
    key: &str,
    others: &BTreeMap<String, String>,
) -> Option<&'s PodRecord> {
    let mut pods = groups
        .filter(|(footprint, _)| {
            let labels = &footprint.labels;
            labels.contains_key(key) && carries(labels, others)
        })
        .flat_map(|(_, pods)| pods.iter());
    pods.next().filter(|_| pods.next().is_none())
}

/// As the workload stands that makes no pod for it.
fn of_workload(workload: ObjectRef, snapshot: &Snapshot<'_>) -> Standing {
    let standing = workload.known_kind().and_then(|kind| {
        let namespace = workload.namespace.as_deref().unwrap_or_default();
        let seen = snapshot
            .store()
            .workload(&workload.kind, namespace, &workload.name)?;
        let subject = WorkloadSubject {
            kind,
            namespace,
            name: &workload.name,
            workload: seen.yes()?,
        };
        Some(subject.standing(snapshot))
    });
    match standing {
        Some(standing @ (Standing::Stuck | Standing::Progressing(..) | Standing::Unknown(_))) => {
            standing
        }
        _ => Standing::Healthy(Because::OfWorkload(workload)),
    }
}

impl<'s> Subject<'s> for ServiceSubject<'s> {
    const LAYERS: &'static [Layer] = &[Layer::Service];

    fn object(&self) -> ObjectRef {
        ObjectRef::new(Kind::Service, self.namespace, self.name)
    }

    fn namespace(self) -> &'s str {
        self.namespace
    }

    fn uid(self) -> Option<&'s str> {
        self.service.uid.as_deref()
    }

    fn owner(&self, _: &Store) -> ObjectRef {
        self.object()
    }

    /// Whoever owns the route that leads to it in vain means it too.
    fn is_in(&self, scope: &Scope, store: &Store) -> bool {
        let routes = || self.refused_routes(store).into_iter();
        let is_routed_to =
            |namespace: Option<String>| namespace.is_some_and(|it| scope.has_namespace(&it));
        let is_of_place = scope.has_namespace(self.namespace)
            || self.is_ungranted && routes().any(|(route, ..)| is_routed_to(route.namespace));
        is_of_place && (scope.targets.is_empty() || scope.names(&self.object()))
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        let standing = self.by_its_pods(snapshot);
        if standing != Standing::Stuck {
            return standing;
        }
        if self.service.terminating {
            return Standing::Progressing(Because::Deleting, None);
        }
        // without a clock a Service is as old as what was written last, which may be the Service itself
        let created = self
            .created(snapshot.store())
            .filter(|_| snapshot.clock().exact);
        match created {
            Some(created) => {
                let because = if self.is_missing {
                    Because::ServiceToCome
                } else {
                    Because::NewService
                };
                Standing::within(because, created, NEW, snapshot.clock())
            }
            None => Standing::Stuck,
        }
    }

    fn is_doubtful(&self, store: &Store) -> bool {
        self.members(store).ready > 0 && !self.contradicted_ports(store).is_empty()
    }

    fn status(&self, store: &Store) -> String {
        if self.is_missing {
            return "does not exist".to_owned();
        }
        if self.is_ungranted {
            return "not granted to a route".to_owned();
        }
        // kubectl has no word for it; `kubectl describe` shows `Endpoints: <none>`
        match self.members(store) {
            Members { ready: 0, .. } => "no endpoints".to_owned(),
            Members { pods, ready } => format!("{ready} of {pods} pods ready"),
        }
    }

    fn raw_status(&self) -> Vec<StatusText> {
        Vec::new()
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests;
