//! What to read: pure decisions, so that the number of requests can be tested without a server.
//!
//! Four waves. The first reads the scope's pods and what was named. The second asks only for what the pods that are not
//! plainly healthy point at, their events among it; the third for what those events and objects point at in turn, and is
//! mostly empty; the fourth for where a volume is that another node holds; where registries are asked, one more for whose
//! logins there are, and where logs are read, for what these speak of. Each asks every such pod through the children of this
//! module, which know when a read is worth it: what a pod's volumes and devices need stands in `storage` and `devices`, what
//! keeps a bound pod from being created in `creation`, what its node's CPU decides in `platform`, what a failed pull asks for
//! in `images`, what its init containers wait for in `awaited`, what it could not resolve or reach in `names`, whose logs
//! tell in `logs`, what tells more of what was named in `named`, the node of a pod that its kubelet keeps or that
//! had to go in `nodes`, whether its node ran out of memory in `oom`, what workloads
//! and Services need in `workloads`, `refusals`, `rollouts` and `services`, whether all of it is being deleted in `namespaces`.

mod awaited;
mod creation;
mod devices;
mod fold;
mod images;
mod logs;
mod named;
mod names;
mod namespaces;
mod nodes;
mod oom;
mod platform;
mod refusals;
mod rollouts;
mod scheduling;
mod services;
mod storage;
mod watched;
mod workloads;

pub use fold::unread;
pub use logs::{LogRead, is_running, logs, told};
pub use scheduling::of_few_nodes;
pub use watched::{as_get, as_list, wanted};

use crate::kubernetes::field_selector::Field;
use crate::messages::config::{self, ConfigFailure, ObjectKind};
use crate::snapshot::{ContainerView, Kind, PodView, Retention, Store};
use crate::triage::scope::Scope;
use crate::triage::{self, Standing};
use fold::fold;
use std::collections::BTreeSet;

/// Above this many objects of a kind and namespace, one list is cheaper than single reads.
const SINGLES: usize = 3;
/// Above this many namespaces, one list over all of them is cheaper than one each.
const NAMESPACES: usize = 5;

/// The field by which the events of one object are selected.
pub(super) const INVOLVED: &str = "involvedObject.name";
/// Pods that have succeeded are never stuck; the API server leaves them out cheaply.
const NOT_SUCCEEDED: &str = "status.phase!=Succeeded";
/// What the scheduler's own informer selects (pkg/scheduler/scheduler.go NewInformerFactory).
const LIVE: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// A collection, or the part of it that a field selector admits.
    List {
        /// What is listed.
        kind: Kind,
        /// In one namespace, or in all.
        namespace: Option<String>,
        /// `fieldSelector`; empty for everything.
        fields: String,
        /// `labelSelector`; empty for everything.
        labels: String,
        /// Pods that only matter for what they occupy.
        records_only: bool,
    },
    /// One object.
    Get {
        /// What is read.
        kind: Kind,
        /// Its namespace, empty for cluster-scoped kinds.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Read {
    /// What a read pod is kept for.
    pub fn retention(&self) -> Retention {
        match self {
            Read::List {
                records_only: true, ..
            } => Retention::Record,
            _ => Retention::Whole,
        }
    }

    /// Whether it is a list of some pods, which says nothing about the others.
    pub fn narrows_pods(&self) -> bool {
        match self {
            Read::List {
                kind: Kind::Pod,
                fields,
                labels,
                ..
            } => !labels.is_empty() || ![NOT_SUCCEEDED, LIVE].contains(&fields.as_str()),
            _ => false,
        }
    }

    /// The kind that is read.
    pub fn kind(&self) -> Kind {
        match self {
            Read::List { kind, .. } | Read::Get { kind, .. } => *kind,
        }
    }
}

pub(super) fn list(kind: Kind, namespace: Option<&str>) -> Read {
    Read::List {
        kind,
        namespace: namespace.map(str::to_owned),
        fields: String::new(),
        labels: String::new(),
        records_only: false,
    }
}

/// Live pods that matter for what they occupy and how they are found; `fields` stand before those that every such list has.
fn records(namespace: Option<&str>, fields: &str, labels: &str) -> Read {
    Read::List {
        kind: Kind::Pod,
        namespace: namespace.map(str::to_owned),
        fields: format!("{fields}{LIVE}"),
        labels: labels.to_owned(),
        records_only: true,
    }
}

fn get(kind: Kind, namespace: &str, name: &str) -> Read {
    Read::Get {
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

/// The first wave: the pods of the scope, what was named, and of a scan the Services and who was refused a pod.
pub fn first(scope: &Scope) -> Vec<Read> {
    if scope.only_pods() && !scope.is_everywhere() {
        let of_target = |target| {
            Some(get(
                Kind::Pod,
                scope.place(target)?,
                target.name.as_deref()?,
            ))
        };
        return scope.targets.iter().filter_map(of_target).collect();
    }
    let named = scope.targets.iter().filter_map(|target| {
        let namespace = scope.place(target).filter(|_| target.kind.namespaced());
        match &target.name {
            Some(name) => Some(get(target.kind, namespace.unwrap_or_default(), name)),
            None if target.kind == Kind::Pod => None,
            None => Some(list(target.kind, namespace)),
        }
    });
    let labels = scope.selector.as_ref().map(ToString::to_string);
    let labels = labels.unwrap_or_default();
    let pods = scope.places().into_iter().map(|namespace| Read::List {
        kind: Kind::Pod,
        namespace: namespace.map(str::to_owned),
        fields: fields(scope),
        labels: labels.clone(),
        records_only: false,
    });
    let mut reads: BTreeSet<Read> = pods.chain(named).collect();
    workloads::of_scope(scope, &mut reads);
    services::of_scope(scope, &mut reads);
    services::named(scope, &mut reads);
    named::of_scope(scope, &mut reads);
    fold(reads)
}

/// What the API server selects pods by.
fn fields(scope: &Scope) -> String {
    match &scope.fields {
        None => NOT_SUCCEEDED.to_owned(),
        Some(fields) if fields.demands(Field::Phase) => fields.to_string(),
        Some(fields) => format!("{fields},{NOT_SUCCEEDED}"),
    }
}

/// The pods of the scope that are not plainly healthy.
fn suspects<'s>(scope: &Scope, store: &'s Store) -> Vec<&'s PodView> {
    let pods = store.whole_pods();
    let is_suspect =
        |pod: &&PodView| pod.phase() != "Succeeded" && scope.covers(&pod.identity(), store);
    pods.filter(is_suspect).collect()
}

/// The second wave: what the pods that are not plainly healthy point at.
pub fn second(scope: &Scope, store: &Store) -> Vec<Read> {
    let suspects = suspects(scope, store);
    let mut reads = BTreeSet::new();
    events(scope, &suspects, &mut reads);
    scheduling::of_waiting(scope, &suspects, &mut reads);
    for pod in &suspects {
        storage::of_pod(pod, &mut reads);
        devices::of_pod(pod, &mut reads);
        platform::of_pod(pod, &mut reads);
        configuration(pod, &mut reads);
        images::of_pod(pod, &mut reads);
        owner(pod, &mut reads);
        awaited::of_pod(scope, pod, store, &mut reads);
        names::of_pod(pod, &mut reads);
        oom::of_pod(pod, &mut reads);
        nodes::of_pod(pod, store, &mut reads);
    }
    workloads::refused(scope, store, &mut reads);
    rollouts::of_scope(scope, &suspects, store, &mut reads);
    services::without_pods(scope, store, &mut reads);
    services::of_others(scope, store, &mut reads);
    services::of_ready_pods(scope, store, &mut reads);
    namespaces::of_scope(scope, store, &mut reads);
    namespaces::of_short_workloads(scope, store, &mut reads);
    named::of_store(scope, store, &mut reads);
    fold(reads)
}

/// The third wave: what the events and claims of the second point at, and what the pods that run ask of others.
pub fn third(scope: &Scope, store: &Store) -> Vec<Read> {
    let mut reads = BTreeSet::new();
    let suspects = suspects(scope, store);
    successes(&suspects, store, &mut reads);
    for pod in &suspects {
        platform::of_events(pod, store, &mut reads);
        images::of_events(pod, store, &mut reads);
        storage::of_claims(pod, store, &mut reads);
        creation::of_events(pod, scope, store, &mut reads);
        devices::of_claims(pod, store, &mut reads);
        pulls(pod, store, &mut reads);
        nodes::of_cordons(pod, store, &mut reads);
    }
    services::of_dead_names(scope, store, &mut reads);
    services::of_policies(store, &mut reads);
    creation::few_nodes(&mut reads);
    scheduling::of_nodes(scope, &suspects, store, &mut reads);
    fold(reads)
}

/// The fourth wave: what the volumes and attachments of the third point at, and who has them.
pub fn fourth(scope: &Scope, store: &Store) -> Vec<Read> {
    let mut reads = BTreeSet::new();
    let suspects = suspects(scope, store);
    scheduling::of_guards(&suspects, store, &mut reads);
    for pod in suspects {
        creation::of_attachments(pod, store, &mut reads);
        storage::of_volumes(pod, store, &mut reads);
    }
    fold(reads)
}

/// Where registries are asked, with the logins that the pods have: who their ServiceAccounts let pull.
pub fn registries(scope: &Scope, store: &Store) -> Vec<Read> {
    let mut reads = BTreeSet::new();
    for pod in suspects(scope, store) {
        images::of_registries(pod, &mut reads);
    }
    fold(reads)
}

/// How long the image that a pod waits for took elsewhere is told by the events of other pods.
fn pulls(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    let is_pulled = |one| triage::pull(pod, &one, store.events()).is_some();
    let is_stuck = || triage::Subject::standing(&pod, &store.snapshot()) == Standing::Stuck;
    if pod.phase() == "Pending" && pod.containers().any(is_pulled) && is_stuck() {
        reads.insert(list(Kind::Event, Some(pod.namespace())));
    }
}

/// Events of an object, or those of one reason: `involvedObject.name=web`, `reason=FailedCreate`.
pub(super) fn events_where(namespace: Option<&str>, field: &str, value: &str) -> Read {
    Read::List {
        kind: Kind::Event,
        namespace: namespace.map(str::to_owned),
        fields: format!("{field}={value}"),
        labels: String::new(),
        records_only: false,
    }
}

/// Above how many namespaces one list over all of them is read: never for a scope of some, since who asks for those may be
/// allowed no more.
fn most_namespaces(scope: &Scope) -> usize {
    if scope.is_everywhere() {
        NAMESPACES
    } else {
        usize::MAX
    }
}

/// Events: by pod when few are suspect, by namespace when more, of the cluster when many.
fn events(scope: &Scope, suspects: &[&PodView], reads: &mut BTreeSet<Read>) {
    let namespaces: BTreeSet<&str> = suspects.iter().map(|pod| pod.namespace()).collect();
    if namespaces.len() > most_namespaces(scope) {
        reads.insert(list(Kind::Event, None));
        return;
    }
    for namespace in namespaces {
        let of_namespace: Vec<_> = suspects
            .iter()
            .filter(|pod| pod.namespace() == namespace)
            .collect();
        if of_namespace.len() > SINGLES || of_namespace.iter().any(|pod| told_elsewhere(pod)) {
            reads.insert(list(Kind::Event, Some(namespace)));
            continue;
        }
        for pod in of_namespace {
            reads.insert(events_where(Some(namespace), INVOLVED, pod.name()));
            if waits(pod) && pod.controller().is_some() {
                // it may be in the place of one that had to go
                reads.insert(events_where(Some(namespace), "reason", "Preempted"));
            }
        }
    }
}

/// Whether events of other objects tell of this pod: those of its claims why they are not bound, those of its group or
/// queue why it is held, and where nothing is said of the pod, those of other pods whether its scheduler speaks at all.
fn told_elsewhere(pod: &PodView) -> bool {
    let unspoken = pod.condition("PodScheduled").is_none() || pod.is_gated();
    pod.node().is_none() && (unspoken || !storage::claims(pod).is_empty())
}

/// What the nodes are read by, where a pod waits for one.
pub fn nodes() -> Read {
    list(Kind::Node, None)
}

/// Whether the scheduler looks for a node for this pod.
pub fn waits(pod: &PodView) -> bool {
    pod.node().is_none()
        && pod.pod().metadata.deletion_timestamp.is_none()
        && pod.phase() == "Pending"
        && !pod.is_gated()
}

/// Names and keys, when the kubelet misses one.
fn configuration(pod: &PodView, reads: &mut BTreeSet<Read>) {
    for container in pod
        .containers()
        .filter(|c| c.waiting_reason() == "CreateContainerConfigError")
    {
        let secret_or_map = |kind: ObjectKind| match kind {
            ObjectKind::ConfigMap => Kind::ConfigMap,
            ObjectKind::Secret => Kind::Secret,
        };
        match config::read(message(&container)) {
            ConfigFailure::ConfigMapMissing { .. } => {
                reads.insert(list(Kind::ConfigMap, Some(pod.namespace())));
            }
            ConfigFailure::SecretMissing { .. } => {
                reads.insert(list(Kind::Secret, Some(pod.namespace())));
            }
            ConfigFailure::KeyMissing { kind, name, .. } => {
                reads.insert(get(secret_or_map(kind), pod.namespace(), &name));
            }
            _ => {}
        }
    }
}

fn message<'a>(container: &ContainerView<'a>) -> &'a str {
    container
        .waiting()
        .and_then(|waiting| waiting.message.as_deref())
        .unwrap_or_default()
}

/// The Job of a failed pod: a complete one needs no explanation. The ReplicaSet of one that a kubelet refused: its template may
/// name the node. The StatefulSet of one that is not ready: others may wait for it.
fn owner(pod: &PodView, reads: &mut BTreeSet<Read>) {
    let ready = |pod: &PodView| pod.condition("Ready").is_some_and(|it| it.status == "True");
    let kind = match pod.controller() {
        Some(("Job", _)) if pod.phase() == "Failed" => Kind::Job,
        Some(("ReplicaSet", _)) if pod.is_refused() => Kind::ReplicaSet,
        Some(("StatefulSet", _)) if !ready(pod) => Kind::StatefulSet,
        _ => return,
    };
    if let Some((_, name)) = pod.controller() {
        reads.insert(get(kind, pod.namespace(), name));
    }
}

/// Where a Job cannot be read, the pods of it that have succeeded tell that it is complete.
fn successes(pods: &[&PodView], store: &Store, reads: &mut BTreeSet<Read>) {
    let of_pod = |pod: &&PodView| {
        let (kind, name) = pod.controller()?;
        let is_unread = pod.phase() == "Failed"
            && kind == Kind::Job.as_str()
            && store.jobs().get(pod.namespace(), name).is_unknown();
        is_unread.then(|| (pod.namespace().to_owned(), name.to_owned()))
    };
    let jobs: BTreeSet<(String, String)> = pods.iter().filter_map(of_pod).collect();
    for (namespace, job) in &jobs {
        // each pod of a Job has it (pkg/registry/batch/job/strategy.go generateSelector, 1.37)
        let labels = if jobs.len() > SINGLES {
            "job-name".to_owned()
        } else {
            format!("job-name={job}")
        };
        reads.insert(Read::List {
            kind: Kind::Pod,
            namespace: Some(namespace.clone()),
            fields: "status.phase=Succeeded".to_owned(),
            labels,
            records_only: true,
        });
    }
}

fn workload_of(pod: &PodView, reads: &mut BTreeSet<Read>) {
    let Some((kind, name)) = pod.controller() else {
        return;
    };
    match (Kind::of_manifest(kind), pod.pod().metadata.labels.as_ref()) {
        (Some(Kind::ReplicaSet), Some(labels)) => {
            let hash = labels
                .get("pod-template-hash")
                .map(String::as_str)
                .unwrap_or_default();
            if let Some(deployment) = name
                .strip_suffix(hash)
                .and_then(|name| name.strip_suffix('-'))
            {
                reads.insert(get(Kind::Deployment, pod.namespace(), deployment));
            }
        }
        (Some(kind), _) if kind.is_workload() => {
            reads.insert(get(kind, pod.namespace(), name));
        }
        _ => {}
    }
}
