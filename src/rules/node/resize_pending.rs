//! `resize-pending`: a pod runs with less, or more, than its spec asks for by now, since its node cannot give it.
//!
//! The pod itself is as well as before; what was asked for has not come.

use crate::kubernetes::quantity::Quantity;
use crate::messages::node_admission::{self, Amounts};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{ContainerView, Evidence, Role};
use crate::text::{Fact, Message, Sentence, say};
use crate::triage::{Resize, resize};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use std::collections::BTreeMap;

/// A pod runs with other resources than its spec asks for by now, since its node cannot give them.
pub static RULE: Rule = Rule {
    cause: "resize-pending",
    layer: Layer::Node,
    title: "the node cannot give a running pod the resources that it is to have now",
    seen_as: &[
        "PodResizePending",
        "PodResizeInProgress",
        "ResizeDeferred",
        "ResizeInfeasible",
        "ResizeError",
        "Deferred",
        "Infeasible",
        "Running",
    ],
    explanation: include_str!("resize_pending.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let found = resize(case.pod()).map(|resize| finding(case, &resize));
    found.into_iter().collect()
}

fn finding(case: &Case<'_>, resize: &Resize<'_>) -> Finding {
    let (path, quote) = match resize {
        Resize::Deferred(said) | Resize::Infeasible(said) | Resize::Failed(said) => *said,
    };
    let told = node_admission::amounts(quote);
    let changes = changes(case);
    let finding = Finding::new(
        case.subject(),
        headline(resize, told.is_some()),
        case.field(path, quote),
    )
    .fact("node", case.pod().node().unwrap_or_default())
    .fact_if("changes", (!changes.is_empty()).then_some(changes))
    .evidence(allocated(case))
    .why(why(resize))
    .refers_to_quotes()
    .fix([fix(resize)]);
    match told {
        Some((
            resource,
            Amounts {
                requested,
                used,
                capacity,
            },
        )) => finding
            .fact("requested", Fact::amount(requested, &resource))
            .fact("used", Fact::amount(used, &resource))
            .fact("capacity", Fact::amount(capacity, &resource))
            .fact("resource", resource),
        None => finding,
    }
}

fn headline(resize: &Resize<'_>, told: bool) -> Sentence {
    match resize {
        Resize::Deferred(_) if told => say!(
            "resize-pending.deferred-for",
            "the pod's resize waits for room on {node}[: {changes}]; it asks for {requested} {resource}, and others have {used} of {capacity}"
        ),
        Resize::Deferred(_) => say!(
            "resize-pending.deferred",
            "the pod's resize waits for room on {node}[: {changes}]"
        ),
        Resize::Infeasible(_) if told => say!(
            "resize-pending.infeasible-for",
            "{node} can never give the pod what it is to have now[: {changes}]; it asks for {requested} {resource}, and the node has {capacity}"
        ),
        Resize::Infeasible(_) => say!(
            "resize-pending.infeasible",
            "{node} cannot give the pod what it is to have now[: {changes}]"
        ),
        Resize::Failed(_) => say!(
            "resize-pending.failed",
            "the kubelet of {node} fails to resize the pod[: {changes}]"
        ),
    }
}

fn why(resize: &Resize<'_>) -> Sentence {
    match resize {
        Resize::Deferred(_) => say!(
            "resize-pending.deferred-why",
            "the pod runs on with what it had; the kubelet tries again as soon as other pods of the node give room"
        ),
        Resize::Infeasible(_) => say!(
            "resize-pending.infeasible-why",
            "the pod runs on with what it had, and the kubelet does not try again until the spec is changed"
        ),
        Resize::Failed(_) => say!(
            "resize-pending.failed-why",
            "the pod runs on, perhaps with a part of the change; the kubelet tries again"
        ),
    }
}

fn fix(resize: &Resize<'_>) -> Fix {
    match resize {
        Resize::Deferred(_) => Fix::advice(
            say!(
                "resize-pending.make-room",
                "free room on {node}, ask for less, or delete the pod so that it is made anew where there is room"
            ),
            Who::Owner,
        ),
        Resize::Infeasible(_) => Fix::advice(
            say!(
                "resize-pending.ask-less",
                "set resources that the node can give and in-place resize allows, or delete the pod so that it is made anew elsewhere"
            ),
            Who::Owner,
        ),
        Resize::Failed(_) => Fix::advice(
            say!(
                "resize-pending.see-runtime",
                "see what the message names; a memory limit below what is used cannot be set"
            ),
            Who::Owner,
        ),
    }
}

type Resources = BTreeMap<String, ApiQuantity>;

/// `cpu of app from 1 to 4`: what is asked for against what the container was given.
fn changes(case: &Case<'_>) -> Vec<Message> {
    let pod = case.pod();
    let containers = pod.containers().filter(|one| one.role != Role::Init);
    let all = containers.flat_map(|one| {
        let asked = one
            .spec
            .and_then(|spec| spec.resources.as_ref()?.requests.clone());
        let given = given(&one).cloned().unwrap_or_default();
        let differs = move |(resource, asked): (String, ApiQuantity)| {
            let asked = Quantity::try_from(&asked).ok()?;
            let had = Quantity::try_from(given.get(&resource)?).ok()?;
            (asked != had).then(|| {
                Message::new(say!(
                    "resize-pending.change",
                    "{resource} of {container} from {had} to {asked}"
                ))
                .fact("had", Fact::amount(had, &resource))
                .fact("asked", Fact::amount(asked, &resource))
                .fact("container", one.name())
                .fact("resource", resource)
            })
        };
        asked.into_iter().flatten().filter_map(differs)
    });
    all.collect()
}

/// What the kubelet has set aside for a container.
fn given<'a>(container: &ContainerView<'a>) -> Option<&'a Resources> {
    let status = container.status;
    let running = || status.resources.as_ref()?.requests.as_ref();
    status.allocated_resources.as_deref().or_else(running)
}

fn allocated(case: &Case<'_>) -> Option<Evidence> {
    let mut containers = case.pod().containers();
    let (path, given) = containers.find_map(|one| Some((one.path(), given(&one)?)))?;
    let amounts = given
        .iter()
        .map(|(resource, amount)| format!("{resource}: {}", amount.0));
    let amounts: Vec<String> = amounts.collect();
    Some(case.field(format!("{path}.allocatedResources"), amounts.join(", ")))
}
