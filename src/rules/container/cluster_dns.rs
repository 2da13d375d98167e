//! The cluster's own DNS, of which no pod is ready.

use super::dns_in_pod::told;
use crate::kubernetes::shell;
use crate::messages::unresolved::Unresolved;
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::crash::Crash;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::say;
use crate::triage::{Members, ServiceSubject};

/// The Service of the cluster's DNS, whoever answers behind it (k8s.io/kubernetes `cluster/addons/dns`, 1.37).
const DNS: (&str, &str) = ("kube-system", "kube-dns");

/// How many pods the cluster's DNS has, where that was read; none where it has none, which others may stand behind.
pub(super) fn pods(case: &Case<'_>) -> Option<Members> {
    let store = case.snapshot.store();
    let (namespace, name) = DNS;
    let service = store.services().get(namespace, name).yes()?;
    let subject = ServiceSubject::of(namespace, name, service);
    Some(subject.members(store)).filter(|members| members.pods > 0)
}

pub(super) fn silent(
    case: &Case<'_>,
    crash: &Crash<'_>,
    said: &Unresolved,
    dns: Members,
) -> Finding {
    let object = ObjectRef::new(Kind::Service, DNS.0, DNS.1);
    let headline = say!(
        "dns-in-pod.no-dns",
        "{role} {container} gets no name resolved[, not {host}]: {dnsPods|the one pod of the cluster's DNS is not|none of the {dnsPods} pods of the cluster's DNS is} ready"
    );
    let change = say!(
        "dns-in-pod.mend-dns",
        "mend the cluster's DNS first, Service kube-dns in namespace kube-system; the container starts by itself then"
    );
    let selector = case.snapshot.services().get(DNS.0, DNS.1).yes();
    let pairs = selector.into_iter().flat_map(|it| &it.selector);
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
    told(case, crash, said, headline)
        .fact("dnsPods", dns.pods)
        .evidence([case.field_of(object.clone(), "spec.selector", pairs.join(","))])
        .certainty(Certainty::Likely)
        .fix([Fix::advice(change, Who::Admin)])
        .inspect(shell::cluster([
            "diagnose",
            &object.argument(),
            "-n",
            DNS.0,
        ]))
}
