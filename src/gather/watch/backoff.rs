//! How long to wait for what: for the next try longer each time, and never in step with others.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long a watch waits for what.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// For the first try after one that failed; then twice as long each time.
    pub first: Duration,
    /// For any try.
    pub longest: Duration,
    /// For one at a server that was not reached: it feels nothing of it, and what happens meanwhile is not seen.
    pub unreached: Duration,
    /// Until what cannot be watched is read again.
    pub poll: Duration,
    /// Until what is refused is asked for again.
    pub refused: Duration,
    /// A connection that is back within this was not lost.
    pub grace: Duration,
    /// Nothing comes for so long on a connection that is alive.
    pub silence: Duration,
    /// What nothing needs is followed on: what a pod needed may be needed by the next one.
    pub linger: Duration,
    /// Until events that do not matter any more are let go.
    pub prune: Duration,
    /// Changes that come together are told together.
    pub together: Duration,
    /// Credentials that are refused are not asked for more often.
    pub renewal: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            first: Duration::from_millis(800),
            longest: Duration::from_secs(30),
            unreached: Duration::from_secs(5),
            poll: Duration::from_secs(15),
            refused: Duration::from_secs(60),
            grace: Duration::from_secs(10),
            // the API server sends a bookmark every minute (Kubernetes 1.37, apiserver `pkg/storage/cacher`, bookmarkFrequency)
            silence: Duration::from_secs(150),
            linger: Duration::from_secs(60),
            prune: Duration::from_secs(30),
            together: Duration::from_millis(100),
            renewal: Duration::from_secs(10),
        }
    }
}

/// The pauses between tries that fail.
#[derive(Debug)]
pub(super) struct Backoff {
    pace: Pace,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(pace: Pace) -> Self {
        Backoff { pace, failures: 0 }
    }

    /// It went well.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed: how long to wait.
    pub(super) fn next(&mut self) -> Duration {
        self.up_to(self.pace.longest)
    }

    /// The server was not reached: how long to wait.
    pub(super) fn unreached(&mut self) -> Duration {
        self.up_to(self.pace.unreached)
    }

    fn up_to(&mut self, longest: Duration) -> Duration {
        let pause = self.pace.first.saturating_mul(1 << self.failures.min(16));
        if pause < longest {
            self.failures += 1;
        }
        jittered(pause.min(longest))
    }
}

/// Up to half as much again.
pub(super) fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(()) % 1000;
    pause.mul_f64(1.0 + f64::from(u16::try_from(random).unwrap_or_default()) / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew() {
        let pace = Pace::default();
        let mut backoff = Backoff::new(pace);
        let pauses: Vec<Duration> = (0..12).map(|_| backoff.next()).collect();
        let is_within =
            |pause: Duration, least: Duration| pause >= least && pause <= least.mul_f64(1.5);
        assert!(is_within(pauses[0], pace.first));
        assert!(is_within(pauses[1], pace.first * 2));
        assert!(is_within(pauses[11], pace.longest));
        backoff.reset();
        assert!(is_within(backoff.next(), pace.first));
        // a server that answers again after it was away has its time from there on
        backoff.reset();
        let away: Vec<Duration> = (0..12).map(|_| backoff.unreached()).collect();
        assert!(is_within(away[11], pace.unreached));
        assert!(is_within(backoff.next(), pace.first * 8));
    }
}
