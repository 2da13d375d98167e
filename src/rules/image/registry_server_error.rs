//! `registry-server-error`: the registry failed, or a web page answered in its place.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-server-error",
    layer: Layer::Image,
    title: "a registry fails to answer properly",
    seen_as: NOT_PULLED,
    explanation: include_str!("registry_server_error.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "registry-server-error.root",
        "the registry {host} answers with an error of its own"
    )),
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
            .finding(say!("registry-server-error.web-page", "a web page came in place of image {image}"))
            .why(say!("registry-server-error.web-page-why", "a proxy, a login page or a misconfigured mirror stands between {node} and {host}"))
            .fix([Fix::advice(
                say!("registry-server-error.see-who-answers", "ask {host} from {node} and see who answers: a proxy or mirror there must pass registry requests on"),
                Who::Admin,
            )])
            .inspect(failed.curl_manifest());
    }
    let why = if failed.was_sent_elsewhere() {
        say!(
            "registry-server-error.sent-elsewhere-why",
            "image {image} names {registry}, which sends the node on, or a mirror is set; the kubelet tries again by itself"
        )
    } else {
        say!(
            "registry-server-error.why",
            "the fault is on the registry's side or of a proxy before it; the kubelet tries again by itself"
        )
    };
    let headline = if failed.pull.status.is_some() {
        say!(
            "registry-server-error.status",
            "{host} answers status {status} when asked for image {image}"
        )
    } else {
        say!(
            "registry-server-error.headline",
            "{host} fails when asked for image {image}"
        )
    };
    failed
        .finding(headline)
        .fact_if("status", failed.pull.status.map(u32::from))
        .why(why)
        .fix([Fix::advice(
            say!(
                "registry-server-error.check-registry",
                "look at the state and logs of {host}; if it is not yours, its status page"
            ),
            Who::Admin,
        )])
        .inspect(failed.curl_manifest())
}
