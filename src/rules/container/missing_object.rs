//! What became of a ConfigMap or Secret that the kubelet misses: the two causes differ in nothing but the kind.
//!
//! What is known of the object itself is told by `shared::keyed`.

use super::reference::{Refusal, UNMADE, demands, refusals};
use crate::messages::config::ConfigFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::keyed::{Missed, creation, list};
use crate::rules::shared::template::{Template, field_path, role_word};
use crate::rules::{Case, Root};
use crate::snapshot::{ContainerView, Evidence, Keyed, Kind, Seen};
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
    let container = &refusal.container;
    let missed = Missed::look(case, kind, name);
    let headline = headline(&missed.seen);
    let finding = Finding::new(case.subject(), headline, refusal.proof.clone())
        .container(container.name())
        .fact("role", role_word(container.role))
        .evidence(places(case, container, kind, name))
        .inspect(list(case, kind));
    if missed.seen.yes().is_some() {
        return finding
            .fact("kind", kind.as_str())
            .fact("name", name)
            .fact("namespace", case.namespace())
            .why(say!(
                "missing-object.why-by-now",
                "it was made after the kubelet last looked; the kubelet tries again by itself within about a minute"
            ));
    }
    let demands = demands(case, container, kind, name);
    let keys: Vec<&str> = demands.iter().filter_map(|(_, key)| *key).collect();
    missed
        .told(case, finding, |near| {
            rename(case, container, kind, name, near)
        })
        .fix([creation(case, kind, name, &keys)])
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
