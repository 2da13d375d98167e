//! Going back to the revision that works, where what changed since can explain what is wrong.
//!
//! It is offered before every change but one that was computed to help: whoever has been woken wants the old state back, and to
//! look at the new one later. The number is always named: without it, `kubectl rollout undo` run twice is back where it began.

use super::template_changes::first;
use crate::kubernetes::image_reference::ImageReference;
use crate::kubernetes::shell;
use crate::report::{ChangeReport, Diagnosis, FixReport, How, RolloutReport, WorkloadReport};
use crate::rules::finding::{Risk, Role, Who};
use crate::snapshot::{Kind, ObjectRef, Propagation, ReadScope, Snapshot, TemplateOwner};
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
            let at = fixes.position(|fix| !is_computed(fix) && !fix.follows);
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
        // kubectl would refuse: a paused Deployment is not rolled back
        && !snapshot.is_halted(&workload)
        && changes.any(|change| Fault::of(diagnosis).may_come_of(change));
    let who = who(&workload, snapshot);
    let to = rollout.old.revision.filter(|_| helps)?;
    Some(fix(workload, (rollout, to), who, diagnosis))
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
            // the pods were refused to one of its ReplicaSets
            Kind::Deployment => {
                let set = &diagnosis.proof.object;
                let is_own = set.known_kind() == Some(Kind::ReplicaSet);
                let owner = snapshot.outermost(set.clone());
                let is_own = is_own && owner == ObjectRef::new(Kind::Deployment, namespace, name);
                is_own.then(|| (owner, set.name.clone()))
            }
            _ => None,
        }
    };
    let mut affected = diagnosis.affected.iter();
    let mut all = affected
        .by_ref()
        .map(|it| of(it.namespace.as_deref(), &it.kind, &it.name));
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// Who may not read what is rolled back has to ask somebody else: kubectl reads it first.
fn who(workload: &ObjectRef, snapshot: &Snapshot<'_>) -> Who {
    let namespace = workload.namespace.clone().unwrap_or_default();
    let scope = ReadScope::Object(namespace, workload.name.clone());
    let kind = workload.known_kind();
    let is_refused = kind.is_some_and(|kind| snapshot.store().is_refused(kind, &scope));
    if is_refused { Who::Admin } else { Who::Owner }
}

/// What is wrong, as far as it tells which changes can be why.
#[derive(Debug, Clone, Copy)]
struct Fault<'d> {
    cause: &'d str,
    layer: Layer,
    container: Option<&'d str>,
}

impl<'d> Fault<'d> {
    fn of(diagnosis: &'d Diagnosis) -> Self {
        let mut affected = diagnosis.affected.iter();
        Fault {
            cause: diagnosis.cause,
            layer: diagnosis.layer,
            container: affected.find_map(|it| it.container.as_deref()),
        }
    }

    /// Whether a change can be why.
    fn may_come_of(self, change: &ChangeReport) -> bool {
        let Fault { cause, layer, .. } = self;
        let field = first(&change.field);
        match layer {
            Layer::Admission => field == "resources" && is_more(change),
            Layer::Scheduling => {
                confines(change) || asks(cause, change) || takes_port(cause, field)
            }
            Layer::Volume => confines(change),
            Layer::Image => self.is_new(change) || self.is_here(change) && pulls(cause, change),
            Layer::Container | Layer::Health => {
                self.is_new(change) || self.is_here(change) && runs(cause, field)
            }
            Layer::Node | Layer::Network | Layer::Service | Layer::Removal => false,
        }
    }

    /// Whether the change is not of another container.
    fn is_here(self, change: &ChangeReport) -> bool {
        let container = change.container.as_deref();
        container.is_none() || self.container.is_none() || container == self.container
    }

    /// Whether the container came with the change.
    fn is_new(self, change: &ChangeReport) -> bool {
        let of_list = |list: &str| {
            let name = change.field.strip_prefix(list)?.strip_prefix('[');
            name?.strip_suffix(']')
        };
        let name = of_list("containers").or_else(|| of_list("initContainers"));
        name.is_some() && name == self.container
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
fn pulls(cause: &str, change: &ChangeReport) -> bool {
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
fn runs(cause: &str, field: &str) -> bool {
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

fn fix(
    workload: ObjectRef,
    (rollout, to): (&RolloutReport, i64),
    who: Who,
    diagnosis: &Diagnosis,
) -> FixReport {
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
    let image = changes.find(|it| it.field == "image" && Fault::of(diagnosis).may_come_of(it));
    let message = Message::new(sentence)
        .fact("revision", Fact::Number(to))
        .fact_if("image", image.and_then(|change| change.from.clone()))
        .fact("ready", rollout.old.ready);
    let pods = || {
        diagnosis
            .affected
            .iter()
            .map(|pod| pod.name.clone())
            .collect::<Vec<_>>()
    };
    let message = message.fact_if("pods", is_stateful.then(pods));
    let namespace = workload.namespace.as_deref().unwrap_or_default();
    let to = format!("--to-revision={to}");
    let command = shell::kubectl(namespace, ["rollout", "undo", &workload.argument(), &to]);
    FixReport {
        change: message.english(),
        message,
        target: Some(workload),
        patch: Vec::new(),
        command,
        template: String::new(),
        risk: Risk::Changes,
        who,
        verified: None,
        follows: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::quantity::Quantity;

    fn change(field: &str, how: How, from: &str, to: &str) -> ChangeReport {
        let fact = |text: &str| {
            let quantity: Option<Quantity> = text.parse().ok();
            let amount = quantity.map(|quantity| Fact::amount(quantity, "cpu"));
            (!text.is_empty()).then(|| amount.unwrap_or_else(|| text.into()))
        };
        let is_pods = [
            "nodeSelector",
            "tolerations",
            "containers",
            "volumes",
            "metadata",
        ];
        ChangeReport {
            field: field.to_owned(),
            container: (!is_pods.contains(&first(field))).then(|| "app".to_owned()),
            how,
            from: fact(from),
            to: fact(to),
        }
    }

    fn changed(field: &str, from: &str, to: &str) -> ChangeReport {
        change(field, How::Changed, from, to)
    }

    /// Whether the change may be why the container app is not well.
    fn explained(cause: &str, layer: Layer, change: &ChangeReport) -> bool {
        let container = (layer != Layer::Scheduling).then_some("app");
        let fault = Fault {
            cause,
            layer,
            container,
        };
        fault.may_come_of(change)
    }

    #[test]
    fn a_registrys_trouble_comes_of_another_registry_and_not_of_another_tag() {
        let tag = changed("image", "r.example/web:1", "r.example/web:2");
        let moved = changed("image", "r.example/web:1", "q.example/web:1");
        for (cause, of_tag) in [
            ("registry-dns", false),
            ("image-rate-limited", false),
            ("image-tag-not-found", true),
        ] {
            assert_eq!(explained(cause, Layer::Image, &tag), of_tag, "{cause}");
            assert!(explained(cause, Layer::Image, &moved), "{cause}");
        }
        assert!(!explained(
            "image-tag-not-found",
            Layer::Image,
            &changed("args", "", "")
        ));
    }

    #[test]
    fn only_what_asks_for_more_leaves_less_room() {
        let up = changed("resources.requests.cpu", "1", "2");
        let down = changed("resources.requests.cpu", "2", "1");
        let memory = changed("resources.requests.memory", "1Gi", "2Gi");
        let of = |change: &ChangeReport| explained("insufficient-cpu", Layer::Scheduling, change);
        assert!(of(&up) && !of(&down) && !of(&memory));
        assert!(of(&change("nodeSelector.pool", How::Added, "", "gpu")));
        assert!(!of(&change("nodeSelector.pool", How::Removed, "gpu", "")));
        assert!(!of(&change("tolerations", How::Added, "", "")));
        assert!(of(&change("tolerations", How::Removed, "", "")));
        assert!(!of(&changed("image", "web:1", "web:2")));
    }

    #[test]
    fn a_container_fails_by_what_is_its_own_or_the_pods() {
        let of = |change: &ChangeReport| explained("crash-app-error", Layer::Container, change);
        let elsewhere = ChangeReport {
            container: Some("proxy".to_owned()),
            ..changed("image", "a", "b")
        };
        assert!(of(&changed("env[MODE]", "", "")) && !of(&elsewhere));
        assert!(of(&changed("volumes[a].configMap.name", "a", "b")));
        assert!(of(&change("containers[app]", How::Added, "", "web:1")));
        assert!(!of(&changed("metadata.annotations[a]", "", "")));
    }

    #[test]
    fn a_missing_object_comes_of_what_names_one() {
        let of = |change: &ChangeReport| explained("missing-configmap", Layer::Container, change);
        assert!(of(&changed("env[MODE]", "", "")) && !of(&changed("image", "a", "b")));
    }
}
