//! `registry-tls`: the registry's certificate is refused.

use super::failed_pull::{self, FailedPull};
use super::hosts;
use crate::messages::pull::{PullFailure, TlsFault};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-tls",
    layer: Layer::Image,
    title: "the certificate of a registry is refused",
    explanation: include_str!("registry_tls.md"),
    reads: &[],
    refines: &["image-pull-failed"],
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
    let (headline, why, fix) = words(failed, fault);
    failed
        .finding(headline)
        .why(why)
        .fix([Fix::advice(fix, Who::Admin)])
        .look(failed.look_at_failures())
}

fn words(failed: &FailedPull<'_>, fault: TlsFault) -> (&'static str, &'static str, &'static str) {
    match fault {
        TlsFault::UnknownAuthority if hosts::is_public(&failed.host()) => (
            "{node} does not trust the certificate that it is shown for {host}",
            "{host} is a public registry with a certificate that every node trusts: something in between, as a TLS-inspecting proxy, shows its own",
            "let the node trust the proxy's CA, or let pulls pass it by",
        ),
        TlsFault::UnknownAuthority => (
            "{node} does not trust the certificate of {host}: it is signed by an unknown authority",
            "",
            "let the runtime of every node trust the CA of {host}: containerd by ca in /etc/containerd/certs.d/{host}/hosts.toml, CRI-O by /etc/containers/certs.d/{host}/ca.crt, Docker by /etc/docker/certs.d/{host}/ca.crt",
        ),
        TlsFault::Expired => (
            "the certificate of {host} has expired",
            "a clock of {node} that is ahead looks the same, but then every registry fails there",
            "renew the certificate of {host}, or set the clock of {node}",
        ),
        TlsFault::NotYetValid => (
            "the certificate of {host} is not valid yet",
            "the clock of {node} is behind, or the certificate is made for later",
            "set the clock of {node}, or replace the certificate of {host}",
        ),
        TlsFault::WrongName => (
            "the certificate of {host} is not made for that name",
            "its own words: {said}",
            "give {host} a certificate whose subject alternative names hold it, or name the registry by a name that they hold",
        ),
        TlsFault::Other => (
            "the TLS handshake between {node} and {host} fails",
            "its own words: {said}",
            "compare the TLS versions and certificates that {host} and the runtime of {node} ask for",
        ),
    }
}
