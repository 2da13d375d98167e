//! The pod belongs to a group that is placed as a whole or not at all, and the group is not complete or does not fit.

use super::scheduler_absent::{SILENCE, alive};
use super::spoken::{self, Spoken};
use crate::finding::{Certainty, Evidence, Finding, Fix, Who};
use crate::messages::gang::{self, Gang};
use crate::rules::scheduling::scheduler_plugin::GANGS;
use crate::rules::{Case, Layer, Rule};
use crate::scheduler::message::Reason;

/// `gang-incomplete`
pub static RULE: Rule = Rule {
    cause: "gang-incomplete",
    layer: Layer::Scheduling,
    title: "the pod's group is not complete",
    explanation: include_str!("gang_incomplete.md"),
    reads: &[],
    refines: &[],
    check,
};

/// Labels by which a pod joins a PodGroup (scheduler-plugins `apis/scheduling/v1alpha1`; up to 0.19 the second).
const LABELS: [&str; 2] = [
    "scheduling.x-k8s.io/pod-group",
    "pod-group.scheduling.sigs.k8s.io/name",
];
/// Annotations by which a pod joins a PodGroup of Volcano (volcano.sh/apis `scheduling/v1beta1`).
const ANNOTATIONS: [&str; 2] = [
    "scheduling.k8s.io/group-name",
    "scheduling.volcano.sh/group-name",
];
fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_gang = |reason: &Reason| match reason {
        Reason::Gang => true,
        Reason::PermitTimeout { plugin } => GANGS.contains(&plugin.as_str()),
        _ => false,
    };
    let finding = match spoken::find(case, is_gang) {
        Some(spoken) if is_wrapping(&spoken) => None,
        Some(spoken) => Some(told(case, &spoken)),
        None => held(case),
    };
    let Some(finding) = finding else {
        return Vec::new();
    };
    let group = group(case);
    let look = match native(case) {
        Some(_) => "podgroups.scheduling.k8s.io",
        None if label(case).is_some() => "podgroups.scheduling.x-k8s.io",
        None if volcano(case).is_some() => "podgroups.scheduling.volcano.sh",
        None => "podgroups",
    };
    let look = case.kubectl(["get", look]);
    let finding = match group {
        Some((group, evidence)) => finding.fact("group", group).evidence([evidence]),
        None => finding.fact("group", "the pod"),
    };
    vec![finding.look(look)]
}

/// The group's name, and the field that names it.
fn group<'a>(case: &Case<'a>) -> Option<(&'a str, Evidence)> {
    let field = |path: String, name: &'a str| (name, case.field(path, name));
    native(case)
        .map(|name| field("spec.schedulingGroup.podGroupName".to_owned(), name))
        .or_else(|| label(case).map(|(key, name)| field(format!("metadata.labels[{key}]"), name)))
        .or_else(|| {
            volcano(case).map(|(key, name)| field(format!("metadata.annotations[{key}]"), name))
        })
}

fn native<'a>(case: &Case<'a>) -> Option<&'a str> {
    let group = case.pod.spec().scheduling_group.as_ref()?;
    group.pod_group_name.as_deref()
}

fn label<'a>(case: &Case<'a>) -> Option<(&'static str, &'a str)> {
    let labels = case.pod.pod().metadata.labels.as_ref()?;
    LABELS
        .into_iter()
        .find_map(|key| Some((key, labels.get(key)?.as_str())))
}

/// The PodGroup that the pod joins in Volcano, and the annotation that names it.
pub(super) fn volcano<'a>(case: &Case<'a>) -> Option<(&'static str, &'a str)> {
    let annotations = case.pod.pod().metadata.annotations.as_ref()?;
    ANNOTATIONS
        .into_iter()
        .find_map(|key| Some((key, annotations.get(key)?.as_str())))
}

/// Volcano puts every pod into a group, if need be of one, and says so beside what keeps it from a node.
fn is_wrapping(spoken: &Spoken<'_>) -> bool {
    let alone = matches!(
        gang::read(&spoken.clause.text),
        Gang::Wants { wanted: 0 | 1 }
    );
    alone && spoken.said.message.clauses.len() > 1
}

/// The scheduler's words.
fn told(case: &Case<'_>, spoken: &Spoken<'_>) -> Finding {
    let says = match &spoken.clause.reason {
        Reason::PermitTimeout { .. } => Gang::Waits,
        _ => gang::read(&spoken.clause.text),
    };
    let headline = match &says {
        Gang::TooFew { .. } => {
            "the pod's group {group} has {present} of the {wanted} pods without which none is placed"
        }
        Gang::Wants { wanted: 0 | 1 } => {
            "the pod's group {group}, for which one pod is enough, has not been placed"
        }
        Gang::Wants { .. } => {
            "the pod's group {group} needs {wanted} pods that can be placed at once, and has fewer"
        }
        Gang::OtherFails { .. } => {
            "another pod of the group {group} fits no node, and none is placed without it"
        }
        Gang::Preempting => {
            "the pod's group {group} waits until the pods that give way to it are gone"
        }
        Gang::Waits | Gang::Unknown => {
            "the pod's group {group} is not complete, and none of it is placed before"
        }
    };
    let finding = spoken
        .finding(case, headline)
        .why("the scheduler places all pods of the group at once or none, so that they do not hold nodes and wait for each other");
    // Volcano quotes what keeps a member from its node: that is the cause, and the group suffers from it
    let others = spoken.said.message.clauses.len() > 1;
    let mut finding = match (&says, others) {
        (Gang::TooFew { present, wanted }, _) => few(case, finding, *present, *wanted),
        (Gang::Wants { wanted }, _) => whole(finding.fact("wanted", *wanted)),
        (Gang::OtherFails { error }, _) => {
            finding.fact("error", error.as_str()).fix([Fix::advice(
                "find out what keeps the other pod from a node: {error}",
                Who::Owner,
            )])
        }
        (Gang::Preempting, _) => finding.fix([Fix::advice(
            "wait for the pods that give way, which takes their grace period",
            Who::Owner,
        )]),
        (Gang::Waits | Gang::Unknown, _) => whole(finding),
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
            "create the missing pods, or lower the number that the PodGroup {group} demands",
            Who::Owner,
        )]);
    let known = label(case).and_then(|(key, name)| members(case, key, name));
    match known {
        // what was read is as few as was said, so the words are not out of date
        Some(known) if known < wanted => finding.certainty(Certainty::Proven),
        _ => finding,
    }
}

/// How many pods of the namespace carry the group's label; nothing when they were not all read.
fn members(case: &Case<'_>, key: &str, name: &str) -> Option<u32> {
    case.snapshot.pods().whole(case.namespace()).ok()?;
    let occupants = case.snapshot.occupants();
    let of_group = occupants.iter().filter(|occupant| {
        *occupant.namespace == *case.namespace()
            && occupants
                .shape(occupant)
                .labels
                .get(key)
                .is_some_and(|group| group == name)
    });
    u32::try_from(of_group.count()).ok()
}

fn whole(finding: Finding) -> Finding {
    finding.fix([Fix::advice(
        "look at the other pods of the group: each that is missing or fits no node holds all of them",
        Who::Owner,
    )])
}

/// kube-scheduler leaves nothing on a pod whose group is not complete (PreEnqueue of GangScheduling, 1.35 and later).
fn held(case: &Case<'_>) -> Option<Finding> {
    let name = native(case)?;
    let untouched = case.pod.node().is_none()
        && case.pod.condition("PodScheduled").is_none()
        && !case.pod.is_gated()
        && case
            .pod
            .spec()
            .resource_claims
            .iter()
            .flatten()
            .next()
            .is_none();
    let age = case.seconds_since(case.pod.created()?);
    if !untouched || age <= SILENCE {
        return None;
    }
    let scheduler = case.pod.scheduler();
    // a scheduler that places others holds this one back on purpose
    let certainty = match alive(case, scheduler) {
        true => Certainty::Likely,
        false => Certainty::Possible,
    };
    let proof = case.field("spec.schedulingGroup.podGroupName", name);
    Some(
        Finding::new(
            case.subject(),
            "the pod waits until its group {group} is there and complete",
            proof,
        )
        .certainty(certainty)
        .why("the scheduler does not look at a pod before its PodGroup exists and as many pods of it as the PodGroup demands; it leaves no word of that on the pod")
        .fix([Fix::advice(
            "check that the PodGroup {group} exists and that as many pods name it as it demands",
            Who::Owner,
        )]),
    )
}
