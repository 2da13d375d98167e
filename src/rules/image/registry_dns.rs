//! `registry-dns`: the registry's host name does not resolve on the node.

use super::failed_pull::{self, FailedPull, SENT_ELSEWHERE};
use super::hosts;
use crate::messages::form::search;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-dns",
    layer: Layer::Image,
    title: "the host name of a registry does not resolve on the node",
    seen_as: NOT_PULLED,
    explanation: include_str!("registry_dns.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "registry-dns.root",
        "the name {host} does not resolve"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::Dns)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let unknown = failed.says("no such host") || failed.says("Name or service not known");
    let headline = if unknown {
        say!(
            "registry-dns.no-such-host",
            "the name {host} does not exist for the name server of {node}, so image {image} cannot be pulled"
        )
    } else {
        say!(
            "registry-dns.no-answer",
            "the name server of {node} gives no answer about {host}, so image {image} cannot be pulled"
        )
    };
    let of_cluster = failed.host_is(hosts::is_of_cluster);
    let why = if of_cluster {
        say!(
            "registry-dns.service-why",
            "a node pulls images and asks its own name server, which does not know the cluster's Services"
        )
    } else if failed.was_sent_elsewhere() {
        SENT_ELSEWHERE
    } else {
        say!(
            "registry-dns.why",
            "the node's own name server is asked, not the cluster's"
        )
    };
    let server = search("lookup {} on {}: ", &failed.pull.quote).map(|captures| captures.own(1));
    let host = failed.host().unwrap_or_default();
    failed
        .finding(headline)
        .why(why)
        .fact_if("server", server)
        .fix(fixes(failed, of_cluster, unknown))
        .inspect(failed.case.on_node(["nslookup", &host]))
}

fn fixes(failed: &FailedPull<'_>, of_cluster: bool, unknown: bool) -> Vec<Fix> {
    if of_cluster {
        return vec![Fix::advice(
            say!(
                "registry-dns.name-for-nodes",
                "reach the registry by a name that nodes resolve: an Ingress, a node port, or a name in the node's own DNS"
            ),
            Who::Admin,
        )];
    }
    let correct = (unknown && !failed.host_is(hosts::is_public)).then(|| {
        Fix::advice(
            say!(
                "registry-dns.correct-name",
                "correct the registry's name in image {image}, if it is misspelt"
            ),
            Who::Owner,
        )
    });
    let resolver = Fix::advice(
        say!(
            "registry-dns.set-resolver",
            "set right how {node} resolves {host}: its /etc/resolv.conf and the servers named there"
        ),
        Who::Admin,
    );
    correct.into_iter().chain([resolver]).collect()
}
