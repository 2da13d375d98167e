//! `registry-unreachable`: refused, no route, no answer in time.

use super::failed_pull::{self, FailedPull};
use super::hosts;
use crate::messages::form::search;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-unreachable",
    layer: Layer::Image,
    title: "the node cannot reach a registry",
    explanation: include_str!("registry_unreachable.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::Unreachable)
        .map(|failed| finding(&failed))
        .collect()
}

/// How the way to the registry ends, by words of the kernel and of net/http.
const ENDS: [(&str, &str); 8] = [
    ("connection refused", "nothing listens there"),
    ("no route to host", "there is no route to it"),
    ("network is unreachable", "there is no route to it"),
    ("host is down", "there is no route to it"),
    ("reset by peer", "it breaks the connection off"),
    ("EOF", "it breaks the connection off"),
    (
        "TLS handshake timeout",
        "it does not finish the TLS handshake in time",
    ),
    ("Proxy Authentication Required", "the proxy wants a login"),
];

fn finding(failed: &FailedPull<'_>) -> Finding {
    let how = ENDS
        .iter()
        .find(|(words, _)| failed.says(words))
        .map_or("it gives no answer in time", |(_, how)| *how);
    let proxy = failed.says("proxyconnect") || failed.says("Proxy Authentication Required");
    let (headline, why) = words(failed, proxy);
    let finding = failed
        .finding(headline)
        .why(why)
        .fact("how", how)
        .look(failed.look_at_failures());
    let address = search("dial tcp {}: ", &failed.pull.quote).map(|holes| holes.own(0));
    let finding = match address {
        Some(address) if !address.is_empty() => finding.fact("address", address),
        _ => finding,
    };
    finding.fix([fix(failed, proxy)])
}

fn words(failed: &FailedPull<'_>, proxy: bool) -> (&'static str, &'static str) {
    if proxy {
        return (
            "{node} cannot reach {host} through its proxy: {how}",
            "the runtime of the node is set to go through a proxy",
        );
    }
    let why = if hosts::is_loopback(&failed.host()) {
        "{host} is the node itself there, not the machine where the image was built"
    } else if failed.was_sent_elsewhere() {
        "image {image} names {registry}: a mirror is set on the node, or that registry sends it on to {host}"
    } else {
        ""
    };
    (
        "{node} cannot reach {host} to pull image {image}: {how}",
        why,
    )
}

fn fix(failed: &FailedPull<'_>, proxy: bool) -> Fix {
    if proxy {
        return Fix::advice(
            "set right the proxy of the runtime on {node} (HTTPS_PROXY, NO_PROXY of its service)",
            Who::Admin,
        );
    }
    if hosts::is_loopback(&failed.host()) {
        return Fix::advice(
            "push the image to a registry that every node reaches, and name that",
            Who::Owner,
        );
    }
    Fix::advice(
        "open the way from {node} to {host}, or start what should listen there: firewall, network policy of the cloud, the registry itself",
        Who::Admin,
    )
}
