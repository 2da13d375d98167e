//! HorizontalPodAutoscalers: whose pods they number, and what they say of it.

use super::workload::WorkloadCondition;
use jiff::Timestamp;
use serde::Deserialize;

/// A HorizontalPodAutoscaler.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Autoscaler {
    /// Kind and name of what it scales (`spec.scaleTargetRef`).
    pub target: (String, String),
    /// `spec.maxReplicas`
    pub most: i64,
    /// When it last changed the number (`status.lastScaleTime`).
    pub scaled: Option<Timestamp>,
    /// To how many (`status.desiredReplicas`).
    pub desired: i64,
    /// `status.conditions`
    pub conditions: Vec<WorkloadCondition>,
}

#[derive(Deserialize)]
pub(super) struct RawAutoscaler {
    spec: Option<RawSpec>,
    status: Option<RawStatus>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawSpec {
    scale_target_ref: Option<RawTarget>,
    max_replicas: Option<i64>,
}

#[derive(Deserialize, Default)]
struct RawTarget {
    kind: String,
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    last_scale_time: Option<Timestamp>,
    desired_replicas: Option<i64>,
    conditions: Option<Vec<WorkloadCondition>>,
}

impl RawAutoscaler {
    pub(super) fn into_autoscaler(self) -> Autoscaler {
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let RawTarget { kind, name } = spec.scale_target_ref.unwrap_or_default();
        Autoscaler {
            target: (kind, name),
            most: spec.max_replicas.unwrap_or_default(),
            scaled: status.last_scale_time,
            desired: status.desired_replicas.unwrap_or_default(),
            conditions: status.conditions.unwrap_or_default(),
        }
    }
}
