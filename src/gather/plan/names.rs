//! What tells of a name that a container could not resolve: the cluster's DNS, and the Service that is meant.

use super::{LIVE, Read, get, list};
use crate::kubernetes::service_host::services;
use crate::messages::unresolved;
use crate::snapshot::{Kind, PodView};
use std::collections::BTreeSet;

/// The second wave, of a pod with a container that ended and said so.
pub(super) fn of_pod(pod: &PodView, reads: &mut BTreeSet<Read>) {
    let said = pod.containers().find_map(|container| {
        let (_, end) = container.last_end()?;
        unresolved::read(end.message.as_deref()?).filter(|_| end.exit_code != 0)
    });
    let Some(said) = said else { return };
    reads.insert(get(Kind::Service, "kube-system", "kube-dns"));
    reads.insert(Read::List {
        kind: Kind::Pod,
        namespace: Some("kube-system".to_owned()),
        fields: LIVE.to_owned(),
        labels: "k8s-app=kube-dns".to_owned(),
        records_only: true,
    });
    let host = said.host.unwrap_or_default();
    for service in services(&host, pod.namespace()) {
        if service.certain {
            reads.insert(list(Kind::Service, Some(&service.namespace)));
        } else {
            reads.insert(get(Kind::Service, &service.namespace, &service.name));
        }
    }
}
