//! LimitRanges: what containers, pods and claims of a namespace may ask for, and what those get that ask for nothing.

use super::quota::amounts;
use crate::kubernetes::quantity::Quantity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A LimitRange.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitRange {
    /// `spec.limits`
    pub limits: Vec<Limit>,
}

/// What it says of one kind of thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limit {
    /// `Container`, `Pod` or `PersistentVolumeClaim`
    pub kind: String,
    /// At least so much.
    pub min: BTreeMap<String, Quantity>,
    /// At most so much.
    pub max: BTreeMap<String, Quantity>,
    /// The limits of a container that sets none.
    pub default: BTreeMap<String, Quantity>,
    /// The requests of a container that sets neither.
    pub default_request: BTreeMap<String, Quantity>,
    /// How often a limit may hold its request.
    pub ratio: BTreeMap<String, Quantity>,
}

#[derive(Deserialize)]
pub(super) struct RawLimitRange {
    spec: Option<RawSpec>,
}

#[derive(Deserialize)]
struct RawSpec {
    limits: Option<Vec<RawLimit>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLimit {
    r#type: Option<String>,
    min: Option<BTreeMap<String, String>>,
    max: Option<BTreeMap<String, String>>,
    default: Option<BTreeMap<String, String>>,
    default_request: Option<BTreeMap<String, String>>,
    max_limit_request_ratio: Option<BTreeMap<String, String>>,
}

impl RawLimitRange {
    pub(super) fn into_limit_range(self) -> LimitRange {
        let limits = self.spec.and_then(|spec| spec.limits);
        let limit = |raw: RawLimit| Limit {
            kind: raw.r#type.unwrap_or_default(),
            min: amounts(raw.min),
            max: amounts(raw.max),
            default: amounts(raw.default),
            default_request: amounts(raw.default_request),
            ratio: amounts(raw.max_limit_request_ratio),
        };
        LimitRange {
            limits: limits.into_iter().flatten().map(limit).collect(),
        }
    }
}
