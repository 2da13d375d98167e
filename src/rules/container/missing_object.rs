//! What became of a ConfigMap or Secret that the kubelet misses: the two causes differ in nothing but the kind.
//!
//! The kubelet's message proves that the object was absent when it looked; what was read of the
//! cluster can only add to that: a like name, the same name elsewhere, or that it exists by now.

use super::reference::{Refusal, UNMADE, catalog, demands, refusals};
use crate::kubernetes::nearest::nearest;
use crate::messages::config::ConfigFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::{Template, field_path, role_word};
use crate::rules::{Case, Root};
use crate::snapshot::{ContainerView, Evidence, Keyed, Kind, ObjectRef, Seen};
use crate::text::{Sentence, say};
use serde_json::json;

/// How such pods are seen.
pub(super) const SEEN_AS: &[&str] = &["CreateContainerConfigError", "Failed"];
/// All that miss the object get it at once.
pub(super) const ROOT: Root = Root::Facts(say!(
    "missing-object.root",
    "{kind} {name} does not exist in namespace {namespace}"
));

/// The findings for each container that misses an object of this kind.
pub(super) fn of_kind(case: &Case<'_>, kind: Kind) -> Vec<Finding> {
    let missing = |refusal: &Refusal<'_>| {
        let (missed, name) = match &refusal.failure {
            ConfigFailure::ConfigMapMissing { name } => (Kind::ConfigMap, name),
            ConfigFailure::SecretMissing { name } => (Kind::Secret, name),
            _ => return None,
        };
        (missed == kind).then(|| missing_object(case, refusal, kind, name))
    };
    refusals(case, UNMADE).iter().filter_map(missing).collect()
}

/// The finding for a missing ConfigMap or Secret.
fn missing_object(case: &Case<'_>, refusal: &Refusal<'_>, kind: Kind, name: &str) -> Finding {
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
                "missing-object.why-by-now",
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
            "missing-object.why-elsewhere",
            "there is one of that name in {elsewhere}, but a pod reads only its own namespace"
        ));
    }
    finding.fix([creation(case, &refusal.container, kind, name)])
}

fn headline(seen: &Seen<'_, &Keyed>) -> Sentence {
    match seen {
        Seen::Yes(_) => say!(
            "missing-object.by-now",
            "{role} {container} waited for {kind} {name}, which exists by now"
        ),
        Seen::No | Seen::Unknown(_) => say!(
            "missing-object.missing",
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

/// The change of the name, where there is one place to change and a template to change it in.
fn rename(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: Kind,
    name: &str,
    near: &str,
) -> Fix {
    let change = say!(
        "missing-object.name-nearest",
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
        _ => Fix::advice(change, Who::Owner).of_template(),
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
        "missing-object.create",
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
