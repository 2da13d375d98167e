//! Spans of time as kubectl prints them and as its flags take them.
//!
//! Here live the two spellings. What the time is, and how long something lasted, is not known here.
//!
//! Sources: apimachinery `pkg/util/duration/duration.go` (v0.37), `HumanDuration`; Go `time.ParseDuration`
//! (1.26); kubectl's `--request-timeout`, which also takes a bare number of seconds.

use std::time::Duration;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// An age with two or three significant digits, as in kubectl's AGE column: `90s`, `5m30s`, `41m`,
/// `3h5m`, `2d4h`. The clocks of two machines may differ by a second; more than that is `<invalid>`.
pub fn human_seconds(seconds: i64) -> String {
    let two = |(large, large_name): (i64, &str), (small, small_name): (i64, &str)| {
        let (whole, rest) = (seconds / large, seconds % large / small);
        if rest == 0 {
            format!("{whole}{large_name}")
        } else {
            format!("{whole}{large_name}{rest}{small_name}")
        }
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if seconds < 10 * MINUTE => two((MINUTE, "m"), (1, "s")),
        _ if seconds < 3 * HOUR => format!("{}m", seconds / MINUTE),
        _ if seconds < 8 * HOUR => two((HOUR, "h"), (MINUTE, "m")),
        _ if seconds < 2 * DAY => format!("{}h", seconds / HOUR),
        _ if seconds < 8 * DAY => two((DAY, "d"), (HOUR, "h")),
        _ if seconds < 2 * YEAR => format!("{}d", seconds / DAY),
        _ if seconds < 8 * YEAR => two((YEAR, "y"), (DAY, "d")),
        _ => format!("{}y", seconds / YEAR),
    }
}

/// Why a text is not a span of time.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DurationError {
    /// There is no number, or a number without a unit behind another.
    #[error("duration {0:?} is not a number with a unit, such as 30s or 1h30m")]
    Malformed(String),
    /// The unit is none of ns, us, ms, s, m and h.
    #[error("duration {text:?} has the unknown unit {unit:?}")]
    UnknownUnit {
        /// The whole text.
        text: String,
        /// What stands where a unit should.
        unit: String,
    },
    /// It lies in the past.
    #[error("duration {0:?} is negative")]
    Negative(String),
    /// It lasts longer than can be counted.
    #[error("duration {0:?} is too long")]
    TooLong(String),
}

/// Reads `30` (seconds), `0`, `1s`, `2m`, `1h30m`, `500ms`, `1.5h`.
pub fn parse_go_duration(text: &str) -> Result<Duration, DurationError> {
    if text.starts_with('-') {
        return Err(DurationError::Negative(text.to_owned()));
    }
    let malformed = || DurationError::Malformed(text.to_owned());
    let too_long = || DurationError::TooLong(text.to_owned());
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()) {
        return rest
            .parse()
            .map(Duration::from_secs)
            .map_err(|_| too_long());
    }
    if rest.is_empty() {
        return Err(malformed());
    }
    let mut nanos = 0_u64;
    while !rest.is_empty() {
        let (number, behind) = split_at_first(rest, |c| !(c.is_ascii_digit() || c == '.'));
        let (name, behind) = split_at_first(behind, |c| c.is_ascii_digit() || c == '.');
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if name.is_empty() || whole.len() + fraction.len() == 0 || fraction.contains('.') {
            return Err(malformed());
        }
        let unit = unit_nanos(name).ok_or_else(|| DurationError::UnknownUnit {
            text: text.to_owned(),
            unit: name.to_owned(),
        })?;
        let part = amount_nanos(whole, fraction, unit).ok_or_else(too_long)?;
        nanos = nanos.checked_add(part).ok_or_else(too_long)?;
        rest = behind;
    }
    Ok(Duration::from_nanos(nanos))
}

fn split_at_first(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at_checked(text.find(is_end).unwrap_or(text.len()))
        .unwrap_or((text, ""))
}

fn unit_nanos(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        // the micro sign, and the Greek letter that looks like it
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// What is smaller than a nanosecond is dropped.
fn amount_nanos(whole: &str, fraction: &str, unit: u64) -> Option<u64> {
    let number = |digits: &str| {
        if digits.is_empty() {
            Some(0)
        } else {
            digits.parse::<u64>().ok()
        }
    };
    let counted = fraction.get(..fraction.len().min(15))?;
    let scale = 10_u128.pow(u32::try_from(counted.len()).ok()?);
    let below = u128::from(number(counted)?) * u128::from(unit) / scale;
    number(whole)?
        .checked_mul(unit)?
        .checked_add(u64::try_from(below).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_in_kubectl() {
        for (seconds, expected) in [
            (i64::MIN, "<invalid>"),
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (121, "2m1s"),
            (599, "9m59s"),
            (600, "10m"),
            (41 * MINUTE + 59, "41m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + 5 * MINUTE + 9, "3h5m"),
            (8 * HOUR - 1, "7h59m"),
            (8 * HOUR + 59 * MINUTE, "8h"),
            (2 * DAY - 1, "47h"),
            (2 * DAY + 4 * HOUR, "2d4h"),
            (3 * DAY + 59 * MINUTE, "3d"),
            (8 * DAY + HOUR, "8d"),
            (2 * YEAR - 1, "729d"),
            (2 * YEAR + DAY, "2y1d"),
            (3 * YEAR, "3y"),
            (8 * YEAR + 100 * DAY, "8y"),
        ] {
            assert_eq!(human_seconds(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn reads_what_flags_take() {
        for (text, expected) in [
            ("0", Duration::ZERO),
            ("30", Duration::from_secs(30)),
            ("+5", Duration::from_secs(5)),
            ("0s", Duration::ZERO),
            ("1s", Duration::from_secs(1)),
            ("2m", Duration::from_secs(120)),
            ("1h30m", Duration::from_secs(5400)),
            ("1.5h", Duration::from_secs(5400)),
            (".5s", Duration::from_millis(500)),
            ("2.s", Duration::from_secs(2)),
            ("500ms", Duration::from_millis(500)),
            ("3µs2ns", Duration::from_nanos(3_002)),
            ("1us", Duration::from_micros(1)),
            ("0.0000000019s", Duration::from_nanos(1)),
        ] {
            assert_eq!(parse_go_duration(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn says_why_a_text_is_no_duration() {
        let unknown = |text: &str, unit: &str| DurationError::UnknownUnit {
            text: text.to_owned(),
            unit: unit.to_owned(),
        };
        for (text, error) in [
            ("", DurationError::Malformed(String::new())),
            ("+", DurationError::Malformed("+".to_owned())),
            ("s", DurationError::Malformed("s".to_owned())),
            (".s", DurationError::Malformed(".s".to_owned())),
            ("1.2.3s", DurationError::Malformed("1.2.3s".to_owned())),
            ("1h30", DurationError::Malformed("1h30".to_owned())),
            ("1.5", DurationError::Malformed("1.5".to_owned())),
            ("-1s", DurationError::Negative("-1s".to_owned())),
            ("1d", unknown("1d", "d")),
            ("1 s", unknown("1 s", " s")),
            ("5min", unknown("5min", "min")),
            (
                "99999999999h",
                DurationError::TooLong("99999999999h".to_owned()),
            ),
            (
                "99999999999999999999",
                DurationError::TooLong("99999999999999999999".to_owned()),
            ),
        ] {
            assert_eq!(parse_go_duration(text), Err(error), "{text}");
        }
        let message = parse_go_duration("1d").map_err(|error| error.to_string());
        assert_eq!(
            message,
            Err("duration \"1d\" has the unknown unit \"d\"".to_owned())
        );
    }
}
