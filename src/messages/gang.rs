//! What a gang scheduler says about the size of a pod's group: [`read`] for the clauses that mean [`Reason::Gang`] and for the
//! events of a PodGroup.
//!
//! Sources: kube-scheduler `plugins/gangscheduling`, `schedule_one_podgroup.go` 1.35 to 1.37; scheduler-plugins
//! `pkg/coscheduling`; Volcano `pkg/scheduler/plugins/gang`, `api/job_info.go`.
//!
//! [`Reason::Gang`]: crate::messages::scheduler::Reason::Gang

use super::form::{Pattern, anywhere};
use super::text;

/// How a group stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Gang {
    /// There are fewer pods than the group needs.
    TooFew {
        /// Pods that there are.
        present: u32,
        /// Pods that it needs.
        wanted: u32,
    },
    /// The group needs so many pods that fit at once; how many there are is not said.
    Wants {
        /// Pods that it needs.
        wanted: u32,
    },
    /// Some of the pods that the group needs run, and one does not.
    Partly {
        /// Pods that run.
        running: u32,
        /// Pods that it needs.
        wanted: u32,
    },
    /// Fewer pods of the group exist or fit than it needs; no number is said.
    Waits,
    /// Another pod of the group does not fit, so none is placed.
    OtherFails {
        /// The words about it.
        error: String,
    },
    /// Room is being made for the group.
    Preempting,
    /// No known words.
    Unknown,
}

/// Reads a clause of a scheduler, or an event of a PodGroup.
pub fn read(message: &str) -> Gang {
    anywhere(FORMS, &text::bare(message)).unwrap_or(Gang::Unknown)
}

fn number(text: &str) -> Option<u32> {
    text.trim_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .ok()
}

fn too_few(present: &str, wanted: &str) -> Gang {
    match (number(present), number(wanted)) {
        (Some(present), Some(wanted)) if present < wanted => Gang::TooFew { present, wanted },
        (_, Some(wanted)) => Gang::Wants { wanted },
        _ => Gang::Waits,
    }
}

fn wants(wanted: &str) -> Gang {
    number(wanted).map_or(Gang::Waits, |wanted| Gang::Wants { wanted })
}

const FORMS: &[Pattern<Gang>] = &[
    // scheduler-plugins core.go
    (
        "cannot find enough sibling pods, current pods number: {}, minMember of group: {}",
        |captures| too_few(captures.get(0), captures.get(1)),
    ),
    // Volcano plugins/gang
    (
        "Not enough valid tasks for gang-scheduling, valid: {}, min: {}",
        |captures| too_few(captures.get(0), captures.get(1)),
    ),
    // Volcano api/job_info.go, with and without counts by state before it
    ("pod group is not ready, {} minAvailable", |captures| {
        wants(captures.get(0))
    }),
    ("pod group is not ready, {*}, {} minAvailable", |captures| {
        let mut states = captures.get(0).split(", ");
        let running = states.find_map(|state| number(state.strip_suffix(" Running")?));
        match (running, number(captures.get(1))) {
            (Some(running @ 1..), Some(wanted)) => Gang::Partly { running, wanted },
            _ => wants(captures.get(1)),
        }
    }),
    // kube-scheduler
    (
        "failed to schedule other pod from a pod group: {*}",
        |captures| Gang::OtherFails {
            error: captures.get(0).trim().to_owned(),
        },
    ),
    (
        "PodGroup {} gets rejected due to Pod {} is unschedulable",
        |captures| Gang::OtherFails {
            error: format!("pod {}", captures.get(1)),
        },
    ),
    ("pod group is waiting for preemption to complete", |_| {
        Gang::Preempting
    }),
    ("waiting for minCount pods from a gang", |_| Gang::Waits),
    ("pod group is unschedulable", |_| Gang::Waits),
    ("no feasible placements found", |_| Gang::Waits),
    ("placements are available", |_| Gang::Waits),
    ("optimistic rejection in PostFilter", |_| Gang::Waits),
    ("podGroup {} failed recently", |_| Gang::Waits),
    ("cannot find enough sibling pods", |_| Gang::Waits),
    ("pod group is not ready", |_| Gang::Waits),
    ("tasks in gang unschedulable", |_| Gang::Waits),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_where_they_are_said() {
        let said = |present, wanted| Gang::TooFew { present, wanted };
        for (text, means) in [
            (
                "pre-filter pod train-0 cannot find enough sibling pods, current pods number: 2, minMember of group: 4",
                said(2, 4),
            ),
            (
                "Not enough valid tasks for gang-scheduling, valid: 1, min: 3",
                said(1, 3),
            ),
            (
                "2/3 tasks in gang unschedulable: pod group is not ready, 1 Running, 2 Pending, 3 minAvailable; Pending: 2 Unschedulable",
                Gang::Partly {
                    running: 1,
                    wanted: 3,
                },
            ),
            (
                "0/0 tasks in gang unschedulable: pod group is not ready, 5 minAvailable",
                Gang::Wants { wanted: 5 },
            ),
            (
                "waiting for minCount pods from a gang to be scheduled",
                Gang::Waits,
            ),
            (
                "failed to schedule other pod from a pod group: train-1: no room",
                Gang::OtherFails {
                    error: "train-1: no room".to_owned(),
                },
            ),
            ("words of tomorrow", Gang::Unknown),
        ] {
            assert_eq!(read(text), means, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("pod group is not ready, {text} minAvailable"));
        }
    }
}
