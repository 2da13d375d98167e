//! `node-disk-full`: a disk of the node is full, so that nothing is pulled, made or mounted for the pod.
//!
//! The words are the file system's, whoever hands them on. A pod that runs again since has got over it.

use super::full_disk::{self, Found, Step};
use crate::kubernetes::shell;
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Risk, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::{Sentence, say};

/// A disk of the node is full, so that nothing is pulled, made or mounted for the pod.
pub static RULE: Rule = Rule {
    cause: "node-disk-full",
    layer: Layer::Node,
    title: "a disk of the pod's node is full",
    seen_as: &[
        "ErrImagePull",
        "ImagePullBackOff",
        "ContainerCreating",
        "CreateContainerError",
        "CreateContainerConfigError",
        "RunContainerError",
        "StartError",
        "FailedCreatePodSandBox",
        "FailedMount",
        "FailedSync",
        "Failed",
        "DiskPressure",
        "NodeHasDiskPressure",
        "FreeDiskSpaceFailed",
        "ImageGCFailed",
    ],
    explanation: include_str!("node_disk_full.md"),
    reads: &[],
    refines: &[
        "image-pull-failed",
        "container-config-error",
        "container-create-error",
        "runtime-error",
        "init-container-failing",
        "crash-app-error",
        "sandbox-error",
        "volume-mount",
    ],
    root: Root::Facts(say!("node-disk-full.root", "a disk of node {node} is full")),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pod = case.pod();
    if pod.node().is_none() || pod.phase() == "Succeeded" {
        return Vec::new();
    }
    let finding = full_disk::find(case).map(|found| finding(case, found));
    finding.into_iter().collect()
}

fn finding(case: &Case<'_>, (step, container, proof): Found) -> Finding {
    let node = case.pod().node().unwrap_or_default();
    let cordon = shell::cluster(["cordon", node]);
    let clean = say!(
        "node-disk-full.free-disk",
        "free space on {node}: unused images (crictl rmi --prune), logs, emptyDir volumes; see why the kubelet's garbage collection and its eviction by DiskPressure did not"
    );
    let keep_away = say!(
        "node-disk-full.cordon",
        "keep further pods from {node} until then"
    );
    let target = ObjectRef::new(Kind::Node, "", node);
    let path = full_path(&proof.quote).map(str::to_owned);
    let look = NextCommand::on(node, ["crictl", "imagefsinfo"]);
    let finding = Finding::new(case.subject(), headline(step), proof)
        .fact("node", node)
        .fact_if("path", path)
        .evidence(pressure(case, node))
        .why(say!(
            "node-disk-full.why",
            "images, containers, logs and emptyDir volumes share the node's disks; a disk without inodes gives the same words"
        ))
        .fix([Fix::advice(clean, Who::Admin)])
        .fix([Fix::command(keep_away, Who::Admin, target, cordon).risk(Risk::Changes)])
        .inspect(look)
        .when(step == Step::Mount, |finding| {
            // the volume may be full in place of the node
            finding.certainty(Certainty::Likely)
        });
    match container {
        Some(name) => finding.container(&name),
        None => finding,
    }
}

fn headline(step: Step) -> Sentence {
    match step {
        Step::Pull => say!(
            "node-disk-full.pull",
            "a disk of node {node} is full: an image cannot be unpacked[ to {path}]"
        ),
        Step::Sandbox => say!(
            "node-disk-full.sandbox",
            "a disk of node {node} is full: the pod's sandbox cannot be made[ in {path}]"
        ),
        Step::Create => say!(
            "node-disk-full.create",
            "a disk of node {node} is full: container {container} cannot be made[ in {path}]"
        ),
        Step::Mount => say!(
            "node-disk-full.mount",
            "a disk of node {node}, or the volume, is full: a volume cannot be mounted[ at {path}]"
        ),
        Step::Other => say!(
            "node-disk-full.other",
            "a disk of node {node} is full: the kubelet cannot make the pod's files[ in {path}]"
        ),
    }
}

/// The directory that holds what could not be written: the words of a system call name it before the error.
fn full_path(text: &str) -> Option<&str> {
    let (before, _) = text.split_once(": no space left on device")?;
    let path = before.rsplit([' ', '"']).next()?;
    let mut parts = path.match_indices('/').map(|(at, _)| at);
    // the first three directories tell which disk it is, the rest are ids
    let end = parts.nth(4).unwrap_or(path.len());
    path.get(..end).filter(|path| path.starts_with('/'))
}

/// The kubelet's own word about it.
fn pressure(case: &Case<'_>, node: &str) -> Option<Evidence> {
    let condition = case
        .snapshot
        .nodes()
        .get("", node)
        .yes()?
        .condition("DiskPressure")?;
    let quote = format!(
        "{} {}",
        condition.status,
        condition.message.as_deref().unwrap_or_default()
    );
    let object = ObjectRef::new(Kind::Node, "", node);
    Some(case.field_of(object, "status.conditions[DiskPressure]", quote.trim_end()))
}
