//! `registry-tls`: the registry's certificate is refused.

use super::failed_pull::{self, FailedPull};
use super::hosts;
use crate::messages::form::search;
use crate::messages::pull::{PullFailure, TlsFault};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::text::{Sentence, say};
use jiff::Timestamp;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-tls",
    layer: Layer::Image,
    title: "the certificate of a registry is refused",
    seen_as: NOT_PULLED,
    explanation: include_str!("registry_tls.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "registry-tls.root",
        "the certificate of {host} is not accepted"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::all(case)
        .iter()
        .filter_map(|failed| match failed.pull.failure {
            PullFailure::Tls(fault) => Some(finding(failed, fault)),
            _ => None,
        })
        .collect()
}

fn finding(failed: &FailedPull<'_>, fault: TlsFault) -> Finding {
    let (headline, why, fix) = sentences(failed, fault);
    let mut finding = failed.finding(headline);
    finding.why = why;
    let names = search("certificate is valid for {}, not ", &failed.pull.quote);
    let names = names.map(|captures| captures.own(0));
    finding
        .fact_if("names", names.filter(|names| !names.is_empty()))
        .fact_if("expired", validity(failed).map(|(_, end)| end.to_string()))
        .refers_to_quotes()
        .fix([Fix::advice(fix, Who::Admin)])
        .inspect(failed.curl("https"))
}

/// What the node's clock showed, and when the certificate had expired (crypto/x509 verify.go).
fn validity(failed: &FailedPull<'_>) -> Option<(Timestamp, Timestamp)> {
    let captures = search("current time {} is after {}", &failed.pull.quote)?;
    let end = captures.last().split([' ', '"', ',']).next()?;
    Some((captures.own(0).parse().ok()?, end.parse().ok()?))
}

/// Whether the node's clock may be ahead: it was not when it showed a time that is over by now.
fn may_be_ahead(failed: &FailedPull<'_>) -> bool {
    validity(failed).is_none_or(|(shown, _)| failed.case.seconds_since(shown) == 0)
}

const EXPIRED: Sentence = say!(
    "registry-tls.expired",
    "the certificate of {host} expired[ at {expired}]"
);

/// Names in the certificates that Traefik and ingress-nginx make for themselves.
const OF_INGRESSES: [&str; 3] = [
    ".traefik.default",
    "ingress.local",
    "Kubernetes Ingress Controller Fake Certificate",
];

fn of_an_ingress(failed: &FailedPull<'_>) -> bool {
    OF_INGRESSES.iter().any(|name| failed.says(name))
}

/// The headline, how it comes about, and what to change.
fn sentences(failed: &FailedPull<'_>, fault: TlsFault) -> (Sentence, Option<Sentence>, Sentence) {
    match fault {
        TlsFault::UnknownAuthority if failed.host_is(hosts::is_public) => (
            say!(
                "registry-tls.intercepted",
                "{node} does not trust the certificate that it is shown for {host}"
            ),
            Some(say!(
                "registry-tls.intercepted-why",
                "{host} is a public registry with a certificate of a public CA: something in between shows another one, such as a TLS-inspecting proxy, or the CAs of the node's system are out of date"
            )),
            say!(
                "registry-tls.trust-proxy",
                "let the node trust the proxy's CA, or let pulls pass it by"
            ),
        ),
        TlsFault::UnknownAuthority => (
            say!(
                "registry-tls.unknown-authority",
                "{node} does not trust the certificate of {host}: it is signed by an unknown authority"
            ),
            None,
            say!(
                "registry-tls.trust-ca",
                "let the runtime of every node trust the CA of {host}: containerd by ca in /etc/containerd/certs.d/{host}/hosts.toml, CRI-O by /etc/containers/certs.d/{host}/ca.crt, Docker by /etc/docker/certs.d/{host}/ca.crt"
            ),
        ),
        TlsFault::Expired if !may_be_ahead(failed) => (
            EXPIRED,
            None,
            say!(
                "registry-tls.renew-certificate",
                "renew the certificate of {host}"
            ),
        ),
        TlsFault::Expired => (
            EXPIRED,
            Some(say!(
                "registry-tls.expired-why",
                "a clock of {node} that is ahead looks the same, but then every registry fails there"
            )),
            say!(
                "registry-tls.renew",
                "renew the certificate of {host}, or set the clock of {node}"
            ),
        ),
        TlsFault::NotYetValid => (
            say!(
                "registry-tls.not-yet-valid",
                "the certificate of {host} is not valid yet"
            ),
            Some(say!(
                "registry-tls.not-yet-valid-why",
                "the clock of {node} is behind, or the certificate is made for later"
            )),
            say!(
                "registry-tls.set-clock",
                "set the clock of {node}, or replace the certificate of {host}"
            ),
        ),
        TlsFault::WrongName if of_an_ingress(failed) => (
            say!(
                "registry-tls.default-certificate",
                "{host} shows the default certificate of an ingress controller"
            ),
            Some(say!(
                "registry-tls.default-certificate-why",
                "the controller in front of the registry shows it for a name for which it has no certificate: the Ingress of {host} names no Secret under tls, or one that is absent or for other names"
            )),
            say!(
                "registry-tls.give-ingress-certificate",
                "name a Secret with a certificate for {host} under tls of its Ingress"
            ),
        ),
        TlsFault::WrongName => (
            say!(
                "registry-tls.wrong-name",
                "the certificate of {host} is not made for that name[, but for {names}]"
            ),
            None,
            say!(
                "registry-tls.certify-name",
                "give {host} a certificate whose subject alternative names hold it, or name the registry as they do[: {names}]"
            ),
        ),
        TlsFault::Other => (
            say!(
                "registry-tls.handshake",
                "the TLS handshake between {node} and {host} fails"
            ),
            None,
            say!(
                "registry-tls.compare-versions",
                "compare the TLS versions and certificates that {host} and the runtime of {node} ask for"
            ),
        ),
    }
}
