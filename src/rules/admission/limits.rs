//! What a LimitRange makes of the containers of a template: the defaults that it fills in, and who breaks a bound.
//!
//! Source: kubernetes `plugin/pkg/admission/limitranger/admission.go` (1.37). A request that is not set is the limit
//! (pkg/apis/core/v1/defaults.go SetDefaults_Pod) before LimitRanges are asked.

use super::refused_template::{Template, name_of};
use crate::kubernetes::quantity::Quantity;
use crate::messages::admission::{Bound, Breach};
use crate::rules::shared::refused::WorkloadCase;
use crate::snapshot::{Limit, LimitRange};
use serde_json::Value;
use std::collections::BTreeMap;

/// The LimitRanges of the namespace that were read.
pub(super) fn ranges<'a>(
    case: &WorkloadCase<'a>,
) -> impl Iterator<Item = (&'a str, &'a LimitRange)> {
    case.snapshot
        .store()
        .limit_ranges()
        .seen_in(case.namespace())
}

/// A bound that is broken.
pub(super) struct Told<'b> {
    pub(super) breach: &'b Breach,
    /// The LimitRanges that have this bound now.
    pub(super) ranges: Vec<String>,
    /// Pointers to the containers of the template that break it, with their names.
    pub(super) containers: Vec<(String, String)>,
}

impl<'b> Told<'b> {
    pub(super) fn of(case: &WorkloadCase<'_>, breach: &'b Breach) -> Self {
        let has_bound = |limit: &Limit| {
            let bound = bounds(limit, breach.bound).get(&breach.resource);
            limit.kind == breach.kind && bound.copied() == quantity(&breach.limit)
        };
        let with_bound = ranges(case).filter(|(_, range)| range.limits.iter().any(has_bound));
        let template = Template::of(case).filter(|_| breach.kind == "Container");
        let defaults: Vec<&Limit> = ranges(case)
            .flat_map(|(_, range)| &range.limits)
            .filter(|limit| limit.kind == "Container")
            .collect();
        let all = template
            .map(|template| template.containers())
            .unwrap_or_default();
        let broken = all.into_iter().filter(|(_, container)| {
            Amounts::of(container, &breach.resource)
                .filled(&defaults, &breach.resource)
                .breaks(breach)
        });
        Told {
            breach,
            ranges: with_bound.map(|(name, _)| name.to_owned()).collect(),
            containers: broken
                .map(|(place, container)| (place, name_of(&container).to_owned()))
                .collect(),
        }
    }

    /// Which containers break it.
    pub(super) fn names(&self) -> Vec<String> {
        self.containers
            .iter()
            .map(|(_, name)| name.clone())
            .collect()
    }

    /// The field of a LimitRange that holds the bound.
    pub(super) fn field(&self) -> &'static str {
        match self.breach.bound {
            Bound::Minimum => "min",
            Bound::Maximum => "max",
            Bound::Ratio => "maxLimitRequestRatio",
        }
    }
}

pub(super) fn bounds(limit: &Limit, bound: Bound) -> &BTreeMap<String, Quantity> {
    match bound {
        Bound::Minimum => &limit.min,
        Bound::Maximum => &limit.max,
        Bound::Ratio => &limit.ratio,
    }
}

pub(super) fn quantity(text: &str) -> Option<Quantity> {
    text.parse().ok()
}

/// What a container asks for of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) request: Option<Quantity>,
    pub(super) limit: Option<Quantity>,
}

impl Amounts {
    /// As the container says.
    pub(super) fn of(container: &Value, resource: &str) -> Self {
        let amount = |field: &str| {
            let amounts = container.get("resources")?.get(field)?;
            quantity(amounts.get(resource)?.as_str()?)
        };
        let limit = amount("limits");
        Amounts {
            request: amount("requests").or(limit),
            limit,
        }
    }

    /// With the defaults filled in.
    pub(super) fn filled(self, defaults: &[&Limit], resource: &str) -> Self {
        let default = defaults
            .iter()
            .find_map(|limit| limit.default.get(resource));
        let request = defaults
            .iter()
            .find_map(|limit| limit.default_request.get(resource));
        Amounts {
            request: self.request.or(request.copied()),
            limit: self.limit.or(default.copied()),
        }
    }

    /// Whether it is what the message tells of.
    fn breaks(self, breach: &Breach) -> bool {
        let asked = breach.asked.as_deref().and_then(quantity);
        let field = if breach.of_limit {
            self.limit
        } else {
            self.request
        };
        match (breach.bound, breach.asked.is_some()) {
            (Bound::Ratio, _) => {
                let (Some(request), Some(limit)) = (self.request, self.limit) else {
                    return false;
                };
                let ratio = quantity(&breach.limit).map(Quantity::units);
                let ratio = ratio.and_then(|ratio| i64::try_from(ratio).ok());
                ratio.is_some_and(|ratio| request.times(ratio) < limit)
            }
            (_, true) => asked.is_some() && field == asked,
            (_, false) => field.is_none(),
        }
    }
}
