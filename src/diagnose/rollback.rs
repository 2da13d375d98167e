//! Going back to the revision that works, where what changed since can explain what is wrong.
//!
//! It is offered before every change but one that was computed to help: whoever has been woken wants the old state back, and to
//! look at the new one later. The number is always named: without it, `kubectl rollout undo` run twice is back where it began.

use super::template_changes::first;
use crate::kubernetes::image_reference::ImageReference;
use crate::kubernetes::shell;
use crate::report::{ChangeReport, Diagnosis, FixReport, How, RolloutReport, WorkloadReport};
use crate::rules::finding::{Risk, Role, Who};
use crate::snapshot::{Kind, ObjectRef, Propagation, Snapshot, TemplateOwner};
use crate::text::{Fact, Message, say};
use crate::triage::Layer;

/// Fields of the pod that decide on which node it may be, besides what it asks for and its ports.
const PLACEMENT: [&str; 12] = [
    "affinity",
    "nodeName",
    "nodeSelector",
    "overhead",
    "priorityClassName",
    "resourceClaims",
    "runtimeClassName",
    "schedulerName",
    "schedulingGates",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
];

/// Trouble of a registry, whatever the image: with another image of the same registry it is the same.
const OF_THE_REGISTRY: [&str; 9] = [
    "image-corrupt",
    "image-pull-timeout",
    "image-rate-limited",
    "pull-qps",
    "registry-dns",
    "registry-http-vs-https",
    "registry-server-error",
    "registry-tls",
    "registry-unreachable",
];

/// Offers to go back, in every diagnosis that this would help.
pub(super) fn offer(
    diagnoses: &mut [Diagnosis],
    workloads: &[WorkloadReport],
    snapshot: &Snapshot<'_>,
) {
    for diagnosis in diagnoses {
        if let Some(fix) = rollback(diagnosis, workloads, snapshot) {
            let mut fixes = diagnosis.fixes.iter();
            let is_computed = |fix: &FixReport| {
                let verified = fix.verified.as_ref();
                verified.is_some_and(|verified| !verified.nodes.is_empty())
            };
            let at = fixes.position(|fix| !is_computed(fix));
            let at = at.unwrap_or(diagnosis.fixes.len());
            diagnosis.fixes.insert(at, fix);
        }
    }
}

fn rollback(
    diagnosis: &Diagnosis,
    workloads: &[WorkloadReport],
    snapshot: &Snapshot<'_>,
) -> Option<FixReport> {
    let (workload, revision) = of_one_revision(diagnosis, snapshot)?;
    let report = workloads.iter().find(|known| known.object == workload)?;
    let rollout = report.rollout.as_ref()?;
    let mut changes = rollout.changes.iter().flatten();
    let helps = diagnosis.role == Role::Cause
        && rollout.new.name == revision
        && rollout.old.ready > 0
        && !is_paused(&workload, snapshot)
        && changes.any(|change| explains(diagnosis, change));
    helps.then(|| fix(workload, rollout, diagnosis))
}

/// The workload and the revision of all that is affected, where a changed template reaches it.
fn of_one_revision(diagnosis: &Diagnosis, snapshot: &Snapshot<'_>) -> Option<(ObjectRef, String)> {
    let of = |namespace: Option<&str>, kind: &str, name: &str| {
        let namespace = namespace.unwrap_or_default();
        match Kind::of_manifest(kind)? {
            Kind::Pod => {
                let pod = snapshot.store().whole_pod(namespace, name)?;
                let owner = TemplateOwner::of(pod, snapshot);
                let reaches = owner.propagation == Propagation::Rollout;
                reaches.then_some((owner.object, pod.identity().revision()?))
            }
            Kind::ReplicaSet => {
                let set = ObjectRef::new(Kind::ReplicaSet, namespace, name);
                Some((snapshot.outermost(set), name.to_owned()))
            }
            _ => None,
        }
    };
    let mut affected = diagnosis.affected.iter();
    let mut all = affected.by_ref().map(|it| of(it.namespace.as_deref(), &it.kind, &it.name));
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// Whether kubectl would refuse: a paused Deployment is not rolled back.
fn is_paused(workload: &ObjectRef, snapshot: &Snapshot<'_>) -> bool {
    let namespace = workload.namespace.as_deref().unwrap_or_default();
    let seen = snapshot.workload(&workload.kind, namespace, &workload.name);
    let read = seen.and_then(|seen| seen.yes());
    read.is_some_and(|workload| workload.halted)
}

/// Whether a change can be why.
fn explains(diagnosis: &Diagnosis, change: &ChangeReport) -> bool {
    let container = diagnosis.affected.iter().find_map(|it| it.container.as_deref());
    let field = first(&change.field);
    let is_elsewhere = change
        .container
        .as_deref()
        .is_some_and(|of| container.is_some_and(|container| of != container));
    let is_new = container.is_some_and(|container| change.field.ends_with(&format!("[{container}]")))
        && matches!(field, "containers" | "initContainers");
    match diagnosis.layer {
        Layer::Admission => field == "resources" && is_more(change),
        Layer::Scheduling => {
            confines(change) || asks(diagnosis.cause, change) || takes_port(diagnosis.cause, field)
        }
        Layer::Volume => confines(change),
        Layer::Image => is_new || !is_elsewhere && decides_pull(diagnosis.cause, change),
        Layer::Container | Layer::Health => {
            is_new || !is_elsewhere && decides_run(diagnosis.cause, field)
        }
        Layer::Node | Layer::Network | Layer::Service | Layer::Removal => false,
    }
}

/// Whether it may leave fewer nodes to the pod.
fn confines(change: &ChangeReport) -> bool {
    let field = first(&change.field);
    let eases = match field {
        "tolerations" | "priorityClassName" => How::Added,
        _ => How::Removed,
    };
    PLACEMENT.contains(&field) && change.how != eases
}

fn takes_port(cause: &str, field: &str) -> bool {
    cause == "host-port-conflict" && matches!(field, "ports" | "hostNetwork")
}

/// Whether it asks its node for more of what is short; where the cause names no resource, any may be.
fn asks(cause: &str, change: &ChangeReport) -> bool {
    if matches!(first(&change.field), "containers" | "initContainers") {
        return change.how == How::Added;
    }
    let Some(resource) = change.field.strip_prefix("resources.requests") else {
        return change.field == "resources.claims";
    };
    let resource = resource.trim_matches(['.', '[', ']']);
    let is_known = matches!(resource, "cpu" | "memory" | "ephemeral-storage");
    let is_short = match cause.strip_prefix("insufficient-") {
        Some("extended-resource") => !is_known,
        Some(short) => short == resource,
        None => true,
    };
    is_short && is_more(change)
}

fn is_more(change: &ChangeReport) -> bool {
    match (&change.from, &change.to) {
        (Some(Fact::Amount(old)), Some(Fact::Amount(new))) => new.quantity > old.quantity,
        _ => change.how == How::Added,
    }
}

/// Whether it decides what is pulled, from where, and by whom.
fn decides_pull(cause: &str, change: &ChangeReport) -> bool {
    let registry = |image: &Option<Fact>| match image {
        Some(Fact::Name(image)) => ImageReference::parse(image).ok().map(|it| it.registry),
        _ => None,
    };
    match change.field.as_str() {
        "image" if OF_THE_REGISTRY.contains(&cause) => {
            registry(&change.from) != registry(&change.to)
        }
        "image" => true,
        "imagePullPolicy" => cause == "image-never-pull",
        field => {
            matches!(first(field), "imagePullSecrets" | "serviceAccountName")
                && matches!(cause, "image-auth" | "image-pull-secret-missing")
        }
    }
}

/// Whether it decides how a container runs.
fn decides_run(cause: &str, field: &str) -> bool {
    match cause {
        "missing-configmap" | "missing-secret" | "missing-key" => {
            matches!(field, "env" | "envFrom" | "volumes")
        }
        _ => !matches!(
            field,
            "metadata" | "affinity" | "tolerations" | "topologySpreadConstraints"
        ),
    }
}

fn fix(workload: ObjectRef, rollout: &RolloutReport, diagnosis: &Diagnosis) -> FixReport {
    let is_stateful = workload.known_kind() == Some(Kind::StatefulSet);
    let sentence = if is_stateful {
        // "Forced rollback" of the documentation of StatefulSets: the controller waits for a pod that will never be ready
        say!(
            "rollback.stateful-set",
            "go back to revision {revision}[ with image {image}], of which {ready} {ready|pod is|pods are} ready; then delete {pods}, for which the StatefulSet waits"
        )
    } else {
        say!(
            "rollback.change",
            "go back to revision {revision}[ with image {image}], of which {ready} {ready|pod is|pods are} ready"
        )
    };
    let mut changes = rollout.changes.iter().flatten();
    let image = changes.find(|change| change.field == "image" && explains(diagnosis, change));
    let message = Message::new(sentence)
        .fact("revision", Fact::Number(rollout.old.revision))
        .fact_if("image", image.and_then(|change| change.from.clone()))
        .fact("ready", rollout.old.ready);
    let pods = || diagnosis.affected.iter().map(|pod| pod.name.clone()).collect::<Vec<_>>();
    let message = message.fact_if("pods", is_stateful.then(pods));
    let namespace = workload.namespace.as_deref().unwrap_or_default();
    let to = format!("--to-revision={}", rollout.old.revision);
    let command = shell::kubectl(namespace, ["rollout", "undo", &workload.argument(), &to]);
    FixReport {
        change: message.english(),
        message,
        target: Some(workload),
        patch: Vec::new(),
        command,
        template: String::new(),
        risk: Risk::Changes,
        who: Who::Owner,
        verified: None,
    }
}
