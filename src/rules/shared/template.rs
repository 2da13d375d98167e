//! Where a change to a pod is made: in the template of its owner, or nowhere, because it cannot be changed in place.
//!
//! Only owners whose change reaches the stuck pod belong here. A ReplicaSet or ReplicationController
//! of its own replaces no pod, a Job's template is immutable (pkg/apis/batch/validation), and a
//! bare pod's containers are fixed but for the image (pkg/apis/core/validation).

use crate::text::{Sentence, say};
use crate::kubernetes::patch;
use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::snapshot::{ContainerView, Kind, ObjectRef, Role};
use k8s_openapi::api::core::v1::Container;
use serde_json::Value;

/// The owner whose pod template can be changed.
pub(in crate::rules) struct Template {
    owner: ObjectRef,
    root: Sentence,
}

impl Template {
    /// The template that a change to this pod goes to.
    pub(in crate::rules) fn of(case: &Case<'_>) -> Option<Template> {
        let owner = case.subject();
        let root = match owner.known_kind()? {
            // they make later pods by it, and leave this one as it is
            Kind::ReplicaSet | Kind::ReplicationController => return None,
            kind => kind.pod_template()?,
        };
        Some(Template { owner, root })
    }

    /// The owner.
    pub(in crate::rules) fn owner(&self) -> &ObjectRef {
        &self.owner
    }

    /// A fix that puts one value in place of another. It tests the old value first, because the
    /// pod may differ from its template (admission webhooks), and then fails without harm.
    pub(in crate::rules) fn replace(
        &self,
        change: Sentence,
        pointer: &str,
        old: &Value,
        new: &Value,
    ) -> Fix {
        let path = format!("{}/{pointer}", self.root);
        let operations = vec![
            patch::test(&path, old.clone()),
            patch::replace(&path, new.clone()),
        ];
        let namespace = self.owner.namespace.as_deref().unwrap_or_default();
        let kind = self.owner.kind.to_lowercase();
        let command = patch::command(namespace, &[&kind, &self.owner.name], &operations);
        Fix::command(change, Who::Owner, self.owner.clone(), command).patch(operations)
    }
}

/// Where a container stands in the pod's spec, as a JSON pointer without its first slash: `containers/0`.
pub(in crate::rules) fn place(case: &Case<'_>, container: &ContainerView<'_>) -> Option<String> {
    let spec = case.pod().spec();
    let (list, containers): (&str, &[Container]) = match container.role {
        Role::Main => ("containers", &spec.containers),
        Role::Init | Role::Sidecar => (
            "initContainers",
            spec.init_containers.as_deref().unwrap_or_default(),
        ),
    };
    let index = containers
        .iter()
        .position(|listed| listed.name == container.name())?;
    Some(format!("{list}/{index}"))
}

/// A JSON pointer below `spec` as a field path: `containers/0/env/1` is `spec.containers[0].env[1]`.
pub(in crate::rules) fn field_path(pointer: &str) -> String {
    let mut path = "spec".to_owned();
    for part in pointer.split('/') {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"))
        } else {
            path.push_str(&format!(".{part}"))
        }
    }
    path
}

/// What stands before a container's name in a sentence.
pub(in crate::rules) fn role_word(role: Role) -> Sentence {
    match role {
        Role::Init => say!("template.role-word", "init container"),
        Role::Sidecar => "sidecar",
        Role::Main => "container",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_become_field_paths() {
        assert_eq!(
            field_path("initContainers/0/env/12/valueFrom/secretKeyRef/name"),
            "spec.initContainers[0].env[12].valueFrom.secretKeyRef.name"
        );
    }
}
