//! What lets pods pass the PodSecurity level of their namespace: the smallest change of the template, where they only do not
//! promise what the level asks for; a lower level, where they need a privilege.

use super::pod_security::ENFORCE;
use super::refusal::wait_for_next;
use super::refused_template::Template;
use crate::kubernetes::patch;
use crate::messages::admission::pod_security::{Clause, Demand, Level, clauses, name};
use crate::rules::finding::{Fix, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, say};
use serde_json::{Value, json};

/// Best first.
pub(super) fn of(
    case: &WorkloadCase<'_>,
    level: &str,
    violations: &[String],
    is_lifted: bool,
) -> Vec<Fix> {
    if is_lifted {
        return vec![wait_for_next(case)];
    }
    let asked: Vec<Clause> = violations.iter().flat_map(|one| clauses(one)).collect();
    let needed = needed(level, violations);
    if asked
        .iter()
        .any(|clause| matches!(clause.demand, Demand::Without(_)))
    {
        return vec![lower(case, level, needed), without(violations)];
    }
    vec![harden(case, &asked), lower(case, level, needed)]
}

/// The strictest level that admits the pods.
pub(super) fn needed(level: &str, violations: &[String]) -> Level {
    let asked = violations.iter().flat_map(|one| clauses(one));
    let of_clause = asked.map(|clause| match clause.demand {
        Demand::Without(level) => level,
        // baseline asks for these only of who says the opposite
        _ if level == "restricted" => Level::Baseline,
        _ => Level::Privileged,
    });
    of_clause.max().unwrap_or(Level::Privileged)
}

/// Promises all that is asked for; in words where the template is not known, or lacks a container that is named.
fn harden(case: &WorkloadCase<'_>, asked: &[Clause]) -> Fix {
    let template = Template::of(case);
    let named = asked.iter().flat_map(|clause| &clause.containers);
    let is_added = |name: &&String| {
        let template = template.as_ref();
        template.is_some_and(|template| template.place(name).is_none())
    };
    let added = named.clone().find(is_added);
    let promise = say!(
        "pod-security.harden",
        "set {settings} in the template, each in a securityContext[; the image of {containers} then has to run as a user other than root]"
    );
    let elsewhere = say!(
        "pod-security.harden-added",
        "container {added} is not of the template: what adds it to the pods, such as a service mesh, has to set {settings}"
    );
    let mut settings: Vec<String> = asked.iter().filter_map(setting).collect();
    settings.dedup();
    let of_user = asked
        .iter()
        .filter(|clause| matches!(clause.demand, Demand::NonRoot | Demand::NotRootUser));
    let mut containers: Vec<String> = of_user
        .flat_map(|clause| clause.containers.clone())
        .collect();
    containers.sort();
    containers.dedup();
    let change = Message::new(if added.is_some() { elsewhere } else { promise })
        .fact("settings", settings.join(", "))
        .fact_if("added", added.cloned())
        .fact_if("containers", (!containers.is_empty()).then_some(containers));
    let change = Message::with(change.sentence, &[&change.args]);
    let hardened = template
        .filter(|_| added.is_none())
        .and_then(|mut template| {
            for clause in asked {
                promise_of(&mut template, clause)?;
            }
            Some(template.fix(change.clone()))
        });
    hardened.unwrap_or_else(|| Fix::advice(change, Who::Owner).of_template())
}

/// As people say it.
fn setting(clause: &Clause) -> Option<String> {
    let setting = match clause.demand {
        Demand::NoEscalation => "allowPrivilegeEscalation=false",
        Demand::DropAll => "capabilities.drop=[ALL]",
        Demand::NonRoot => "runAsNonRoot=true",
        Demand::NotRootUser => "no runAsUser=0",
        Demand::Seccomp => "seccompProfile.type=RuntimeDefault",
        Demand::Without(_) => return None,
    };
    Some(setting.to_owned())
}

/// None where a container that is named is not of the template: something else gives it to the pods.
fn promise_of(template: &mut Template<'_, '_>, clause: &Clause) -> Option<()> {
    let of_containers = clause.containers.iter().map(|name| template.place(name));
    let places: Vec<String> = of_containers.collect::<Option<_>>()?;
    let (field, value) = match clause.demand {
        Demand::NoEscalation => ("allowPrivilegeEscalation", json!(false)),
        Demand::DropAll => ("capabilities/drop", json!(["ALL"])),
        Demand::NonRoot => ("runAsNonRoot", json!(true)),
        Demand::Seccomp => ("seccompProfile/type", json!("RuntimeDefault")),
        Demand::NotRootUser => ("runAsUser", Value::Null),
        Demand::Without(_) => return None,
    };
    // what the pod's own promise is enough for is said once, unless a container says otherwise
    let own = |place: &String| {
        let said = format!("{place}/securityContext/{field}");
        template.spec.pointer(&said).is_some()
    };
    let mut targets: Vec<String> = places
        .iter()
        .filter(|place| !clause.of_pod || own(place))
        .cloned()
        .collect();
    if clause.of_pod {
        targets.push(String::new());
    }
    for target in targets {
        let pointer = format!("{target}/securityContext/{field}");
        if value.is_null() {
            template.remove(&pointer);
        } else {
            template.set(&pointer, value.clone());
        }
    }
    Some(())
}

/// The namespace's label, by which it admits what is needed.
fn lower(case: &WorkloadCase<'_>, level: &str, needed: Level) -> Fix {
    let namespace = ObjectRef::new(Kind::Namespace, "", case.namespace());
    let pointer = format!("/metadata/labels/{}", patch::escaped(ENFORCE));
    let to = match needed {
        Level::Baseline => say!(
            "pod-security.lower",
            "let namespace {namespace} admit more: level {to}, for all of its pods"
        ),
        Level::Privileged => say!(
            "pod-security.lower-to-all",
            "if the pods need it, as agents of nodes do: let namespace {namespace} admit everything, level {to}, for all of its pods"
        ),
    };
    let before = patch::nested(&pointer, level);
    let change = patch::add(&pointer, needed.as_str());
    Fix::edit(to, Who::Admin, namespace, vec![change], &before).fact("to", needed.as_str())
}

/// Whoever wrote the template knows what it needs.
fn without(violations: &[String]) -> Fix {
    let change = say!(
        "pod-security.without",
        "leave out of the template what the level does not admit: {checks}"
    );
    let checks = violations
        .iter()
        .map(|violation| name(violation).to_owned());
    let fix = Fix::advice(change, Who::Owner).of_template();
    fix.fact("checks", checks.collect::<Vec<_>>())
}
