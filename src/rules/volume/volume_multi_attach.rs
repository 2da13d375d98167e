//! A volume that one node at a time can have is still attached to another one.

use super::attachments::{self, Attached, OtherNode, User};
use super::failed_mount::{self, FailedMount};
use super::held_volume::{let_go, of_gone_node, of_silent_node};
use crate::kubernetes::shell;
use crate::messages::mount::MountFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Kind;
use crate::text::{Sentence, say};

/// `volume-multi-attach`
pub static RULE: Rule = Rule {
    cause: "volume-multi-attach",
    layer: Layer::Volume,
    title: "a volume is still attached to another node",
    seen_as: &["ContainerCreating", "PodInitializing", "FailedAttachVolume"],
    explanation: include_str!("volume_multi_attach.md"),
    reads: &[
        Kind::PersistentVolumeClaim,
        Kind::VolumeAttachment,
        Kind::Node,
    ],
    refines: &["volume-attach", "volume-mount"],
    root: Root::Facts(say!(
        "volume-multi-attach.root",
        "volume {persistent} is still attached to another node"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure: &MountFailure| matches!(failure, MountFailure::MultiAttach { .. });
    failed_mount::of(case, class)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedMount<'_>) -> Finding {
    let case = failed.case;
    let persistent = failed.persistent().or(failed.name()).unwrap_or_default();
    let attached = attachments::of_volume(case, persistent);
    let own = case.pod().node();
    let elsewhere = |it: &&Attached<'_>| Some(it.attachment.node.as_str()) != own;
    let other = attached.iter().find(elsewhere);
    let users = attachments::users(failed);
    let node = other
        .map(|it| it.attachment.node.as_str())
        .or(users.first().map(|user| user.node));
    let quotes = attached.iter().map(|it| it.quote(case));
    let begin = |headline: Sentence| {
        failed
            .finding(headline)
            .fact("persistent", persistent)
            .fact_if("other", node)
            .evidence(quotes)
            .inspect(shell::cluster(["get", "volumeattachments"]))
    };
    let user = users.iter().find(|user| node == Some(user.node));
    match (node.map(|node| attachments::state(case, node)), user) {
        (Some(OtherNode::Gone), _) => of_gone_node(begin, other),
        (Some(OtherNode::NotReady), _) => of_silent_node(case, begin, node),
        (_, Some(user)) => let_go(case, used_by(begin, user), user),
        (Some(_), None) => unused(begin, failed),
        (None, None) if attachments::is_on(&attached, own) => begin(say!(
            "volume-multi-attach.attached-by-now",
            "volume {persistent} was attached to another node, and is to {node} by now"
        )),
        (None, None) => unseen(failed, begin),
    }
}

fn used_by(begin: impl FnOnce(Sentence) -> Finding, user: &User<'_>) -> Finding {
    begin(say!(
        "volume-multi-attach.used",
        "volume {persistent} is attached to {other}, where pod {holder} uses it, and can be attached to one node only"
    ))
    .fact("holder", user.holder.to_string())
    .fact("other", user.node)
}

/// No pod there needs it any more: it is on its way, or the driver fails to let go.
fn unused(begin: impl FnOnce(Sentence) -> Finding, failed: &FailedMount<'_>) -> Finding {
    let named = named(failed);
    begin(say!(
        "volume-multi-attach.detaching",
        "volume {persistent} is still attached to {other}[, where pod {holder} used it], and can be attached to one node only"
    ))
    .fact_if("holder", named)
    .why(say!(
        "volume-multi-attach.detaching-why",
        "it is detached when no pod there needs it any more and the kubelet of {other} has unmounted it, most within a minute"
    ))
    .fix([Fix::advice(
        say!(
            "volume-multi-attach.see-detach",
            "if it stays for more than six minutes, see why the driver does not detach it from {other}"
        ),
        Who::Admin,
    )])
}

/// The first pod that the message names.
fn named(failed: &FailedMount<'_>) -> Option<String> {
    match &failed.mount.failure {
        MountFailure::MultiAttach { pods } => pods.first().cloned(),
        _ => None,
    }
}

/// No other node is known. Where all attachments were read there is none any more.
fn unseen(failed: &FailedMount<'_>, begin: impl FnOnce(Sentence) -> Finding) -> Finding {
    let case = failed.case;
    let is_free = case.snapshot.attachments().whole_cluster().is_ok()
        && case
            .snapshot
            .volumes()
            .get("", failed.persistent().unwrap_or_default())
            .yes()
            .is_some_and(|volume| volume.attachment.is_some() && volume.in_tree.is_none());
    if is_free {
        return begin(say!(
            "volume-multi-attach.free-by-now",
            "volume {persistent} was attached to another node, and is to no other by now"
        ))
        .why(say!(
            "volume-multi-attach.free-by-now-why",
            "the controller that attaches volumes tries again by itself, at most two minutes apart"
        ));
    }
    let pods = named(failed);
    let finding = begin(say!(
        "volume-multi-attach.headline",
        "volume {persistent} is attached to another node[, for pod {holder}], and can be attached to one only"
    ));
    match pods {
        Some(pod) => {
            let show = case.kubectl(["get", &format!("pod/{pod}"), "-o", "wide"]);
            finding.fact("holder", pod).inspect(show).fix([Fix::advice(
                say!(
                    "volume-multi-attach.end-holder",
                    "let pod {holder} end, and delete it if it has: one that ran to its end may still hold the volume"
                ),
                Who::Owner,
            )])
        }
        None => finding.fix([Fix::advice(
            say!(
                "volume-multi-attach.find-holder",
                "find the node that has it and the pod there that uses claim {claim}"
            ),
            Who::Owner,
        )]),
    }
}
