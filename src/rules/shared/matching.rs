//! Whether a cause of scheduling holds, and by what.
//!
//! There are two sources. Where nodes and pods were read, it is filter failures that were computed, node by node. Where they
//! were not, it is the scheduler's message, which names neither nodes nor amounts. Without a message no cause holds: no
//! scheduler has tried the pod yet. What a cause is called and what to change is for its rule.

use crate::messages::scheduler::{self, Clause, PreemptionSays, Reason};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding, Fix, Risk, Who};
use crate::scheduler::preemption::{Preemption, Preempts};
use crate::scheduler::{
    Agree, Distribution, Examination, Filter, FilterFailure, NodeResult, SchedulerMessage, Unread,
    computes, ranking,
};
use crate::snapshot::Evidence;
use crate::text::{Fact, Message, Sentence, say};

use super::order::Class;
use super::{remedies, retry, share};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How a rule knows its cause in each of the two sources.
pub(crate) struct Pattern<O, R> {
    /// Whether a filter failure on a node is of this cause.
    pub(crate) failure: O,
    /// Whether a reason of the scheduler's message is. A reason alone is at best likely, since nodes that
    /// were not read could show otherwise, and only possible where it may mean another cause.
    pub(crate) reason: R,
}

/// A node on which the cause was found.
pub(crate) struct NodeMatch<'e> {
    /// The node, with all that rejects the pod there.
    pub(crate) result: &'e NodeResult,
    /// The cause's filter failures there.
    pub(crate) failures: Vec<&'e FilterFailure>,
}

/// Why a cause is taken to hold.
pub(crate) struct Match<'e> {
    /// The nodes on which it was found and counts; empty when only the message is known.
    pub(crate) places: Vec<NodeMatch<'e>>,
    /// The clauses of the scheduler's message that name it.
    pub(crate) clauses: Vec<&'e Clause>,
    certainty: Certainty,
    rank: u32,
    out_of_date: bool,
    /// What rejects the pod are pods that were not read.
    blind: bool,
    examination: &'e Examination,
    scheduler_message: &'e SchedulerMessage,
}

impl<'e> Match<'e> {
    /// Looks for a cause of a pod that is not bound.
    pub(crate) fn find<O, R>(case: &'e Case<'_>, pattern: &Pattern<O, R>) -> Option<Self>
    where
        O: Fn(&FilterFailure) -> bool,
        R: Fn(&Reason) -> Option<Certainty>,
    {
        if case.pod().is_gated() {
            return None;
        }
        let examination = case.scheduling()?;
        // before a scheduler has tried the pod, nothing keeps it anywhere
        let latest = examination.scheduler_message.as_ref()?;
        let Some(nodes) = examination.nodes().filter(|nodes| !nodes.is_empty()) else {
            return from_message(case, examination, latest, pattern, MessageUse::Alone);
        };
        let message = &latest.message;
        let all_pods = !examination.lacks_pods();
        let room = nodes.iter().any(|node| node.failures.is_empty());
        // what keeps the pod off the node with room is not computed, and what rejects it elsewhere is beside the point; nor did
        // the scheduler come to the nodes while the pod as a whole is refused
        let is_named = |clause: &Clause| (pattern.reason)(&clause.reason).is_some();
        let refused = examination.is_refused() && !message.clauses.iter().any(is_named);
        if about_the_pod(message) && (room || refused) {
            return None;
        }
        let mut clauses = message.clauses.iter();
        if room && clauses.any(|clause| is_of_another(&clause.reason, examination)) {
            return from_message(case, examination, latest, pattern, MessageUse::Uncomputed);
        }
        if room && all_pods {
            return from_message(case, examination, latest, pattern, MessageUse::OutOfDate);
        }
        let computed = computed(examination, latest, nodes, pattern);
        if all_pods {
            computed
        } else {
            computed
                .or_else(|| from_message(case, examination, latest, pattern, MessageUse::AboutPods))
        }
    }

    /// Whether pods that were not read may reject the pod, too.
    pub(crate) fn lacks_pods(&self) -> bool {
        self.examination.lacks_pods()
    }

    /// The finding, with what every cause of this layer carries.
    pub(crate) fn finding(&self, case: &Case<'_>, headline: Sentence) -> Finding {
        let (count, total) = self.counts();
        let nodes = (!self.places.is_empty()).then(|| self.nodes().into());
        let nodes = nodes.map(|nodes| case.engine.shared_names(nodes));
        let finding = Finding::new(
            case.subject(),
            headline,
            self.scheduler_message.quote.clone(),
        );
        let mut finding = share::told(finding, self.share(), self.whereabouts())
            .certainty(self.certainty)
            .fact_if("count", count)
            .fact_if("total", total)
            .fact_if("nodes", nodes);
        // a node that looks free for that reason alone is not shown as one that would take the pod
        if !self.blind {
            finding.results.clone_from(&self.examination.results);
        }
        finding.agreement = Some(self.examination.agreement.clone());
        finding.preemption = if self.is_computed() {
            Preemption::find(case.pod(), case.engine)
        } else {
            Preemption::from_message(case.pod(), &self.scheduler_message.message)
        };
        finding.rank = self.rank;
        finding.evidence(never_preempts(case, &self.scheduler_message.message))
    }

    /// The finding as its rule wrote it, with the changes in front that were verified to remove this
    /// filter's filter failures. Where the scheduler's message is out of date, that is what there is to say.
    pub(crate) fn close(&self, case: &Case<'_>, finding: Finding, filter: Filter) -> Finding {
        if !self.out_of_date {
            let mut finding = remedies::before(case, finding, filter);
            let preempting = finding.preemption.as_ref().and_then(preempting);
            finding.fixes.extend(preempting);
            return finding;
        }
        let nodes = self.examination.nodes().into_iter().flatten();
        let room = nodes
            .filter(|node| node.failures.is_empty())
            .map(|node| node.node.to_string());
        let said = self.clauses.iter().map(|clause| clause.reason.to_string());
        let unread = self
            .examination
            .results
            .iter()
            .flat_map(|results| &results.unread);
        let unread: BTreeSet<String> = unread.map(|it| it.filter.as_str().to_owned()).collect();
        let unread = (!unread.is_empty()).then(|| Vec::from_iter(unread));
        let mut finding = finding
            .fact("room", room.collect::<Vec<_>>())
            .fact("said", said.collect::<Vec<_>>())
            .fact_if("age", retry::silent(case))
            .fact_if("uncomputed", unread)
            .why(say!(
                "matching.out-of-date",
                "{room} would take the pod, unless something that is not computed rejects it[: {uncomputed}]"
            ));
        finding.headline = say!(
            "matching.out-of-date-headline",
            "the scheduler said \"{said}\"[ {age} ago]; by what was read now {room} {room|has|have} room"
        );
        finding.fixes = vec![retry::look_again(case)];
        finding
    }

    /// Whether the scheduler's message gives this reason for it.
    pub(crate) fn says(&self, reason: &Reason) -> bool {
        self.clauses.iter().any(|clause| clause.reason == *reason)
    }

    /// The names of the nodes on which it was found.
    pub(crate) fn nodes(&self) -> Vec<Arc<str>> {
        let places = self.places.iter();
        places.map(|place| Arc::clone(&place.result.node)).collect()
    }

    /// The filter failures on all nodes, with the node of each.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'e str, &'e FilterFailure)> + '_ {
        self.places.iter().flat_map(|place| {
            place
                .failures
                .iter()
                .map(|failure| (&*place.result.node, *failure))
        })
    }

    /// Why each node was rejected, those that do not count among them.
    pub(crate) fn all_nodes(&self) -> &'e [NodeResult] {
        self.examination.nodes().unwrap_or_default()
    }

    /// How the pods that spread constraints count are distributed.
    pub(crate) fn spread(&self) -> &'e [Distribution] {
        let results = self.examination.results.as_deref();
        results.map_or(&[], |results| results.spread.as_slice())
    }

    /// The same as the share, but one node by its name.
    pub(crate) fn whereabouts(&self) -> Fact {
        let [place] = self.places.as_slice() else {
            return self.share();
        };
        let only = self.counts().1 == Some(1);
        let sentence = if only {
            say!("matching.only-node", "{node}, the only node")
        } else {
            say!("matching.one-node", "node {node}")
        };
        Message::new(sentence)
            .fact("node", &*place.result.node)
            .into()
    }

    /// Whether nodes were computed.
    pub(crate) fn is_computed(&self) -> bool {
        !self.places.is_empty()
    }

    /// On how many nodes it holds, and how many there are, as far as known.
    fn counts(&self) -> (Option<usize>, Option<usize>) {
        if let Some(nodes) = self.examination.nodes().filter(|_| self.is_computed()) {
            return (Some(self.places.len()), Some(nodes.len()));
        }
        let counted: Vec<u32> = self
            .clauses
            .iter()
            .filter_map(|clause| clause.count)
            .collect();
        let some = counted.iter().map(|count| *count as usize).sum();
        let all = self.scheduler_message.message.nodes;
        (
            (!counted.is_empty()).then_some(some),
            all.map(|all| all as usize),
        )
    }

    /// On how many of the nodes; it stands at a sentence's end or before a comma, since it may be one or many.
    fn share(&self) -> Fact {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let (some, all) = self.counts();
        // a node may be counted for several reasons
        let all = all.filter(|all| some.is_none_or(|some| some <= *all));
        Fact::Share {
            some: some.map(number),
            all: all.map(number),
        }
    }
}

/// The field that keeps the pod from pushing others out, where the scheduler says that it does.
fn never_preempts(case: &Case<'_>, message: &scheduler::Message) -> Option<Evidence> {
    case.pod()
        .spec()
        .priority
        .filter(|priority| *priority > 0)?;
    let items = &message.preemption.as_ref()?.items;
    let mut says = items.iter().map(|item| &item.says);
    says.any(|says| *says == PreemptionSays::PolicyNever)
        .then(|| case.field("spec.preemptionPolicy", "Never"))
}

/// What would let the pod preempt, where its policy alone forbids it. It comes last, since pods that run are deleted for it.
fn preempting(preemption: &Preemption) -> Option<Fix> {
    let node = preemption.node.clone()?;
    let victims = preemption.victims.iter();
    let victims: Vec<String> = victims.map(|victim| victim.pod.to_string()).collect();
    (preemption.verdict == Preempts::Never).then(|| Fix {
        verified: Some([node.into()].into()),
        ..Fix::advice(
            say!("matching.let-it-preempt", "give the pod a priority class whose preemptionPolicy is not Never: {victims} would be deleted for it"),
            Who::Owner,
        )
        .fact("victims", victims)
        .risk(Risk::Destroys)
    })
}

/// The cause's filter failures on the nodes that count.
fn computed<'e, O, R>(
    examination: &'e Examination,
    latest: &'e SchedulerMessage,
    nodes: &'e [NodeResult],
    pattern: &Pattern<O, R>,
) -> Option<Match<'e>>
where
    O: Fn(&FilterFailure) -> bool,
    R: Fn(&Reason) -> Option<Certainty>,
{
    // most causes hold nowhere, which is found without sorting the nodes
    let held = |node: &&NodeResult| node.failures.iter().any(|one| (pattern.failure)(one));
    let held = nodes.iter().filter(held).count();
    if held == 0 {
        return None;
    }
    let nearest_feasible = ranking::nearest_feasible(nodes);
    let (rank, barred) = nearest_feasible.barred_by(|failure| (pattern.failure)(failure))?;
    let places: Vec<NodeMatch<'e>> = barred
        .into_iter()
        .map(|node| {
            let mine = node
                .failures
                .iter()
                .filter(|failure| (pattern.failure)(failure));
            NodeMatch {
                result: node,
                failures: mine.collect(),
            }
        })
        .collect();
    let clauses = latest.message.clauses.iter();
    let clauses: Vec<&Clause> = clauses
        .filter(|clause| (pattern.reason)(&clause.reason).is_some())
        .collect();
    let certainty = if agreed(examination, &latest.message, &places) || stands(&clauses, held) {
        Certainty::Proven
    } else {
        Certainty::Likely
    };
    Some(Match {
        clauses,
        certainty,
        out_of_date: false,
        blind: false,
        places,
        rank,
        examination,
        scheduler_message: latest,
    })
}

/// Whether the scheduler's counts bear out what was computed, and name the filter. A sentence about
/// the pod as a whole means that the scheduler has not come to the nodes yet.
fn agreed(
    examination: &Examination,
    message: &scheduler::Message,
    places: &[NodeMatch<'_>],
) -> bool {
    let plugins: Vec<&str> = places
        .iter()
        .flat_map(|place| &place.failures)
        .map(|failure| failure.filter.as_str())
        .collect();
    let mut reasons = message.clauses.iter().map(|clause| &clause.reason);
    let named = reasons.any(|reason| {
        reason
            .plugin()
            .is_some_and(|plugin| plugins.contains(&plugin))
    });
    named && examination.agreement.verdict != Agree::Different
}

/// Whether what the scheduler said of the cause still holds, although other counts have changed: it
/// was computed on as many nodes as the scheduler counted. On some of them something that is looked at
/// earlier may have come since, for which the scheduler does not look at the pod again
/// (queueing hints, kube-scheduler internal/queue, 1.37).
fn stands(clauses: &[&Clause], held: usize) -> bool {
    let counts: Option<Vec<u32>> = clauses.iter().map(|clause| clause.count).collect();
    let counted: Option<u32> = counts.map(|counts| counts.iter().sum());
    counted.is_some_and(|counted| (1..=held).contains(&(counted as usize)))
}

/// Whether the scheduler refused the pod as a whole, before it came to the nodes.
fn about_the_pod(message: &scheduler::Message) -> bool {
    let mut clauses = message.clauses.iter();
    clauses.any(|clause| clause.count.is_none() && clause.reason.is_about_the_pod())
}

/// Whether the reason is of a filter that is not computed, or could not be here, so that a node without filter failures
/// may fail there.
fn is_of_another(reason: &Reason, examination: &Examination) -> bool {
    let unread = examination
        .results
        .iter()
        .flat_map(|results| &results.unread);
    reason.plugin().is_none_or(|plugin| {
        let is_unread = |unread: &Unread| unread.filter.as_str() == plugin;
        !computes(plugin) || unread.clone().any(is_unread)
    })
}

/// What the scheduler's message is worth beside what was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MessageUse {
    /// No nodes were read: it is all there is.
    Alone,
    /// Nodes were read, pods not: it is used for what depends on the pods of a node.
    AboutPods,
    /// A node has no filter failure but those of filters that are not computed: it is used for these, and for what depends on
    /// pods where they were not all read.
    Uncomputed,
    /// By what was read now, a node has room.
    OutOfDate,
}

/// The cause by the scheduler's message alone.
fn from_message<'e, O, R>(
    case: &Case<'_>,
    examination: &'e Examination,
    latest: &'e SchedulerMessage,
    pattern: &Pattern<O, R>,
    used: MessageUse,
) -> Option<Match<'e>>
where
    R: Fn(&Reason) -> Option<Certainty>,
{
    let message = &latest.message;
    let about_pods = |reason: &Reason| {
        matches!(
            reason.plugin(),
            Some("NodePorts" | "NodeResourcesFit" | "PodTopologySpread" | "InterPodAffinity")
        )
    };
    let known: Vec<(&Clause, Certainty)> = message
        .clauses
        .iter()
        .filter(|clause| used != MessageUse::AboutPods || about_pods(&clause.reason))
        .filter(|clause| {
            let by_pods = examination.lacks_pods() && about_pods(&clause.reason);
            let uncomputed = by_pods || is_of_another(&clause.reason, examination);
            used != MessageUse::Uncomputed || uncomputed
        })
        .filter_map(|clause| Some((clause, (pattern.reason)(&clause.reason)?)))
        .collect();
    let class = |clause: &Clause| Class::of(&clause.reason);
    let best = message.clauses.iter().map(class).min()?;
    let mine = known.iter().map(|(clause, _)| class(clause)).min()?;
    // nodes that the pod excludes itself are no cause while there are others, as in `scheduler::ranking`; those that are closed
    // are met before the pod's choice, which may exclude them as well
    let open = message.clauses.iter().filter(|clause| !is_early(clause));
    let best_open = open.map(class).min();
    if mine >= Class::Choice && best_open.is_some_and(|best| best < mine) {
        return None;
    }
    let named = known.iter().map(|(_, certainty)| *certainty).min()?;
    let alone = known.len() == message.clauses.len();
    let certainty = match used {
        MessageUse::OutOfDate => Certainty::Possible,
        _ if mine > best => Certainty::Possible,
        _ if !alone && shadowed(case, &known) => named.max(Certainty::Possible),
        _ => named,
    };
    let clauses: Vec<_> = known.into_iter().map(|(clause, _)| clause).collect();
    let fewest = clauses.iter().filter_map(|clause| clause.count).min();
    Some(Match {
        places: Vec::new(),
        rank: mine.rank(fewest),
        out_of_date: used == MessageUse::OutOfDate,
        blind: used == MessageUse::AboutPods,
        clauses,
        certainty,
        examination,
        scheduler_message: latest,
    })
}

/// Whether the nodes may be ones that the pod cannot use anyway: cordons and taints are filtered
/// before the pod's own choice of nodes.
fn shadowed(case: &Case<'_>, known: &[(&Clause, Certainty)]) -> bool {
    let spec = case.pod().spec();
    let chooses = spec.node_selector.iter().flatten().next().is_some()
        || spec
            .affinity
            .as_ref()
            .and_then(|affinity| affinity.node_affinity.as_ref())
            .is_some();
    chooses && known.iter().all(|(clause, _)| is_early(clause))
}

/// Whether the filter comes before that of the pod's own choice of nodes (kube-scheduler `apis/config/v1/default_plugins.go`).
fn is_early(clause: &Clause) -> bool {
    matches!(
        clause.reason.plugin(),
        Some("NodeUnschedulable" | "TaintToleration")
    )
}
