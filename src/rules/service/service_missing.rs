//! `service-missing`: something routes to a Service that does not exist, or that it may not name.

use super::ingress_port::path;
use super::selector_fixes::ServiceCase;
use super::ungranted;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::patch;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Backend, Evidence, Kind, ObjectRef};
use crate::text::say;
use serde_json::Value;
use std::collections::BTreeMap;

/// Something routes to a Service that does not exist, or that it may not name.
pub static RULE: Rule = Rule {
    cause: "service-missing",
    layer: Layer::Service,
    title: "an Ingress or route leads to a Service that does not exist, or that it may not name",
    seen_as: &["BackendNotFound", "RefNotPermitted", "ResolvedRefs"],
    explanation: include_str!("service_missing.md"),
    reads: &[
        Kind::Service,
        Kind::Ingress,
        Kind::HttpRoute,
        Kind::GrpcRoute,
    ],
    refines: &[],
    root: Root::Subject,
    check: Check::Service(check),
};

/// The most routes that are named and quoted.
const NAMED: usize = 3;

fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let missing = case.it.is_missing.then(|| finding(case)).flatten();
    let ungranted = || case.it.is_ungranted.then(|| ungranted::finding(case));
    let finding = missing.or_else(|| ungranted().flatten());
    finding.into_iter().collect()
}

fn finding(case: &ServiceCase<'_>) -> Option<Finding> {
    let store = case.snapshot.store();
    let mut routes: BTreeMap<ObjectRef, Vec<&Backend>> = BTreeMap::new();
    for (route, backend) in case.it.routes(store) {
        routes.entry(route).or_default().push(backend);
    }
    let mut quotes = routes
        .iter()
        .filter_map(|(route, backends)| quoted(case, route, backends));
    let proof = quotes.next()?;
    let services = store.services().seen_in(case.it.namespace);
    let near = nearest(case.it.name, services.map(|(name, _)| name));
    let headline = say!(
        "service-missing.headline",
        "{routes} {routes|routes|route} to Service {service}, which does not exist[; the namespace has {nearest}]"
    );
    let why = say!(
        "service-missing.why",
        "whoever asks is answered with an error, mostly 503 or 500, whatever runs in the namespace"
    );
    let create = say!(
        "service-missing.create",
        "create Service {service} for the pods that are meant, or take the route away"
    );
    let names = routes.keys().map(ObjectRef::argument);
    let (first, _) = routes.first_key_value()?;
    Some(
        Finding::new(case.subject(), headline, proof)
            .fact("routes", names.take(NAMED).collect::<Vec<_>>())
            .fact("service", case.it.name)
            .fact_if("nearest", near)
            .evidence(quotes.take(NAMED))
            .evidence([case.absence(case.object())])
            .why(why)
            .fix(near.and_then(|near| rename(&routes, near)))
            .fix([Fix::advice(create, Who::Owner)])
            .inspect(first.kubectl(["describe", &first.argument()])),
    )
}

fn quoted(case: &ServiceCase<'_>, route: &ObjectRef, backends: &[&Backend]) -> Option<Evidence> {
    let backend = backends.first()?;
    Some(case.field_of(route.clone(), path(&backend.name_at), &*backend.service))
}

/// The name that is there in place of the other, where one route alone is to be changed.
fn rename(routes: &BTreeMap<ObjectRef, Vec<&Backend>>, near: &str) -> Option<Fix> {
    let mut all = routes.iter();
    let ((route, backends), None) = (all.next()?, all.next()) else {
        return Some(Fix::advice(
            say!(
                "service-missing.rename-all",
                "if {nearest} is meant, name that in each of them"
            ),
            Who::Owner,
        ));
    };
    let operations = backends.iter();
    let operations = operations.map(|one| patch::replace(&one.name_at, near.to_owned()));
    let change = say!(
        "service-missing.rename",
        "if {nearest} is meant, name that in {route}"
    );
    let operations: Vec<Value> = operations.collect();
    let fix = Fix::edit(change, Who::Owner, route.clone(), operations, &Value::Null);
    Some(fix.fact("route", route.argument()))
}
