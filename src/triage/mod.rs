//! Who needs an explanation: how each pod, workload, Service, node and namespace stands at a time, for a scope.
//!
//! Triage does not say why. It parts what needs an explanation from what is healthy, what is progressing within what is usual
//! (until when), and what has ended, so that no rule has to know what health looks like. Where the time is only known to be *at
//! least* something (a plain dump has no clock), budgets are measured against that lower bound: nothing is called stuck on the
//! strength of a guess, and what may be on its way or late is unknown.
//!
//! Everything in which the kinds differ stands in one file a kind, behind [`Subject`].

pub mod creation;
mod custom_owner;
mod layer;
mod namespace;
mod node;
mod passage;
mod pod;
mod ready_pod;
mod recovery;
mod rollout;
pub(crate) mod scope;
mod service;
mod since;
mod status_word;
mod subject;
mod workload;

pub use custom_owner::CustomOwner;
pub use layer::Layer;
pub use namespace::NamespaceSubject;
pub use node::NodeSubject;
pub use pod::{
    PULLS, Resize, UNNOTICED, awaits, budget, fits, init_budget, is_undated, pull, resize,
    was_killed_starting,
};
pub use ready_pod::ReadyPod;
pub use rollout::{Awaits, awaited, is_awaited, is_of_old_revision};
pub use scope::Scope;
pub use service::{DeadName, Members, ServiceSubject, to_nowhere};
pub use since::{Restarts, between_crashes};
pub use subject::{Because, Hold, NextCommand, Passage, Standing, Subject};
pub use workload::{RETRY, Refusal, SKIPPED, Stall, WorkloadSubject, is_refusal, refusal_reasons};

use crate::snapshot::{ObjectRef, PodView, Snapshot};
use jiff::Timestamp;
use std::collections::BTreeMap;
use subject::is_later;

/// Seconds after which the silence of a scheduler about a pod means something.
pub const SILENCE: i64 = 60;

/// The reasons of the events in which a scheduler is heard, whatever pod it speaks of (kube-scheduler
/// `pkg/scheduler/schedule_one.go` and `framework/preemption`, 1.37).
pub const HEARD: [&str; 3] = ["Scheduled", "FailedScheduling", "Preempted"];

/// Everything in the scope, by how it stands.
#[derive(Debug)]
pub struct Triage<'s> {
    /// Pods.
    pub pods: Sorted<&'s PodView>,
    /// Of the pods those that were named one by one and are well.
    pub ready_pods: Vec<ReadyPod<'s>>,
    /// Workloads that make pods themselves, as far as something made it necessary to read them.
    pub workloads: Sorted<WorkloadSubject<'s>>,
    /// Services.
    pub services: Sorted<ServiceSubject<'s>>,
    /// Nodes on which a pod of the scope is stuck, and those that were named.
    pub nodes: Sorted<NodeSubject<'s>>,
    /// Namespaces that were deleted, as far as they were read.
    pub namespaces: Sorted<NamespaceSubject<'s>>,
    /// Objects of other APIs that are refused their pods.
    pub custom_owners: Sorted<CustomOwner<'s>>,
}

/// The subjects of one kind.
#[derive(Debug)]
pub struct Sorted<S> {
    /// Those that need an explanation, in order of namespace and name.
    pub stuck: Vec<S>,
    /// Those of which nothing starts because somebody wants it so.
    pub held: Vec<S>,
    /// Those that may, since nothing tells for how long they have been as they are.
    pub unknown: Vec<(S, Because)>,
    /// Those that are well again after a restart within the last hour.
    pub restarted: Vec<S>,
    /// Those that were named and do not.
    pub named: Vec<(ObjectRef, Standing)>,
    /// Those that look healthy and may be wanting: that were named, or contradict themselves.
    pub doubtful: Vec<S>,
    /// What a person would change of those that are progressing and not stuck besides, and until when that is usual.
    pub progressing: BTreeMap<ObjectRef, Option<Timestamp>>,
    /// How many there are, by the kind of what a person would change: of a ReplicaSet its Deployment counts, once.
    pub numbers: BTreeMap<String, Numbers>,
}

/// How many subjects of a kind stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// All of them.
    pub all: usize,
    /// Those that need an explanation.
    pub stuck: usize,
    /// Those that are not where they should be, within what is usual.
    pub progressing: usize,
    /// Those that are not where they should be, and nothing tells for how long.
    pub unknown: usize,
    /// Those that have ended.
    pub ended: usize,
}

impl<S> Default for Sorted<S> {
    fn default() -> Self {
        Sorted {
            stuck: Vec::new(),
            held: Vec::new(),
            unknown: Vec::new(),
            restarted: Vec::new(),
            named: Vec::new(),
            doubtful: Vec::new(),
            progressing: BTreeMap::new(),
            numbers: BTreeMap::new(),
        }
    }
}

impl Numbers {
    fn count(&mut self, standing: &Standing) {
        self.all += 1;
        match standing {
            Standing::Healthy(_) => {}
            Standing::Progressing(..) => self.progressing += 1,
            Standing::Ended(_) => self.ended += 1,
            Standing::Unknown(_) => self.unknown += 1,
            Standing::Stuck => self.stuck += 1,
        }
    }
}

impl<'s, S: Subject<'s>> Sorted<S> {
    fn sort(
        subjects: impl IntoIterator<Item = S>,
        snapshot: &Snapshot<'_>,
        scope: &Scope,
    ) -> Sorted<S> {
        let mut sorted = Sorted::default();
        let mut owners: BTreeMap<ObjectRef, Standing> = BTreeMap::new();
        let meant = subjects
            .into_iter()
            .filter(|subject| subject.is_in(scope, snapshot));
        let is_named = |object: &ObjectRef| scope.has_names() && scope.names(object);
        for subject in meant {
            let standing = subject.standing(snapshot);
            let may_be_stuck = standing.may_be_stuck();
            let (owner, object) = (subject.owner(snapshot), subject.object());
            let named = is_named(&object);
            if owner != object && named && !may_be_stuck {
                sorted.named.push((object, standing.clone()));
            }
            match &standing {
                Standing::Stuck => sorted.stuck.push(subject),
                Standing::Unknown(because) => sorted.unknown.push((subject, because.clone())),
                Standing::Healthy(because) if because.is_held() => {
                    let held = subject.held(snapshot);
                    let is_told = held == Some(Hold::Work) || held.is_some() && named;
                    sorted.held.extend(is_told.then_some(subject));
                }
                Standing::Healthy(_) if named || subject.is_doubtful(snapshot) => {
                    sorted.doubtful.push(subject);
                }
                _ => {}
            }
            let together = match owners.remove(&owner) {
                Some(known) => known.and(standing),
                None => standing,
            };
            owners.insert(owner, together);
        }
        for (owner, standing) in owners {
            let kind = owner.kind.clone();
            sorted.numbers.entry(kind).or_default().count(&standing);
            if let Standing::Progressing(_, until) = standing {
                sorted.progressing.insert(owner.clone(), until);
            }
            if is_named(&owner) && !standing.may_be_stuck() {
                sorted.named.push((owner, standing));
            }
        }
        sorted
    }
}

impl<'s, S: Subject<'s>> Sorted<S> {
    /// Takes for stuck what looked healthy where something may be wrong with it.
    pub fn doubted(&mut self, kind: &str, may_be_wrong: impl Fn(&ObjectRef) -> bool) {
        self.named.retain(|(object, _)| !may_be_wrong(object));
        let mut wrong = std::mem::take(&mut self.doubtful);
        wrong.retain(|one| may_be_wrong(&one.object()));
        if let Some(numbers) = self.numbers.get_mut(kind) {
            numbers.stuck += wrong.len();
        }
    }
}

impl<S> Sorted<S> {
    /// Takes for stuck what turns out to have a cause, however long it has been so.
    pub fn explained(&mut self, kind: &str, has_cause: impl Fn(&S) -> bool) {
        let unknown = std::mem::take(&mut self.unknown).into_iter();
        let (stuck, unknown): (Vec<_>, Vec<_>) = unknown.partition(|(one, _)| has_cause(one));
        if let Some(numbers) = self.numbers.get_mut(kind) {
            numbers.unknown = unknown.len();
            numbers.stuck += stuck.len();
        }
        self.unknown = unknown;
        self.stuck.extend(stuck.into_iter().map(|(one, _)| one));
    }
}

/// Something of this owner is on its way until then: the last counts, and nothing can be said where of one it cannot.
fn progresses(
    all: &mut BTreeMap<ObjectRef, Option<Timestamp>>,
    owner: ObjectRef,
    until: Option<Timestamp>,
) {
    let known = all.entry(owner).or_insert(until);
    if is_later(until, *known) {
        *known = until;
    }
}

/// Sorts everything in the scope.
pub fn triage<'s>(snapshot: &Snapshot<'s>, scope: &'s Scope) -> Triage<'s> {
    let pods = pod::sorted(snapshot, scope);
    let nodes = node::candidates(snapshot, scope, &pods.stuck);
    Triage {
        ready_pods: ready_pod::named(snapshot, scope),
        nodes: Sorted::sort(nodes, snapshot, scope),
        workloads: Sorted::sort(WorkloadSubject::all(snapshot, scope), snapshot, scope),
        services: Sorted::sort(service::candidates(snapshot, scope), snapshot, scope),
        namespaces: Sorted::sort(namespace::candidates(snapshot, scope), snapshot, scope),
        custom_owners: Sorted::sort(custom_owner::refused(snapshot), snapshot, scope),
        pods,
    }
}

impl Triage<'_> {
    /// How many subjects of each kind stand how; kinds of which nothing was looked at are left out.
    pub fn numbers(&self) -> BTreeMap<String, Numbers> {
        let parts = [
            &self.pods.numbers,
            &self.workloads.numbers,
            &self.services.numbers,
            &self.nodes.numbers,
            &self.namespaces.numbers,
            &self.custom_owners.numbers,
        ];
        let all = parts.into_iter().flatten();
        all.map(|(kind, numbers)| (kind.clone(), *numbers))
            .collect()
    }

    /// What is on its way, by the object that a person would change, and until when that is usual, where that can be said.
    pub fn progressing(&self) -> BTreeMap<ObjectRef, Option<Timestamp>> {
        let parts = [
            &self.namespaces.progressing,
            &self.nodes.progressing,
            &self.services.progressing,
            &self.workloads.progressing,
            &self.pods.progressing,
        ];
        let mut all: BTreeMap<ObjectRef, Option<Timestamp>> = BTreeMap::new();
        for (owner, until) in parts.into_iter().flatten() {
            progresses(&mut all, owner.clone(), *until);
        }
        all
    }

    /// What was named and is not stuck.
    pub fn named(&self) -> impl Iterator<Item = &(ObjectRef, Standing)> {
        let of_pods = self.pods.named.iter().chain(&self.workloads.named);
        of_pods.chain(&self.services.named).chain(&self.nodes.named)
    }

    /// What may be stuck, since nothing tells for how long it has been as it is.
    pub fn unknown(&self) -> impl Iterator<Item = (ObjectRef, Standing)> {
        fn of<'s, S: Subject<'s>>(sorted: &Sorted<S>) -> Vec<(ObjectRef, Standing)> {
            let unknown = sorted.unknown.iter();
            let of_one =
                |(one, because): &(S, Because)| (one.object(), Standing::Unknown(because.clone()));
            unknown.map(of_one).collect()
        }
        let of_pods = of(&self.pods).into_iter().chain(of(&self.workloads));
        let of_nodes = of(&self.nodes).into_iter().chain(of(&self.namespaces));
        of_pods.chain(of(&self.services)).chain(of_nodes)
    }
}
