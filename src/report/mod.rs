//! The report: plain data, the same for every format, published as JSON.
//!
//! These structs *are* the schema `kubectl-diagnose/v1`: fields may be added, never renamed, removed
//! or given another meaning. No Kubernetes types, no layout, no colour. Why each node was rejected is in
//! `nodes`.

mod affected;
mod diff;
mod gap;
mod metrics;
mod nodes;
mod numbers;
mod past;
mod root_cause;
mod scheduler;
mod shorten;
mod silenced;
mod standing;
mod transition;
mod workload;

pub use affected::{Affected, ContainersReport, ObjectKey, Restarted, RestartsReport};
pub use diff::{Changed, DIFF_SCHEMA, Diff, Finding, Side, Still, Unknown, WhyUnknown};
pub use gap::{GapReport, ReadReport};
pub use metrics::{Cost, ENDED, Metrics, Series, Stuck};
pub use nodes::{FilterFailureReport, NodeReport, UnreadReport, node_reports};
pub use numbers::StuckNumbers;
pub use past::{Past, PastFinding, PastGap};
pub use root_cause::{RootCause, told};
pub use scheduler::{AgreementReport, PreemptionReport};
pub use standing::{AwaitedReport, NotStuck, Remark, StandingReport};
pub use transition::{Became, Interrupted, Interruption, News, Transition, WATCH_SCHEMA};
pub use workload::{ChangeReport, How, RevisionReport, RolloutReport, WorkloadReport};

pub use silenced::{Silenced, SilencedBy, SilencesNothing, WhyNotSilenced};

use crate::rules::finding::{Certainty, Risk, Role, Who};
use crate::rules::image::ImageAnswers;
use crate::scheduler::NodeNames;
use crate::snapshot::{Evidence, ObjectRef};
use crate::text::{Facts, Message};
use crate::triage::Layer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The name and version of the schema.
pub const SCHEMA: &str = "kubectl-diagnose/v1";

/// Everything that is known after one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Always `kubectl-diagnose/v1`.
    pub schema: &'static str,
    /// The version of the tool.
    pub version: &'static str,
    /// When the snapshot was taken, RFC 3339; the newest time in the objects when a dump does not say.
    pub as_of: String,
    /// What was asked for.
    pub scope: ScopeReport,
    /// Numbers.
    pub summary: Summary,
    /// What to put right, the most harmful first.
    pub root_causes: Vec<RootCause>,
    /// One entry a cause and object to change, in the order of the root causes.
    pub diagnoses: Vec<Diagnosis>,
    /// Workloads with stuck pods or without enough of them, in order of kind, namespace and name.
    pub workloads: Vec<WorkloadReport>,
    /// Stuck objects that no rule explains.
    pub unexplained: Vec<Unexplained>,
    /// What is stuck, and known: left out of everything above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub silenced: Vec<Silenced>,
    /// What was meant to silence something, and does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub silences_nothing: Vec<SilencesNothing>,
    /// Objects that were named and are not stuck, and those of which nothing tells whether they are.
    pub not_stuck: Vec<NotStuck>,
    /// What is on its way and not stuck, by the object to change, and until when that is usual, where that can be said: for
    /// those who follow.
    #[serde(skip)]
    pub progressing: BTreeMap<ObjectRef, Option<jiff::Timestamp>>,
    /// What could not be read.
    pub gaps: Vec<GapReport>,
    /// What was read to its end, of the kinds that can be stuck.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<ReadReport>,
    /// With `--wait`: what was named and has not come to where it was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub awaited: Vec<AwaitedReport>,
    /// Rules that failed; each is a defect of this tool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<Defect>,
    /// What it cost.
    pub requests: Requests,
}

impl Report {
    /// Whether anything is shown that needs an explanation.
    pub fn is_stuck(&self) -> bool {
        let stuck = self.diagnoses.iter().filter(|one| !one.is_hint());
        let mut affected = stuck.flat_map(|one| &one.affected);
        affected.any(|one| !one.held) || !self.unexplained.is_empty()
    }

    /// What it comes to.
    pub fn verdict(&self) -> Verdict {
        let mut kinds = self.summary.by_kind.values();
        let mut gaps = self.gaps.iter();
        if self.is_stuck() {
            Verdict::Stuck
        } else if kinds.any(|kind| kind.unknown > 0) || gaps.any(|gap| gap.may_hide) {
            Verdict::Unknown
        } else {
            Verdict::Clear
        }
    }

    /// Whether anything that is shown is known by that.
    pub fn has(&self, fingerprint: &str) -> bool {
        let explained = self.diagnoses.iter().map(|one| &one.fingerprint);
        let unexplained = self.unexplained.iter().map(|one| &one.fingerprint);
        explained.chain(unexplained).any(|one| one == fingerprint)
    }

    /// Whether everything that was looked at is where it should be, or has ended.
    pub fn is_quiet(&self) -> bool {
        let mut kinds = self.summary.by_kind.values();
        !self.is_progressing() && kinds.all(|kind| kind.stuck == 0)
    }

    /// Whether something is on its way, within what is usual.
    pub fn is_progressing(&self) -> bool {
        let mut kinds = self.summary.by_kind.values();
        kinds.any(|kind| kind.progressing > 0)
    }
}

/// What a report comes to. That nothing is stuck is said only where everything in the scope was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something is stuck, or has ended for good and is kept.
    Stuck,
    /// Nothing that was read is stuck, and something may be that was not read or of which nothing tells for how long it waits.
    Unknown,
    /// Nothing is stuck.
    Clear,
}

/// In place of a report, when no diagnosis was possible.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failed {
    /// Always `kubectl-diagnose/v1`.
    pub schema: &'static str,
    /// The version of the tool.
    pub version: &'static str,
    /// Why.
    pub error: FailureReport,
}

/// Why no diagnosis was possible.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FailureReport {
    /// What could not be done.
    pub message: String,
    /// What lies behind it, the nearest first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
}

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeReport {
    /// The namespace; absent for all, and where `targets` says of each in which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The label selector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// The field selector of pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_selector: Option<String>,
    /// The objects named, as `Kind/name`, of several namespaces as `namespace/Kind/name`; `Kind` for all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Namespaces that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude_namespaces: Vec<String>,
    /// The only causes that are shown; of none all are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// The only layers that are shown; of none all are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    /// Diagnoses that are less certain are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_certainty: Option<String>,
}

/// Numbers over the whole report.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// By the kind of what was looked at; of a ReplicaSet its Deployment counts. Kinds of which there was nothing are left out.
    pub by_kind: BTreeMap<String, KindSummary>,
    /// By cause, in the order of the diagnoses.
    pub causes: Vec<CauseSummary>,
    /// Pods that are ready and were restarted within the last hour, the most often restarted first; where pods are named, each
    /// of them tells of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub restarted: Vec<Restarted>,
    /// What is stuck in numbers; absent where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<StuckNumbers>,
    /// Diagnoses and unexplained objects that the filters left out of everything else.
    #[serde(skip_serializing_if = "is_zero")]
    pub filtered: usize,
    /// Stuck objects that are not listed: those of diagnoses are counted there, and of an owner's unexplained ones some are.
    #[serde(skip_serializing_if = "is_zero")]
    pub unlisted: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference on"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference on"
)]
fn is_false(one: &bool) -> bool {
    !one
}

/// Numbers of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KindSummary {
    /// Objects of the scope; of nodes those of the cluster unless some were named, and absent where not all were read, since then
    /// only the nodes of stuck pods are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<usize>,
    /// Of those, stuck ones that are neither filtered nor silenced; what has ended is not among them.
    pub stuck: usize,
    /// Of those, ones that are not where they should be, within what is usual.
    pub progressing: usize,
    /// Of those, ones that are not where they should be, and nothing tells for how long: a dump without a clock.
    #[serde(skip_serializing_if = "is_zero")]
    pub unknown: usize,
    /// Of those, ones that failed: another has taken their place, or they are only kept.
    pub ended: usize,
}

/// Numbers of one cause.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CauseSummary {
    /// The cause.
    pub cause: &'static str,
    /// How many of the root causes are of it: more than a few, among many others, are one row of the text.
    pub root_causes: usize,
    /// Objects that it keeps stuck, or that have ended of it.
    pub affected: usize,
    /// Seconds since the trouble of the first began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_seconds: Option<i64>,
}

/// A cause that holds for one or more objects of one owner.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The same in every run for the same cause of the same object to change; another one when what decides the cause changes.
    pub fingerprint: String,
    /// The stable name of the cause.
    pub cause: &'static str,
    /// Whether it is the cause, only contributes to another one of the same objects, or holds them on purpose.
    pub role: Role,
    /// The fingerprint of the diagnosis with which it ends, of the same root cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consequence_of: Option<String>,
    /// The layer at which the objects are stuck.
    pub layer: Layer,
    /// How sure it is.
    pub certainty: Certainty,
    /// The object to change.
    pub subject: ObjectRef,
    /// The objects that are stuck, in order of kind, namespace and name.
    pub affected: Vec<Affected>,
    /// How many more of them there are, where a thousand and more are stuck; `--all-pods` lists them.
    #[serde(skip_serializing_if = "is_zero")]
    pub unlisted: usize,
    /// Of which revision of the workload they are, where others of a newer one are stuck otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_revision: Option<String>,
    /// One sentence, complete by itself.
    pub headline: String,
    /// The headline as data.
    pub message: Message,
    /// How it comes about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// That as data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_message: Option<Message>,
    /// The words that settle it.
    pub proof: Evidence,
    /// More evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Whether a sentence sends the reader to the quotes, which are then shown to their end.
    #[serde(skip)]
    pub refers_to_quotes: bool,
    /// Named values.
    pub facts: Facts,
    /// For pods that no node takes: what the scheduler refuses the pod for before it looks at any node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before_nodes: Vec<FilterFailureReport>,
    /// For pods that no node takes: why each node was rejected; nodes with equal filter failures share an entry.
    /// The nearest to taking the pod come first; those that the pod excludes itself, and control planes, last.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[cfg_attr(test, schemars(with = "Vec<NodeReport>"))]
    pub nodes: Arc<[NodeReport]>,
    /// The scheduler's filters that could not be computed: a node without filter failures may still have one of theirs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadReport>,
    /// Our counts beside the scheduler's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementReport>,
    /// Whether pods of lower priority could give way; absent where nobody expects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preemption: Option<PreemptionReport>,
    /// For an image that cannot be pulled: whether its name is right, whether it was pushed, how it is pulled by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Box<ImageAnswers>>,
    /// What to change, best first.
    pub fixes: Vec<FixReport>,
    /// The layers of the first of the affected objects.
    pub ladder: Vec<Rung>,
    /// Where to look next.
    pub next: Next,
}

impl Diagnosis {
    /// Whether it tells of what may be, and nothing is stuck by it.
    pub fn is_hint(&self) -> bool {
        self.role == Role::Hint
    }
}

/// A change that would help.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FixReport {
    /// What to change.
    pub change: String,
    /// That as data.
    pub message: Message,
    /// The object to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<ObjectRef>,
    /// The change as a JSON patch (RFC 6902).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patch: Vec<serde_json::Value>,
    /// The command, quoted for a POSIX shell; empty when there is none.
    pub command: String,
    /// In place of a command, one whose words in capitals are to be filled in first: `--from-literal=KEY=VALUE`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// What the command does to the cluster.
    pub risk: Risk,
    /// Who can make the change.
    pub who: Who,
    /// The nodes that would take the pod after it; null when that was not or cannot be computed.
    pub verified: Option<Verified>,
    /// It is not another way but the next step of the fix before it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
}

/// The outcome of running the filters again after a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// The nodes on which the pod passes every filter.
    pub nodes: NodeNames,
    /// For how many of the pods that wait there is room then; absent where that is all of them, or one bears on the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<usize>,
    /// Of the nodes that the pod does not admit the pods were not read: the anti-affinity of one may still keep it away.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pods_elsewhere_unread: bool,
}

/// One layer of the ladder.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rung {
    /// The layer.
    pub layer: Layer,
    /// Passed or not.
    pub state: RungState,
    /// By what evidence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// That as data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// How an object stands to a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RungState {
    /// It is through.
    Passed,
    /// It is stuck here.
    Stuck,
    /// It has not come here yet.
    NotReached,
    /// That could not be read.
    Unknown,
}

/// Where to look next.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Next {
    /// The first layer that is not passed.
    pub layer: Layer,
    /// A command that changes nothing in the cluster; empty where what is quoted says all.
    pub command: String,
    /// The node on which it is run; absent where it is run anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Who can run it: an administrator what takes a right that was refused, or a login on a node.
    pub who: Who,
}

/// A stuck object that no rule explains.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unexplained {
    /// The same in every run while its owner's objects are stuck at the same layer.
    pub fingerprint: String,
    /// The object.
    pub object: Affected,
    /// Its owner, or itself.
    pub subject: ObjectRef,
    /// Its raw status and its last events.
    pub evidence: Vec<Evidence>,
    /// Its layers.
    pub ladder: Vec<Rung>,
    /// Where to look next.
    pub next: Next,
}

/// A rule that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Defect {
    /// The rule.
    pub cause: &'static str,
    /// The object that it was looking at.
    pub object: String,
    /// What it said.
    pub message: String,
}

/// What a run cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Requests {
    /// Requests sent to the API server.
    pub count: u64,
    /// Bytes of their answers, uncompressed; for a dump the bytes read.
    pub bytes: u64,
}
