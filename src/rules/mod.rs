//! The causes: one file a cause, its explanation beside it, one folder a layer.
//!
//! A rule is a `static` with a pure function over a snapshot. It never does I/O, never
//! fails, and says nothing that it cannot quote. Rules do not know of each other: where one is more
//! specific, it names the other in [`Rule::refines`] and `diagnose` drops the less specific finding.
//!
//! To add a cause: write `rules/<layer>/<cause>.rs` and `.md`, name both in the layer's `mod.rs`, see that a plan of `gather`
//! reads what the rule needs, and add its cases under `tests/cases/<cause>/`. A test names whatever is missing;
//! `.github/CONTRIBUTING.md` walks through one.

pub mod admission;
mod case;
pub mod container;
pub mod finding;
pub mod health;
pub mod image;
pub mod network;
pub mod node;
pub mod removal;
pub mod scheduling;
pub mod service;
pub(crate) mod shared;
pub mod volume;

pub use case::Case;

pub use crate::triage::Layer;

use crate::snapshot::{Kind, PodView};
use crate::text::Sentence;
use crate::triage::{
    CustomOwner, NamespaceSubject, NodeSubject, ReadyPod, ServiceSubject, Subject, WorkloadSubject,
};
use finding::Finding;
use std::sync::LazyLock;

/// A cause: what it is called, where it sits, and how it is recognised.
#[derive(Debug)]
pub struct Rule {
    /// The stable name; users script on it. It never changes its meaning.
    pub cause: &'static str,
    /// Where the object is stuck.
    pub layer: Layer,
    /// One line: what is wrong, in general.
    pub title: &'static str,
    /// The words by which people know it: kubectl's STATUS, reasons of events and conditions. `explain` takes them.
    pub seen_as: &'static [&'static str],
    /// The page of `explain`, in Markdown.
    pub explanation: &'static str,
    /// The kinds whose absence from the snapshot weakens it; Pod and Event are implied.
    pub reads: &'static [Kind],
    /// Less specific causes that this one replaces.
    pub refines: &'static [&'static str],
    /// What findings have in common that are put right together.
    pub root: Root,
    /// Looks at one stuck object of the kind that it explains. Several findings only when it concerns several containers or
    /// objects.
    pub check: Check,
}

/// What makes several findings of a cause one root cause.
#[derive(Debug, Clone, Copy)]
pub enum Root {
    /// The object to change: each has its own.
    Subject,
    /// The facts that this sentence names, which says what is wrong once for all; where a finding lacks one of them,
    /// the object to change. A `namespace` that is no fact is that of the object to change.
    Facts(Sentence),
}

/// Which kind of subject a rule explains, and how.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// A pod.
    Pod(for<'a> fn(&Case<'a>) -> Vec<Finding>),
    /// A pod, or a workload that lacks pods for the same reason or has none of its pods any more.
    PodOrWorkload {
        /// What it finds of a pod.
        pod: for<'a> fn(&Case<'a>) -> Vec<Finding>,
        /// What it finds of a workload.
        workload: for<'a> fn(&Case<'a, WorkloadSubject<'a>>) -> Vec<Finding>,
    },
    /// A workload that lacks pods.
    Workload(for<'a> fn(&Case<'a, WorkloadSubject<'a>>) -> Vec<Finding>),
    /// The same of what keeps many from their pods at once: of workloads with one `key` the rules look at the first, and what is
    /// found holds for all.
    WorkloadsAlike {
        /// What it finds.
        check: for<'a> fn(&Case<'a, WorkloadSubject<'a>>) -> Vec<Finding>,
        /// What those have in common of which the same is said; none for one that is not its own.
        key: for<'a> fn(&Case<'a, WorkloadSubject<'a>>) -> Option<String>,
    },
    /// A Service.
    Service(for<'a> fn(&Case<'a, ServiceSubject<'a>>) -> Vec<Finding>),
    /// A Service, or a pod that was named and is well.
    ServiceOrReadyPod {
        /// What it finds of a Service.
        service: for<'a> fn(&Case<'a, ServiceSubject<'a>>) -> Vec<Finding>,
        /// What it finds of a pod.
        pod: for<'a> fn(&Case<'a, ReadyPod<'a>>) -> Vec<Finding>,
    },
    /// A node.
    Node(for<'a> fn(&Case<'a, NodeSubject<'a>>) -> Vec<Finding>),
    /// A namespace.
    Namespace(for<'a> fn(&Case<'a, NamespaceSubject<'a>>) -> Vec<Finding>),
}

/// A subject that rules can explain.
pub trait Explained<'a>: Subject<'a> {
    /// What a rule finds of it; nothing when the rule is for another kind.
    fn check(check: Check, case: &Case<'a, Self>) -> Vec<Finding>;
}

impl<'a> Explained<'a> for &'a PodView {
    fn check(check: Check, case: &Case<'a, Self>) -> Vec<Finding> {
        match check {
            Check::Pod(check) | Check::PodOrWorkload { pod: check, .. } => {
                shared::after_change::told(case, check(case))
            }
            _ => Vec::new(),
        }
    }
}

impl<'a> Explained<'a> for WorkloadSubject<'a> {
    fn check(check: Check, case: &Case<'a, Self>) -> Vec<Finding> {
        match check {
            Check::Workload(check)
            | Check::PodOrWorkload {
                workload: check, ..
            }
            | Check::WorkloadsAlike { check, .. } => check(case),
            _ => Vec::new(),
        }
    }
}

impl<'a> Explained<'a> for ServiceSubject<'a> {
    fn check(check: Check, case: &Case<'a, Self>) -> Vec<Finding> {
        match check {
            Check::Service(check) | Check::ServiceOrReadyPod { service: check, .. } => check(case),
            _ => Vec::new(),
        }
    }
}

impl<'a> Explained<'a> for ReadyPod<'a> {
    fn check(check: Check, case: &Case<'a, Self>) -> Vec<Finding> {
        match check {
            Check::ServiceOrReadyPod { pod, .. } => pod(case),
            _ => Vec::new(),
        }
    }
}

impl<'a> Explained<'a> for NodeSubject<'a> {
    fn check(check: Check, case: &Case<'a, Self>) -> Vec<Finding> {
        match check {
            Check::Node(check) => check(case),
            _ => Vec::new(),
        }
    }
}

/// What it was refused by is quoted, and no rule can prove it of an API of which nothing is read.
impl<'a> Explained<'a> for CustomOwner<'a> {
    fn check(_: Check, _: &Case<'a, Self>) -> Vec<Finding> {
        Vec::new()
    }
}

impl<'a> Explained<'a> for NamespaceSubject<'a> {
    fn check(check: Check, case: &Case<'a, Self>) -> Vec<Finding> {
        match check {
            Check::Namespace(check) => check(case),
            _ => Vec::new(),
        }
    }
}

/// The cause of a stuck object that no rule explains; it is not in [`RULES`] because nothing checks it.
pub const UNEXPLAINED: &str = "unexplained";

/// How kubectl and events show what may have no rule yet.
const MAY_BE_UNEXPLAINED: &[&str] = &[
    "AppArmor",
    "CreatePodSandboxError",
    "DeadlineExceeded",
    "FailedAttachVolume",
    "FailedDaemonPod",
    "FailedDetachVolume",
    "FailedMapVolume",
    "FailedMount",
    "FailedPodSandBoxStatus",
    "FailedSync",
    "InvalidNodeInfo",
    "NodeAffinity",
    "NodePorts",
    "NodeShutdown",
    "OutOfcpu",
    "OutOfephemeral-storage",
    "OutOfmemory",
    "OutOfpods",
    "PodInitializing",
    "PodOSNotSupported",
    "PodOSSelectorNodeLabelDoesNotMatch",
    "PreCreateHookError",
    "PreStartHookError",
    "SysctlForbidden",
    "Terminated",
    "TopologyAffinityError",
    "UnexpectedAdmissionError",
    "VolumeResizeFailed",
];

/// How kubectl and events show what is [`UNEXPLAINED`] and nothing else: the words that no rule has for its own.
pub static UNEXPLAINED_SEEN_AS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let words = MAY_BE_UNEXPLAINED.iter().copied();
    words
        .filter(|word| all().all(|rule| !rule.seen_as.contains(word)))
        .collect()
});

/// How a pod is seen that no node takes.
pub(crate) const UNSCHEDULABLE: &[&str] = &["Pending", "Unschedulable", "FailedScheduling"];

/// How one is seen whose image does not come.
pub(crate) const NOT_PULLED: &[&str] = &[
    "ErrImagePull",
    "ImagePullBackOff",
    "ContainerCreating",
    "FailedCreatePodSandBox",
    "Failed",
    "BackOff",
];

/// Causes that once existed; their names stay reserved.
pub const RETIRED: &[&str] = &[];

/// Every rule, by layer.
pub static RULES: &[&[&Rule]] = &[
    admission::RULES,
    scheduling::RULES,
    node::RULES,
    volume::RULES,
    network::RULES,
    image::RULES,
    container::RULES,
    health::RULES,
    service::RULES,
    removal::RULES,
];

/// What workloads share of which the same is said, since one thing keeps them all from their pods; none for one that is looked at
/// for itself.
pub(crate) fn alike<'a>(case: &Case<'a, WorkloadSubject<'a>>) -> Option<String> {
    all().find_map(|rule| match rule.check {
        Check::WorkloadsAlike { key, .. } => Some(format!("{} {}", rule.cause, key(case)?)),
        _ => None,
    })
}

/// Every rule, in the order of layers.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().flat_map(|layer| layer.iter().copied())
}

/// The rule of a cause.
pub fn find(cause: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.cause == cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The causes that people find who look a word up.
    fn seen_as(word: &str) -> Vec<&'static str> {
        let known = |rule: &&Rule| rule.seen_as.contains(&word);
        all().filter(known).map(|rule| rule.cause).collect()
    }

    #[test]
    fn words_of_kubectl_and_events_lead_to_all_that_they_may_mean() {
        for (word, some) in [
            ("Failed", ["image-auth", "command-not-found"]),
            ("BackOff", ["image-tag-not-found", "crash-app-error"]),
            ("NotReady", ["node-not-ready", "readiness-failing"]),
            ("NodeNotReady", ["node-not-ready", "node-lost"]),
            ("MemoryPressure", ["node-pressure", "evicted"]),
            ("DiskPressure", ["node-pressure", "evicted"]),
            ("PIDPressure", ["node-pressure", "evicted"]),
            (
                "ProgressDeadlineExceeded",
                ["quota-exceeded", "readiness-failing"],
            ),
        ] {
            let found = seen_as(word);
            assert!(
                some.iter().all(|cause| found.contains(cause)),
                "{word}: {found:?}"
            );
        }
    }

    /// Who backs off from restarts has an event of that reason.
    #[test]
    fn a_crash_loop_is_known_by_its_event_too() {
        for cause in seen_as("CrashLoopBackOff") {
            assert!(seen_as("BackOff").contains(&cause), "{cause}");
        }
    }
}
