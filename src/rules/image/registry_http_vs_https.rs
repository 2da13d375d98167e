//! `registry-http-vs-https`: one side speaks HTTP, the other HTTPS.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "registry-http-vs-https",
    layer: Layer::Image,
    title: "a registry speaks HTTP where HTTPS is asked, or the reverse",
    seen_as: NOT_PULLED,
    explanation: include_str!("registry_http_vs_https.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "registry-http-vs-https.root",
        "{host} speaks plain HTTP and is asked by HTTPS, or the reverse"
    )),
    check: Check::Pod(check),
};

/// What a client says that asked by HTTPS and got something else.
const PLAIN_SERVER: [&str; 2] = [
    "server gave HTTP response to HTTPS client",
    "first record does not look like a TLS handshake",
];

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::HttpVsHttps)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    if PLAIN_SERVER.iter().any(|text| failed.says(text)) {
        // it was asked by HTTPS, and so on that port
        let host = failed.host().unwrap_or_default();
        let server = match host.rsplit_once(':') {
            Some(_) => host,
            None => format!("{host}:443"),
        };
        let serve = Fix::advice(
            say!(
                "registry-http-vs-https.serve-https",
                "give {host} a certificate, so that it speaks HTTPS"
            ),
            Who::Admin,
        );
        let allow = Fix::advice(
            say!(
                "registry-http-vs-https.allow-http",
                "let the runtime of every node ask {host} by HTTP, which is unencrypted: containerd by server = \"http://{server}\" in /etc/containerd/certs.d/{host}/hosts.toml, CRI-O by insecure = true in /etc/containers/registries.conf, Docker by insecure-registries in /etc/docker/daemon.json"
            ),
            Who::Admin,
        );
        return failed
            .finding(say!(
                "registry-http-vs-https.plain-server",
                "{host} speaks plain HTTP, and {node} asks it by HTTPS for image {image}"
            ))
            .fact("server", server.as_str())
            .fix([serve, allow])
            .inspect(
                failed
                    .case
                    .on_node(["curl", "-v", &format!("http://{server}/v2/")]),
            );
    }
    // containerd before 1.7 keeps the bare status 400 of such an answer
    let certain = failed.says("HTTP request to an HTTPS server");
    failed
        .finding(say!("registry-http-vs-https.plain-client", "{host} speaks HTTPS, and {node} asks it by plain HTTP for image {image}"))
        .why(say!("registry-http-vs-https.plain-client-why", "the runtime asks by HTTP where it is told to, and containerd also for loopback addresses"))
        .fix([Fix::advice(
            say!("registry-http-vs-https.ask-by-https", "let the runtime of the nodes ask {host} by HTTPS: server = \"https://{host}\" in /etc/containerd/certs.d/{host}/hosts.toml, or no insecure entry for it"),
            Who::Admin,
        )])
        .when(!certain, |finding| finding.certainty(Certainty::Likely))
        .inspect(failed.curl("https"))
}
