//! What cannot be followed now and may come back. Until it is back nothing is told: what is not seen is not solved.

use crate::gather::ReadError;
use crate::gather::watch::Outage;
use crate::snapshot::Kind;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// An API server that has just started refuses what it will allow, since its roles are yet to come. What is refused for
/// longer was taken away for good, and what is told without it is all there is.
const REFUSED: SignedDuration = SignedDuration::from_mins(15);

/// What cannot be followed, look after look.
#[derive(Debug, Default)]
pub(super) struct Outages {
    /// Since when what could be read is refused.
    refused: BTreeMap<(Kind, Option<String>), Timestamp>,
    lost: Vec<Outage>,
}

impl Outages {
    /// Takes in what cannot be followed at this time. Where what was read is kept as it was seen last, no time makes that all
    /// there is.
    pub(super) fn see(&mut self, outages: Vec<Outage>, at: Timestamp) {
        let before = std::mem::take(&mut self.refused);
        self.lost = outages;
        self.lost.retain(|outage| {
            let is_refused = matches!(
                outage.error,
                ReadError::Forbidden { .. } | ReadError::NotServed
            );
            if outage.is_kept || !is_refused {
                return true;
            }
            let what = (outage.kind, outage.namespace.clone());
            let since = *before.get(&what).unwrap_or(&at);
            self.refused.insert(what, since);
            at.duration_since(since) < REFUSED
        });
    }

    /// What may come back.
    pub(super) fn lost(&self) -> &[Outage] {
        &self.lost
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::run) fn outage(kind: Kind, error: ReadError) -> Outage {
        Outage {
            kind,
            namespace: None,
            error,
            is_kept: false,
        }
    }

    pub(in crate::run) fn refused() -> Vec<Outage> {
        let message = "no roles yet".to_owned();
        vec![outage(Kind::Node, ReadError::Forbidden { message })]
    }

    pub(in crate::run) fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    #[test]
    fn what_is_kept_is_never_all_there_is() {
        let mut outages = Outages::default();
        let mut pods = refused();
        pods[0].is_kept = true;
        for (minute, all, expected) in [
            (0, [pods.clone(), refused()].concat(), 2),
            (14, [pods.clone(), refused()].concat(), 2),
            (15, [pods.clone(), refused()].concat(), 1),
            (1000, pods, 1),
            (1001, refused(), 1),
        ] {
            outages.see(all, at(minute));
            assert_eq!(outages.lost().len(), expected, "{minute}");
        }
    }
}
