//! By what was read now a node takes the pod: the scheduler's verdict is older than what made room.

use super::come_since;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::retry::{self, RETRY};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{preemption, room};
use crate::snapshot::{Evidence, Origin};
use crate::snapshot::{Kind, Node, ObjectRef};
use crate::text::{Message, Seconds, say};
use jiff::Timestamp;

/// `stale-verdict`
pub static RULE: Rule = Rule {
    cause: "stale-verdict",
    layer: Layer::Scheduling,
    title: "the scheduler's verdict is older than the room for the pod",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("stale_verdict.md"),
    reads: &[Kind::Node],
    // what the verdict named no longer holds
    refines: &[
        "insufficient-cpu",
        "insufficient-memory",
        "insufficient-ephemeral-storage",
        "insufficient-extended-resource",
        "too-many-pods",
        "host-port-conflict",
        "cordoned-node",
        "untolerated-taint",
        "node-selector-or-affinity",
        "node-not-ready",
        "node-pressure",
    ],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.pod().is_gated() || preemption::nominated(case.pod()).is_some() {
        return Vec::new();
    }
    if let Some(finding) = come_since::finding(case) {
        return vec![finding];
    }
    let Some(examination) = case.scheduling() else {
        return Vec::new();
    };
    let feasible_nodes = room::feasible_nodes(case.pod(), case.snapshot, examination);
    let message = examination.scheduler_message.as_ref();
    let Some(message) = message.filter(|_| !feasible_nodes.is_empty()) else {
        return Vec::new();
    };
    let attempt = room::last_attempt(case.pod(), case.snapshot);
    let change = attempt.and_then(|attempt| {
        let mut nodes = feasible_nodes.iter();
        nodes.find_map(|node| changed(case, node, attempt))
    });
    let names = feasible_nodes.iter().map(|node| (*node).to_owned());
    let names: Vec<String> = names.collect();
    let by_filters = Evidence {
        object: case.pod().object(),
        origin: Origin::Computed {
            by: "feasible nodes".to_owned(),
        },
        quote: names.join(", "),
    };
    let (certainty, why) = if change.is_some() {
        (
            Certainty::Likely,
            say!(
                "stale-verdict.node-changed",
                "an unschedulable pod is tried again when what it waits for changes, and after five minutes at the latest; {node} {changed}"
            ),
        )
    } else {
        (
            Certainty::Possible,
            say!(
                "stale-verdict.no-change-read",
                "an unschedulable pod is tried again when what it waits for changes, and after five minutes at the latest; no change was read that made the room since it last spoke[, {age} ago], so it may be a plugin that is not computed here"
            ),
        )
    };
    let headline = say!(
        "stale-verdict.headline",
        "by what was read now {room} {room|takes|take} the pod; the scheduler's refusal is older[, of {age} ago]"
    );
    let mut finding = Finding::new(case.subject(), headline, message.quote.clone())
        .certainty(certainty)
        .evidence([by_filters])
        .when(change.is_some(), |finding| {
            let change = change.as_ref();
            finding
                .evidence(change.map(|change| change.evidence.clone()))
                .fact_if("node", change.map(|change| change.evidence.object.name.clone()))
                .fact_if("changed", change.map(|change| change.what.clone()))
        })
        .fact("room", names)
        .fact_if("age", retry::silent(case))
        .why(why)
        .fix([
            retry::look_again(case),
            Fix::advice(say!("stale-verdict.inspect-configuration", "if it then says the same, look which plugins and extenders the scheduler is configured with"), Who::Admin),
        ])
        .inspect(case.kubectl(["get", &case.object().argument(), "-o", "wide"]));
    finding.results.clone_from(&examination.results);
    finding.agreement = Some(examination.agreement.clone());
    vec![finding]
}

/// What has become of a node.
struct Change {
    what: Message,
    evidence: Evidence,
}

/// What shows that a node with room has changed since the scheduler last spoke, and so lately that it need not have tried again.
fn changed(case: &Case<'_>, name: &str, attempt: Timestamp) -> Option<Change> {
    let node: &Node = case.snapshot.nodes().get("", name).yes()?;
    let is_new = |time: Timestamp| {
        case.snapshot.clock().exact && time > attempt && case.seconds_since(time) <= RETRY
    };
    let object = || ObjectRef::new(Kind::Node, "", name);
    let change = |what, path, time: Timestamp| Change {
        what: Message::new(what).fact("for", Seconds(case.seconds_since(time))),
        evidence: case.field_of(object(), path, time.to_string()),
    };
    let created = node.created.filter(|time| is_new(*time)).map(|time| {
        let joined = say!("stale-verdict.joined", "joined {for} ago");
        change(joined, "metadata.creationTimestamp", time)
    });
    created.or_else(|| {
        let ready = node
            .condition("Ready")
            .filter(|ready| ready.status == "True")?;
        let since = ready.last_transition_time.filter(|time| is_new(*time))?;
        let path = "status.conditions[Ready].lastTransitionTime";
        let ready = say!("stale-verdict.ready", "is Ready for {for}");
        Some(change(ready, path, since))
    })
}
