//! `registry-tls`: the registry's certificate is refused.

use crate::text::{Sentence, say};
use super::failed_pull::{self, FailedPull};
use super::hosts;
use crate::messages::pull::{PullFailure, TlsFault};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-tls",
    layer: Layer::Image,
    title: "the certificate of a registry is refused",
    explanation: include_str!("registry_tls.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    check,
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

fn words(failed: &FailedPull<'_>, fault: TlsFault) -> (Sentence, Sentence, Sentence) {
    match fault {
        TlsFault::UnknownAuthority if hosts::is_public(&failed.host()) => (
            say!("registry-tls.text", "{node} does not trust the certificate that it is shown for {host}"),
            say!("registry-tls.text-2", "{host} is a public registry with a certificate that every node trusts: something in between, as a TLS-inspecting proxy, shows its own"),
            say!("registry-tls.text-3", "let the node trust the proxy's CA, or let pulls pass it by"),
        ),
        TlsFault::UnknownAuthority => (
            say!("registry-tls.text-4", "{node} does not trust the certificate of {host}: it is signed by an unknown authority"),
            "",
            say!("registry-tls.text-5", "let the runtime of every node trust the CA of {host}: containerd by ca in /etc/containerd/certs.d/{host}/hosts.toml, CRI-O by /etc/containers/certs.d/{host}/ca.crt, Docker by /etc/docker/certs.d/{host}/ca.crt"),
        ),
        TlsFault::Expired => (
            say!("registry-tls.text-6", "the certificate of {host} has expired"),
            say!("registry-tls.text-7", "a clock of {node} that is ahead looks the same, but then every registry fails there"),
            say!("registry-tls.text-8", "renew the certificate of {host}, or set the clock of {node}"),
        ),
        TlsFault::NotYetValid => (
            say!("registry-tls.text-9", "the certificate of {host} is not valid yet"),
            say!("registry-tls.text-10", "the clock of {node} is behind, or the certificate is made for later"),
            say!("registry-tls.text-11", "set the clock of {node}, or replace the certificate of {host}"),
        ),
        TlsFault::WrongName => (
            say!("registry-tls.text-12", "the certificate of {host} is not made for that name"),
            say!("registry-tls.text-13", "its own words: {said}"),
            say!("registry-tls.text-14", "give {host} a certificate whose subject alternative names hold it, or name the registry by a name that they hold"),
        ),
        TlsFault::Other => (
            say!("registry-tls.text-15", "the TLS handshake between {node} and {host} fails"),
            say!("registry-tls.text-16", "its own words: {said}"),
            say!("registry-tls.text-17", "compare the TLS versions and certificates that {host} and the runtime of {node} ask for"),
        ),
    }
}
