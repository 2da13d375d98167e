//! All that a ResourceQuota refuses in its namespace, and what it would have to allow for it.
//!
//! Whoever needs more of a quota shares it with everybody else whom it refuses: what is enough for one is not enough for two.

use crate::kubernetes::quantity::Quantity;
use crate::messages::admission::Denial;
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::snapshot::{Kind, ObjectRef, ResourceQuota, Seen, Snapshot};
use crate::text::{Fact, Message, say};
use crate::triage::{Because, Standing, Subject, WorkloadSubject};
use std::collections::BTreeMap;

/// What a quota counts for each pod, whatever the pod asks for.
pub(super) const AS_PODS: [&str; 2] = ["pods", "count/pods"];

/// A quota and whom it refuses what they make.
pub(super) struct Refusals<'a> {
    pub(super) quota: ObjectRef,
    pub(super) seen: Seen<'a, &'a ResourceQuota>,
    /// In order of their kinds and names.
    pub(super) workloads: Vec<Refused<'a>>,
    /// What of the quota is short, as the refusals name it.
    pub(super) shortages: Vec<Shortage>,
    /// What else of it each pod takes, where that is known.
    as_pods: Vec<Shortage>,
}

/// What is used of one resource of a quota, and asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shortage {
    pub(super) resource: String,
    pub(super) used: Quantity,
    /// None where the quota does not limit it any more.
    pub(super) hard: Option<Quantity>,
    /// What each that is missing asks for, where all ask for the same.
    pub(super) asked: Option<Quantity>,
    /// The least that one of them asks for.
    least: Quantity,
    /// What all of them together ask for.
    all: Quantity,
}

/// The quota that a refusal names.
pub(super) fn quota<'r>(refused: &'r Refused<'_>) -> Option<&'r str> {
    match &refused.denial {
        Denial::QuotaExceeded { quota, .. } => Some(quota),
        _ => None,
    }
}

impl<'a> Refusals<'a> {
    /// Everybody in the namespace of the case whom this quota refuses something.
    pub(super) fn of(case: &WorkloadCase<'a>, quota: &str) -> Self {
        let (snapshot, namespace) = (case.snapshot, case.namespace());
        let all = WorkloadSubject::all_in(snapshot, namespace).into_iter();
        let refused = all.filter_map(|it| refused_by(it, snapshot, quota));
        let mut refusals = Refusals {
            quota: ObjectRef::new(Kind::ResourceQuota, namespace, quota),
            seen: snapshot.quotas().get(namespace, quota),
            workloads: refused.collect(),
            shortages: Vec::new(),
            as_pods: Vec::new(),
        };
        let mut told: Vec<&str> = Vec::new();
        for name in refusals.workloads.iter().flat_map(requested) {
            if !told.contains(&name) {
                told.push(name);
            }
        }
        let counted = refusals.counted();
        let is_limited = |name: &&str| counted.is_some_and(|quota| quota.hard.contains_key(*name));
        let others = AS_PODS.into_iter().filter(|name| !told.contains(name));
        let as_pods = others
            .filter(is_limited)
            .filter_map(|name| refusals.shortage(name));
        let as_pods = as_pods.collect();
        refusals.shortages = told
            .iter()
            .filter_map(|name| refusals.shortage(name))
            .collect();
        refusals.as_pods = as_pods;
        refusals
    }

    /// The quota as its controller has counted it.
    fn counted(&self) -> Option<&'a ResourceQuota> {
        self.seen.yes().filter(|quota| !quota.hard.is_empty())
    }

    fn shortage(&self, resource: &str) -> Option<Shortage> {
        let asks = || {
            let all = self.workloads.iter();
            all.filter_map(|one| Some((asked(one, resource)?, one.missing())))
        };
        let least = asks().map(|(asked, _)| asked).min()?;
        let most = asks().map(|(asked, _)| asked).max();
        // each refusal says what was used when it was said
        let told = || {
            let all = self.workloads.iter().filter_map(|one| told(one, resource));
            all.max_by_key(|(used, _)| *used)
        };
        let (used, hard) = match self.counted() {
            Some(quota) => {
                let used = quota.used.get(resource).copied();
                let used = used.or_else(|| Some(told()?.0));
                (used?, quota.hard.get(resource).copied())
            }
            None => told().map(|(used, hard)| (used, Some(hard)))?,
        };
        Some(Shortage {
            resource: resource.to_owned(),
            asked: (most == Some(least)).then_some(least),
            all: asks().map(|(asked, missing)| asked.times(missing)).sum(),
            used,
            hard,
            least,
        })
    }

    /// How many are missing.
    pub(super) fn missing(&self) -> i64 {
        let missing = self.workloads.iter().map(Refused::missing);
        missing.fold(0, i64::saturating_add)
    }

    /// Whether all that is missing are pods.
    pub(super) fn of_pods(&self) -> bool {
        self.workloads.iter().all(|one| one.lacks() == Kind::Pod)
    }

    /// For how many more there is room, when they come in order.
    pub(super) fn room(&self) -> i64 {
        let limited = self.known();
        let mut free: BTreeMap<&str, Quantity> = limited
            .filter_map(|one| Some((one.resource.as_str(), one.hard? - one.used)))
            .collect();
        let mut room: i64 = 0;
        for one in &self.workloads {
            let asks: Vec<(&str, Quantity)> = free
                .keys()
                .filter_map(|resource| Some((*resource, asked(one, resource)?)))
                .collect();
            let fits = asks
                .iter()
                .filter_map(|(name, asked)| Some(asked.goes_into(*free.get(name)?)));
            let fits = fits.min().unwrap_or(one.missing()).min(one.missing());
            for (resource, asked) in asks {
                free.entry(resource)
                    .and_modify(|free| *free = *free - asked.times(fits));
            }
            room = room.saturating_add(fits);
        }
        room
    }

    /// What of the quota is short or would be: what the refusals name, and then what each pod takes besides.
    pub(super) fn short(&self) -> impl Iterator<Item = &Shortage> {
        let as_pods = self.as_pods.iter();
        let too_few = as_pods.filter(|one| one.hard.is_some_and(|hard| hard < one.needed()));
        self.shortages.iter().chain(too_few)
    }

    /// All of it that is known.
    pub(super) fn known(&self) -> impl Iterator<Item = &Shortage> {
        self.shortages.iter().chain(&self.as_pods)
    }

    /// What else of the quota may not be enough for several pods: a refusal names only what the first of them lacks.
    pub(super) fn untold(&self) -> Vec<String> {
        let pods = || self.workloads.iter().filter(|one| one.lacks() == Kind::Pod);
        let missing: i64 = pods().map(Refused::missing).fold(0, i64::saturating_add);
        let is_untold = |resource: &&String| {
            is_asked_by_pods(resource) && pods().any(|one| asked(one, resource).is_none())
        };
        let limited = self
            .counted()
            .into_iter()
            .flat_map(|quota| quota.hard.keys());
        let untold = limited.filter(is_untold).filter(|_| missing > 1);
        untold.cloned().collect()
    }
}

/// The refusal of a workload that is still short, if it is this quota's.
fn refused_by<'a>(
    it: WorkloadSubject<'a>,
    snapshot: &Snapshot<'a>,
    name: &str,
) -> Option<Refused<'a>> {
    let refused = Refused::of(it, snapshot).filter(|refused| quota(refused) == Some(name))?;
    let is_short = matches!(
        it.standing(snapshot),
        Standing::Stuck | Standing::Progressing(Because::MakingPods, _)
    );
    is_short.then_some(refused)
}

/// The resources that a refusal names.
fn requested<'r>(refused: &'r Refused<'_>) -> impl Iterator<Item = &'r str> {
    let requested = match &refused.denial {
        Denial::QuotaExceeded { requested, .. } => requested.as_slice(),
        _ => &[],
    };
    requested.iter().map(|(resource, _)| resource.as_str())
}

fn of(amounts: &[(String, String)], resource: &str) -> Option<Quantity> {
    let mut named = amounts.iter().filter(|(name, _)| name == resource);
    named.next()?.1.parse().ok()
}

/// What each that a workload lacks asks of a resource, where that is known.
fn asked(refused: &Refused<'_>, resource: &str) -> Option<Quantity> {
    let Denial::QuotaExceeded { requested, .. } = &refused.denial else {
        return None;
    };
    let asked = of(requested, resource).filter(|asked| *asked > Quantity::ZERO);
    let is_one = AS_PODS.contains(&resource) && refused.lacks() == Kind::Pod;
    asked.or(is_one.then_some(Quantity::from_units(1)))
}

/// What was used of a resource and what the limit was, by a refusal.
fn told(refused: &Refused<'_>, resource: &str) -> Option<(Quantity, Quantity)> {
    match &refused.denial {
        Denial::QuotaExceeded { used, limited, .. } => {
            Some((of(used, resource)?, of(limited, resource)?))
        }
        _ => None,
    }
}

/// Whether pods ask for it, and not claims or other objects (pkg/quota/v1/evaluator/core/pods.go, 1.37).
fn is_asked_by_pods(resource: &str) -> bool {
    let of_claims = resource == "requests.storage" || resource.contains(".storageclass.");
    let prefixes = ["requests.", "limits.", "hugepages-"];
    !of_claims
        && (["cpu", "memory", "ephemeral-storage"].contains(&resource)
            || prefixes.iter().any(|prefix| resource.starts_with(prefix)))
}

impl Shortage {
    /// One of which a single pod is missing.
    #[cfg(test)]
    pub(super) fn of_cpu(used: Quantity, hard: Quantity, asked: Quantity) -> Self {
        Shortage {
            resource: "requests.cpu".to_owned(),
            used,
            hard: Some(hard),
            asked: Some(asked),
            least: asked,
            all: asked,
        }
    }

    /// What the limit has to be for all that is missing.
    pub(super) fn needed(&self) -> Quantity {
        self.used + self.all
    }

    /// Whether one alone is more than all that the quota allows.
    pub(super) fn never_fits(&self) -> bool {
        self.hard.is_some_and(|hard| self.least > hard)
    }

    /// Whether it is limited to nothing, as one does on purpose.
    pub(super) fn allows_none(&self) -> bool {
        self.hard.is_some_and(Quantity::is_zero)
    }

    pub(super) fn message(&self) -> Option<Message> {
        let one = Quantity::from_units(1);
        let sentence = if self.allows_none() {
            say!(
                "quota-exceeded.none-allowed",
                "no {resource} allowed (limit 0)"
            )
        } else {
            say!(
                "quota-exceeded.used",
                "{resource} {used} of {hard} used[, {asked} asked]"
            )
        };
        let amount = |amount| Fact::amount(amount, &self.resource);
        let message = Message::new(sentence)
            .fact("resource", self.resource.as_str())
            .fact("used", amount(self.used))
            .fact("hard", amount(self.hard?))
            .fact_if(
                "asked",
                self.asked.filter(|asked| *asked != one).map(amount),
            );
        Some(message)
    }

    /// Of a container's resources so much for each of the pods, in an amount that reads well.
    pub(super) fn share(&self, share: Quantity) -> Option<Message> {
        let kind = self.resource.rsplit('.').next().unwrap_or_default();
        if !["cpu", "memory", "ephemeral-storage"].contains(&kind) {
            return None;
        }
        let share = share.exact(&self.resource);
        let is_any = share.parse::<Quantity>().ok()? > Quantity::ZERO;
        let message = Message::new(say!("quota-exceeded.share", "{resource} {share}"))
            .fact("resource", self.resource.as_str())
            .fact("share", share);
        is_any.then_some(message)
    }
}
