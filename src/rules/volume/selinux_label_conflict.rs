//! Another pod on the node mounts the same volume with another SELinux label.
//!
//! Sources: kubelet `volumemanager/cache/desired_state_of_world.go` (feature SELinuxMount, on by default since 1.37;
//! before that for ReadWriteOncePod volumes); kube-controller-manager `volume/selinuxwarning`, whose event names the
//! other pod.

use super::failed_mount::{self, FailedMount, SEEN_AS};
use crate::kubernetes::patch;
use crate::messages::form::search;
use crate::messages::mount::MountFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::Template;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Event, Kind, ObjectRef};
use crate::text::say;
use serde_json::json;

/// `selinux-label-conflict`
pub static RULE: Rule = Rule {
    cause: "selinux-label-conflict",
    layer: Layer::Volume,
    title: "two pods mount one volume on one node with different SELinux labels",
    seen_as: SEEN_AS,
    explanation: include_str!("selinux_label_conflict.md"),
    reads: &[Kind::PersistentVolumeClaim],
    refines: &["volume-mount"],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// What the controller writes of both pods.
const WARNING: [&str; 2] = ["SELinuxLabelConflict", "SELinuxChangePolicyConflict"];

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure: &MountFailure| matches!(failure, MountFailure::SelinuxConflict { .. });
    failed_mount::of(case, class)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedMount<'_>) -> Finding {
    let case = failed.case;
    let MountFailure::SelinuxConflict { theirs, own } = &failed.mount.failure else {
        return failed.finding(HEADLINE);
    };
    let warning = case.newest_event(&WARNING);
    let other = warning.and_then(other).or_else(|| user(failed));
    let show = other.as_ref().map(|pod| {
        let object = ObjectRef::new(Kind::Pod, case.namespace(), pod);
        object.kubectl(["get", &object.argument(), "-o", "yaml"])
    });
    let finding = failed
        .finding(HEADLINE)
        .fact("pod", case.pod().name())
        .fact("own", label(own))
        .fact("theirs", label(theirs))
        .fact_if("other", other)
        .evidence(warning.map(|event| case.event(event)))
        .why(say!(
            "selinux-label-conflict.why",
            "a volume is mounted with one label for all its files, so that pods of different labels cannot share it on one node"
        ))
        .fix(recursive(case))
        .fix([Fix::advice(
            say!(
                "selinux-label-conflict.same-label",
                "give both pods the same seLinuxOptions, or keep them on different nodes"
            ),
            Who::Owner,
        )]);
    match show {
        Some(command) => finding.inspect(command),
        None => finding.inspect(case.kubectl(["get", &case.object().argument(), "-o", "yaml"])),
    }
}

const HEADLINE: crate::text::Sentence = say!(
    "selinux-label-conflict.headline",
    "{what} is mounted on {node} with SELinux label {theirs}[ for pod {other}], and pod {pod} asks for {own}"
);

/// An empty label is that of a pod which asks for none, such as a privileged one.
fn label(label: &str) -> crate::text::Fact {
    if label.is_empty() {
        return say!("selinux-label-conflict.no-label", "none").into();
    }
    label.into()
}

/// The other pod by the controller's words; one of another namespace is not named.
fn other(event: &Event) -> Option<String> {
    let named = search(
        "conflicts with pod {} that uses the same volume",
        &event.message,
    )?;
    Some(named.own(0))
}

/// Else the one pod on the node that uses the same claim.
fn user(failed: &FailedMount<'_>) -> Option<String> {
    let case = failed.case;
    let claim = failed.claim.as_ref()?;
    let records = case.snapshot.pod_records();
    let mut users = records.on_node(case.pod().node()?).filter(|record| {
        *record.namespace == *case.namespace()
            && *record.name != *case.pod().name()
            && records.claims_of(record).any(|name| name == claim.name)
    });
    let only = users.next()?;
    users.next().is_none().then(|| only.name.to_string())
}

/// The runtime then labels each file, as before, and both pods have to ask for it.
fn recursive(case: &Case<'_>) -> Option<Fix> {
    let template = Template::of(case)?;
    let security = case.pod().spec().security_context.as_ref();
    let pointer = template.spec_pointer;
    let add = match security {
        Some(_) => patch::add(
            &format!("{pointer}/securityContext/seLinuxChangePolicy"),
            json!("Recursive"),
        ),
        None => patch::add(
            &format!("{pointer}/securityContext"),
            json!({"seLinuxChangePolicy": "Recursive"}),
        ),
    };
    let change = say!(
        "selinux-label-conflict.recursive",
        "set seLinuxChangePolicy Recursive, in the other pod too: each file is then labelled by itself, which takes time on large volumes"
    );
    Some(template.edit(change, vec![add]))
}
