//! `registry-dns`: the registry's host name does not resolve on the node.

use super::failed_pull::{self, FailedPull};
use super::hosts;
use crate::messages::form::search;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-dns",
    layer: Layer::Image,
    title: "the host name of a registry does not resolve on the node",
    explanation: include_str!("registry_dns.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::Dns)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let host = failed.host();
    let unknown = failed.says("no such host") || failed.says("Name or service not known");
    let headline = if unknown {
        "the name {host} does not exist for the name server of {node}, so image {image} cannot be pulled"
    } else {
        "the name server of {node} gives no answer about {host}, so image {image} cannot be pulled"
    };
    let why = if hosts::is_of_cluster(&host) {
        "a node pulls images and asks its own name server, which does not know the cluster's Services"
    } else if failed.was_sent_elsewhere() {
        "image {image} names {registry}: a mirror is set on the node, or that registry sends it on to {host}"
    } else {
        "the node's own name server is asked, not the cluster's"
    };
    let finding = failed
        .finding(headline)
        .why(why)
        .look(failed.look_at_failures());
    let server = search("lookup {} on {}: ", &failed.pull.quote).map(|holes| holes.own(1));
    let finding = match server {
        Some(server) => finding.fact("server", server),
        None => finding,
    };
    let correct = Fix::advice(
        "correct the registry's name in image {image}, if it is misspelt",
        Who::Owner,
    );
    let resolver = Fix::advice(
        "set right how {node} resolves {host}: its /etc/resolv.conf and the servers named there",
        Who::Admin,
    );
    if hosts::is_of_cluster(&host) {
        let outside = "reach the registry by a name that nodes resolve: an Ingress, a node port, or a name in the node's own DNS";
        return finding.fix([Fix::advice(outside, Who::Admin)]);
    }
    if unknown && !hosts::is_public(&host) {
        finding.fix([correct, resolver])
    } else {
        finding.fix([resolver])
    }
}
