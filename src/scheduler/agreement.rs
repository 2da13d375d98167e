//! Sets our counts beside the scheduler's, clause by clause.
//!
//! The scheduler counts each node under the first filter that fails there. Clauses are compared by what they mean and not by
//! their words, which differ between versions. Where the two differ, the reason is named as far as it can be known: something
//! was not read, something changed, or a plugin decided that is not computed here.
//!
//! `tally` counts, `node_changes` knows when nodes changed; here is the verdict. Nothing here looks at a node itself.
//! What does not belong here: how the verdict is worded (`rules/shared/agreement`).

mod node_changes;
mod tally;
#[cfg(test)]
mod tests;

use super::{
    Count, FilterResults, NodeResult, SchedulerMessage, Unread, latest_message, run_filters,
};
use crate::messages::scheduler::{ClaimProblem, Form, Message, Reason};
use crate::snapshot::{DEFAULT_SCHEDULER, PodView, Snapshot, Why};
pub(super) use node_changes::NodeChanges;
use serde::Serialize;
pub(super) use tally::Ours;
use tally::{Dialect, Theirs};

/// Our counts beside the scheduler's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The clauses of the scheduler's message.
    pub scheduler: Vec<Count>,
    /// What we compute for the first failing filter of each node, by the scheduler's own words.
    pub computed: Vec<Count>,
    /// Whether they are the same.
    pub verdict: Agree,
    /// Why they differ or cannot be compared; absent when equal.
    pub because: Option<Because>,
}

/// Why counts differ, or cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// There is no message about the pod.
    NoMessage,
    /// The pod has scheduling gates.
    Gated,
    /// The scheduler met an error.
    SchedulerError,
    /// The scheduler knew no node.
    NoNodes,
    /// The scheduler refused the pod before it looked at the nodes.
    RefusedBeforeNodes,
    /// The message counts no nodes.
    NoCounts,
    /// Not all nodes were read.
    NodesNotRead(Why),
    /// By what was read now the scheduler would refuse the pod for this before it looks at any node.
    RefusedNow(String),
    /// The pod was refused after a node had been chosen.
    RefusedAfterChoice,
    /// There were more or fewer nodes than were read.
    OtherNodes {
        /// How many the scheduler counted.
        counted: u32,
        /// How many were read.
        read: u32,
    },
    /// The pods of the whole cluster were not read.
    PodsNotRead(Why),
    /// The message was cut off.
    MessageCut,
    /// Clauses are of filters that are not computed here.
    NotComputed {
        /// The clauses.
        clauses: Vec<String>,
        /// Whether all other counts agree.
        others_agree: bool,
    },
    /// A filter could not be computed.
    FilterNotComputed(Unread),
    /// This node has changed since the scheduler last tried the pod.
    NodeChanged(String),
    /// Another scheduler than the default one may decide otherwise.
    OtherScheduler(String),
    /// Pods or nodes have changed since, or the scheduler's profile differs from the default.
    SomethingChanged,
    /// By what was read now these nodes would take the pod.
    NodesFeasible(Vec<String>),
    /// Other counts differ, and these clauses are of filters that are not computed here.
    PartNotComputed(Vec<String>),
}

/// The outcome of comparing counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Agree {
    /// Clause by clause the same.
    Equal,
    /// Not the same.
    Different,
    /// One side is missing or knows something that the other cannot.
    NotComparable,
}

/// Counts our filter failures in the way in which the message was written. The same for all pods with the same
/// results and the same message.
pub(super) fn count(latest: Option<&SchedulerMessage>, results: &FilterResults) -> Ours {
    let message = latest.map(|latest| &latest.message);
    let theirs = message.map(Theirs::of).unwrap_or_default();
    Dialect::fitting(&theirs, &results.nodes)
}

/// A pod, the scheduler's message about it, and what was computed.
pub(super) struct Sides<'s> {
    pub(super) pod: &'s PodView,
    pub(super) snapshot: &'s Snapshot<'s>,
    pub(super) changes: &'s NodeChanges,
    pub(super) scheduler_message: Option<&'s SchedulerMessage>,
    /// Absent when the nodes were not all read, and with it our counts.
    pub(super) results: Option<&'s FilterResults>,
    pub(super) ours: Option<&'s Ours>,
}

/// Compares what was computed with the scheduler's message.
pub(super) fn compare(sides: &Sides<'_>) -> Agreement {
    let message = sides.scheduler_message.map(|latest| &latest.message);
    let theirs = message.map(Theirs::of).unwrap_or_default();
    let refusal = sides.results.and_then(|results| results.before.first());
    let ours = sides.ours;
    let (verdict, because) = verdict(sides, message, &theirs);
    Agreement {
        scheduler: message.map(counts).unwrap_or_default(),
        computed: match refusal {
            Some(refusal) => vec![Count {
                count: None,
                reason: refusal.reason.to_string(),
            }],
            None => ours.map(|ours| ours.counts(&theirs)).unwrap_or_default(),
        },
        verdict,
        because,
    }
}

fn counts(message: &Message) -> Vec<Count> {
    let count = |(count, reason): (Option<u32>, &str)| Count {
        count,
        reason: reason.to_owned(),
    };
    message.counts().into_iter().map(count).collect()
}

type Verdict = (Agree, Option<Because>);

const EQUAL: Verdict = (Agree::Equal, None);

fn incomparable(because: Because) -> Verdict {
    (Agree::NotComparable, Some(because))
}

fn different(because: Because) -> Verdict {
    (Agree::Different, Some(because))
}

fn verdict(sides: &Sides<'_>, message: Option<&Message>, theirs: &Theirs<'_>) -> Verdict {
    let (results, ours) = (sides.results, sides.ours);
    let Some(message) = message else {
        return incomparable(Because::NoMessage);
    };
    if let Some(because) = not_about_nodes(message) {
        return match (results, ours, message.clauses.as_slice()) {
            (Some(results), _, [only]) if refuses(results, &only.reason) => EQUAL,
            (_, Some(ours), [only]) if ours.is_only(&only.reason) => EQUAL,
            _ => incomparable(because),
        };
    }
    let (Some(results), Some(ours)) = (results, ours) else {
        let gap = sides.snapshot.nodes().whole_cluster().err();
        return incomparable(Because::NodesNotRead(
            gap.map_or(Why::NotAsked, |gap| gap.why),
        ));
    };
    if let Some(refusal) = results.before.first() {
        return different(Because::RefusedNow(refusal.reason.to_string()));
    }
    if let Some(because) = other_nodes(message, &results.nodes) {
        return incomparable(because);
    }
    let same = ours.counts == theirs.counts && ours.free.is_empty();
    if same && theirs.foreign.is_empty() {
        return EQUAL;
    }
    unequal(sides, message, theirs, results, ours)
}

/// Whether the pod as a whole is refused for this reason, before anything else.
fn refuses(results: &FilterResults, reason: &Reason) -> bool {
    let first = results.before.first();
    first.is_some_and(|refusal| tally::meaning(&refusal.reason) == *reason)
}

/// Why the message holds no counts of nodes.
fn not_about_nodes(message: &Message) -> Option<Because> {
    if message.clauses.iter().any(|clause| clause.count.is_some()) {
        return None;
    }
    let is = |test: fn(&Reason) -> bool| message.clauses.iter().any(|clause| test(&clause.reason));
    Some(match message.form {
        _ if is(|r| matches!(r, Reason::Gated)) => Because::Gated,
        _ if is(|r| matches!(r, Reason::PluginError { .. } | Reason::ExtenderError { .. })) => {
            Because::SchedulerError
        }
        _ if is(|r| matches!(r, Reason::NoNodes)) => Because::NoNodes,
        _ if is(Reason::is_about_the_pod) => Because::RefusedBeforeNodes,
        Form::Empty => Because::NoMessage,
        _ => Because::NoCounts,
    })
}

/// Why the message is about other nodes than those that were read.
fn other_nodes(message: &Message, nodes: &[NodeResult]) -> Option<Because> {
    let counted = message.nodes?;
    let read = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    if counted == read {
        return None;
    }
    let after_choice = counted == 1
        && message
            .clauses
            .iter()
            .all(|clause| matches!(clause.reason, Reason::PermitTimeout { .. } | Reason::Other));
    Some(if after_choice {
        Because::RefusedAfterChoice
    } else {
        Because::OtherNodes { counted, read }
    })
}

/// Why the counts are not the same.
fn unequal(
    sides: &Sides<'_>,
    message: &Message,
    theirs: &Theirs<'_>,
    results: &FilterResults,
    ours: &Ours,
) -> Verdict {
    if let Some(gap) = results.pods.gap() {
        return incomparable(Because::PodsNotRead(gap.why));
    }
    if message.cut {
        return incomparable(Because::MessageCut);
    }
    // what is not computed comes behind what is, so the rest must agree and leave as many nodes over
    let others_agree = ours.counts == theirs.counts && theirs.foreign_fits(ours.free.len());
    let early = theirs.first_foreign_is_early();
    if !theirs.foreign.is_empty() && (early || others_agree) {
        return incomparable(Because::NotComputed {
            clauses: theirs.foreign_clauses(),
            others_agree: others_agree && !early,
        });
    }
    if let Some(unread) = results.unread.first() {
        return incomparable(Because::FilterNotComputed(unread.clone()));
    }
    different(difference(sides, theirs, ours))
}

/// The likeliest reason for a difference, by what can be seen.
fn difference(sides: &Sides<'_>, theirs: &Theirs<'_>, ours: &Ours) -> Because {
    let last_attempt = latest_message::last_attempt(sides.pod, sides.snapshot);
    if let Some(node) = last_attempt.and_then(|last| sides.changes.since(last)) {
        return Because::NodeChanged(node.to_owned());
    }
    let scheduler = sides.pod.scheduler();
    if scheduler != DEFAULT_SCHEDULER {
        return Because::OtherScheduler(scheduler.to_owned());
    }
    if ours.free.is_empty() {
        Because::SomethingChanged
    } else if theirs.foreign.is_empty() {
        Because::NodesFeasible(ours.free.clone())
    } else {
        Because::PartNotComputed(theirs.foreign_clauses())
    }
}

/// Whether the filter that gives this reason is computed here, so that our counts hold it.
pub(super) fn is_computed(reason: &Reason) -> bool {
    match reason {
        // a profile's own affinity cannot be read; what a policy demands has no plugin
        Reason::AddedAffinity | Reason::InsufficientUnnamed => false,
        Reason::ExcludedByPlugins(plugins) => {
            plugins.iter().all(|plugin| run_filters::computes(plugin))
        }
        // which devices are free is written in expressions
        Reason::DeviceClaim(problem) => {
            matches!(problem, ClaimProblem::OtherNode | ClaimProblem::InUse)
        }
        reason => reason.plugin().is_some_and(run_filters::computes),
    }
}
