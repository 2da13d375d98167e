//! Reads the sentence in which a scheduler says why a pod fits no node: `parse`.
//!
//! Here is the grammar (head, clauses, what preemption adds); [`reason`] holds what a clause can mean, `forms` and
//! `predicates` the known wordings, `clean` the repair of texts that came through an event recorder or a terminal. Nothing
//! here knows a Kubernetes object or decides whether the scheduler is right: that is the business of the agreement check.
//!
//! Sources: kube-scheduler `framework/types.go` (FitError) and `schedule_one.go` of 1.19 to 1.37; for 1.1 to 1.18 the former
//! `core/generic_scheduler.go` and `algorithm/predicates/error.go`; Volcano's `unschedule_info.go`.

mod clean;
mod device;
mod forms;
mod predicates;
mod preemption;
pub mod reason;

use std::collections::BTreeMap;

pub use preemption::{Preemption, PreemptionItem, PreemptionSays};
pub use reason::{ClaimProblem, NodeCondition, Reason};

use crate::messages::form::{contains, position, search, strip_prefix};

/// What a scheduler's message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// N of `0/N nodes are available`; of the preemption's head when the message has no other. `0/1` on a bigger cluster is a
    /// rejection after a node was chosen.
    pub nodes: Option<u32>,
    /// The reasons, in the message's order, which is that of their text and means nothing.
    pub clauses: Vec<Clause>,
    /// What preemption found, if it says.
    pub preemption: Option<Preemption>,
    /// The frame in which the clauses stand.
    pub form: Form,
    /// The message was cut off: an event holds 1024 bytes. Counts are then lower bounds.
    pub cut: bool,
}

/// One reason of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// On how many nodes; `None` when the sentence is about the pod as a whole.
    pub count: Option<u32>,
    /// What it means.
    pub reason: Reason,
    /// Its words, with line breaks and runs of blanks folded.
    pub text: String,
}

/// The frame of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `0/N nodes are available: <count> <reason>, …`, all versions since 1.8.
    Histogram,
    /// `0/N nodes are available: <sentence>.`: a PreFilter plugin refused the pod, since 1.26.
    Sentence,
    /// Counted reasons without a head, as retyped or cut.
    Headless,
    /// `0/N nodes are unavailable: …`: Volcano.
    Unavailable,
    /// `No nodes are available that match all of the predicates: …`, up to 1.7 and some 1.8.
    Predicates,
    /// One line or bracket a node, up to 1.5; counts are of lines.
    PerNode,
    /// One sentence without a head: no nodes, an error, another scheduler's words.
    Bare,
    /// Nothing was said.
    Empty,
}

impl Message {
    /// Count and words of each clause, as the scheduler wrote them.
    pub fn counts(&self) -> Vec<(Option<u32>, &str)> {
        self.clauses
            .iter()
            .map(|clause| (clause.count, clause.text.as_str()))
            .collect()
    }
}

impl Clause {
    fn read(count: Option<u32>, text: &str) -> Self {
        Self {
            count,
            reason: forms::reason(text),
            text: text.to_owned(),
        }
    }
}

/// Reads a scheduler's message: the condition PodScheduled's or the event FailedScheduling's. Never fails: what it does not know
/// is [`Reason::Other`], with its words.
pub fn parse(message: &str) -> Message {
    let (text, cut) = clean::clean(message);
    if text.is_empty() {
        return Message {
            nodes: None,
            clauses: Vec::new(),
            preemption: None,
            form: Form::Empty,
            cut,
        };
    }
    let (body, tail) = preemption::split(&text);
    let preemption = tail.map(preemption::read);
    let (nodes, form, clauses) = read_body(clean::trim_end(body));
    let nodes = nodes.or(preemption.as_ref().and_then(|preemption| preemption.nodes));
    Message {
        nodes,
        clauses,
        preemption,
        form,
        cut,
    }
}

fn read_body(body: &str) -> (Option<u32>, Form, Vec<Clause>) {
    if let Some(clauses) = per_node(body) {
        return (None, Form::PerNode, clauses);
    }
    if let Some(list) = predicates(body) {
        return (
            None,
            Form::Predicates,
            list.split(", ").map(counted_behind).collect(),
        );
    }
    match Head::find(body) {
        Some(head) => headed(body, &head),
        None => headless(body),
    }
}

/// `0/<N> nodes are available`, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    start: usize,
    end: usize,
    nodes: Option<u32>,
    unavailable: bool,
}

impl Head {
    /// The first head of a text, also with a blank in `0 /3` or a masked number.
    fn find(text: &str) -> Option<Self> {
        const WORDS: [(&str, bool); 2] = [
            ("nodes are available", false),
            ("nodes are unavailable", true),
        ];
        let (at, words, unavailable) = WORDS
            .iter()
            .filter_map(|(words, unavailable)| {
                position(text, words).map(|at| (at, *words, *unavailable))
            })
            .min_by_key(|(at, ..)| *at)?;
        let (zero, nodes) = text.get(..at)?.rsplit_once('/')?;
        let nodes = nodes.trim();
        if nodes.is_empty() || !nodes.chars().all(|c| c.is_ascii_alphanumeric()) {
            return None;
        }
        let zero = zero.trim_end();
        let start = zero.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        (start < zero.len()).then(|| Self {
            start,
            end: at + words.len(),
            nodes: nodes.parse().ok(),
            unavailable,
        })
    }

    /// What stands after the head and its colon.
    fn after<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.end..)
            .unwrap_or_default()
            .trim_start_matches([':', ' '])
    }
}

fn headed(body: &str, head: &Head) -> (Option<u32>, Form, Vec<Clause>) {
    let mut clauses = Vec::new();
    // Volcano puts its gang's state before the head of the task that it quotes
    let before = body
        .get(..head.start)
        .unwrap_or_default()
        .trim_end_matches([' ', ':', '.', ',']);
    clauses
        .extend(Some(Clause::read(None, before)).filter(|clause| clause.reason != Reason::Other));
    let listed = counted_before(head.after(body));
    let form = match (
        head.unavailable,
        listed.iter().any(|clause| clause.count.is_some()),
    ) {
        (true, _) => Form::Unavailable,
        (false, true) => Form::Histogram,
        (false, false) => Form::Sentence,
    };
    clauses.extend(listed);
    (head.nodes, form, clauses)
}

fn headless(body: &str) -> (Option<u32>, Form, Vec<Clause>) {
    let whole = Clause::read(None, body);
    if whole.reason != Reason::Other {
        return (None, Form::Bare, vec![whole]);
    }
    let listed = counted_before(body);
    if listed
        .iter()
        .any(|clause| clause.count.is_some() && clause.reason != Reason::Other)
    {
        (None, Form::Headless, listed)
    } else {
        (None, Form::Bare, vec![whole])
    }
}

/// Reads counted reasons that stand without a head, as an autoscaler repeats them.
pub(crate) fn parse_reasons(text: &str) -> Vec<Clause> {
    counted_before(clean::trim_end(text.trim()))
}

/// `3 Insufficient cpu, 1 node(s) were unschedulable`. A reason may hold commas itself, so a new one begins only at a count.
fn counted_before(text: &str) -> Vec<Clause> {
    let pieces = clean::pieces(text);
    let listed: Vec<_> = pieces
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(count, text)| Clause::read(*count, text))
        .collect();
    let sentence = matches!(pieces.first(), Some((None, _)));
    // a sentence may hold `, 3 of …`: it is a list only if the rest of it is known
    if sentence
        && listed
            .iter()
            .skip(1)
            .any(|clause| clause.reason == Reason::Other)
    {
        return vec![Clause::read(None, text)];
    }
    // up to 1.7 the count follows: `Insufficient cpu (2), PodToleratesNodeTaints (1)`
    match listed.as_slice() {
        [only]
            if only.count.is_none() && only.text.ends_with(')') && only.reason == Reason::Other =>
        {
            let listed: Vec<_> = text.split(", ").map(counted_behind).collect();
            if listed.iter().all(|clause| clause.count.is_some()) {
                listed
            } else {
                vec![only.clone()]
            }
        }
        _ => listed,
    }
}

/// `MatchNodeSelector (2)`, or without a count.
fn counted_behind(text: &str) -> Clause {
    let text = clean::trim_end(text.trim());
    let counted = text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('))
        .and_then(|(reason, count)| Some((reason, count.parse().ok()?)));
    match counted {
        Some((reason, count)) => Clause::read(Some(count), reason.trim_end()),
        None => Clause::read(None, text),
    }
}

/// What follows the head of 1.7 and before, which ends in one or two colons.
fn predicates(body: &str) -> Option<&str> {
    const HEADS: [&str; 3] = [
        "No nodes are available that match all of the following predicates",
        "No nodes are available that match all of the predicates",
        "fit failure summary on nodes",
    ];
    HEADS
        .iter()
        .find_map(|head| body.get(position(body, head)? + head.len()..))
        .map(|list| list.trim_start_matches([':', ' ']))
}

/// `fit failure on node (a): Insufficient cpu`, a line a node or joined with no separator (1.2 to 1.5), each reason
/// counted by node.
fn per_node(body: &str) -> Option<Vec<Clause>> {
    const LINE: &str = "fit failure on node (";
    let mut rest = body.get(position(body, LINE)?..)?;
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    while let Some(line) = strip_prefix(rest, LINE) {
        let end = position(line, LINE).unwrap_or(line.len());
        let (line, next) = line.split_at_checked(end)?;
        rest = next;
        let (_, reasons) = line.split_once("):")?;
        // one line holds one reason a failed predicate, and resources name their numbers behind commas
        for reason in reasons
            .split(", ")
            .map(|reason| clean::trim_end(reason.trim()))
            .filter(|reason| !is_number(reason))
        {
            *counts.entry(reason).or_default() += 1;
        }
    }
    Some(
        counts
            .into_iter()
            .map(|(reason, count)| Clause::read(Some(count), reason))
            .collect(),
    )
}

/// `requested: 500` of `Node didn't have enough resource: cpu, requested: 500, used: 1600, capacity: 2000`.
fn is_number(reason: &str) -> bool {
    ["requested: {}", "used: {}", "capacity: {}"]
        .into_iter()
        .any(|form| search(form, reason).is_some() && !contains(reason, "enough"))
}

#[cfg(test)]
mod tests;
