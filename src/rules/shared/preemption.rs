//! Words for what preemption could do.

use crate::scheduler::preemption::{Preemption, Preempts, Victim};
use crate::text::{Message, say};

/// The verdict in words.
pub(crate) fn because(preemption: &Preemption) -> Message {
    let sentence = match preemption.verdict {
        Preempts::Possible => {
            say!("preemption.possible", "{victims} would give way on {node}")
        }
        Preempts::Never => say!(
            "preemption.never",
            "the pod's preemptionPolicy is Never; otherwise {victims} would give way on {node}"
        ),
        Preempts::NoLowerPriority => say!(
            "preemption.no-lower-priority",
            "no pod on {nodes} {nodes|node|nodes} has a lower priority than {priority}"
        ),
        Preempts::NotEnough => say!(
            "preemption.not-enough",
            "without all pods of a priority below {priority}, {nodes} {nodes|node|nodes} would still refuse the pod: {reasons}"
        ),
    };
    let message = Message::new(sentence);
    match (preemption.verdict, &preemption.node) {
        (Preempts::Possible | Preempts::Never, Some(node)) => {
            let victims: Vec<String> = preemption.victims.iter().map(named).collect();
            message.fact("victims", victims).fact("node", node.as_str())
        }
        (Preempts::NotEnough, _) => message
            .fact("priority", preemption.priority)
            .fact("nodes", preemption.nodes)
            .fact("reasons", preemption.still_failing.clone()),
        _ => message
            .fact("priority", preemption.priority)
            .fact("nodes", preemption.nodes),
    }
}

/// `shop/batch-0 (priority 0)`
fn named(victim: &Victim) -> String {
    format!("{} (priority {})", victim.pod, victim.priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(verdict: Preempts, nodes: usize) -> String {
        because(&Preemption {
            verdict,
            priority: 10,
            node: None,
            victims: Vec::new(),
            computed: Vec::new(),
            nodes,
            still_failing: vec!["Insufficient cpu".to_owned()],
        })
        .english()
    }

    #[test]
    fn nodes_are_counted() {
        assert_eq!(
            english(Preempts::NoLowerPriority, 1),
            "no pod on 1 node has a lower priority than 10"
        );
        assert_eq!(
            english(Preempts::NotEnough, 2),
            "without all pods of a priority below 10, 2 nodes would still refuse the pod: Insufficient cpu"
        );
    }
}
