//! `registry-unreachable`: refused, no route, no answer in time.

use super::failed_pull::{self, FailedPull, SENT_ELSEWHERE};
use super::hosts;
use crate::messages::form::search;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Message, Sentence, say};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-unreachable",
    layer: Layer::Image,
    title: "the node cannot reach a registry",
    seen_as: &[
        "ErrImagePull",
        "ImagePullBackOff",
        "RegistryUnavailable",
        "ContainerCreating",
        "FailedCreatePodSandBox",
        "Failed",
        "BackOff",
    ],
    explanation: include_str!("registry_unreachable.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "registry-unreachable.root",
        "the registry {host} cannot be reached"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::Unreachable)
        .map(|failed| finding(&failed))
        .collect()
}

const NO_ROUTE: Sentence = say!("registry-unreachable.no-route", "there is no route to it");
const BROKEN_OFF: Sentence = say!(
    "registry-unreachable.broken-off",
    "it breaks the connection off"
);
const PROXY_LOGIN: &str = "Proxy Authentication Required";

/// How the way to the registry ends, by what the kernel and net/http say.
const ENDS: [(&str, Sentence); 8] = [
    (
        "connection refused",
        say!(
            "registry-unreachable.refused",
            "nothing listens[ on {address}]"
        ),
    ),
    ("no route to host", NO_ROUTE),
    ("network is unreachable", NO_ROUTE),
    ("host is down", NO_ROUTE),
    ("reset by peer", BROKEN_OFF),
    ("EOF", BROKEN_OFF),
    (
        "TLS handshake timeout",
        say!(
            "registry-unreachable.tls-timeout",
            "it does not finish the TLS handshake in time"
        ),
    ),
    (
        PROXY_LOGIN,
        say!(
            "registry-unreachable.proxy-login",
            "the proxy wants a login"
        ),
    ),
];

fn finding(failed: &FailedPull<'_>) -> Finding {
    let how = ENDS.iter().find(|(text, _)| failed.says(text)).map_or(
        say!(
            "registry-unreachable.no-answer",
            "it gives no answer in time"
        ),
        |(_, how)| *how,
    );
    let proxy = failed.says("proxyconnect") || failed.says(PROXY_LOGIN);
    let (headline, why) = sentences(failed, proxy);
    let address = search("dial tcp {}: ", &failed.pull.quote).map(|captures| captures.own(0));
    let address = address.filter(|address| !address.is_empty());
    let how = Message::new(how).fact_if("address", address.clone());
    let mut finding = failed.finding(headline);
    finding.why = why;
    let next = match &address {
        Some(address) if proxy => failed.curl_by(address),
        _ if failed.says(&format!("http://{}", failed.host().unwrap_or_default())) => {
            failed.curl("http")
        }
        _ => failed.curl("https"),
    };
    finding
        .fact("how", how)
        .fact_if("address", address)
        .fix([fix(failed, proxy)])
        .inspect(next)
}

/// The headline, and how it comes about.
fn sentences(failed: &FailedPull<'_>, proxy: bool) -> (Sentence, Option<Sentence>) {
    if proxy {
        return (
            say!(
                "registry-unreachable.proxy",
                "{node} cannot reach {host} through its proxy: {how}"
            ),
            Some(say!(
                "registry-unreachable.proxy-why",
                "the runtime of the node is set to go through a proxy"
            )),
        );
    }
    let why = if failed.host_is(hosts::is_loopback) {
        Some(say!(
            "registry-unreachable.loopback-why",
            "{host} is the node itself there, not the machine where the image was built"
        ))
    } else {
        failed.was_sent_elsewhere().then_some(SENT_ELSEWHERE)
    };
    (
        say!(
            "registry-unreachable.headline",
            "{node} cannot reach {host} to pull image {image}: {how}"
        ),
        why,
    )
}

fn fix(failed: &FailedPull<'_>, proxy: bool) -> Fix {
    let (change, who) = if proxy {
        (
            say!(
                "registry-unreachable.set-proxy",
                "set right the proxy of the runtime on {node} (HTTPS_PROXY, NO_PROXY of its service)"
            ),
            Who::Admin,
        )
    } else if failed.host_is(hosts::is_loopback) {
        (
            say!(
                "registry-unreachable.push-elsewhere",
                "push the image to a registry that every node reaches, and name that"
            ),
            Who::Owner,
        )
    } else if failed.says("connection refused") {
        (
            say!(
                "registry-unreachable.start-it",
                "start the registry, or what stands before it, on[ {address},] the address that {host} has for {node}, or correct that address"
            ),
            Who::Admin,
        )
    } else {
        (
            say!(
                "registry-unreachable.open-the-way",
                "open the way from {node} to {host}, or start what should listen there: firewall, network policy of the cloud, the registry itself"
            ),
            Who::Admin,
        )
    };
    Fix::advice(change, who)
}
