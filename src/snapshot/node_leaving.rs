//! Who takes a node away, as far as the node bears a mark of it.
//!
//! Sources: cluster-autoscaler `utils/taints/taints.go`; Karpenter `pkg/apis/v1/taints.go`, before 1.0 `pkg/apis/v1beta1`;
//! AWS Node Termination Handler `pkg/node/node.go`; k8s-node-termination-handler (Google Cloud) `main.go`; AKS, its pages on
//! node auto-repair, node auto-drain and node problem detector; k8s.io/cloud-provider `api/well_known_taints.go`,
//! k8s.io/api `core/v1/well_known_taints.go`.

use super::node::Node;
use crate::kubernetes::taints::TaintText;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Taint;

/// Who takes it away, or what for. Of several marks the first of these tells most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leaving {
    /// The cluster autoscaler scales down.
    ClusterAutoscaler,
    /// Karpenter consolidates, replaces or removes it.
    Karpenter,
    /// The cloud takes a spot machine back.
    Reclaimed,
    /// The cloud ends its machine.
    Ended,
    /// Its Auto Scaling group ends its machine.
    ScalingGroup,
    /// The cloud has announced work on its machine.
    Maintenance,
    /// The cloud may take a spot machine back soon.
    AtRisk,
    /// AKS repairs it, or empties it for an event of its machine.
    AksRemedy,
    /// An administrator has said that it is out of service.
    GivenUp,
    /// The cloud says that its machine is off.
    Off,
}

const TAINTS: &[(&str, Leaving)] = &[
    (TO_BE_DELETED, Leaving::ClusterAutoscaler),
    ("karpenter.sh/disrupted", Leaving::Karpenter),
    ("karpenter.sh/disruption", Leaving::Karpenter),
    ("aws-node-termination-handler/spot-itn", Leaving::Reclaimed),
    (
        "aws-node-termination-handler/asg-lifecycle-termination",
        Leaving::ScalingGroup,
    ),
    (
        "aws-node-termination-handler/scheduled-maintenance",
        Leaving::Maintenance,
    ),
    (
        "aws-node-termination-handler/rebalance-recommendation",
        Leaving::AtRisk,
    ),
    (
        "cloud.google.com/impending-node-termination",
        Leaving::Ended,
    ),
    (
        "remediator.kubernetes.azure.com/unschedulable",
        Leaving::AksRemedy,
    ),
    (
        "remediator.aks.microsoft.com/unschedulable",
        Leaving::AksRemedy,
    ),
    ("node.kubernetes.io/out-of-service", Leaving::GivenUp),
    ("node.cloudprovider.kubernetes.io/shutdown", Leaving::Off),
];

/// Its value is the second at which the node was marked.
const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";

/// Labels by which clouds tell a spot machine.
const SPOT: [(&str, &str); 7] = [
    ("cloud.google.com/gke-spot", "true"),
    ("cloud.google.com/gke-preemptible", "true"),
    ("cloud.google.com/gke-provisioning", "spot"),
    ("cloud.google.com/gke-provisioning", "preemptible"),
    ("eks.amazonaws.com/capacityType", "SPOT"),
    ("karpenter.sh/capacity-type", "spot"),
    ("kubernetes.azure.com/scalesetpriority", "spot"),
];

/// A mark on a node that somebody takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeavingMark {
    /// Who.
    pub leaving: Leaving,
    /// The field that says so.
    pub path: &'static str,
    /// Its words.
    pub quote: String,
    /// Since when, where the mark tells.
    pub since: Option<Timestamp>,
}

impl Leaving {
    /// What a taint of this key says.
    pub fn of_taint(key: &str) -> Option<Self> {
        let known = TAINTS.iter().find(|(known, _)| *known == key);
        known.map(|(_, leaving)| *leaving)
    }

    /// Whether it does not come back.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Leaving::ClusterAutoscaler
                | Leaving::Karpenter
                | Leaving::Reclaimed
                | Leaving::Ended
                | Leaving::ScalingGroup
        )
    }

    /// Whether its pods are evicted before it goes.
    pub fn is_emptied(self) -> bool {
        !matches!(self, Leaving::GivenUp | Leaving::Off)
    }
}

impl Node {
    /// The mark that tells most of who takes it away.
    pub fn leaving(&self) -> Option<LeavingMark> {
        let taints = self.taints.iter().filter_map(|taint| self.of_taint(taint));
        let marks = taints.chain(self.of_machine());
        marks.min_by_key(|mark| mark.leaving)
    }

    fn of_taint(&self, taint: &Taint) -> Option<LeavingMark> {
        let leaving = match Leaving::of_taint(&taint.key)? {
            Leaving::Ended if self.is_spot() => Leaving::Reclaimed,
            leaving => leaving,
        };
        let value = taint
            .value
            .as_deref()
            .filter(|_| taint.key == TO_BE_DELETED);
        let second = value.and_then(|value| value.parse().ok());
        Some(LeavingMark {
            leaving,
            path: "spec.taints",
            quote: TaintText(taint).to_string(),
            since: second.and_then(|second| Timestamp::from_second(second).ok()),
        })
    }

    /// What the node problem detector of AKS reads of an event that Azure has announced: `Preempt Scheduled: Mon, 02 Mar 2026`.
    fn of_machine(&self) -> Option<LeavingMark> {
        let told = self.condition("VMEventScheduled");
        let told = told.filter(|told| told.status == "True")?;
        let quote = told.message.as_ref()?.to_string();
        let leaving = match quote.split(' ').next()? {
            "Preempt" => Leaving::Reclaimed,
            "Terminate" => Leaving::Ended,
            _ => return None,
        };
        Some(LeavingMark {
            leaving,
            path: "status.conditions[VMEventScheduled].message",
            quote,
            since: told.last_transition_time,
        })
    }

    fn is_spot(&self) -> bool {
        let has = |(key, value): &(&str, &str)| self.labels.get(key) == Some(*value);
        SPOT.iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Condition;

    fn node(keys: &[(&str, Option<&str>)]) -> Node {
        let taint = |(key, value): &(&str, Option<&str>)| Taint {
            key: (*key).to_owned(),
            value: value.map(str::to_owned),
            effect: "NoSchedule".to_owned(),
            ..Taint::default()
        };
        Node {
            taints: keys.iter().map(taint).collect(),
            ..Node::default()
        }
    }

    fn who(node: &Node) -> Option<Leaving> {
        node.leaving().map(|mark| mark.leaving)
    }

    #[test]
    fn only_whole_keys_are_a_mark_and_a_candidate_stays() {
        for (key, expected) in [
            (TO_BE_DELETED, Some(Leaving::ClusterAutoscaler)),
            ("DeletionCandidateOfClusterAutoscaler", None),
            ("karpenter.sh/disrupted", Some(Leaving::Karpenter)),
            ("karpenter.sh/unregistered", None),
            ("node.kubernetes.io/unschedulable", None),
            ("spot-itn", None),
        ] {
            assert_eq!(who(&node(&[(key, None)])), expected, "{key}");
        }
    }

    #[test]
    fn of_several_marks_who_acts_is_told_before_what_became_of_the_machine() {
        let node = node(&[
            ("node.cloudprovider.kubernetes.io/shutdown", None),
            ("aws-node-termination-handler/spot-itn", Some("spot-itn-1")),
        ]);
        let mark = node.leaving().expect("it has marks");
        assert_eq!(mark.leaving, Leaving::Reclaimed);
        assert_eq!(
            mark.quote,
            "aws-node-termination-handler/spot-itn=spot-itn-1:NoSchedule"
        );
    }

    #[test]
    fn the_cluster_autoscaler_tells_since_when() {
        let node = node(&[(TO_BE_DELETED, Some("1700000000"))]);
        let since = node.leaving().and_then(|mark| mark.since);
        assert_eq!(since.map(Timestamp::as_second), Some(1_700_000_000));
    }

    #[test]
    fn a_machine_that_ends_was_reclaimed_where_it_is_a_spot_machine() {
        let mut node = node(&[("cloud.google.com/impending-node-termination", None)]);
        assert_eq!(who(&node), Some(Leaving::Ended));
        node.labels.insert("cloud.google.com/gke-spot", "true");
        assert_eq!(who(&node), Some(Leaving::Reclaimed));
    }

    #[test]
    fn an_event_of_a_machine_that_lets_it_live_is_no_mark() {
        for (status, message, expected) in [
            (
                "True",
                "Preempt Scheduled: Mon, 02 Mar 2026 19:01:45 GMT",
                Some(Leaving::Reclaimed),
            ),
            (
                "True",
                "Freeze Scheduled: Mon, 02 Mar 2026 19:01:45 GMT",
                None,
            ),
            ("False", "VM has no scheduled event", None),
        ] {
            let told = Condition {
                r#type: "VMEventScheduled".into(),
                status: status.into(),
                reason: None,
                message: Some(message.into()),
                last_transition_time: None,
                last_heartbeat_time: crate::snapshot::node::LastHeard::default(),
            };
            let node = Node {
                conditions: [told].into(),
                ..Node::default()
            };
            assert_eq!(who(&node), expected, "{message}");
        }
    }
}
