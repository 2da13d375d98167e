//! What leads to a Service, and where it leads that has no pods: routes, names for something outside, families of addresses.

use super::ServiceSubject;
use crate::kubernetes::service_host::{ServiceHost, is_address, services};
use crate::snapshot::{Backend, EndpointSlice, Kind, ObjectRef, Refusal, Route, Store};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Why the name of an ExternalName leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadName {
    /// It is an address, which DNS takes for a name.
    Address,
    /// It is that of the Service itself.
    Itself,
    /// It is that of this Service, which does not exist.
    NoService(ServiceHost),
}

/// Namespaces and names of the Services that do not exist and that something routes to.
pub fn to_nowhere(store: &Store) -> BTreeSet<(&str, &str)> {
    let named = all(store).flat_map(|(_, namespace, _, route)| {
        let backends = route.backends.iter();
        backends.map(move |one| (one.namespace.as_deref().unwrap_or(namespace), &*one.service))
    });
    named
        .filter(|(namespace, name)| store.services().get(namespace, name).is_absent())
        .collect()
}

/// Namespaces and names of the Services that routes of other namespaces name without being permitted.
pub(super) fn ungranted(store: &Store) -> BTreeSet<(&str, &str)> {
    let refused = all(store).flat_map(|(_, namespace, _, route)| refused(namespace, route));
    refused
        .map(|(namespace, backend)| (namespace, &*backend.service))
        .collect()
}

/// The Services that a route may not name, with their namespaces: those that its controller names, or all of other namespaces.
fn refused<'a>(own: &str, route: &'a Route) -> Vec<(&'a str, &'a Backend)> {
    let Some(refusal) = &route.refusal else {
        return Vec::new();
    };
    let backends = route.backends.iter();
    let mut foreign: Vec<(&str, &Backend)> = backends
        .filter_map(|one| Some((one.namespace.as_deref().filter(|it| *it != own)?, one)))
        .collect();
    let is_named = |one: &Backend| refusal.message.contains(&one.service);
    if foreign.iter().any(|(_, one)| is_named(one)) {
        foreign.retain(|(_, one)| is_named(one));
    }
    foreign
}

/// Everything that routes and is not being deleted: kind, namespace, name.
fn all(store: &Store) -> impl Iterator<Item = (Kind, &str, &str, &Route)> {
    let kinds = [
        (Kind::Ingress, store.ingresses()),
        (Kind::HttpRoute, store.http_routes()),
        (Kind::GrpcRoute, store.grpc_routes()),
    ];
    let routes = kinds.into_iter().flat_map(|(kind, catalog)| {
        let seen = catalog.seen();
        seen.map(move |((namespace, name), route)| (kind, &**namespace, &**name, route))
    });
    routes.filter(|(_, _, _, route)| !route.terminating)
}

impl<'s> ServiceSubject<'s> {
    /// What routes to it, and how, as far as that was read.
    pub fn routes<'a>(&self, store: &'a Store) -> impl Iterator<Item = (ObjectRef, &'a Backend)>
    where
        's: 'a,
    {
        let this = *self;
        all(store).flat_map(move |(kind, namespace, name, route)| {
            let backends = route.backends.iter().filter(move |one| {
                let of = one.namespace.as_deref().unwrap_or(namespace);
                (of, &*one.service) == (this.namespace, this.name)
            });
            backends.map(move |one| (ObjectRef::new(kind, namespace, name), one))
        })
    }

    /// What may not route to it and does, with what its controller says; and whether that may be of another Service.
    pub fn refused_routes<'a>(&self, store: &'a Store) -> Vec<(ObjectRef, &'a Refusal, bool)> {
        let of_route = |(kind, namespace, name, route): (Kind, &'a str, &'a str, &'a Route)| {
            let refusal = route.refusal.as_ref()?;
            let refused = refused(namespace, route);
            let is_this =
                |one: &(&str, &Backend)| (one.0, &*one.1.service) == (self.namespace, self.name);
            let is_alone = refused.iter().all(is_this);
            let object = ObjectRef::new(kind, namespace, name);
            let is_one = refused.iter().any(is_this);
            is_one.then_some((object, refusal, is_alone))
        };
        all(store).filter_map(of_route).collect()
    }

    /// Whether something that was read routes to it.
    pub fn is_routed_to(&self, store: &Store) -> bool {
        self.routes(store).next().is_some()
    }

    /// When it was made, or what routes to it where it was not.
    pub(super) fn created(&self, store: &Store) -> Option<Timestamp> {
        if !self.is_missing {
            return self.service.created;
        }
        let names_it = |(_, namespace, _, route): &(Kind, &str, &str, &Route)| {
            route.backends.iter().any(|one| {
                let of = one.namespace.as_deref().unwrap_or(namespace);
                (of, &*one.service) == (self.namespace, self.name)
            })
        };
        let routes = all(store).filter(names_it);
        routes.filter_map(|(_, _, _, route)| route.created).min()
    }

    /// Why the name outside that it stands for leads nowhere; none where it may lead somewhere.
    pub fn dead_name(&self, store: &Store) -> Option<DeadName> {
        let host = self.service.external_name.as_deref()?.trim_end_matches('.');
        if is_address(host) {
            return Some(DeadName::Address);
        }
        // the search list of a pod is not applied to it
        let mut meant = services(host, self.namespace).into_iter();
        let meant = meant.find(|one| one.certain && host.contains('.'))?;
        if (&*meant.namespace, &*meant.name) == (self.namespace, self.name) {
            return Some(DeadName::Itself);
        }
        let seen = store.services().get(&meant.namespace, &meant.name);
        seen.is_absent().then_some(DeadName::NoService(meant))
    }

    /// Its EndpointSlices, by name; none where not all were read.
    pub fn slices<'a>(&self, store: &'a Store) -> Option<Vec<(&'a str, &'a EndpointSlice)>>
    where
        's: 'a,
    {
        let slices = store.endpoint_slices();
        slices.whole(self.namespace).ok()?;
        let own = slices.seen_in(self.namespace);
        Some(
            own.filter(|(_, slice)| slice.service == self.name)
                .collect(),
        )
    }

    /// Whether nobody has written an address for it.
    pub fn has_no_address(&self, store: &Store) -> bool {
        let slices = self.slices(store);
        slices.is_some_and(|all| all.iter().all(|(_, slice)| slice.endpoints.is_empty()))
    }

    /// Its families of addresses of which no ready pod has one, where they have some of the other.
    pub fn dead_families(&self, store: &Store) -> Vec<&'s str> {
        let pods = self.pods(store).flat_map(|(_, pods)| pods.iter());
        let (mut ipv4, mut ipv6) = (false, false);
        for pod in pods.filter(|pod| pod.ready) {
            ipv4 |= pod.has_ipv4;
            ipv6 |= pod.has_ipv6;
        }
        let is_dead = |family: &&str| match *family {
            "IPv4" => ipv6 && !ipv4,
            "IPv6" => ipv4 && !ipv6,
            _ => false,
        };
        let families = self.service.families.iter().map(String::as_str);
        families.filter(is_dead).collect()
    }

    /// Whether such a family is the one that its name leads to first, or both were asked for.
    pub fn needs_dead_family(&self, store: &Store) -> bool {
        let primary = self.service.families.first();
        let dead = self.dead_families(store);
        let is_primary = |family: &&str| primary.is_some_and(|primary| primary == family);
        dead.iter().any(is_primary) || self.service.needs_both_families && !dead.is_empty()
    }
}
