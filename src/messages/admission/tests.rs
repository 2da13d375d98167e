//! One example for each wording.

use super::Denial as D;
use super::*;
use proptest::prelude::*;

fn words(text: &str) -> String {
    text.to_owned()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(resource, quantity)| (words(resource), words(quantity)))
        .collect()
}

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| words(item)).collect()
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
        quota: words("small"),
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
                quota: words("small"),
                resources: list(&["limits.cpu", "requests.memory"]),
            },
        ),
        (
            "Failed quota: small: must specify limits.cpu; Deployment does not have minimum availability.",
            D::QuotaMustSpecify {
                quota: words("small"),
                resources: list(&["limits.cpu"]),
            },
        ),
        (
            "failed quota: small: must specify limits.cpu for: app,log; limits.memory for: app",
            D::QuotaMustSpecify {
                quota: words("small"),
                resources: list(&["limits.cpu: app,log", "limits.memory: app"]),
            },
        ),
        (
            "status unknown for quota: small, resources: pods",
            D::QuotaUnknown {
                quota: words("small"),
            },
        ),
        (
            "insufficient quota to consume: requests.example.com/fpga",
            D::QuotaAbsent {
                what: words("requests.example.com/fpga"),
            },
        ),
        (
            "insufficient quota to match these scopes: [{PriorityClass In [high]}]",
            D::QuotaAbsent {
                what: words("[{PriorityClass In [high]}]"),
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
        resource: words(resource),
        kind: words(kind),
        limit: words(limit),
        asked: asked.map(words),
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
                level: words("restricted:latest"),
                violations: violations.clone()
            },
            "{text}"
        );
    }
    for (said, inner) in [
        (
            "unable to validate against any security context constraint: []",
            "",
        ),
        ("unable to validate against any pod security policy: []", ""),
        (
            "unable to validate against any security context constraint: [provider restricted: no]",
            "provider restricted: no",
        ),
        ("no providers available to validate pod request", ""),
    ] {
        assert_eq!(
            read(&format!("Error creating: pods \"a-\" is forbidden: {said}")),
            D::SecurityConstraint { said: words(inner) }
        );
    }
}

#[test]
fn webhooks() {
    let denied = |said: &str| D::WebhookDenied {
        webhook: words("check.example"),
        said: words(said),
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
                webhook: words("check.example"),
                service: Some((words("sys"), words("hook"))),
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
            webhook: words("check.example")
        }
    );
    let policy = "ValidatingAdmissionPolicy 'limits' with binding 'all' denied request: too big";
    assert_eq!(
        read(&format!("pods \"a\" is forbidden: {policy}")),
        D::Policy {
            policy: words("limits"),
            binding: words("all"),
            said: words("too big")
        }
    );
}

#[test]
fn everything_else_that_is_forbidden() {
    for (said, denial) in [
        (
            "error looking up service account shop/web: serviceaccount \"web\" not found",
            D::ServiceAccountMissing {
                namespace: words("shop"),
                name: words("web"),
            },
        ),
        (
            "no PriorityClass with name high was found",
            D::PriorityClassMissing {
                name: words("high"),
            },
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
            D::RuntimeClassMissing {
                name: words("kata"),
            },
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
                namespace: words("shop"),
            },
        ),
        (
            "User \"system:serviceaccount:a:b\" cannot create resource \"pods\" in API group \"\" in the namespace \"shop\"",
            D::Rbac {
                user: words("system:serviceaccount:a:b"),
                verb: words("create"),
                resource: words("pods"),
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
fn everything_that_is_not_forbidden() {
    for (text, denial) in [
        (
            "Error creating: Pod \"web-1\" is invalid: spec.containers[0].image: Required value",
            D::Invalid {
                field: words("spec.containers[0].image"),
                said: words("Required value"),
            },
        ),
        (
            "The Pod \"web-1\" is invalid: [spec.a: Invalid value: 1: no, spec.b: Required value]",
            D::Invalid {
                field: words("spec.a"),
                said: words("Invalid value: 1: no, spec.b: Required value]"),
            },
        ),
        (
            "create Pod web-0 in StatefulSet web failed error: object is being deleted: pods \"web-0\" already exists",
            D::AlreadyExists {
                name: words("web-0"),
            },
        ),
        (
            "pods \"web-0\" already exists",
            D::AlreadyExists {
                name: words("web-0"),
            },
        ),
        (
            "namespaces \"shop\" not found",
            D::NamespaceMissing {
                namespace: words("shop"),
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
