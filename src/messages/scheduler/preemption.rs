//! What the DefaultPreemption plugin adds behind `preemption: `.
//!
//! Source: kube-scheduler `framework/preemption/preemption.go`, `plugins/defaultpreemption` of 1.21 to 1.37.

use super::{Head, Reason, clean, forms};
use crate::messages::form::{self, position};

/// What preemption found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preemption {
    /// N of its own head `0/N nodes are available`.
    pub nodes: Option<u32>,
    /// Its items; one without a count if preemption was not tried.
    pub items: Vec<PreemptionItem>,
}

/// One item of a preemption's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreemptionItem {
    /// On how many nodes.
    pub count: Option<u32>,
    /// What it means.
    pub says: PreemptionSays,
    /// Its words.
    pub text: String,
}

/// What preemption says about nodes, or about itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PreemptionSays {
    /// No eviction can make these nodes fit: too small, tainted, of the wrong label.
    NotHelpful,
    /// These nodes would fit without some pods, but none of those has a lower priority.
    NoVictims,
    /// Even without all pods of lower priority this filter fails.
    StillFails(Reason),
    /// The pod's own preemptionPolicy is Never.
    PolicyNever,
    /// Its victims on the nominated node are still terminating.
    VictimsTerminating,
    /// No node is a candidate.
    NoCandidate,
    /// A node was found; victims may be going (1.37).
    Potential {
        /// The node.
        node: String,
    },
    /// Preemption is left to the pod's group (1.36 and later, behind gates).
    PodGroup,
    /// Unknown words.
    Other,
}

impl PreemptionSays {
    /// The words for nodes where no eviction helps.
    pub const NOT_HELPFUL: &str = "Preemption is not helpful for scheduling";
    /// The words for nodes without pods of lower priority.
    pub const NO_VICTIMS: &str = "No preemption victims found for incoming pod";
}

const FORMS: &[form::Pattern<PreemptionSays>] = &[
    (PreemptionSays::NOT_HELPFUL, |_| PreemptionSays::NotHelpful),
    ("No preemption victims found for incoming pod{*}", |_| {
        PreemptionSays::NoVictims
    }),
    // 1.21 to 1.23
    ("No victims found on node {} for preemptor pod {}", |_| {
        PreemptionSays::NoVictims
    }),
    ("not eligible due to preemptionPolicy=Never", |_| {
        PreemptionSays::PolicyNever
    }),
    (
        "not eligible due to a terminating pod on the nominated node",
        |_| PreemptionSays::VictimsTerminating,
    ),
    ("no candidate node for preemption", |_| {
        PreemptionSays::NoCandidate
    }),
    // kubernetes pull request 140180, 1.37
    (
        "found a potential placement for pod on node {}",
        |captures| PreemptionSays::Potential {
            node: captures.own(0).trim_matches('"').to_owned(),
        },
    ),
    (
        "found a potential placement for pod{*}on node {}",
        |captures| PreemptionSays::Potential {
            node: captures.own(1).trim_matches('"').to_owned(),
        },
    ),
    ("pod group for pod not found", |_| PreemptionSays::PodGroup),
    (
        "not eligible due to placement-based pod group scheduling limitation",
        |_| PreemptionSays::PodGroup,
    ),
    (
        "not eligible due to workload aware preemption enabled",
        |_| PreemptionSays::PodGroup,
    ),
];

/// Parts a message before `preemption: `.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    const MARK: &str = "preemption:";
    let at = position(text, MARK).filter(|at| {
        text.get(..*at)
            .is_some_and(|before| before.is_empty() || before.ends_with([' ', ',', '.']))
    });
    match at {
        Some(at) => (
            text.get(..at).unwrap_or_default(),
            text.get(at + MARK.len()..),
        ),
        None => (text, None),
    }
}

/// Reads what stands behind `preemption:`.
pub(super) fn read(tail: &str) -> Preemption {
    let (nodes, list) = match Head::find(tail) {
        Some(head) => (head.nodes, head.after(tail)),
        None => (None, tail),
    };
    // some schedulers put a sentence of their own behind: `…, reject the pod even after PostFilter.`
    let list = list.split_once("., ").map_or(list, |(list, _)| list);
    let items = clean::pieces(clean::trim_end(list.trim()))
        .into_iter()
        .map(|(count, text)| item(count, text))
        .collect();
    Preemption { nodes, items }
}

fn item(count: Option<u32>, text: &str) -> PreemptionItem {
    let says = form::whole(FORMS, text).unwrap_or_else(|| match forms::reason(text) {
        Reason::Other => PreemptionSays::Other,
        reason => PreemptionSays::StillFails(reason),
    });
    PreemptionItem {
        count,
        says,
        text: text.to_owned(),
    }
}
