//! `service-ip-family`: a Service has an address of a family of which its pods have none.

use super::selector_fixes::ServiceCase;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::Kind;
use crate::text::say;

/// A Service has an address of a family of which its pods have none.
pub static RULE: Rule = Rule {
    cause: "service-ip-family",
    layer: Layer::Service,
    title: "a Service has an address of a family of which its pods have none",
    seen_as: &[],
    explanation: include_str!("service_ip_family.md"),
    reads: &[Kind::Service],
    refines: &["service-endpoints"],
    root: Root::Subject,
    check: Check::Service(check),
};

fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let store = case.snapshot.store();
    let families = case.it.dead_families(store);
    let Some(dead) = families.first().filter(|_| !case.it.service.is_headless) else {
        return Vec::new();
    };
    let has = if *dead == "IPv6" { "IPv4" } else { "IPv6" };
    let headline = say!(
        "service-ip-family.headline",
        "its address of {family} leads nowhere: {pods|its one ready pod has|its {pods} ready pods have} only addresses of {has}"
    );
    let why = say!(
        "service-ip-family.why",
        "a pod is an endpoint for the families of which it has an address, as nodes and network plugin give them"
    );
    let both = say!(
        "service-ip-family.other-family",
        "make the Service anew with ipFamilies [{has}]: its first family cannot be changed"
    );
    let give = say!(
        "service-ip-family.give-addresses",
        "or let nodes and network plugin give pods addresses of {family} as well"
    );
    let proof = case.field("spec.ipFamilies", case.it.service.families.join(", "));
    let finding = Finding::new(case.subject(), headline, proof)
        .fact("family", *dead)
        .fact("has", has)
        .fact("pods", case.it.members(store).ready)
        .why(why)
        .fix([Fix::advice(both, Who::Owner), Fix::advice(give, Who::Admin)])
        .inspect(case.kubectl([
            "get",
            "pods",
            "-o",
            "custom-columns=NAME:.metadata.name,IPS:.status.podIPs[*].ip",
        ]));
    vec![finding.when(!case.it.needs_dead_family(store), Finding::hint)]
}
