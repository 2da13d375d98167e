//! The pod belongs to a group that is placed as a whole or not at all, and the group is not complete or does not fit.

use super::gang_headline;
use super::groups::{By, GANGS, Group};
use super::message_only::{self, MessageOnly};
use crate::messages::gang::{self, Gang};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::silence::{SILENCE, alive};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::say;

/// `gang-incomplete`
pub static RULE: Rule = Rule {
    cause: "gang-incomplete",
    layer: Layer::Scheduling,
    title: "the pod's group is not complete",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "SchedulingGated",
    ],
    explanation: include_str!("gang_incomplete.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_gang = |reason: &Reason| match reason {
        Reason::Gang => true,
        Reason::PermitTimeout { plugin } => GANGS.contains(&plugin.as_str()),
        _ => false,
    };
    let finding = match message_only::find(case, is_gang) {
        Some(only) if is_wrapping(&only) => None,
        Some(only) => Some(from_message(case, &only)),
        None => held(case),
    };
    let Some(finding) = finding else {
        return Vec::new();
    };
    let group = Group::of(case);
    let resource = group.map_or("podgroups", |group| group.resource());
    vec![
        finding
            .fact_if("group", group.map(|group| group.name))
            .evidence(group.map(|group| group.evidence(case)))
            .inspect(match group {
                Some(group) => case.kubectl(["describe", &format!("{resource}/{}", group.name)]),
                None => case.kubectl(["get", resource]),
            }),
    ]
}

/// Volcano puts every pod into a group, if need be of one, and says so beside what keeps it from a node.
fn is_wrapping(only: &MessageOnly<'_>) -> bool {
    let alone = matches!(gang::read(&only.clause.text), Gang::Wants { wanted: 0 | 1 });
    alone && only.latest_message.message.clauses.len() > 1
}

/// What the scheduler says of the group.
fn from_message(case: &Case<'_>, only: &MessageOnly<'_>) -> Finding {
    let says = match &only.clause.reason {
        Reason::PermitTimeout { .. } => Gang::Waits,
        _ => gang::read(&only.clause.text),
    };
    let headline = gang_headline::of(&says, gang_headline::waited(only).is_some());
    let finding = only.finding(case, headline).why(say!(
        "gang-incomplete.why",
        "the scheduler places all pods of the group at once or none, so that they do not hold nodes and wait for each other"
    ));
    // Volcano quotes what keeps a member from its node: that is the cause, and the group suffers from it
    let others = only.latest_message.message.clauses.len() > 1;
    let mut finding = match &says {
        Gang::TooFew { present, wanted } => few(case, finding, *present, *wanted),
        Gang::Wants { wanted } => others_missing(finding.fact("wanted", *wanted)),
        Gang::Partly { running, wanted } if others => {
            let finding = finding.fact("running", *running);
            others_missing(finding.fact("wanted", *wanted))
        }
        Gang::Partly { running, wanted } => finding
            .fact("running", *running)
            .fact("wanted", *wanted)
            .why(say!(
                "gang-incomplete.partly-why",
                "the scheduler does not say what keeps this pod from a node"
            ))
            .fix([Fix::advice(
                say!(
                    "gang-incomplete.inspect-pod-group",
                    "look at the events and the conditions of the PodGroup[ {group}]"
                ),
                Who::Owner,
            )]),
        Gang::OtherFails { error } => {
            let change = say!(
                "gang-incomplete.inspect-other-pod",
                "find out what keeps the other pod from a node: {error}"
            );
            let finding = finding.fact("error", error.as_str());
            finding.fix([Fix::advice(change, Who::Owner)])
        }
        Gang::Preempting => {
            let change = say!(
                "gang-incomplete.wait-for-victims",
                "wait for the pods that give way, which takes their grace period"
            );
            finding.fix([Fix::advice(change, Who::Owner)])
        }
        Gang::Waits | Gang::Unknown => {
            others_missing(finding.fact_if("waited", gang_headline::waited(only)))
        }
    };
    if others {
        finding.certainty = Certainty::Possible;
        finding.rank = u32::MAX - 1;
    }
    finding
}

fn few(case: &Case<'_>, finding: Finding, present: u32, wanted: u32) -> Finding {
    let finding = finding
        .fact("present", present)
        .fact("wanted", wanted)
        .fix([Fix::advice(
            say!(
                "gang-incomplete.create-pods",
                "create the missing pods, or lower the number that the PodGroup[ {group}] demands"
            ),
            Who::Owner,
        )]);
    let known = Group::of(case).and_then(|group| group.members(case));
    match known {
        // what was read is as few as was said, so the message is not out of date
        Some(known) if known < wanted => finding.certainty(Certainty::Proven),
        _ => finding,
    }
}

fn others_missing(finding: Finding) -> Finding {
    let change = say!(
        "gang-incomplete.inspect-group",
        "look at the other pods of the group: each that is missing or fits no node holds all of them"
    );
    finding.fix([Fix::advice(change, Who::Owner)])
}

/// kube-scheduler leaves nothing on a pod whose group is not complete (PreEnqueue of GangScheduling, 1.35 and later).
fn held(case: &Case<'_>) -> Option<Finding> {
    let group = Group::of(case).filter(|group| group.by == By::Spec)?;
    let untouched = case.pod().node().is_none()
        && case.pod().condition("PodScheduled").is_none()
        && !case.pod().is_gated()
        && case
            .pod()
            .spec()
            .resource_claims
            .iter()
            .flatten()
            .next()
            .is_none();
    let age = case.seconds_since(case.pod().created()?);
    if !untouched || age <= SILENCE {
        return None;
    }
    let scheduler = case.pod().scheduler();
    // a scheduler that places others holds this one back on purpose
    let certainty = if alive(case, scheduler) {
        Certainty::Likely
    } else {
        Certainty::Possible
    };
    Some(
        Finding::new(
            case.subject(),
            say!("gang-incomplete.held", "the pod waits until its group {group} is there and complete"),
            group.evidence(case),
        )
        .certainty(certainty)
        .why(say!("gang-incomplete.held-why", "the scheduler does not look at a pod before its PodGroup exists and as many pods of it as the PodGroup demands; it leaves no trace of that on the pod"))
        .fix([Fix::advice(
            say!("gang-incomplete.check-group", "check that the PodGroup {group} exists and that as many pods name it as it demands"),
            Who::Owner,
        )]),
    )
}
