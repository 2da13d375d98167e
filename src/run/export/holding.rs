//! What is told while not everything can be followed: as with `--watch`, what is not seen is not solved.

use crate::gather::watch::Outage;
use crate::report::Metrics;

/// Holds still during an outage.
#[derive(Debug, Default)]
pub(super) struct Holding {
    /// Whether a report was told that was made without one.
    is_told: bool,
}

impl Holding {
    /// What is to be told now, after this was told before, while this may come back.
    pub(super) fn told(&mut self, mut now: Metrics, before: &Metrics, lost: &[Outage]) -> Metrics {
        for outage in lost {
            now.lost(outage.kind.as_str(), outage.namespace.as_deref());
        }
        if lost.is_empty() {
            self.is_told = true;
        } else if self.is_told {
            now.hold(before);
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::ReadError;
    use crate::run::outages::Outages;
    use crate::run::outages::tests::{at, outage, refused};
    use crate::snapshot::Kind;

    fn away() -> Vec<Outage> {
        vec![outage(Kind::Pod, ReadError::TooManyRequests)]
    }

    /// How many are told as silenced, and how many kinds as unreadable, by looks of which each saw so many.
    fn told(looks: &[(i64, usize, Vec<Outage>)]) -> Vec<(usize, usize)> {
        let (mut holding, mut seen) = (Holding::default(), Outages::default());
        let mut before = Metrics::default();
        let mut all = Vec::new();
        for (minute, silenced, outages) in looks {
            let at = at(*minute);
            seen.see(outages.clone(), at);
            let now = Metrics {
                silenced: *silenced,
                at,
                ..Metrics::default()
            };
            before = holding.told(now, &before, seen.lost());
            all.push((before.silenced, before.unreadable.len()));
        }
        all
    }

    #[test]
    fn what_was_told_stays_until_the_outage_is_over() {
        let looks = [
            (0, 1, vec![]),
            (1, 2, away()),
            (100, 3, away()),
            (101, 4, vec![]),
        ];
        assert_eq!(told(&looks), [(1, 0), (1, 1), (1, 1), (4, 0)]);
    }

    #[test]
    fn an_outage_at_the_start_leaves_what_there_is() {
        let looks = [
            (0, 1, away()),
            (1, 2, away()),
            (2, 3, vec![]),
            (3, 4, away()),
        ];
        assert_eq!(told(&looks), [(1, 1), (2, 1), (3, 0), (3, 1)]);
    }

    #[test]
    fn what_is_refused_for_long_is_no_outage() {
        let both = [refused(), away()].concat();
        let looks = [
            (0, 1, vec![]),
            (1, 2, refused()),
            (15, 3, refused()),
            (16, 4, refused()),
            (17, 5, both),
            (18, 6, vec![]),
            (19, 7, refused()),
        ];
        let expected = [(1, 0), (1, 1), (1, 1), (4, 0), (4, 1), (6, 0), (6, 1)];
        assert_eq!(told(&looks), expected);
    }
}
