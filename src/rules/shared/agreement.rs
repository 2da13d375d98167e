//! Words for why counts differ from the scheduler's, or cannot be compared.

use crate::scheduler::{Agreement, Because, Unread};
use crate::snapshot::Why;
use crate::text::{Message, Sentence, say};

/// Why they do; nothing where they are equal.
pub(crate) fn because(agreement: &Agreement) -> Option<Message> {
    agreement.because.as_ref().map(message)
}

fn message(because: &Because) -> Message {
    let of = |sentence: Sentence| Message::new(sentence);
    match because {
        Because::NodesNotRead(why) => {
            let sentence = say!("agreement.nodes-not-read", "the nodes were not all read ({why})");
            of(sentence).fact("why", why_not_read(*why))
        }
        Because::RefusedNow(reason) => of(say!(
            "agreement.refused-now",
            "by what was read now the scheduler would refuse the pod before it looks at any node: {reason}"
        ))
        .fact("reason", reason.as_str()),
        Because::OtherNodes { counted, read } => of(say!(
            "agreement.other-nodes",
            "the scheduler counted {counted} {counted|node|nodes} and {read} {read|was|were} read: nodes have come or gone since"
        ))
        .fact("counted", *counted)
        .fact("read", *read),
        Because::PodsNotRead(why) => of(say!(
            "agreement.pods-not-read",
            "the pods of the whole cluster were not read ({why}), so more may stand on the nodes than is known"
        ))
        .fact("why", why_not_read(*why)),
        Because::NotComputed {
            clauses,
            others_agree,
        } => {
            let sentence = if *others_agree {
                say!(
                    "agreement.others-agree",
                    "not computed here: {clauses}; all other counts agree"
                )
            } else {
                say!("agreement.not-computed", "not computed here: {clauses}")
            };
            of(sentence).fact("clauses", clauses.clone())
        }
        Because::PartNotComputed(clauses) => of(say!(
            "agreement.part-not-computed",
            "part of the message is not computed here: {clauses}"
        ))
        .fact("clauses", clauses.clone()),
        Because::FilterNotComputed(Unread { filter, gap }) => of(say!(
            "agreement.filter-not-computed",
            "{filter} could not be computed: {kind} not read ({why})"
        ))
        .fact("filter", filter.as_str())
        .fact("kind", gap.kind.plural())
        .fact("why", why_not_read(gap.why)),
        Because::NodeChanged(node) => of(say!(
            "agreement.node-changed",
            "node {node} has changed since the scheduler last spoke"
        ))
        .fact("node", node.as_str()),
        Because::OtherScheduler(scheduler) => of(say!(
            "agreement.other-scheduler",
            "{scheduler} may decide by other rules than the default scheduler"
        ))
        .fact("scheduler", scheduler.as_str()),
        Because::NodesFeasible(nodes) => of(say!(
            "agreement.nodes-feasible",
            "{nodes|node {nodes}|{count} nodes} would take the pod now: something has changed since the scheduler last spoke, or a plugin decides that is not computed here"
        ))
        .fact("nodes", nodes.clone())
        .fact("count", nodes.len()),
        plain => of(without_facts(plain)),
    }
}

fn without_facts(because: &Because) -> Sentence {
    match because {
        Because::NoMessage => say!(
            "agreement.no-message",
            "the scheduler has said nothing about the pod"
        ),
        Because::Gated => say!(
            "agreement.gated",
            "the pod is held back by its scheduling gates"
        ),
        Because::SchedulerError => say!(
            "agreement.scheduler-error",
            "the scheduler met an error, which says nothing about the nodes"
        ),
        Because::NoNodes => say!("agreement.no-nodes", "the scheduler knew no node"),
        Because::RefusedBeforeNodes => say!(
            "agreement.refused-before-nodes",
            "the scheduler refused the pod before it looked at the nodes"
        ),
        Because::NoCounts => say!(
            "agreement.no-counts",
            "the scheduler gave no counts of nodes"
        ),
        Because::RefusedAfterChoice => say!(
            "agreement.refused-after-choice",
            "the pod was refused after a node had been chosen"
        ),
        Because::MessageCut => say!(
            "agreement.message-cut",
            "the scheduler's message was cut off"
        ),
        _ => say!(
            "agreement.something-changed",
            "pods or nodes have changed since the scheduler last spoke, or its profile differs from the default"
        ),
    }
}

/// Why something was not read.
pub(crate) fn why_not_read(why: Why) -> Sentence {
    match why {
        Why::Forbidden => say!("not-read.forbidden", "forbidden"),
        Why::NotServed => say!("not-read.not-served", "not served"),
        Why::TimedOut => say!("not-read.timed-out", "timed out"),
        Why::Failed => say!("not-read.failed", "failed"),
        Why::NotInDump => say!("not-read.not-in-dump", "not in the dump"),
        Why::NotAsked => say!("not-read.not-asked", "not asked"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_is_named_and_several_are_counted() {
        let english = |nodes: &[&str]| {
            let nodes = nodes.iter().map(|node| (*node).to_owned()).collect();
            message(&Because::NodesFeasible(nodes)).english()
        };
        assert!(english(&["n1"]).starts_with("node n1 would take the pod now"));
        assert!(english(&["n1", "n2"]).starts_with("2 nodes would take the pod now"));
    }
}
