//! Changes to the template of a pod, where such a change reaches the pod.

use crate::kubernetes::patch;
use crate::kubernetes::pod::Pod;
use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::snapshot::{ContainerView, Propagation, Role, TemplateOwner};
use crate::text::{Sentence, say};
use k8s_openapi::api::core::v1::Container;
use serde_json::Value;

/// The owner whose pod template can be changed.
pub(in crate::rules) struct Template<'a> {
    template_owner: TemplateOwner,
    /// Where the pods' spec stands in the owner.
    pub(in crate::rules) spec_pointer: &'static str,
    pod: &'a Pod,
}

impl<'a> Template<'a> {
    /// The template that a change to this pod goes to. None where the change would not reach the stuck pod.
    pub(in crate::rules) fn of(case: &Case<'a>) -> Option<Self> {
        let template_owner = TemplateOwner::of(case.pod(), case.snapshot);
        let spec_pointer = match template_owner.propagation {
            Propagation::Rollout | Propagation::NextRun => template_owner.spec_pointer()?,
            Propagation::OnDelete | Propagation::Immutable | Propagation::Unknown => return None,
        };
        Some(Template {
            template_owner,
            spec_pointer,
            pod: case.pod().pod(),
        })
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
        let path = format!("{}/{pointer}", self.spec_pointer);
        let operations = vec![
            patch::test(&path, old.clone()),
            patch::replace(&path, new.clone()),
        ];
        self.edit(change, operations)
    }

    /// A fix that makes this patch of the owner.
    pub(in crate::rules) fn edit(&self, change: Sentence, patch: Vec<Value>) -> Fix {
        let before = patch::nested(self.spec_pointer, self.pod.own_spec());
        let owner = self.template_owner.object.clone();
        Fix::edit(change, Who::Owner, owner, patch, &before)
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
        Role::Init => say!("role.init-container", "init container"),
        Role::Sidecar => say!("role.sidecar", "sidecar"),
        Role::Main => say!("role.container", "container"),
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
