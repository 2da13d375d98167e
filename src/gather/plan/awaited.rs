//! The Services for which a pod's init container waits, and whether their pods are ready.

use super::{Read, get, list, records};
use crate::kubernetes::service_host::services;
use crate::messages::awaited::Awaited;
use crate::snapshot::{Kind, PodView, Role, Store};
use crate::triage::{Scope, Standing, Subject, awaits};
use std::collections::BTreeSet;

/// The second wave, of a pod whose init container has been at work for long. Where a name may be that of a host outside, the
/// Service alone is asked for.
pub(super) fn of_pod(scope: &Scope, pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    let mut init = pod.containers().filter(|one| one.role == Role::Init);
    let Some(running) = init.find(|one| one.running().is_some()) else {
        return;
    };
    let awaited = awaits(&running);
    if awaited.is_empty() || pod.standing(&store.snapshot()) != Standing::Stuck {
        return;
    }
    for one in awaited {
        let Awaited::Host { host, .. } = one else {
            continue;
        };
        for service in services(&host, pod.namespace()) {
            let namespace = service.namespace.as_str();
            if !service.certain {
                reads.insert(get(Kind::Service, namespace, &service.name));
                continue;
            }
            reads.insert(list(Kind::Service, Some(namespace)));
            if !is_read(scope, namespace) {
                reads.insert(records(Some(namespace), "", ""));
            }
        }
    }
}

/// Whether the first wave reads all pods of the namespace.
pub(super) fn is_read(scope: &Scope, namespace: &str) -> bool {
    let of_all = scope.selector.is_none() && scope.fields.is_none() && !scope.only_pods();
    of_all && scope.has_namespace(namespace)
}
