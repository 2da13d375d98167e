//! What a diagnosis can be about, and everything in which the kinds of subjects differ.

use super::{Layer, Restarts, Scope};
use crate::kubernetes::resources::Amounts;
use crate::kubernetes::shell;
use crate::snapshot::{Clock, ObjectRef, Snapshot, Store};
use jiff::{SignedDuration, Timestamp};

/// An object that may need an explanation: a pod, a workload that makes pods, a Service, a node. One file a kind beside this one.
pub trait Subject<'s>: Copy {
    /// The layers of its ladder, in order.
    const LAYERS: &'static [Layer];

    /// Its name.
    fn object(&self) -> ObjectRef;

    /// `metadata.uid`
    fn uid(self) -> Option<&'s str>;

    /// `metadata.namespace`; empty for what belongs to the cluster.
    fn namespace(self) -> &'s str;

    /// What a person would change to change it.
    fn owner(&self, store: &Store) -> ObjectRef;

    /// What the report calls it: itself, or of what people know by its owner that one.
    fn shown(&self, store: &Store) -> ObjectRef {
        let _ = store;
        self.object()
    }

    /// Whether the scope means it.
    fn is_in(&self, scope: &Scope, store: &Store) -> bool;

    /// How it stands at the time of the snapshot.
    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing;

    /// The revision of its workload that it was made of.
    fn revision(self) -> Option<String> {
        None
    }

    /// `metadata.creationTimestamp`, of a pod.
    fn created(self) -> Option<Timestamp> {
        None
    }

    /// The word with which kubectl shows its state.
    fn status(&self, store: &Store) -> String;

    /// What its status says by itself, for one that no rule explains.
    fn raw_status(&self) -> Vec<StatusText>;

    /// What shows more of a layer.
    fn inspect(&self, layer: Layer) -> NextCommand {
        let _ = layer;
        describe(&self.object()).into()
    }

    /// Whether something about it is worth a word though it looks healthy and nobody has named it.
    fn is_doubtful(&self, store: &Store) -> bool {
        let _ = store;
        false
    }

    /// What is held of it, where nothing of it starts because somebody wants it so.
    fn held(&self, snapshot: &Snapshot<'_>) -> Option<Hold> {
        let _ = snapshot;
        None
    }

    /// Whether something that was not read may show that it needs no explanation, so that nothing is proven of it.
    fn is_in_doubt(&self, store: &Store) -> bool {
        let _ = store;
        false
    }

    /// Whether it has not reached this layer, though what it waits for is of a later one.
    fn is_before(&self, _layer: Layer) -> bool {
        false
    }

    /// Whether it was deleted and is still there.
    fn is_terminating(&self) -> bool {
        false
    }

    /// Whether it has come to its end and stays as it is.
    fn has_ended(&self, store: &Store) -> bool {
        let _ = store;
        false
    }

    /// Since when it has been in the trouble that it is in, as far as known.
    fn since(&self, snapshot: &Snapshot<'_>) -> Option<Timestamp>;

    /// The node that it is bound to.
    fn node(self) -> Option<&'s str> {
        None
    }

    /// What it requests of a node, while it has none.
    fn requests(&self) -> Amounts {
        Amounts::new()
    }

    /// How many of its containers are ready, and how many there are.
    fn ready(&self) -> Option<(usize, usize)> {
        None
    }

    /// How often its containers were started again, or this one.
    fn restarts(self, container: Option<&str>) -> Option<Restarts<'s>> {
        let _ = container;
        None
    }

    /// The evidence that it is through a layer, when it is stuck at `stuck`, or somewhere; none where its first layer is its only
    /// one, or none is passed before the pods are there.
    fn passed(
        &self,
        snapshot: &Snapshot<'_>,
        layer: Layer,
        stuck: Option<Layer>,
    ) -> Option<Passage> {
        let _ = (snapshot, layer, stuck);
        None
    }
}

/// Words of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusText {
    /// Where.
    pub path: String,
    /// What.
    pub words: String,
    /// Whether it only repeats another part of the status, or the word for all of it.
    pub repeats: bool,
}

impl StatusText {
    /// Something that stands nowhere else.
    pub(super) fn new(path: impl Into<String>, words: impl Into<String>) -> Self {
        StatusText {
            path: path.into(),
            words: words.into(),
            repeats: false,
        }
    }

    /// Says whether it does.
    pub(super) fn repeating(self, repeats: bool) -> Self {
        StatusText { repeats, ..self }
    }
}

/// The command that shows an object with its events.
pub(super) fn describe(object: &ObjectRef) -> String {
    object.kubectl(["describe", &object.argument()])
}

/// A command that shows what is not quoted yet, or checks a cause, and changes nothing in the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NextCommand {
    /// The command; empty where what is quoted says all.
    pub command: String,
    /// The node on which it is run; absent for one that is run anywhere.
    pub node: Option<String>,
}

impl NextCommand {
    /// One that is run on a node, by whoever may.
    pub fn on(node: &str, words: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        NextCommand {
            command: shell::command(words),
            node: Some(node.to_owned()),
        }
    }
}

impl From<String> for NextCommand {
    fn from(command: String) -> Self {
        NextCommand {
            command,
            node: None,
        }
    }
}

/// How a subject stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is nothing to explain.
    Healthy(Because),
    /// It is not where it should be, within what is usual until then; for some waits nobody can say how long is usual.
    Progressing(Because, Option<Timestamp>),
    /// It is not where it should be, and nothing tells for how long.
    Unknown(Because),
    /// It needs an explanation.
    Stuck,
    /// It has come to its end and something else has taken its place.
    Ended(Because),
}

impl Standing {
    /// Whether it is stuck, or nothing tells that it is not.
    pub(super) fn may_be_stuck(&self) -> bool {
        matches!(self, Standing::Stuck | Standing::Unknown(_))
    }

    /// How an owner of both stands: as the worse one, and what has ended or wants nothing counts for nothing beside
    /// what does not. It is on its way until the last of them has come.
    pub(super) fn and(self, other: Standing) -> Standing {
        use Because::{Completed, HasPods, LastJobFailed, ScaledToZero};
        let rank = |standing: &Standing| match standing {
            Standing::Healthy(ScaledToZero) => 0,
            Standing::Healthy(_) | Standing::Ended(LastJobFailed(_))
                if *standing != Standing::Healthy(Completed) =>
            {
                2
            }
            Standing::Healthy(_) | Standing::Ended(_) => 1,
            Standing::Progressing(..) => 3,
            Standing::Unknown(_) => 4,
            Standing::Stuck => 5,
        };
        match (self, other) {
            (Standing::Healthy(HasPods(one)), Standing::Healthy(HasPods(more))) => {
                Standing::Healthy(HasPods(one + more))
            }
            (one, more) if rank(&more) > rank(&one) || more.lasts_longer(&one) => more,
            (one, _) => one,
        }
    }

    /// Whether both are on their way, and this one for longer. Where nobody can say how long, that is longest.
    fn lasts_longer(&self, other: &Standing) -> bool {
        match (self, other) {
            (Standing::Progressing(_, one), Standing::Progressing(_, other)) => {
                is_later(*one, *other)
            }
            _ => false,
        }
    }
}

/// Whether what is usual until then is so for longer than another; `None` where nobody can say until when.
pub(super) fn is_later(until: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    other.is_some_and(|other| until.is_none_or(|until| until > other))
}

impl Standing {
    /// Progressing for so many seconds from a time on, stuck afterwards. Of a dump without a clock only the second can be told.
    pub(super) fn within(because: Because, from: Timestamp, budget: i64, clock: Clock) -> Standing {
        if clock.at.as_second() - from.as_second() > budget {
            return Standing::Stuck;
        }
        if !clock.exact {
            return Standing::Unknown(because);
        }
        let until = from.checked_add(SignedDuration::from_secs(budget));
        Standing::Progressing(because, until.ok())
    }
}

/// What tells how a subject stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// A pod has completed.
    Completed,
    /// So many containers run, and all are ready.
    Ready(usize),
    /// A pod's deletion has not taken longer than it may, or a Service is being deleted, for which no time is usual.
    Deleting,
    /// No scheduler has looked at it yet.
    NoSchedulerYet,
    /// Its kubelet has not taken it up yet.
    NoKubeletYet,
    /// Sandbox, volumes and images are being prepared.
    Creating,
    /// Its init containers are at work.
    Initializing,
    /// This init container is at work.
    InitContainer(String),
    /// A container ended well and is started again.
    Restarting,
    /// A container runs again, and has not outlived its last run yet.
    Restarted,
    /// A container may still take its time by its probe.
    WarmingUp,
    /// A pod runs, and waits for room on its node to grow.
    ResizeDeferred,
    /// The kubelet has not said yet whether it is ready.
    ReadinessUnreported,
    /// Another pod of its controller has taken the place of one that failed.
    Replaced,
    /// A workload has as many pods as it wants.
    HasPods(i64),
    /// A workload makes its pods.
    MakingPods,
    /// So many of its own pods have to be ready before a workload makes the next.
    WaitsForReady(i64),
    /// So many of its own pods have to be gone before a workload makes others.
    WaitsForGone(i64),
    /// A workload wants no pods.
    ScaledToZero,
    /// There is no node on which a DaemonSet wants a pod.
    NoNode,
    /// A Job or CronJob is suspended.
    Suspended,
    /// A Deployment is paused, and not all of its pods are of its template.
    Paused,
    /// This controller runs a Job in place of the Job controller.
    ManagedBy(String),
    /// A Job has failed and is not tried again.
    JobFailed,
    /// So many Jobs of a CronJob run.
    JobsRun(i64),
    /// The last Job of a CronJob, of this name, has failed.
    LastJobFailed(String),
    /// No Job of a CronJob runs; the last had been due then.
    LastJobDue(Timestamp),
    /// A CronJob of this schedule has made no Job yet.
    NothingDueYet(String),
    /// A Service has so many pods, of which so many are ready, behind these ports.
    Serves {
        /// All of its live pods.
        pods: usize,
        /// Those that are ready.
        ready: usize,
        /// Its ports, and those of the pods to which they lead; none of a headless one.
        ports: Vec<String>,
    },
    /// None of a Service's pods, so many, is ready, and one may be in time.
    PodsNotReadyYet(usize),
    /// None of a Service's pods, so many, is ready, and none of them is stuck.
    PodsNotReady(usize),
    /// A Service has no selector: somebody else writes its endpoints.
    NoSelector,
    /// A Service is of type ExternalName and has no pods.
    ExternalName,
    /// A Service's pods are those of a workload that has none at present.
    OfWorkload(ObjectRef),
    /// A Service's pods, so many, have ended.
    PodsEnded(usize),
    /// Not all pods were read, and none that was is a Service's.
    PodsUnread,
    /// This label of a Service's selector is set on pods while they run, and the only pod that has one of its key has another.
    RoleUntaken(String),
    /// A Service's pods may be about to come.
    NewService,
    /// Something new routes to a Service that may be about to be made.
    ServiceToCome,
    /// A node is Ready.
    NodeReady,
    /// A node has not been Ready for a short time.
    NodeNotReadyYet,
    /// A pod's node has not been Ready for a short time.
    OnNodeNotReadyYet,
}

impl Because {
    /// Whether somebody may want it so, and nothing starts for that.
    pub(super) fn is_held(&self) -> bool {
        matches!(
            self,
            Because::ScaledToZero | Because::Suspended | Because::Paused
        )
    }
}

/// What is held on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Work that waits for it to be let go.
    Work,
    /// Nothing that waits: told only of one that was named.
    Nothing,
}

/// The evidence that a subject is through a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// It exists, made by this controller, if any.
    Created(Option<ObjectRef>),
    /// It is bound to this node.
    Bound(String),
    /// The kubelet of this node accepted it; whether the node is Ready, where that was read.
    Accepted(String, bool),
    /// The sandbox is made after the volumes are mounted, and it was made.
    MountedBeforeSandbox,
    /// The same, and its making was tried.
    MountedBeforeSandboxTried,
    /// It has this address.
    Address(String),
    /// Its sandbox is ready.
    SandboxReady,
    /// Its sandbox was made.
    SandboxMade,
    /// Every image is on the node.
    ImagesPulled,
    /// Every container has been up.
    ContainersStarted,
    /// Every container is up.
    ContainersUp,
    /// It is ready.
    Ready,
}
