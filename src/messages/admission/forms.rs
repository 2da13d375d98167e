//! The wordings of refusals that hold no lists.

use super::{Denial, Unreachable};
use crate::messages::form::{Captures, Pattern, contains, search};
use crate::messages::text;

/// Order matters: a webhook's words may hold any of the others, so it is asked for first.
pub(super) fn webhook(said: &str) -> Option<Denial> {
    const DENIED: [&str; 2] = [
        "admission webhook \"{}\" denied the request: {*}",
        "admission webhook \"{}\" denied the request without explanation{*}",
    ];
    if let Some(captures) = DENIED.into_iter().find_map(|form| search(form, said)) {
        return Some(Denial::WebhookDenied {
            webhook: captures.own(0),
            said: captures.get(1).trim().to_owned(),
        });
    }
    // `admission` up to 1.15
    const FAILED: [&str; 2] = [
        "failed calling webhook \"{}\": {*}",
        "failed calling admission webhook \"{}\": {*}",
    ];
    let captures = FAILED.into_iter().find_map(|form| search(form, said))?;
    const BROKEN: [&str; 3] = [
        "received invalid webhook response",
        "received undecodable patch",
        "unsupported",
    ];
    if BROKEN.iter().any(|words| contains(captures.get(1), words)) {
        return Some(Denial::WebhookBroken {
            webhook: captures.own(0),
        });
    }
    Some(Denial::WebhookUnreachable {
        webhook: captures.own(0),
        service: service(captures.get(1)),
        why: why(captures.get(1)),
    })
}

/// The Service of `https://<service>.<namespace>.svc:443/…`.
fn service(said: &str) -> Option<(String, String)> {
    let host = text::hosts(said).next()?;
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let mut parts = host.split('.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(namespace), Some("svc")) => Some((namespace.to_owned(), name.to_owned())),
        _ => None,
    }
}

fn why(said: &str) -> Unreachable {
    const WORDS: [(&str, Unreachable); 10] = [
        (
            "no endpoints available for service",
            Unreachable::NoEndpoints,
        ),
        ("service \"", Unreachable::ServiceMissing),
        ("connection refused", Unreachable::Refused),
        ("x509: ", Unreachable::Tls),
        ("tls: ", Unreachable::Tls),
        ("no such host", Unreachable::Dns),
        ("context deadline exceeded", Unreachable::Timeout),
        ("request canceled", Unreachable::Timeout),
        ("i/o timeout", Unreachable::Timeout),
        ("timeout exceeded", Unreachable::Timeout),
    ];
    WORDS
        .iter()
        .find(|(words, _)| contains(said, words))
        .map_or(Unreachable::Other, |(_, why)| *why)
}

fn absent_quota(captures: &Captures<'_>) -> Denial {
    Denial::QuotaAbsent {
        what: captures.own(0),
    }
}

fn constraint(captures: &Captures<'_>, of_openshift: bool) -> Denial {
    Denial::SecurityConstraint {
        of_openshift,
        said: captures
            .get(0)
            .trim_start_matches('[')
            .trim_end_matches(']')
            .trim()
            .to_owned(),
    }
}

fn bare(name: &str) -> String {
    name.trim_matches(['"', '\'']).to_owned()
}

pub(super) const FORMS: &[Pattern<Denial>] = &[
    // admission/plugin/policy/validating
    (
        "ValidatingAdmissionPolicy '{}' with binding '{}' denied request: {*}",
        |captures| Denial::Policy {
            policy: captures.own(0),
            binding: captures.own(1),
            said: captures.own(2),
        },
    ),
    // plugin/pkg/admission/resourcequota: controller.go
    ("status unknown for quota: {}, resources: {*}", |captures| {
        Denial::QuotaUnknown {
            quota: captures.own(0),
        }
    }),
    ("insufficient quota to consume: {*}", absent_quota),
    (
        "insufficient quota to match these scopes: {*}",
        absent_quota,
    ),
    // OpenShift; plugin/pkg/admission/security/podsecuritypolicy up to 1.24
    (
        "unable to validate against any security context constraint: {*}",
        |captures| constraint(captures, true),
    ),
    (
        "unable to validate against any pod security policy: {*}",
        |captures| constraint(captures, false),
    ),
    ("no providers available to validate pod request", |_| {
        Denial::SecurityConstraint {
            of_openshift: false,
            said: String::new(),
        }
    }),
    // plugin/pkg/admission/serviceaccount
    ("error looking up service account {}/{}: ", |captures| {
        Denial::ServiceAccountMissing {
            namespace: captures.own(0),
            name: captures.own(1),
        }
    }),
    // plugin/pkg/admission/priority
    ("no PriorityClass with name {} was found", |captures| {
        Denial::PriorityClassMissing {
            name: bare(captures.get(0)),
        }
    }),
    (
        "the integer value of priority ({}) must not be provided in pod spec",
        |_| Denial::Priority,
    ),
    (
        "pods with {} priorityClass is not permitted in {} namespace",
        |_| Denial::Priority,
    ),
    // plugin/pkg/admission/runtimeclass
    ("RuntimeClass \"{}\" not found", |captures| {
        Denial::RuntimeClassMissing {
            name: captures.own(0),
        }
    }),
    (
        "Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        |_| Denial::RuntimeClassConflict,
    ),
    ("conflict: runtimeClass.scheduling.nodeSelector", |_| {
        Denial::RuntimeClassConflict
    }),
    // plugin/pkg/admission/podnodeselector, podtolerationrestriction, antiaffinity
    (
        "pod node label selector conflicts with its namespace node label selector",
        |_| Denial::NodeSelectorConflict,
    ),
    ("conflict with its namespace tolerations", |_| {
        Denial::TolerationsConflict
    }),
    (
        "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey",
        |_| Denial::AntiAffinityTopology,
    ),
    // admission/plugin/namespace/lifecycle
    (
        "unable to create new content in namespace {} because it is being terminated",
        |captures| Denial::NamespaceTerminating {
            namespace: bare(captures.get(0)),
        },
    ),
    ("namespaces \"{}\" not found", |captures| {
        Denial::NamespaceMissing {
            namespace: captures.own(0),
        }
    }),
    // endpoints/handlers/responsewriters: errors.go
    (
        "User \"{}\" cannot {} resource \"{}\" in API group ",
        |captures| Denial::Rbac {
            user: captures.own(0),
            verb: captures.own(1),
            resource: captures.own(2),
        },
    ),
    (
        "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on",
        |_| Denial::OwnerFinalizers,
    ),
    (
        "object is being deleted: pods \"{}\" already exists",
        |captures| Denial::AlreadyExists {
            name: captures.own(0),
        },
    ),
    ("pods \"{}\" already exists", |captures| {
        Denial::AlreadyExists {
            name: captures.own(0),
        }
    }),
    // etcd, apiserver, client-go
    ("etcdserver: ", |_| Denial::Server),
    (
        "the server was unable to return a response in the time allotted",
        |_| Denial::Server,
    ),
    ("the server has received too many requests", |_| {
        Denial::Server
    }),
    ("Too many requests, please try again later", |_| {
        Denial::Server
    }),
    ("Timeout: request did not complete", |_| Denial::Server),
    ("client rate limiter Wait returned an error", |_| {
        Denial::Server
    }),
];
