//! `dns-in-pod`: a container ends since a name does not resolve in it.
//!
//! Its last words say so. Where the cluster's own DNS has no pod that is ready, that is the first link; else the name is: a
//! Service that is not there, or is in another namespace.

use crate::kubernetes::nearest::nearest;
use crate::kubernetes::service_host::{ServiceHost, services};
use crate::kubernetes::shell;
use crate::messages::unresolved::{self, Unresolved};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::crash::{Crash, crashes};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef, Seen};
use crate::text::{Sentence, say};
use crate::triage::{Members, ServiceSubject};

/// A container ends since a name does not resolve in it.
pub static RULE: Rule = Rule {
    cause: "dns-in-pod",
    layer: Layer::Container,
    title: "a name does not resolve inside a container",
    seen_as: &[
        "CrashLoopBackOff",
        "Error",
        "BackOff",
        "Running",
        "Failed",
        "BackoffLimitExceeded",
        "ContainersNotReady",
        "ProgressDeadlineExceeded",
    ],
    explanation: include_str!("dns_in_pod.md"),
    reads: &[Kind::Service],
    refines: &["crash-app-error"],
    root: Root::Facts(say!(
        "dns-in-pod.root",
        "{host} does not resolve in namespace {namespace}"
    )),
    check: Check::Pod(check),
};

/// The Service of the cluster's DNS, whoever answers behind it (k8s.io/kubernetes `cluster/addons/dns`, 1.37).
const DNS: (&str, &str) = ("kube-system", "kube-dns");

fn check(case: &Case<'_>) -> Vec<Finding> {
    let crashes = crashes(case);
    let ends_itself = |crash: &&Crash<'_>| {
        crash.end.exit_code != 0 && !crash.never_ran() && crash.reason() != "OOMKilled"
    };
    let ended = crashes.iter().filter(ends_itself);
    let found = ended.filter_map(|crash| {
        let said = unresolved::read(&crash.words())?;
        Some(finding(case, crash, &said))
    });
    found.collect()
}

fn finding(case: &Case<'_>, crash: &Crash<'_>, said: &Unresolved) -> Finding {
    if let Some(dns) = dns(case).filter(|dns| dns.ready == 0) {
        return without_dns(case, crash, said, dns);
    }
    let service = said.host.as_deref().and_then(|host| meant(case, host));
    let Some(service) = service else {
        return unknown(case, crash, said);
    };
    let names = case.snapshot.store().services().seen_in(&service.namespace);
    let near = nearest(&service.name, names.map(|(name, _)| name));
    let elsewhere = elsewhere(case, &service);
    let headline = say!(
        "dns-in-pod.no-service",
        "{role} {container} does not resolve {host}: namespace {serviceNamespace} has no Service {service}[; it has {nearest}][; namespace {elsewhere} has one]"
    );
    let object = ObjectRef::new(Kind::Service, &service.namespace, &service.name);
    told(case, crash, said, headline)
        .fact("service", service.name.as_str())
        .fact("serviceNamespace", service.namespace.as_str())
        .fact_if("nearest", near)
        .fact_if("elsewhere", elsewhere)
        .evidence([case.absence(object)])
        .fix(elsewhere.map(|_| {
            let change = say!(
                "dns-in-pod.name-namespace",
                "if that one is meant, name its namespace: {service}.{elsewhere}"
            );
            Fix::advice(change, Who::Owner)
        }))
        .fix(near.map(|_| {
            let change = say!(
                "dns-in-pod.name-nearest",
                "if {nearest} is meant, name that"
            );
            Fix::advice(change, Who::Owner)
        }))
        .fix([Fix::advice(
            say!("dns-in-pod.create-service", "create the Service {service}"),
            Who::Owner,
        )])
        .inspect(shell::kubectl(&service.namespace, ["get", "svc"]))
}

/// How many pods the cluster's DNS has, where that was read; none where it has none, which others may stand behind.
fn dns(case: &Case<'_>) -> Option<Members> {
    let store = case.snapshot.store();
    let (namespace, name) = DNS;
    let service = store.services().get(namespace, name).yes()?;
    let subject = ServiceSubject::of(namespace, name, service);
    Some(subject.members(store)).filter(|members| members.pods > 0)
}

/// The Service that is meant and is not there; none where it is, or a host outside may be meant.
fn meant(case: &Case<'_>, host: &str) -> Option<ServiceHost> {
    let all = case.snapshot.store().services();
    let services = services(host, case.namespace());
    let is_there = |one: &ServiceHost| matches!(all.get(&one.namespace, &one.name), Seen::Yes(_));
    if services.iter().any(is_there) {
        return None;
    }
    let mut certain = services.into_iter().filter(|one| one.certain);
    certain.find(|one| all.get(&one.namespace, &one.name).is_absent())
}

fn elsewhere<'a>(case: &Case<'a>, service: &ServiceHost) -> Option<&'a str> {
    let mut all = case.snapshot.store().services().seen();
    let other = all.find(|((_, name), _)| *name == service.name);
    other.map(|((namespace, _), _)| namespace.as_str())
}

fn without_dns(case: &Case<'_>, crash: &Crash<'_>, said: &Unresolved, dns: Members) -> Finding {
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

fn unknown(case: &Case<'_>, crash: &Crash<'_>, said: &Unresolved) -> Finding {
    let (headline, change): (Sentence, Sentence) = if said.is_unanswered {
        (
            say!(
                "dns-in-pod.unanswered",
                "{role} {container} gets no answer from DNS[ for {host}]"
            ),
            say!(
                "dns-in-pod.see-dns",
                "see whether a pod of that node reaches the cluster's DNS, and whether a NetworkPolicy keeps this one from port 53"
            ),
        )
    } else {
        (
            say!(
                "dns-in-pod.no-such-name",
                "{role} {container} does not resolve {host}: there is no such name"
            ),
            say!(
                "dns-in-pod.correct-name",
                "correct the name {host} where the container gets it"
            ),
        )
    };
    told(case, crash, said, headline)
        .certainty(Certainty::Likely)
        .fix([Fix::advice(change, Who::Owner)])
}

fn told(case: &Case<'_>, crash: &Crash<'_>, said: &Unresolved, headline: Sentence) -> Finding {
    let finding = crash.finding(case, headline);
    finding.fact_if("host", said.host.as_deref())
}
