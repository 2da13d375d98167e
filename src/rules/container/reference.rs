//! What a container takes its environment from, and what became of a ConfigMap or Secret that the kubelet misses.
//!
//! The kubelet's message proves that the object was absent when it looked; what was read of the
//! cluster can only add to that: a like name, the same name elsewhere, or that it exists by now.

use super::start_failure::message;
use crate::kubernetes::nearest::nearest;
use crate::messages::config::{self, ConfigFailure};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::{Template, field_path, place, role_word};
use crate::snapshot::Evidence;
use crate::snapshot::{Catalog, ContainerView, Keyed, Kind, ObjectRef, Seen};
use crate::text::{Sentence, say};
use k8s_openapi::api::core::v1::Container;
use serde_json::json;

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

/// What was read of this kind.
pub(super) fn catalog<'a>(case: &Case<'a>, kind: Kind) -> &'a Catalog<Keyed> {
    match kind {
        Kind::Secret => case.snapshot.secrets(),
        _ => case.snapshot.config_maps(),
    }
}

/// The finding for a missing ConfigMap or Secret.
pub(super) fn missing_object(
    case: &Case<'_>,
    refusal: &Refusal<'_>,
    kind: Kind,
    name: &str,
) -> Finding {
    let object = ObjectRef::new(kind, case.namespace(), name);
    let found = catalog(case, kind);
    let seen = found.get(case.namespace(), name);
    let near = nearest(name, found.seen_in(case.namespace()).map(|(name, _)| name));
    let elsewhere: Vec<String> = found
        .seen()
        .filter(|((namespace, other), _)| other == name && namespace != case.namespace())
        .map(|((namespace, _), _)| namespace.clone())
        .collect();
    let mut finding = Finding::new(case.subject(), headline(&seen), refusal.proof.clone())
        .container(refusal.container.name())
        .fact("role", role_word(refusal.container.role))
        .fact("kind", kind.as_str())
        .fact("name", name)
        .fact("namespace", case.namespace())
        .evidence(places(case, &refusal.container, kind, name))
        .inspect(list(case, kind));
    match seen {
        Seen::Yes(_) => {
            return finding.why(say!(
                "reference.why-by-now",
                "it was made after the kubelet last looked; the kubelet tries again by itself within about a minute"
            ));
        }
        Seen::No => finding = finding.evidence([case.absence(object)]),
        Seen::Unknown(_) => {}
    }
    if let Some(near) = near {
        let rename = rename(case, &refusal.container, kind, name, near);
        finding = finding.fact("nearest", near).fix([rename]);
    }
    if !elsewhere.is_empty() {
        finding = finding.fact("elsewhere", elsewhere).why(say!(
            "reference.why-elsewhere",
            "there is one of that name in {elsewhere}, but a pod reads only its own namespace"
        ));
    }
    finding.fix([creation(case, &refusal.container, kind, name)])
}

fn headline(seen: &Seen<'_, &Keyed>) -> Sentence {
    match seen {
        Seen::Yes(_) => say!(
            "reference.by-now",
            "{role} {container} waited for {kind} {name}, which exists by now"
        ),
        Seen::No | Seen::Unknown(_) => say!(
            "reference.missing",
            "{role} {container} needs {kind} {name}, which does not exist[; {nearest} does]"
        ),
    }
}

/// Quotes every place that demands this object.
fn places(case: &Case<'_>, container: &ContainerView<'_>, kind: Kind, name: &str) -> Vec<Evidence> {
    demands(case, container, kind, name)
        .into_iter()
        .map(|(pointer, _)| case.field(field_path(&format!("{pointer}/name")), name))
        .collect()
}

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

/// The change of the name, where there is one place to change and a template to change it in.
fn rename(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: Kind,
    name: &str,
    near: &str,
) -> Fix {
    let change = say!(
        "reference.name-nearest",
        "if {nearest} is meant, name that one in {role} {container}"
    );
    let places = demands(case, container, kind, name);
    match (Template::of(case), places.as_slice()) {
        (Some(template), [(pointer, _)]) => template.replace(
            change,
            &format!("{pointer}/name"),
            &json!(name),
            &json!(near),
        ),
        _ => Fix::advice(change, Who::Owner),
    }
}

/// How the object is made. Its values are not known, so there is only a template of the command.
fn creation(case: &Case<'_>, container: &ContainerView<'_>, kind: Kind, name: &str) -> Fix {
    let mut keys: Vec<String> = demands(case, container, kind, name)
        .into_iter()
        .filter_map(|(_, key)| key.map(str::to_owned))
        .collect();
    keys.sort();
    keys.dedup();
    let mut words = vec!["create"];
    match kind {
        Kind::Secret => words.extend(["secret", "generic", name]),
        _ => words.extend(["configmap", name]),
    }
    let literals: Vec<String> = if keys.is_empty() {
        vec!["--from-literal=KEY=VALUE".to_owned()]
    } else {
        keys.iter()
            .map(|key| format!("--from-literal={key}=VALUE"))
            .collect()
    };
    words.extend(literals.iter().map(String::as_str));
    let change = say!(
        "reference.create",
        "create {kind} {name} with its values; the pod then starts by itself"
    );
    Fix::advice(change, Who::Owner).template(case.kubectl(words))
}

/// The command that lists the objects of this kind beside the pod.
fn list(case: &Case<'_>, kind: Kind) -> String {
    let plural = match kind {
        Kind::Secret => "secrets",
        _ => "configmaps",
    };
    case.kubectl(["get", plural])
}

#[cfg(test)]
mod tests {
    use super::*;

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
