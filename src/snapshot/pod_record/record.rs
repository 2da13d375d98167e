//! What is kept of a live pod.

use super::FootprintId;
use jiff::Timestamp;
use std::num::NonZeroU32;
use std::sync::Arc;

/// A pod that takes part in scheduling: any that has not ended, bound to a node or not.
#[derive(Debug, Clone, PartialEq)]
pub struct PodRecord {
    /// `metadata.namespace`
    pub namespace: Arc<str>,
    /// `metadata.name`
    pub name: Box<str>,
    /// `spec.nodeName`
    pub node: Option<Arc<str>>,
    /// Its controller as `Kind/name`.
    pub controller: Option<Arc<str>>,
    /// Being deleted; it counts on its node until it is gone.
    pub terminating: bool,
    /// Its Ready condition is True.
    pub ready: bool,
    /// It has an address of IPv4.
    pub has_ipv4: bool,
    /// It has one of IPv6.
    pub has_ipv6: bool,
    pub(super) nominated: Option<Box<Arc<str>>>,
    pub(super) gone_by: Second,
    pub(super) started: Second,
    pub(super) healthy: Option<u16>,
    pub(super) footprint: FootprintId,
}

impl PodRecord {
    /// `status.nominatedNodeName`: where preemption is making room for it.
    pub fn nominated(&self) -> Option<&Arc<str>> {
        self.nominated.as_deref()
    }

    /// `metadata.deletionTimestamp`: when its grace period is over.
    pub fn gone_by(&self) -> Option<Timestamp> {
        self.gone_by.time()
    }

    /// `status.startTime`: when its node took it up.
    pub fn started(&self) -> Option<Timestamp> {
        self.started.time()
    }

    /// The number of its containers when it is plainly healthy, so that nothing more is kept of it; absent where that was not
    /// looked at.
    pub fn healthy(&self) -> Option<u16> {
        self.healthy
    }

    /// Whether it takes of the nodes what it took: a scheduler sees no difference.
    pub(in crate::snapshot) fn occupies_as(&self, before: &PodRecord) -> bool {
        self.node == before.node
            && self.nominated == before.nominated
            && self.footprint == before.footprint
            && self.terminating == before.terminating
    }

    /// Whether both are the same pod.
    pub fn is(&self, other: &PodRecord) -> bool {
        self.name == other.name && self.namespace == other.namespace
    }
}

/// A time, to the second as the API writes those of pods; what is later than 2106 is as of then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Second(Option<NonZeroU32>);

impl Second {
    pub(super) fn of(time: Option<Timestamp>) -> Self {
        let seconds = |time: Timestamp| time.as_second().clamp(0, u32::MAX.into());
        let seconds = time.and_then(|time| u32::try_from(seconds(time)).ok());
        Second(seconds.and_then(NonZeroU32::new))
    }

    fn time(self) -> Option<Timestamp> {
        Timestamp::from_second(self.0?.get().into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_record_is_small_and_knows_its_times_to_the_second() {
        assert!(size_of::<PodRecord>() <= 96, "{}", size_of::<PodRecord>());
        let time: Timestamp = "2026-03-02T10:00:01Z".parse().unwrap();
        assert_eq!(Second::of(Some(time)).time(), Some(time));
        assert_eq!(Second::of(None).time(), None);
        let last = Second::of(Some(Timestamp::MAX)).time();
        assert_eq!(last.unwrap().as_second(), i64::from(u32::MAX));
    }
}
