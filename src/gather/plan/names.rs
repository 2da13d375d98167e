//! What tells of a name that a container could not resolve, or of an address that refused it: the cluster's DNS, the Service
//! that is meant, and its pods.

use super::{Read, get, list, records};
use crate::kubernetes::service_host::services;
use crate::messages::ending::{self, Ending};
use crate::messages::unresolved;
use crate::snapshot::{Kind, PodView};
use std::collections::BTreeSet;

/// The second wave, of a pod with a container that ended and said so.
pub(super) fn of_pod(pod: &PodView, reads: &mut BTreeSet<Read>) {
    for container in pod.containers() {
        let end = container.last_end().map(|(_, end)| end);
        let message = end.filter(|end| end.exit_code != 0);
        if let Some(message) = message.and_then(|end| end.message.as_deref()) {
            of_words(message, pod.namespace(), reads);
        }
    }
}

/// Of what a program said before it ended.
pub(super) fn of_words(words: &str, namespace: &str, reads: &mut BTreeSet<Read>) {
    if let Some(said) = unresolved::read(words) {
        reads.insert(get(Kind::Service, "kube-system", "kube-dns"));
        reads.insert(records(Some("kube-system"), "", "k8s-app=kube-dns"));
        of_host(&said.host.unwrap_or_default(), namespace, false, reads);
    } else if let Some(Ending::Refused { host, .. }) = ending::read(words) {
        of_host(&host.unwrap_or_default(), namespace, true, reads);
    }
}

fn of_host(host: &str, namespace: &str, with_pods: bool, reads: &mut BTreeSet<Read>) {
    for service in services(host, namespace) {
        if service.certain {
            reads.insert(list(Kind::Service, Some(&service.namespace)));
            if with_pods {
                reads.insert(records(Some(&service.namespace), "", ""));
            }
        } else {
            reads.insert(get(Kind::Service, &service.namespace, &service.name));
        }
    }
    // an address is that of a Service of the pod's own namespace, as far as one can tell
    let is_address = host.contains('.') && host.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_address && with_pods && !host.starts_with("127.") {
        reads.insert(list(Kind::Service, Some(namespace)));
        reads.insert(records(Some(namespace), "", ""));
    }
}
