//! What the four causes of too little of a resource share: the sentences, the numbers, the holders.
//!
//! Each cause names the resources that are its own; everything else about a shortage is here.
//! Requests count, not use: a node that idles may have nothing left to promise
//! (kube-scheduler `framework/plugins/noderesources/fit.go`, v1.37).

use super::cluster_autoscaler;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::resources::pod_requests;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::lie_on_a_host;
use crate::rules::shared::matching::{Match, Pattern};
use crate::scheduler::remedy::Action;
use crate::scheduler::{Filter, FilterFailure, NodeResult, What, ranking};
use crate::snapshot::{Event, Kind, Node, PodRecord};
use crate::text::{Fact, Message, Sentence, say};
use std::cell::LazyCell;
use std::collections::BTreeMap;

/// How many of the pods that hold a resource are named.
const HOLDERS: usize = 5;

const NONE_LEFT: Sentence = say!(
    "shortage.none-left",
    "the pod asks for {asked} {resource}, and none is left on any node that it may use"
);
const ASK_FOR_LESS: Sentence = say!(
    "shortage.ask-for-less",
    "ask for less {resource}, as far as the pod can do with less"
);
const ADD_A_NODE: Sentence = say!("shortage.add-a-node", "add a node with room for {room}");

/// What one node has of the resource.
#[derive(Clone, Copy)]
pub(super) struct Amounts<'e> {
    pub(super) node: &'e str,
    pub(super) asked: Quantity,
    pub(super) free: Quantity,
    pub(super) allocatable: Quantity,
}

/// Where a resource is short. Nodes that have none of it count only when no node that
/// the pod may use has any: a node without GPUs is not short of them while others have some.
pub(super) fn matched<'e>(case: &'e Case<'_>, resource: &str) -> Option<Match<'e>> {
    let offered = LazyCell::new(|| is_offered(case, resource));
    Match::find(
        case,
        &Pattern {
            failure: |failure: &FilterFailure| match &failure.what {
                What::Resource {
                    resource: short,
                    allocatable,
                    ..
                } => **short == *resource && (*allocatable > Quantity::ZERO || !*offered),
                _ => false,
            },
            reason: |reason: &Reason| match reason {
                Reason::InsufficientResource(short) if short == resource => Some(Certainty::Likely),
                _ => None,
            },
        },
    )
}

/// Whether a node that the pod does not exclude itself offers a resource, and has some of all else that the pod asks for.
fn is_offered(case: &Case<'_>, resource: &str) -> bool {
    let examination = case.scheduling();
    let nodes = examination.and_then(|examination| examination.nodes());
    let nodes = nodes.unwrap_or_default();
    let nearest_feasible = ranking::nearest_feasible(nodes);
    let mut usable = nodes.iter().filter(|node| nearest_feasible.is_usable(node));
    usable.any(|node| {
        let read = case.snapshot.nodes().get("", &node.node).yes();
        read.is_some_and(|read| offers(read, resource))
            && !lacking(node).any(|other| other != resource)
    })
}

/// What the pod asks for and the node has none of.
pub(super) fn lacking(node: &NodeResult) -> impl Iterator<Item = &str> {
    let failures = node.failures.iter();
    failures.filter_map(|failure| match &failure.what {
        What::Resource {
            resource,
            allocatable,
            ..
        } if allocatable.is_zero() => Some(&**resource),
        _ => None,
    })
}

/// The nodes that offer a resource.
pub(super) fn offering(case: &Case<'_>, resource: &str) -> Vec<String> {
    let nodes = case.snapshot.nodes().seen();
    nodes
        .filter(|(_, node)| offers(node, resource))
        .map(|(_, node)| node.name.to_string())
        .collect()
}

/// Whether a node has any of a resource, healthy or not.
fn offers(node: &Node, resource: &str) -> bool {
    [&node.capacity, &node.allocatable]
        .into_iter()
        .any(|amounts| {
            amounts
                .get(resource)
                .is_some_and(|amount| *amount > Quantity::ZERO)
        })
}

/// The finding for a resource that is short, if it is.
pub(super) fn check(case: &Case<'_>, resource: &str) -> Vec<Finding> {
    let Some(matched) = matched(case, resource) else {
        return Vec::new();
    };
    let finding = match nearest_feasible(&matched) {
        Some(amounts) => counted(case, &matched, resource, amounts),
        None => from_message(case, &matched, resource),
    };
    let finding = matched.close(case, finding, Filter::NodeResourcesFit);
    vec![cluster_autoscaler::awaited(case, finding)]
}

/// The node with the most of it left, of those that count: of one that is closed to the pod what is left is of no use to it, so
/// it comes last.
pub(super) fn nearest_feasible<'e>(matched: &Match<'e>) -> Option<Amounts<'e>> {
    let is_closed = |one: &FilterFailure| {
        matches!(
            one.what,
            What::Cordoned { .. } | What::Taint { .. } | What::Label { .. } | What::OtherNode
        )
    };
    let all = matched.places.iter().flat_map(|place| {
        let is_open = !place.result.failures.iter().any(is_closed);
        let short = place.failures.iter().filter_map(|one| match &one.what {
            What::Resource {
                asked,
                free,
                allocatable,
                ..
            } => Some(Amounts {
                node: &place.result.node,
                asked: *asked,
                free: *free,
                allocatable: *allocatable,
            }),
            _ => None,
        });
        short.map(move |amounts| ((is_open, amounts.free, amounts.allocatable), amounts))
    });
    // of equals the first
    let best = all.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, amounts)| amounts)
}

fn counted(case: &Case<'_>, matched: &Match<'_>, resource: &str, amounts: Amounts<'_>) -> Finding {
    let largest = matched
        .failures()
        .filter_map(|(_, failure)| match &failure.what {
            What::Resource { allocatable, .. } => Some(*allocatable),
            _ => None,
        })
        .max()
        .unwrap_or_default();
    let finding = if amounts.asked > largest {
        never(case, matched)
    } else if !matched.lacks_pods() {
        not_now(case, matched, resource, amounts)
    } else {
        at_most(case, matched, amounts)
    };
    // a node that something else keeps the pod off may have enough
    let is_short = |failure: &FilterFailure| matches!(&failure.what, What::Resource { resource: short, .. } if **short == *resource);
    let has_enough = |node: &NodeResult| !node.failures.iter().any(is_short);
    let usable = matched.all_nodes().iter().any(has_enough);
    let usable = usable.then_some(say!("shortage.usable", "that it may use"));
    with_amounts(case, finding, resource, amounts)
        .fact_if("usable", usable)
        .fact("room", room(matched, amounts.node))
        .fact("most", amount(largest, resource))
        .fact("mostFits", largest.exact(resource))
        .inspect(shell::cluster([
            "describe",
            &format!("node/{}", amounts.node),
        ]))
}

/// All that is short on a node, which another one has to have at once.
fn room(matched: &Match<'_>, node: &str) -> Vec<Message> {
    let at = matched.all_nodes().iter().find(|one| *one.node == *node);
    let failures = at.map(|node| &*node.failures).unwrap_or_default();
    let short = failures.iter().filter_map(|failure| match &failure.what {
        What::Resource {
            resource, asked, ..
        } => Some((&**resource, *asked)),
        _ => None,
    });
    let short: BTreeMap<&str, Quantity> = short.collect();
    let message = |(resource, asked): (&str, Quantity)| {
        Message::new(say!("shortage.room", "{asked} {resource}"))
            .fact("asked", amount(asked, resource))
            .fact("resource", resource)
    };
    short.into_iter().map(message).collect()
}

/// An amount as a sentence gives it.
pub(super) fn amount(amount: Quantity, resource: &str) -> Fact {
    Fact::amount(amount, resource)
}

/// The facts of the node that comes closest.
pub(super) fn with_amounts(
    case: &Case<'_>,
    finding: Finding,
    resource: &str,
    amounts: Amounts<'_>,
) -> Finding {
    let free = amounts.free.max(Quantity::ZERO);
    let taken = amounts.allocatable.saturating_sub(amounts.free);
    let (holders, theirs) = holders(case, resource, amounts.node);
    let part = if theirs >= taken {
        say!("shortage.all", "all")
    } else {
        say!("shortage.most", "most")
    };
    finding
        .fact("resource", resource)
        .fact("asked", amount(amounts.asked, resource))
        .fact("node", amounts.node)
        .fact("free", amount(free, resource))
        .fact("fits", free.exact(resource))
        .fact("allocatable", amount(amounts.allocatable, resource))
        .fact("taken", amount(taken, resource))
        .fact_if("part", (!holders.is_empty()).then_some(part))
        .fact_if("holders", (!holders.is_empty()).then_some(holders))
}

fn never(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    matched
        .finding(case, say!("shortage.never", "the pod asks for {asked} {resource}, and no node that it may use has more than {most}"))
        .why(say!("shortage.never-why", "that is what the nodes have for pods in all, so neither waiting nor evicting others helps"))
        .fix([Fix::advice(say!("shortage.ask-for-what-a-node-has", "ask for {mostFits} {resource} or less"), Who::Owner)])
        .fix(add_a_node(case, say!("shortage.add-a-larger-node", "add a node that has at least {asked} {resource} for pods")))
}

/// Whether the nodes that count have left the same of it.
fn each_has_the_same(matched: &Match<'_>) -> bool {
    let failures = matched.failures();
    let free: Vec<Quantity> = failures
        .filter_map(|(_, failure)| match &failure.what {
            What::Resource { free, .. } => Some(*free),
            _ => None,
        })
        .collect();
    let first = free.first();
    free.len() > 1 && free.iter().all(|one| Some(one) == first)
}

/// Whether old pods of the same Deployment hold the room, which go only when a new one is ready.
fn waits_for_itself(case: &Case<'_>) -> bool {
    let remedies = case.engine.remedies(case.pod());
    let mut first = remedies
        .iter()
        .filter(|one| one.removes == [Filter::NodeResourcesFit]);
    first.any(|one| matches!(one.action, Action::StopOldPodFirst { .. }))
}

fn not_now(case: &Case<'_>, matched: &Match<'_>, resource: &str, amounts: Amounts<'_>) -> Finding {
    if waits_for_itself(case) {
        return matched
            .finding(case, say!("shortage.rollout-waits", "the rollout waits for itself: its new pods ask for {asked} {resource} each, and the room for them is held by the old ones, which go only when a new one is ready"))
            .why(say!("shortage.rollout-waits-why", "the Deployment may do without none of its pods (maxUnavailable is 0, also as a percentage of few), so a new one has to find room beside all of them"))
            .fix(add_a_node(case, ADD_A_NODE));
    }
    let room = amounts.free > Quantity::ZERO;
    let held = !holders(case, resource, amounts.node).0.is_empty();
    let headline = if room && each_has_the_same(matched) {
        say!(
            "shortage.each-has",
            "the pod asks for {asked} {resource}, and no node[ {usable}] has that much left: each has {free}"
        )
    } else if room {
        say!(
            "shortage.not-enough-left",
            "the pod asks for {asked} {resource}, and no node[ {usable}] has that much left: {node} comes closest with {free}"
        )
    } else {
        NONE_LEFT
    };
    let smaller = say!(
        "shortage.ask-for-what-is-left",
        "ask for {fits} {resource} or less, which {node} has left"
    );
    let others = say!(
        "shortage.lower-requests-of-holders",
        "lower the requests of {holders}, or run fewer of them"
    );
    let preempted = preempted(case);
    let headline = if preempted.is_some() {
        say!(
            "shortage.preempted",
            "the scheduler had a pod of {owner} ended for one of higher priority, and the pod made in its stead finds no room: it asks for {asked} {resource}, and {node} comes closest with {free}"
        )
    } else {
        headline
    };
    matched
        .finding(case, headline)
        .fact("owner", case.subject().argument())
        .evidence(preempted.map(|event| case.event(event)))
        .why(say!("shortage.requests-count", "what pods request counts, not what they use: {node} has {allocatable} {resource} for pods, of which {taken} is requested[, {part} of it by {holders}]"))
        .fix(room.then(|| Fix::advice(smaller, Who::Owner)))
        .fix(held.then(|| Fix::advice(others, Who::Owner)))
        .fix(add_a_node(case, ADD_A_NODE))
}

/// That a pod of the same controller was ended to make room for another: its name is not the present one's.
fn preempted<'a>(case: &Case<'a>) -> Option<&'a Event> {
    let (_, controller) = case.pod().controller()?;
    let made = case.pod().created()?;
    let mut events: Vec<&Event> = case.snapshot.store().events().iter().collect();
    events.retain(|event| {
        let about = &event.about;
        let maker = about.name.rsplit_once('-').map(|(maker, _)| maker);
        let is_sibling = about.namespace.as_deref() == Some(case.namespace());
        // the successor is made as soon as its predecessor goes
        let is_before = event.first.is_some_and(|first| first <= made);
        event.reason == "Preempted" && is_sibling && maker == Some(controller) && is_before
    });
    events.into_iter().max_by_key(|event| event.last)
}

/// Of no use to a pod of a DaemonSet, which goes to its one node, and to one whose volume lies on a node.
fn add_a_node(case: &Case<'_>, change: Sentence) -> Option<Fix> {
    let is_daemon = case.subject().known_kind() == Some(Kind::DaemonSet);
    (!is_daemon && !lie_on_a_host(case)).then(|| Fix::advice(change, Who::Admin))
}

/// Pods that were not read may hold what looks free, so nothing here may be more exact than the table of nodes, nor less.
fn at_most(case: &Case<'_>, matched: &Match<'_>, amounts: Amounts<'_>) -> Finding {
    let headline = if amounts.free > Quantity::ZERO {
        say!(
            "shortage.not-enough-left-at-most",
            "the pod asks for {asked} {resource}, and no node[ {usable}] has that much left: {node} comes closest with {free} at most"
        )
    } else {
        NONE_LEFT
    };
    matched
        .finding(case, headline)
        .why(say!("shortage.at-most", "what pods request counts, not what they use: {node} has {allocatable} {resource} for pods, of which {taken} is requested by those that were read; pods of all namespaces were not"))
        .fix([Fix::advice(ASK_FOR_LESS, Who::Owner)])
        .fix(add_a_node(case, ADD_A_NODE))
}

/// Only the scheduler's message is known, perhaps with what the pod asks for.
fn from_message(case: &Case<'_>, matched: &Match<'_>, resource: &str) -> Finding {
    let asked = pod_requests(case.pod().spec()).get(resource).copied();
    let asked = asked.filter(|asked| !asked.is_zero());
    let headline = match asked {
        Some(_) => say!(
            "shortage.from-message",
            "the pod asks for {asked} {resource}, more than is left on {share}"
        ),
        None => say!(
            "shortage.from-message-alone",
            "too little {resource} is left for the pod on {share}"
        ),
    };
    matched
        .finding(case, headline)
        .fact_if("asked", asked.map(|asked| amount(asked, resource)))
        .fact("resource", resource)
        .why(say!(
            "shortage.not-computed",
            "what pods request counts, not what they use"
        ))
        .fix(asked.map(|_| Fix::advice(ASK_FOR_LESS, Who::Owner)))
        .fix([Fix::advice(
            say!(
                "shortage.add-a-node-or-lower-requests",
                "add a node, or lower the requests of other pods"
            ),
            Who::Admin,
        )])
        .inspect(shell::cluster(["describe", "nodes"]))
}

/// The pods on a node that hold most of a resource, `namespace/name amount`, and how much they hold.
fn holders(case: &Case<'_>, resource: &str, node: &str) -> (Vec<String>, Quantity) {
    let pod_records = case.snapshot.pod_records();
    let mut holders: Vec<_> = pod_records
        .on_node(node)
        .filter_map(|pod_record| {
            let amount = pod_records.footprint(pod_record).requests.get(resource)?;
            (*amount > Quantity::ZERO).then_some((*amount, pod_record))
        })
        .collect();
    // the sort is stable, so equals stay in order of their names
    holders.sort_by(|(a, _), (b, _)| b.cmp(a));
    let theirs = holders.iter().take(HOLDERS).map(|(amount, _)| *amount);
    let theirs = theirs.sum();
    let own = case.pod().spec().priority.unwrap_or_default();
    let name = |(amount, record): (Quantity, &PodRecord)| {
        // who comes first is not asked to go
        let priority = pod_records.footprint(record).priority;
        let senior = (priority > own).then(|| format!(", priority {priority}"));
        let (held, senior) = (amount.human(resource), senior.unwrap_or_default());
        format!("{}/{} ({held}{senior})", record.namespace, record.name)
    };
    let names = holders.into_iter().take(HOLDERS).map(name).collect();
    (names, theirs)
}
