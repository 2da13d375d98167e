//! How long to wait before the next try: longer each time, and never in step with others.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(800);
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses between tries that fail.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// It went well.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed: how long to wait.
    pub(super) fn next(&mut self) -> Duration {
        let pause = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        pause.mul_f64(jitter())
    }
}

/// Between 1 and 1.5.
pub(super) fn jitter() -> f64 {
    let random = RandomState::new().hash_one(()) % 1000;
    1.0 + f64::from(u16::try_from(random).unwrap_or_default()) / 2000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew() {
        let mut backoff = Backoff::default();
        let pauses: Vec<Duration> = (0..12).map(|_| backoff.next()).collect();
        let is_within = |pause: &Duration, least: Duration| {
            *pause >= least && *pause <= least.mul_f64(1.5)
        };
        assert!(is_within(&pauses[0], FIRST));
        assert!(is_within(&pauses[1], FIRST * 2));
        assert!(is_within(&pauses[11], LONGEST));
        backoff.reset();
        assert!(is_within(&backoff.next(), FIRST));
    }
}
