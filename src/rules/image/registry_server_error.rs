//! `registry-server-error`: the registry failed, or a web page answered in its place.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-server-error",
    layer: Layer::Image,
    title: "a registry fails to answer properly",
    explanation: include_str!("registry_server_error.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::ServerError)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    if failed.says("text/html") {
        return failed
            .finding("a web page came in place of image {image}")
            .why("a proxy, a login page or a misset mirror stands between {node} and {host}")
            .fix([Fix::advice(
                "ask {host} from {node} and see who answers: a proxy or mirror there must pass registry requests on",
                Who::Admin,
            )])
            .look(failed.look_at_failures());
    }
    let why = if failed.was_sent_elsewhere() {
        "image {image} names {registry}, which sends the node on, or a mirror is set; the kubelet tries again by itself"
    } else {
        "the fault is on the registry's side or of a proxy before it; the kubelet tries again by itself"
    };
    let finding = match failed.pull.status {
        Some(status) => failed
            .finding("{host} answers status {status} when asked for image {image}")
            .fact("status", u32::from(status)),
        None => failed.finding("{host} fails when asked for image {image}"),
    };
    finding
        .why(why)
        .fix([Fix::advice(
            "look at the state and logs of {host}; if it is not yours, its status page",
            Who::Admin,
        )])
        .look(failed.look_at_failures())
}
