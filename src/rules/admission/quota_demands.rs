//! What a quota demands before it counts: that containers set what it counts (`must specify`), that there is a quota at all for
//! what only quotas allow (`insufficient quota`), that it is counted (`status unknown`).
//!
//! Source: kube-apiserver `pkg/admission/plugin/resourcequota/controller.go` (0.37); containers are named since 1.27.

use super::limits::ranges;
use super::refusal::{Refusal, wait_for_next};
use super::refused_template::{Template, name_of};
use crate::messages::admission::Denial;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::say;
use serde_json::Value;
use std::collections::BTreeSet;

/// The finding about a demand that is not met; none for another refusal.
pub(super) fn of(case: &WorkloadCase<'_>) -> Option<Finding> {
    let refusal = Refusal::of(case)?;
    match &refusal.refused.denial {
        Denial::QuotaMustSpecify { quota, resources } => {
            Some(must_specify(&refusal, quota, resources))
        }
        Denial::QuotaUnknown { quota } => Some(uncounted(&refusal, quota)),
        Denial::QuotaAbsent { what } => Some(absent(&refusal, what)),
        _ => None,
    }
}

fn must_specify(refusal: &Refusal<'_, '_>, quota: &str, told: &[String]) -> Finding {
    let case = refusal.case;
    let demands: Vec<(&str, Vec<String>)> = told.iter().map(|one| demand(one)).collect();
    let resources: Vec<String> = demands.iter().map(|(one, _)| (*one).to_owned()).collect();
    let named = demands
        .iter()
        .flat_map(|(_, containers)| containers.clone());
    let named: BTreeSet<String> = named.collect();
    let containers: Vec<String> = if named.is_empty() {
        lacking(case, &resources)
    } else {
        named.into_iter().collect()
    };
    let object = ObjectRef::new(Kind::ResourceQuota, case.namespace(), quota);
    let given: Vec<String> = resources
        .iter()
        .filter(|it| default(case, it))
        .cloned()
        .collect();
    let is_met = !resources.is_empty() && given.len() == resources.len();
    let headline = if is_met {
        say!(
            "quota-exceeded.specified-by-now",
            "quota {quota} demanded {resources} of each container; a LimitRange gives that by now"
        )
    } else {
        say!(
            "quota-exceeded.must-specify",
            "quota {quota} counts {resources}, which {containers|container {containers} does|containers {containers} do} not set"
        )
    };
    let unnamed = say!(
        "quota-exceeded.must-specify-unnamed",
        "quota {quota} counts {resources}, which not all containers set"
    );
    let headline = if containers.is_empty() && !is_met {
        unnamed
    } else {
        headline
    };
    let fixes = if is_met {
        vec![wait_for_next(case)]
    } else {
        set(case, &containers, &demands)
    };
    refusal
        .finding(object, headline)
        .why(say!(
            "quota-exceeded.must-specify-why",
            "a quota of a resource admits only pods whose containers all say how much of it they take; {again}"
        ))
        .fact("quota", quota)
        .fact("resources", resources)
        .fact("containers", containers)
        .fix(fixes)
        .inspect(case.kubectl(["get", "quota,limits", "-o", "yaml"]))
}

/// `limits.cpu: app,log`, and of older versions the resource alone.
fn demand(told: &str) -> (&str, Vec<String>) {
    let (resource, containers) = told.split_once(": ").unwrap_or((told, ""));
    let containers = containers.split(',').filter(|name| !name.is_empty());
    (resource, containers.map(str::to_owned).collect())
}

/// The field and the resource of `limits.cpu`; a bare `cpu` is a request.
fn field(resource: &str) -> (&str, &str) {
    match resource.split_once('.') {
        Some((field @ ("limits" | "requests"), resource)) => (field, resource),
        _ => ("requests", resource),
    }
}

/// The containers of the template that set less than all of it. A limit stands for a request that is not set.
fn lacking(case: &WorkloadCase<'_>, resources: &[String]) -> Vec<String> {
    let template = Template::of(case);
    let all = template.map(|it| it.containers()).unwrap_or_default();
    let sets = |container: &Value, wanted: &str| {
        let (field, resource) = field(wanted);
        let has = |field: &str| {
            let amounts = container.get("resources").and_then(|it| it.get(field));
            amounts.is_some_and(|amounts| amounts.get(resource).is_some())
        };
        has(field) || field == "requests" && has("limits")
    };
    let lacks = |container: &Value| resources.iter().any(|one| !sets(container, one));
    let lacking = all.iter().filter(|(_, container)| lacks(container));
    lacking
        .map(|(_, container)| name_of(container).to_owned())
        .collect()
}

/// Whether a LimitRange gives this to a container that does not set it.
fn default(case: &WorkloadCase<'_>, wanted: &str) -> bool {
    let (field, resource) = field(wanted);
    let limits = ranges(case).flat_map(|(_, range)| &range.limits);
    let mut limits = limits.filter(|limit| limit.kind == "Container");
    limits.any(|limit| match field {
        "limits" => limit.default.contains_key(resource),
        _ => limit.default_request.contains_key(resource) || limit.default.contains_key(resource),
    })
}

/// How much is for people to say.
fn set(
    case: &WorkloadCase<'_>,
    containers: &[String],
    demands: &[(&str, Vec<String>)],
) -> Vec<Fix> {
    let change = say!(
        "quota-exceeded.specify",
        "set {resources} of {containers|container {containers}|containers {containers}}"
    );
    let unnamed = say!(
        "quota-exceeded.specify-unnamed",
        "set {resources} of each container"
    );
    let change = if containers.is_empty() {
        unnamed
    } else {
        change
    };
    let amounts = |wanted: &str| {
        let of_field = demands.iter().map(|(one, _)| field(one));
        let of_field = of_field.filter(|(field, _)| *field == wanted);
        let pairs: Vec<String> = of_field
            .map(|(_, resource)| format!("{resource}={}", resource.to_uppercase()))
            .collect();
        (!pairs.is_empty()).then(|| format!("--{wanted}={}", pairs.join(",")))
    };
    let owner = case.subject();
    let mut own = Fix::advice(change, Who::Owner).of_template();
    if owner.known_kind().and_then(Kind::pod_template).is_some() {
        let mut words = vec!["set".to_owned(), "resources".to_owned(), owner.argument()];
        if let [container] = containers {
            words.extend(["-c".to_owned(), container.clone()]);
        }
        words.extend(
            [amounts("requests"), amounts("limits")]
                .into_iter()
                .flatten(),
        );
        own = own.template(case.kubectl(words));
    }
    let by_default = say!(
        "quota-exceeded.default",
        "let a LimitRange of namespace {namespace} give a default of {resources} to each container that sets none"
    );
    vec![own, Fix::advice(by_default, Who::Admin)]
}

fn uncounted(refusal: &Refusal<'_, '_>, quota: &str) -> Finding {
    let case = refusal.case;
    let object = ObjectRef::new(Kind::ResourceQuota, case.namespace(), quota);
    refusal
        .finding(
            object.clone(),
            say!(
                "quota-exceeded.uncounted",
                "what quota {quota} has left was not known when {what} {missing|was|were} to be made"
            ),
        )
        .why(say!(
            "quota-exceeded.uncounted-why",
            "kube-controller-manager counts a new quota before anything is admitted; {again}"
        ))
        .fact("quota", quota)
        .fact("missing", refusal.refused.missing())
        .fix([wait_for_next(case)])
        .inspect(case.kubectl(["get", &object.argument(), "-o", "yaml"]))
}

fn absent(refusal: &Refusal<'_, '_>, what: &str) -> Finding {
    let case = refusal.case;
    let allow = say!(
        "quota-exceeded.allow",
        "create a ResourceQuota in namespace {namespace} that allows it, with scopeSelector where it is about a scope"
    );
    let without = say!(
        "quota-exceeded.do-without",
        "leave out of the template what is limited so, such as the priority class"
    );
    refusal
        .finding(
            case.subject(),
            say!(
                "quota-exceeded.absent",
                "no quota of namespace {namespace} allows {what} to use {limited}"
            ),
        )
        .why(say!(
            "quota-exceeded.absent-why",
            "the API server is set to admit this only where a ResourceQuota allows so much of it; {again}"
        ))
        .fact("limited", what.trim_start_matches("[{").trim_end_matches("}]"))
        .fix([
            Fix::advice(allow, Who::Admin),
            Fix::advice(without, Who::Owner).of_template(),
        ])
        .inspect(case.kubectl(["get", "quota"]))
}
