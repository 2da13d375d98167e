//! One example for each wording.

use super::Denial as D;
use super::*;
use proptest::prelude::*;

fn own(text: &str) -> String {
    text.to_owned()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(resource, quantity)| (own(resource), own(quantity)))
        .collect()
}

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| own(item)).collect()
}

/// The error in all frames of controllers and clients.
fn framed(said: &str) -> Vec<String> {
    let error = format!("pods \"web-7d9c5b-\" is forbidden: {said}");
    vec![
        error.clone(),
        format!("Error creating: {error}"),
        format!(" (combined from similar events): Error creating: {error}"),
        format!("create Pod web-0 in StatefulSet web failed error: {error}"),
        format!("Create Pod web-0 in StatefulSet web failed error: {error}"),
        format!("Error from server (Forbidden): error when creating \"web.yaml\": {error}"),
    ]
}

#[test]
fn quotas() {
    let exceeded = D::QuotaExceeded {
        quota: own("small"),
        requested: pairs(&[("cpu", "2"), ("pods", "1")]),
        used: pairs(&[("cpu", "3"), ("pods", "9")]),
        limited: pairs(&[("cpu", "4"), ("pods", "9")]),
    };
    for verb in ["exceeded", "Exceeded"] {
        for text in framed(&format!(
            "{verb} quota: small, requested: cpu=2,pods=1, used: cpu=3,pods=9, limited: cpu=4,pods=9"
        )) {
            assert_eq!(read(&text), exceeded, "{text}");
        }
    }
    for (said, denial) in [
        (
            "failed quota: small: must specify limits.cpu,requests.memory",
            D::QuotaMustSpecify {
                quota: own("small"),
                resources: list(&["limits.cpu", "requests.memory"]),
            },
        ),
        (
            "Failed quota: small: must specify limits.cpu; Deployment does not have minimum availability.",
            D::QuotaMustSpecify {
                quota: own("small"),
                resources: list(&["limits.cpu"]),
            },
        ),
        (
            "failed quota: small: must specify limits.cpu for: app,log; limits.memory for: app",
            D::QuotaMustSpecify {
                quota: own("small"),
                resources: list(&["limits.cpu: app,log", "limits.memory: app"]),
            },
        ),
        (
            "status unknown for quota: small, resources: pods",
            D::QuotaUnknown {
                quota: own("small"),
            },
        ),
        (
            "insufficient quota to consume: requests.example.com/fpga",
            D::QuotaAbsent {
                what: own("requests.example.com/fpga"),
            },
        ),
        (
            "insufficient quota to match these scopes: [{PriorityClass In [high]}]",
            D::QuotaAbsent {
                what: own("[{PriorityClass In [high]}]"),
            },
        ),
    ] {
        for text in framed(said) {
            assert_eq!(read(&text), denial, "{text}");
        }
    }
}

#[test]
fn limit_ranges() {
    let breach = |bound, resource: &str, kind: &str, limit: &str, asked: Option<&str>| Breach {
        bound,
        resource: own(resource),
        kind: own(kind),
        limit: own(limit),
        asked: asked.map(own),
        of_limit: bound != Bound::Minimum,
    };
    for (said, breaches) in [
        (
            "maximum memory usage per Container is 1Gi, but limit is 2Gi",
            vec![breach(
                Bound::Maximum,
                "memory",
                "Container",
                "1Gi",
                Some("2Gi"),
            )],
        ),
        (
            "minimum cpu usage per Container is 100m, but request is 10m.",
            vec![breach(
                Bound::Minimum,
                "cpu",
                "Container",
                "100m",
                Some("10m"),
            )],
        ),
        (
            "minimum cpu usage per Container is 100m.  No request is specified",
            vec![breach(Bound::Minimum, "cpu", "Container", "100m", None)],
        ),
        (
            "maximum cpu usage per Pod is 2.  No limit is specified",
            vec![breach(Bound::Maximum, "cpu", "Pod", "2", None)],
        ),
        (
            "cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000",
            vec![breach(
                Bound::Ratio,
                "cpu",
                "Container",
                "4",
                Some("10.000000"),
            )],
        ),
        (
            "[minimum memory usage per Pod is 64Mi, but request is 1Mi., maximum cpu usage per Container is 1, but limit is 2, memory max limit to request ratio per Pod is 2, but provided ratio is 3.5]",
            vec![
                breach(Bound::Minimum, "memory", "Pod", "64Mi", Some("1Mi")),
                breach(Bound::Maximum, "cpu", "Container", "1", Some("2")),
                breach(Bound::Ratio, "memory", "Pod", "2", Some("3.5")),
            ],
        ),
    ] {
        for text in framed(said) {
            assert_eq!(read(&text), D::LimitRange(breaches.clone()), "{text}");
        }
    }
}

#[test]
fn pod_security() {
    let said = "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (containers \"app\", \"log\" must set securityContext.allowPrivilegeEscalation=false), \nhost namespaces (hostNetwork=true),\nseccompProfile (pod or container \"app\" must set x)";
    let violations = list(&[
        "allowPrivilegeEscalation != false (containers \"app\", \"log\" must set securityContext.allowPrivilegeEscalation=false)",
        "host namespaces (hostNetwork=true)",
        "seccompProfile (pod or container \"app\" must set x)",
    ]);
    for text in framed(said) {
        assert_eq!(
            read(&text),
            D::PodSecurity {
                level: own("restricted:latest"),
                violations: violations.clone()
            },
            "{text}"
        );
    }
    for (said, of_openshift, inner) in [
        (
            "unable to validate against any security context constraint: []",
            true,
            "",
        ),
        (
            "unable to validate against any pod security policy: []",
            false,
            "",
        ),
        (
            "unable to validate against any security context constraint: [provider restricted: no]",
            true,
            "provider restricted: no",
        ),
        ("no providers available to validate pod request", false, ""),
    ] {
        assert_eq!(
            read(&format!("Error creating: pods \"a-\" is forbidden: {said}")),
            D::SecurityConstraint {
                of_openshift,
                said: own(inner)
            }
        );
    }
}

#[test]
fn webhooks() {
    let denied = |said: &str| D::WebhookDenied {
        webhook: own("check.example"),
        said: own(said),
    };
    assert_eq!(
        read(
            "Error creating: admission webhook \"check.example\" denied the request: [limits] exceeded quota: of my own"
        ),
        denied("[limits] exceeded quota: of my own")
    );
    assert_eq!(
        read(
            "Error creating: admission webhook \"check.example\" denied the request: \n\nresource Pod/a/b was blocked"
        ),
        denied("resource Pod/a/b was blocked")
    );
    assert_eq!(
        read("admission webhook \"check.example\" denied the request without explanation"),
        denied("")
    );

    for (tail, why) in [
        (
            "no endpoints available for service \"hook\"",
            Unreachable::NoEndpoints,
        ),
        ("service \"hook\" not found", Unreachable::ServiceMissing),
        (
            "dial tcp 10.0.0.3:443: connect: connection refused",
            Unreachable::Refused,
        ),
        ("context deadline exceeded", Unreachable::Timeout),
        (
            "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
            Unreachable::Timeout,
        ),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            Unreachable::Tls,
        ),
        (
            "dial tcp: lookup hook.sys.svc: no such host",
            Unreachable::Dns,
        ),
        ("EOF", Unreachable::Other),
    ] {
        for frame in [
            "Error creating: Internal error occurred: failed calling webhook \"check.example\": failed to call webhook: Post \"https://hook.sys.svc:443/mutate?timeout=10s\": ",
            "Error creating: Internal error occurred: failed calling admission webhook \"check.example\": Post https://hook.sys.svc:443/mutate?timeout=30s: ",
        ] {
            let expected = D::WebhookUnreachable {
                webhook: own("check.example"),
                service: Some((own("sys"), own("hook"))),
                why,
            };
            assert_eq!(read(&format!("{frame}{tail}")), expected, "{frame}{tail}");
        }
    }
    let outside = "failed calling webhook \"check.example\": failed to call webhook: Post \"https://hook.example/\": EOF";
    assert!(matches!(
        read(outside),
        D::WebhookUnreachable { service: None, .. }
    ));
    assert_eq!(
        read("failed calling webhook \"check.example\": received invalid webhook response: no"),
        D::WebhookBroken {
            webhook: own("check.example")
        }
    );
    let policy = "ValidatingAdmissionPolicy 'limits' with binding 'all' denied request: too big";
    assert_eq!(
        read(&format!("pods \"a\" is forbidden: {policy}")),
        D::Policy {
            policy: own("limits"),
            binding: own("all"),
            said: own("too big")
        }
    );
}

#[test]
fn everything_else_that_is_forbidden() {
    for (said, denial) in [
        (
            "error looking up service account shop/web: serviceaccount \"web\" not found",
            D::ServiceAccountMissing {
                namespace: own("shop"),
                name: own("web"),
            },
        ),
        (
            "no PriorityClass with name high was found",
            D::PriorityClassMissing { name: own("high") },
        ),
        (
            "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name",
            D::Priority,
        ),
        (
            "pods with system-node-critical priorityClass is not permitted in shop namespace",
            D::Priority,
        ),
        (
            "pod rejected: RuntimeClass \"kata\" not found",
            D::RuntimeClassMissing { name: own("kata") },
        ),
        (
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
            D::RuntimeClassConflict,
        ),
        (
            "conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = c",
            D::RuntimeClassConflict,
        ),
        (
            "pod node label selector conflicts with its namespace node label selector",
            D::NodeSelectorConflict,
        ),
        (
            "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace tolerations",
            D::TolerationsConflict,
        ),
        (
            "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed",
            D::AntiAffinityTopology,
        ),
        (
            "unable to create new content in namespace shop because it is being terminated",
            D::NamespaceTerminating {
                namespace: own("shop"),
            },
        ),
        (
            "User \"system:serviceaccount:a:b\" cannot create resource \"pods\" in API group \"\" in the namespace \"shop\"",
            D::Rbac {
                user: own("system:serviceaccount:a:b"),
                verb: own("create"),
                resource: own("pods"),
            },
        ),
        (
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>",
            D::OwnerFinalizers,
        ),
        ("words of tomorrow", D::Other),
    ] {
        for text in framed(said) {
            assert_eq!(read(&text), denial, "{text}");
        }
    }
}

#[test]
fn the_words_are_what_the_server_said_of_the_pod() {
    for (message, expected) in [
        (
            "Error creating: pods \"web-\" is forbidden: no such thing",
            "no such thing",
        ),
        (
            "create Pod web-0 in StatefulSet web failed error: Pod \"web-0\" is invalid: a",
            "Pod \"web-0\" is invalid: a",
        ),
    ] {
        assert_eq!(words(message), expected);
    }
}

#[test]
fn everything_that_is_not_forbidden() {
    for (text, denial) in [
        (
            "create Pod web-0 in StatefulSet web failed error: object is being deleted: pods \"web-0\" already exists",
            D::AlreadyExists { name: own("web-0") },
        ),
        (
            "pods \"web-0\" already exists",
            D::AlreadyExists { name: own("web-0") },
        ),
        (
            "namespaces \"shop\" not found",
            D::NamespaceMissing {
                namespace: own("shop"),
            },
        ),
        ("Error creating: etcdserver: request timed out", D::Server),
        (
            "Error creating: Timeout: request did not complete within requested timeout - context deadline exceeded",
            D::Server,
        ),
        (
            "Error creating: client rate limiter Wait returned an error: context deadline exceeded",
            D::Server,
        ),
        ("Error creating: ", D::Empty),
        ("", D::Empty),
    ] {
        assert_eq!(read(text), denial, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn no_order_of_known_pieces_breaks_it(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "Error creating: ", "exceeded quota: a", ", requested: ", "cpu=1,", ", used: ", ", limited: ", "violates PodSecurity \"x\": ", "(", ")", ", ", "minimum ", "maximum ", " max limit to request ratio ", "é", "failed quota: a: must specify ", " for: ", "; ", "admission webhook \"w\" denied", "https://a.b.svc:1/",
    ]), 0..12)) {
        let _ = read(&pieces.concat());
    }
}
