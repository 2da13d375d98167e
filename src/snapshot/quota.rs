//! ResourceQuotas: how much of a namespace is used.

use crate::kubernetes::quantity::Quantity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A ResourceQuota, as its controller counts it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceQuota {
    /// `status.hard`, or `spec.hard` while nothing is counted.
    pub hard: BTreeMap<String, Quantity>,
    /// `status.used`
    pub used: BTreeMap<String, Quantity>,
}

#[derive(Deserialize)]
pub(super) struct RawQuota {
    spec: Option<Amounts>,
    status: Option<Amounts>,
}

#[derive(Deserialize, Default)]
struct Amounts {
    hard: Option<BTreeMap<String, String>>,
    used: Option<BTreeMap<String, String>>,
}

impl RawQuota {
    pub(super) fn into_quota(self) -> ResourceQuota {
        let status = self.status.unwrap_or_default();
        let hard = status.hard.or(self.spec.and_then(|spec| spec.hard));
        ResourceQuota {
            hard: amounts(hard),
            used: amounts(status.used),
        }
    }
}

/// An amount that cannot be read is left out: nothing is said of it.
pub(super) fn amounts(raw: Option<BTreeMap<String, String>>) -> BTreeMap<String, Quantity> {
    raw.into_iter()
        .flatten()
        .filter_map(|(resource, amount)| Some((resource, amount.parse().ok()?)))
        .collect()
}
