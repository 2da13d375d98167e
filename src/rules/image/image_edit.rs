//! Changes of the object that a pod comes from, as far as this layer needs them: its image, its pull policy, its pull secrets.
//!
//! Only where the object can be changed in place does a fix carry a command: a pod's own image may be changed, hardly
//! anything else of a pod (pkg/apis/core/validation, ValidatePodUpdate), and nothing of a Job's template.

use super::failed_pull::FailedPull;
use super::pull_secrets;
use crate::kubernetes::image_reference::ImageReference;
use crate::kubernetes::patch;
use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::rules::shared::template;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::Sentence;
use serde_json::{Value, json};

/// Names another image; with the command where the object can be changed in place.
pub(super) fn set_image(failed: &FailedPull<'_>, change: Sentence, image: &str) -> Fix {
    let case = failed.case;
    let subject = case.subject();
    let in_place = match subject.known_kind() {
        Some(Kind::Pod) => Some("/spec"),
        _ => pod_spec(&subject),
    };
    let (Some(spec), None) = (in_place, failed.volume) else {
        return Fix::advice(change, Who::Owner).fact("proposal", image);
    };
    let patch = in_container(failed, spec, "image", image);
    let before = patch::nested(spec, case.pod().pod().own_spec());
    Fix::edit(change, Who::Owner, subject, patch, &before).fact("proposal", image)
}

/// The command that names another tag, which the reader chooses; empty where nothing can be changed in place.
pub(super) fn set_image_template(failed: &FailedPull<'_>, reference: &ImageReference) -> String {
    let subject = failed.case.subject();
    let in_place = subject.known_kind() == Some(Kind::Pod) || pod_spec(&subject).is_some();
    if !in_place || failed.volume.is_some() {
        return String::new();
    }
    let tag = reference.tag.as_deref().unwrap_or("latest");
    let name = failed
        .image
        .strip_suffix(tag)
        .and_then(|name| name.strip_suffix(':'));
    let image = format!(
        "{}={}:TAG",
        failed.container.name(),
        name.unwrap_or(failed.image)
    );
    failed
        .case
        .kubectl(["set", "image", &subject.argument(), &image])
}

/// Sets the pull policy of the container; with the command where the object can be changed in place.
pub(super) fn set_pull_policy(failed: &FailedPull<'_>, change: Sentence, policy: &str) -> Fix {
    let subject = failed.case.subject();
    let Some(spec) = pod_spec(&subject).filter(|_| failed.volume.is_none()) else {
        return Fix::advice(change, Who::Owner).of_template();
    };
    let patch = in_container(failed, spec, "imagePullPolicy", policy);
    let before = patch::nested(spec, failed.case.pod().pod().own_spec());
    Fix::edit(change, Who::Owner, subject, patch, &before)
}

/// Makes the object's pods pull with this Secret, beside or instead of those that they name.
pub(super) fn set_pull_secret(
    case: &Case<'_>,
    change: Sentence,
    instead_of: Option<&str>,
    secret: &str,
) -> Fix {
    let named = pull_secrets::named(case);
    let from_account = named.iter().any(|named| named.by_account);
    let kept = named.iter().map(|named| named.name);
    let list: Vec<Value> = kept
        .filter(|name| Some(*name) != instead_of)
        .chain([secret])
        .map(|name| json!({"name": name}))
        .collect();
    // a list that is not known would be lost
    if !pull_secrets::are_known(case) {
        return Fix::advice(change, Who::Owner).fact("offered", secret);
    }
    let subject = case.subject();
    let (target, path) = match pod_spec(&subject) {
        Some(spec) if !from_account => (subject, format!("{spec}/imagePullSecrets")),
        // a list of the pod's own hides the account's, and cannot be changed
        None if !from_account && !named.is_empty() => {
            return Fix::advice(change, Who::Owner).fact("offered", secret);
        }
        // nor must a list that was not read be lost
        _ if !pull_secrets::is_account_read(case) => {
            return Fix::advice(change, Who::Owner).fact("offered", secret);
        }
        _ => (pull_secrets::account(case), "/imagePullSecrets".to_owned()),
    };
    let before = named.iter().map(|named| json!({"name": named.name}));
    let before = patch::nested(&path, before.collect::<Vec<_>>());
    let patch = vec![patch::add(&path, list)];
    Fix::edit(change, Who::Owner, target, patch, &before).fact("offered", secret)
}

/// Makes the pods anew, so that they take what has changed around them.
pub(super) fn restart(case: &Case<'_>, change: Sentence) -> Fix {
    let subject = case.subject();
    match subject.known_kind() {
        Some(Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet) => {
            let resource = subject.argument();
            let command = case.kubectl(["rollout", "restart", &resource]);
            Fix::command(change, Who::Owner, subject, command)
        }
        _ => Fix::advice(change, Who::Owner),
    }
}

/// Where the spec of the pods stands in an object whose template can be changed: also in one that replaces no pod by
/// itself, since the pods that it makes next take what is changed here.
fn pod_spec(subject: &ObjectRef) -> Option<&'static str> {
    subject.known_kind()?.pod_template()
}

/// A field of the container. Webhooks put containers between, so the patch tests whom it changes.
fn in_container(failed: &FailedPull<'_>, spec: &str, field: &str, value: &str) -> Vec<Value> {
    // a status without its container in the spec names nothing that could be changed
    let Some(place) = template::place(failed.case, &failed.container) else {
        return Vec::new();
    };
    let container = format!("{spec}/{place}");
    vec![
        patch::test(&format!("{container}/name"), failed.container.name()),
        patch::add(&format!("{container}/{field}"), value),
    ]
}
