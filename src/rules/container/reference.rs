//! What a container takes its environment from, and what the kubelet says where it cannot.

use super::start_failure::message;
use crate::messages::config::{self, ConfigFailure};
use crate::rules::Case;
use crate::rules::shared::template::place;
use crate::snapshot::Evidence;
use crate::snapshot::{ContainerView, Kind};
use k8s_openapi::api::core::v1::Container;

/// One place of a container's spec that names a ConfigMap or a Secret.
pub(super) struct Reference<'a> {
    /// Which kind.
    pub(super) kind: Kind,
    /// The object.
    pub(super) name: &'a str,
    /// The key; `None` where all are taken.
    pub(super) key: Option<&'a str>,
    /// Whether the container does without.
    pub(super) optional: bool,
    /// JSON pointer of the reference, below the container.
    pub(super) pointer: String,
}

/// Every such place, in the order in which the kubelet reads them (pkg/kubelet/kubelet_pods.go makeEnvironmentVariables).
pub(super) fn references(container: &Container) -> Vec<Reference<'_>> {
    let whole = container.env_from.iter().flatten().enumerate();
    let single = container.env.iter().flatten().enumerate();
    let mut found = Vec::new();
    for (index, source) in whole {
        found.extend(source.config_map_ref.as_ref().map(|map| Reference {
            kind: Kind::ConfigMap,
            name: &map.name,
            key: None,
            optional: map.optional == Some(true),
            pointer: format!("envFrom/{index}/configMapRef"),
        }));
        found.extend(source.secret_ref.as_ref().map(|secret| Reference {
            kind: Kind::Secret,
            name: &secret.name,
            key: None,
            optional: secret.optional == Some(true),
            pointer: format!("envFrom/{index}/secretRef"),
        }));
    }
    for (index, variable) in single {
        let Some(from) = &variable.value_from else {
            continue;
        };
        found.extend(from.config_map_key_ref.as_ref().map(|key| Reference {
            kind: Kind::ConfigMap,
            name: &key.name,
            key: Some(&key.key),
            optional: key.optional == Some(true),
            pointer: format!("env/{index}/valueFrom/configMapKeyRef"),
        }));
        found.extend(from.secret_key_ref.as_ref().map(|key| Reference {
            kind: Kind::Secret,
            name: &key.name,
            key: Some(&key.key),
            optional: key.optional == Some(true),
            pointer: format!("env/{index}/valueFrom/secretKeyRef"),
        }));
    }
    found
}

/// A container that the kubelet could not configure.
pub(super) struct Refusal<'a> {
    /// The container.
    pub(super) container: ContainerView<'a>,
    /// What the message means.
    pub(super) failure: ConfigFailure,
    /// The message, unchanged.
    pub(super) message: String,
    /// The message as proof.
    pub(super) proof: Evidence,
}

/// Every container that waits for one of these reasons, with the message about it.
pub(super) fn refusals<'a>(case: &Case<'a>, reasons: &[&str]) -> Vec<Refusal<'a>> {
    let refusal = |container: ContainerView<'a>| {
        let (message, proof) = message(case, &container)?;
        Some(Refusal {
            container,
            failure: config::read(&message),
            message,
            proof,
        })
    };
    case.waiting(reasons)
        .into_iter()
        .filter_map(refusal)
        .collect()
}

/// The waiting reasons under which a container's configuration is refused: the kubelet's, and the runtime's.
pub(super) const UNMADE: &[&str] = &["CreateContainerConfigError", "CreateContainerError"];

/// The places that demand this object, as pointers below the pod's spec, with the key.
pub(super) fn demands<'a>(
    case: &Case<'_>,
    container: &ContainerView<'a>,
    kind: Kind,
    name: &str,
) -> Vec<(String, Option<&'a str>)> {
    let (Some(spec), Some(place)) = (container.spec, place(case, container)) else {
        return Vec::new();
    };
    references(spec)
        .into_iter()
        .filter(|wanted| wanted.kind == kind && wanted.name == name && !wanted.optional)
        .map(|wanted| (format!("{place}/{}", wanted.pointer), wanted.key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_name_their_place() {
        let container: Container = serde_json::from_value(json!({"name": "app",
            "envFrom": [{"secretRef": {"name": "all", "optional": true}}, {"configMapRef": {"name": "base"}}],
            "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "base", "key": "b"}}}]}))
        .unwrap();
        let found: Vec<_> = references(&container)
            .into_iter()
            .map(|r| (r.kind, r.name, r.key, r.optional, r.pointer))
            .collect();
        assert_eq!(
            found,
            [
                (
                    Kind::Secret,
                    "all",
                    None,
                    true,
                    "envFrom/0/secretRef".to_owned()
                ),
                (
                    Kind::ConfigMap,
                    "base",
                    None,
                    false,
                    "envFrom/1/configMapRef".to_owned()
                ),
                (
                    Kind::ConfigMap,
                    "base",
                    Some("b"),
                    false,
                    "env/1/valueFrom/configMapKeyRef".to_owned()
                ),
            ]
        );
    }
}
