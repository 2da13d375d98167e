//! What a quota's refusals are called: the headline and the why, what was refused, and what is missing for it.

use super::quota_exceeded::Situation;
use crate::snapshot::Kind;
use crate::text::{Message, Sentence, say};

impl Situation<'_, '_> {
    /// The headline and the why.
    pub(super) fn sentences(&self) -> (Sentence, Sentence) {
        if self.by.seen.is_absent() {
            return (
                say!(
                    "quota-exceeded.gone",
                    "quota {quota}, which is gone now, refused {what}; {lack}"
                ),
                say!(
                    "quota-exceeded.gone-why",
                    "{workloads|the controller of {controller} tries|the controllers try} again at growing intervals, at most {interval} apart"
                ),
            );
        }
        if self.room() > 0 {
            return (
                say!(
                    "quota-exceeded.has-room",
                    "quota {quota} refused {what}, and has room for {room} now[: {short}]; {lack}"
                ),
                say!(
                    "quota-exceeded.room-why",
                    "there is room for {room} of {missing} now, and {workloads|the controller of {controller} tries|the controllers try} again at growing intervals, at most {interval} apart"
                ),
            );
        }
        (
            say!(
                "quota-exceeded.headline",
                "quota {quota}[: {short}]; {lack}"
            ),
            say!(
                "quota-exceeded.why",
                "the API server refuses what would take more than the quota allows, and {workloads|the controller of {controller} tries|the controllers try} again at growing intervals, at most {interval} apart"
            ),
        )
    }

    /// What is missing of it, or of all.
    pub(super) fn lack(&self) -> Message {
        let sentence = match (self.is_alone(), self.refused.lacks()) {
            (true, Kind::ReplicaSet) => {
                say!("quota-exceeded.lacks-set", "its new ReplicaSet is not made")
            }
            (true, Kind::Job) => say!("quota-exceeded.lacks-job", "its Job is not made"),
            (true, _) => say!(
                "quota-exceeded.lacks-pods",
                "{existing} of {wanted} {wanted|pod|pods} made[ beside {old} old {old|one|ones}]"
            ),
            (false, _) if self.by.of_pods() => say!(
                "quota-exceeded.all-lack-pods",
                "{workloads} workloads lack {missing} pods"
            ),
            (false, _) => say!(
                "quota-exceeded.all-lack",
                "{workloads} workloads lack what they make"
            ),
        };
        let (workloads, missing) = (self.by.workloads.len(), self.by.missing());
        let facts = Message::new(sentence)
            .fact("workloads", workloads)
            .fact("missing", missing)
            .fact("existing", self.refused.existing)
            .fact("wanted", self.refused.wanted)
            .fact_if("old", (self.old > 0).then_some(self.old));
        // those that it names
        Message::with(sentence, &[&facts.args])
    }

    /// What was refused.
    pub(super) fn what(&self) -> Sentence {
        match (self.by.of_pods(), self.is_alone(), self.refused.lacks()) {
            (true, true, _) if self.by.missing() == 1 => say!("quota-exceeded.pod", "a pod"),
            (true, ..) => say!("quota-exceeded.pods", "pods"),
            (_, true, Kind::Job) => say!("quota-exceeded.job", "a Job"),
            (_, true, _) => say!("quota-exceeded.set", "a ReplicaSet"),
            (_, false, _) => say!("quota-exceeded.objects", "pods and other objects"),
        }
    }
}
