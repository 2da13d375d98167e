//! What all findings about a workload that is refused what it makes have in common.

use crate::messages::admission;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, Seconds, Sentence, say};
use crate::triage::RETRY;

/// How a workload is seen that is refused what it makes.
pub(super) const SEEN_AS: &[&str] = &[
    "FailedCreate",
    "ReplicaFailure",
    "ReplicaSetCreateError",
    "ProgressDeadlineExceeded",
];

/// What tells of a workload that it is short of what it makes.
pub(super) const READS: &[Kind] = &[
    Kind::ReplicaSet,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
    Kind::ReplicationController,
];

/// A workload and the last refusal of what it makes.
pub(super) struct Refusal<'c, 'a> {
    pub(super) case: &'c WorkloadCase<'a>,
    pub(super) refused: Refused<'a>,
}

impl<'c, 'a> Refusal<'c, 'a> {
    /// None for a workload that lacks nothing, or for another reason.
    pub(super) fn of(case: &'c WorkloadCase<'a>) -> Option<Self> {
        let refused = Refused::of(case.it, case.snapshot)?;
        Some(Refusal { case, refused })
    }

    /// The finding with the refusal as its proof.
    pub(super) fn finding(&self, subject: ObjectRef, headline: Sentence) -> Finding {
        let again = Message::new(say!(
            "refusal.again",
            "the controller of {controller} tries again at growing intervals, at most {interval} apart"
        ))
        .fact("controller", self.case.object().argument())
        .fact("interval", Seconds(RETRY));
        self.refused
            .finding(self.case, subject, headline)
            .fact("namespace", self.case.namespace())
            .fact("what", self.what())
            .fact("again", again)
            .refers_to_quotes()
    }

    /// The words of the API server, on one line.
    pub(super) fn words(&self) -> String {
        let words = admission::words(self.refused.message());
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What is refused.
    fn what(&self) -> Sentence {
        match self.refused.lacks() {
            Kind::ReplicaSet => say!("refusal.set", "the new ReplicaSet"),
            Kind::Job => say!("refusal.job", "the Job"),
            _ if self.refused.missing() == 1 => say!("refusal.pod", "the pod"),
            _ => say!("refusal.pods", "the pods"),
        }
    }
}

/// What refused does so no more, and only the next attempt is yet to come.
pub(super) fn wait_for_next(case: &WorkloadCase<'_>) -> Fix {
    let object = case.object();
    let controller = object.argument();
    let command = case.kubectl(["annotate", &controller, "retry=1"]);
    let change = Message::new(say!(
        "refusal.wait",
        "wait for the next attempt, or bring it on at once with any change of {controller}, such as an annotation"
    ));
    let change = change.fact("controller", controller);
    Fix::command(change, Who::Owner, object, command)
}
