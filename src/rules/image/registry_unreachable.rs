//! `registry-unreachable`: refused, no route, no answer in time.

use crate::text::{Sentence, say};
use super::failed_pull::{self, FailedPull};
use super::hosts;
use crate::messages::form::search;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-unreachable",
    layer: Layer::Image,
    title: "the node cannot reach a registry",
    explanation: include_str!("registry_unreachable.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::Unreachable)
        .map(|failed| finding(&failed))
        .collect()
}

/// How the way to the registry ends, by words of the kernel and of net/http.
const ENDS: [(&str, &str); 8] = [
    (say!("registry-unreachable.text", "connection refused"), say!("registry-unreachable.text-2", "nothing listens there")),
    (say!("registry-unreachable.text-3", "no route to host"), say!("registry-unreachable.text-4", "there is no route to it")),
    (say!("registry-unreachable.text-5", "network is unreachable"), say!("registry-unreachable.text-6", "there is no route to it")),
    (say!("registry-unreachable.text-7", "host is down"), say!("registry-unreachable.text-8", "there is no route to it")),
    (say!("registry-unreachable.text-9", "reset by peer"), say!("registry-unreachable.text-10", "it breaks the connection off")),
    ("EOF", say!("registry-unreachable.text-11", "it breaks the connection off")),
    (
        say!("registry-unreachable.text-12", "TLS handshake timeout"),
        say!("registry-unreachable.text-13", "it does not finish the TLS handshake in time"),
    ),
    (say!("registry-unreachable.text-14", "Proxy Authentication Required"), say!("registry-unreachable.text-15", "the proxy wants a login")),
];

fn finding(failed: &FailedPull<'_>) -> Finding {
    let how = ENDS
        .iter()
        .find(|(words, _)| failed.says(words))
        .map_or(say!("registry-unreachable.text-16", "it gives no answer in time"), |(_, how)| *how);
    let proxy = failed.says("proxyconnect") || failed.says(say!("registry-unreachable.text-17", "Proxy Authentication Required"));
    let (headline, why) = words(failed, proxy);
    let finding = failed
        .finding(headline)
        .why(why)
        .fact("how", how)
        .look(failed.look_at_failures());
    let address = search(say!("registry-unreachable.text-18", "dial tcp {{}: "), &failed.pull.quote).map(|holes| holes.own(0));
    let finding = match address {
        Some(address) if !address.is_empty() => finding.fact("address", address),
        _ => finding,
    };
    finding.fix([fix(failed, proxy)])
}

fn words(failed: &FailedPull<'_>, proxy: bool) -> (Sentence, Sentence) {
    if proxy {
        return (
            say!("registry-unreachable.text-19", "{node} cannot reach {host} through its proxy: {how}"),
            say!("registry-unreachable.text-20", "the runtime of the node is set to go through a proxy"),
        );
    }
    let why = if hosts::is_loopback(&failed.host()) {
        say!("registry-unreachable.text-21", "{host} is the node itself there, not the machine where the image was built")
    } else if failed.was_sent_elsewhere() {
        say!("registry-unreachable.text-22", "image {image} names {registry}: a mirror is set on the node, or that registry sends it on to {host}")
    } else {
        ""
    };
    (
        say!("registry-unreachable.text-23", "{node} cannot reach {host} to pull image {image}: {how}"),
        why,
    )
}

fn fix(failed: &FailedPull<'_>, proxy: bool) -> Fix {
    if proxy {
        return Fix::advice(
            say!("registry-unreachable.fix-fix", "set right the proxy of the runtime on {node} (HTTPS_PROXY, NO_PROXY of its service)"),
            Who::Admin,
        );
    }
    if hosts::is_loopback(&failed.host()) {
        return Fix::advice(
            say!("registry-unreachable.fix-fix-2", "push the image to a registry that every node reaches, and name that"),
            Who::Owner,
        );
    }
    Fix::advice(
        say!("registry-unreachable.fix-fix-3", "open the way from {node} to {host}, or start what should listen there: firewall, network policy of the cloud, the registry itself"),
        Who::Admin,
    )
}
