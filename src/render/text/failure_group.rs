//! Filter failures that are told as one, and what they are about.

use crate::kubernetes::node_terms::NodeTerms;
use crate::report::FilterFailureReport;

/// Filter failures of one row that are told as one, each with the number of its nodes; never none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FailureGroup<'a>(pub(super) Vec<(usize, &'a FilterFailureReport)>);

impl<'a> FailureGroup<'a> {
    /// What all of them are about.
    pub(super) fn topic(&self) -> Option<Topic<'a>> {
        let (_, first) = self.0.first()?;
        Some(Topic::of(first))
    }

    /// Each of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a FilterFailureReport> {
        self.0.iter().map(|(_, failure)| *failure)
    }

    /// On how many nodes they are.
    pub(super) fn nodes(&self) -> usize {
        self.0.iter().map(|(nodes, _)| nodes).sum()
    }
}

/// What a filter failure is about, by the fields that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic<'a> {
    /// A claim, a volume, a disk or their driver.
    Volume,
    /// A label wanted.
    Label(&'a NodeTerms),
    /// A resource.
    Resource(&'a str),
    /// A taint.
    Taint(&'a str),
    /// A host port that a pod holds.
    Port(&'a str),
    /// A spread constraint, by its topology key.
    Spread(&'a str),
    /// Pods to be near, by the topology key.
    Apart(&'a str),
    /// A pod not to be near, by the topology key.
    Together(&'a str),
    /// Anything else.
    Other,
}

impl<'a> Topic<'a> {
    /// Of this filter failure.
    pub(super) fn of(failure: &'a FilterFailureReport) -> Self {
        let o = failure;
        if o.claim.is_some() || o.volume.is_some() || o.driver.is_some() {
            return Topic::Volume;
        }
        match (&o.topology_key, &o.wanted, &o.holder) {
            (Some(key), ..) if o.pods.is_some() => return Topic::Apart(key),
            (Some(key), _, Some(_)) => return Topic::Together(key),
            (Some(key), ..) => return Topic::Spread(key),
            (None, Some(wanted), _) => return Topic::Label(wanted),
            (None, None, _) => {}
        }
        match (&o.port, &o.holder, &o.resource, &o.asked, &o.free) {
            (Some(port), Some(_), ..) => Topic::Port(port),
            (_, _, Some(resource), Some(_), Some(_)) => Topic::Resource(resource),
            _ => o.taint.as_deref().map_or(Topic::Other, Topic::Taint),
        }
    }
}

/// `dedicated:NoSchedule` of `dedicated=db:NoSchedule`
pub(super) fn kind_of_taint(taint: &str) -> String {
    match (taint.split_once('='), taint.rsplit_once(':')) {
        (Some((key, _)), Some((_, effect))) => format!("{key}:{effect}"),
        _ => taint.to_owned(),
    }
}
