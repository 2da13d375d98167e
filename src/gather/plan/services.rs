//! What tells of Services that have no pods, and what of those that were named.

use super::{Read, get, list};
use crate::kubernetes::service_host::services;
use crate::snapshot::{Kind, NetworkPolicy, ObjectRef, Store};
use crate::triage::scope::Target;
use crate::triage::{self, DeadName, Scope, ServiceSubject, Subject};
use std::collections::BTreeSet;

/// Of a scan the Services; their pods are read anyway.
pub(super) fn of_scope(scope: &Scope, reads: &mut BTreeSet<Read>) {
    if scope.is_scan() {
        let namespace = scope.namespace.as_deref();
        reads.insert(list(Kind::Service, namespace));
        // whoever routes to one expects somebody there
        let routes = [Kind::Ingress].into_iter().chain(GATEWAY);
        reads.extend(routes.map(|kind| list(kind, namespace)));
    }
}

/// What routes to Services by the Gateway API.
const GATEWAY: [Kind; 2] = [Kind::HttpRoute, Kind::GrpcRoute];

/// What a Service leads to that has no selector: its endpoints where something routes to it, the Service for whose name it
/// stands. And the nodes of one that was named and keeps traffic on them.
pub(super) fn of_others(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    for (namespace, name) in triage::to_nowhere(store) {
        if scope.names(&ObjectRef::new(Kind::Service, namespace, name)) {
            // one of a name like it may be meant
            reads.insert(list(Kind::Service, Some(namespace)));
        }
    }
    for ((namespace, name), service) in store.services().seen() {
        let subject = ServiceSubject::of(namespace, name, service);
        if service.terminating || !subject.is_in(scope, store) {
            continue;
        }
        if let Some(host) = &service.external_name {
            let meant = services(host, namespace).into_iter();
            let meant = meant.filter(|one| one.certain && host.contains('.'));
            reads.extend(meant.map(|one| get(Kind::Service, &one.namespace, &one.name)));
        } else if service.selector.is_empty() && subject.is_routed_to(store) {
            reads.insert(list(Kind::EndpointSlice, Some(namespace)));
        }
        let stays = service.stays_on_node || service.node_ports_stay;
        if stays && scope.names(&subject.object()) {
            reads.insert(list(Kind::Node, None));
        }
    }
}

/// The workloads whose pods a Service without any would have.
pub(super) fn without_pods(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    for ((namespace, name), service) in store.services().seen() {
        let subject = ServiceSubject::of(namespace, name, service);
        let wants_pods = !service.selector.is_empty() && !service.terminating;
        if wants_pods && subject.members(store).pods == 0 && subject.is_in(scope, store) {
            let workloads = Kind::all().filter(|kind| kind.is_workload());
            reads.extend(workloads.map(|kind| list(kind, Some(namespace))));
            // whoever routes to it expects somebody there
            let routes = [Kind::Ingress].into_iter().chain(GATEWAY);
            reads.extend(routes.map(|kind| list(kind, Some(namespace))));
        }
    }
}

/// The third wave: one of a name like that for which a Service stands may be meant.
pub(super) fn of_dead_names(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    for ((namespace, name), service) in store.services().seen() {
        let subject = ServiceSubject::of(namespace, name, service);
        let dead = subject
            .is_in(scope, store)
            .then(|| subject.dead_name(store));
        if let Some(DeadName::NoService(meant)) = dead.flatten() {
            reads.insert(list(Kind::Service, Some(&meant.namespace)));
        }
    }
}

/// The third wave: whom NetworkPolicies let in that mean namespaces by their labels.
pub(super) fn of_policies(store: &Store, reads: &mut BTreeSet<Read>) {
    let means_namespaces = |policy: &NetworkPolicy| {
        let rules = policy.spec.ingress.iter().flatten();
        let mut peers = rules.flat_map(|rule| rule.from.iter().flatten());
        peers.any(|peer| peer.namespace_selector.is_some())
    };
    let mut policies = store.network_policies().seen();
    if policies.any(|(_, policy)| means_namespaces(policy)) {
        reads.insert(list(Kind::Namespace, None));
    }
}

/// Who may reach a pod that was named and is well: who names one may have found it wanting.
pub(super) fn of_ready_pods(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    if !scope.only_pods() {
        return;
    }
    let records = store.pod_records().iter();
    let well = records.filter(|record| record.healthy().is_some());
    for record in well {
        let object = ObjectRef::new(Kind::Pod, &record.namespace, &record.name);
        if scope.names(&object) {
            reads.insert(list(Kind::NetworkPolicy, Some(&record.namespace)));
        }
    }
}

/// Who reaches a Service that was named: who names one has found it wanting.
pub(super) fn named(scope: &Scope, reads: &mut BTreeSet<Read>) {
    let is_named = |target: &&Target| target.kind == Kind::Service && target.name.is_some();
    for target in scope.targets.iter().filter(is_named) {
        let namespace = scope.place(target);
        let tell = [Kind::NetworkPolicy, Kind::EndpointSlice, Kind::Ingress];
        let tell = tell.into_iter().chain(GATEWAY);
        reads.extend(tell.map(|kind| list(kind, namespace)));
    }
}
