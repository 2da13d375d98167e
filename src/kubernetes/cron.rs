//! When the schedule of a CronJob comes due (kube-controller-manager 1.37 reads it with github.com/robfig/cron/v3 ParseStandard).

use cronexpr::{FallbackTimezoneOption, MakeTimestamp, ParseOptions, parse_crontab_with};
use jiff::{SignedDuration, Timestamp};

/// In whichever time zone a schedule is read, it is due no later after the same time of UTC.
const ZONES: SignedDuration = SignedDuration::from_hours(14);

/// No time of a schedule is further away.
const AHEAD: SignedDuration = SignedDuration::from_hours(5 * 366 * 24);

/// What else a schedule may say.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// When it has come due so many times after `after`, wherever its controller is; `None` where that cannot be told.
pub fn due(schedule: &str, after: Timestamp, times: usize) -> Option<Timestamp> {
    let nickname = NICKNAMES.iter().find(|(name, _)| *name == schedule.trim());
    let fields = nickname.map_or(schedule, |(_, fields)| fields);
    let mut options = ParseOptions::default();
    options.fallback_timezone_option = FallbackTimezoneOption::UTC;
    let crontab = parse_crontab_with(&fields.replace('?', "*"), options).ok()?;
    // the library looks some years ahead, and there has to be such a time
    let ahead = AHEAD.checked_mul(i32::try_from(times).ok()?.checked_add(1)?)?;
    after.checked_add(ahead).ok()?;
    let mut at = after;
    for _ in 0..times {
        at = crontab.find_next(MakeTimestamp(at)).ok()?.timestamp();
    }
    at.checked_add(ZONES).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_comes_due_as_its_controller_reads_it() {
        let after = "2026-01-01T00:40:00Z".parse().unwrap();
        for (schedule, expected) in [
            ("*/30 * * * *", Some("2026-01-01T15:30:00Z")),
            ("0 3 * * *", Some("2026-01-02T17:00:00Z")),
            // the one or the other day
            ("0 0 13 * FRI", Some("2026-01-09T14:00:00Z")),
            ("@hourly", Some("2026-01-01T16:00:00Z")),
            ("@every 1h", None),
            ("never", None),
            ("0 0 30 2 *", None),
        ] {
            let found = due(schedule, after, 2).map(|time| time.to_string());
            assert_eq!(found.as_deref(), expected, "{schedule}");
        }
        assert_eq!(due("@yearly", Timestamp::MAX, 2), None);
    }
}
