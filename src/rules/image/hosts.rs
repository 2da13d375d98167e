//! What is known about the hosts of registries: which belong together, which are public, which a cloud guards.
//!
//! Sources: Docker Hub's documented host names; registry.k8s.io's redirect list (kubernetes/registry.k8s.io);
//! the registry host forms of Amazon ECR, Azure Container Registry, Google Artifact Registry.

/// Hosts that stand for Docker Hub.
const DOCKER_HUB: [&str; 5] = [
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "auth.docker.io",
    "production.cloudflare.docker.com",
];
/// Registries whose certificates every node trusts, unless somebody stands in between.
const PUBLIC: [&str; 8] = [
    "docker.io",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "pkg.dev",
    "registry.k8s.io",
    "public.ecr.aws",
    "mcr.microsoft.com",
];

/// A cloud whose nodes log in to their registry by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    /// Amazon Elastic Container Registry.
    Amazon,
    /// Azure Container Registry.
    Azure,
    /// Google Artifact Registry and Container Registry.
    Google,
}

/// Whether a dialled host is the registry's own.
pub(super) fn belongs_to(host: &str, registry: &str) -> bool {
    let hub = |host: &str| DOCKER_HUB.contains(&host);
    host == registry || name(host) == name(registry) || (hub(name(host)) && hub(name(registry)))
}

/// Whether the registry is a well-known public one.
pub(super) fn is_public(host: &str) -> bool {
    let name = name(host);
    DOCKER_HUB.contains(&name) || PUBLIC.iter().any(|domain| within(name, domain))
}

/// Whether the registry is Docker Hub.
pub(super) fn is_docker_hub(host: &str) -> bool {
    DOCKER_HUB.contains(&name(host))
}

/// Whether the host is the machine that dials.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = name(host);
    name == "localhost" || name.starts_with("127.") || name == "[::1]"
}

/// Whether the host is the name of a Service inside a cluster, which nodes do not resolve.
pub(super) fn is_of_cluster(host: &str) -> bool {
    let name = name(host);
    name.ends_with(".svc") || name.ends_with(".svc.cluster.local")
}

/// Whether it is the registry that OpenShift brings along: its Service of 4 and of 3, or the route to it.
pub(super) fn is_of_openshift(host: &str) -> bool {
    let name = name(host);
    let services = [
        "image-registry.openshift-image-registry.svc",
        "docker-registry.default.svc",
    ];
    let is_service = |service: &str| {
        name.strip_prefix(service)
            .is_some_and(|rest| rest.is_empty() || rest == ".cluster.local")
    };
    services.iter().any(|service| is_service(service))
        || name.starts_with("default-route-openshift-image-registry.")
}

/// The cloud that guards a registry.
pub(super) fn cloud(host: &str) -> Option<Cloud> {
    let name = name(host);
    if name.contains(".dkr.ecr.") || name.contains(".dkr-ecr.") {
        Some(Cloud::Amazon)
    } else if within(name, "azurecr.io") {
        Some(Cloud::Azure)
    } else if within(name, "pkg.dev") || within(name, "gcr.io") {
        Some(Cloud::Google)
    } else {
        None
    }
}

/// The host without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_one_registry_belong_together() {
        for (host, registry, expected) in [
            ("registry-1.docker.io", "docker.io", true),
            ("auth.docker.io", "docker.io", true),
            ("registry.example:5000", "registry.example", true),
            ("us-west2-docker.pkg.dev", "registry.k8s.io", false),
            ("mirror.example", "docker.io", false),
            ("127.0.0.1:5000", "127.0.0.1:5000", true),
        ] {
            assert_eq!(belongs_to(host, registry), expected, "{host} {registry}");
        }
    }

    #[test]
    fn hosts_are_known_by_their_names() {
        assert!(is_public("us-docker.pkg.dev") && is_public("registry-1.docker.io:443"));
        assert!(!is_public("notghcr.io") && !is_public("registry.example"));
        assert!(is_loopback("localhost:5000") && is_loopback("127.0.0.1:5000"));
        assert!(is_loopback("[::1]:5000") && !is_loopback("localhost.example"));
        assert!(is_of_cluster("registry.tools.svc.cluster.local:5000"));
        assert!(!is_of_cluster("registry.example"));
        assert!(is_of_openshift(
            "image-registry.openshift-image-registry.svc:5000"
        ));
        assert!(is_of_openshift(
            "default-route-openshift-image-registry.apps.example"
        ));
        assert!(!is_of_openshift("docker-registry.default.svc.example"));
        assert_eq!(
            cloud("123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
            Some(Cloud::Amazon)
        );
        assert_eq!(cloud("team.azurecr.io"), Some(Cloud::Azure));
        assert_eq!(cloud("eu.gcr.io"), Some(Cloud::Google));
        assert_eq!(cloud("registry.example"), None);
    }
}
