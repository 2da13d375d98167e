//! Times as kubectl prints them: RFC 1123 with a zone, or how long ago.

use jiff::{SignedDuration, Timestamp};

/// `Mon, 02 Jan 2006 15:04:05 -0700` (Go's `time.RFC1123Z`).
pub(super) fn absolute(text: &str) -> Option<Timestamp> {
    let words: Vec<&str> = text.split_ascii_whitespace().take(6).collect();
    let time = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S %z", words.join(" ")).ok()?;
    // Go prints its zero time for what is not set
    time.to_timestamp().ok().filter(|time| time.as_second() > 0)
}

/// Every time that occurs in a line.
pub(super) fn all_in(line: &str) -> impl Iterator<Item = Timestamp> {
    let days = [
        "Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, ", "Sun, ",
    ];
    let places = days.into_iter().flat_map(|day| line.match_indices(day));
    places.filter_map(|(at, _)| absolute(line.get(at..)?))
}

/// `5m12s`, `47h`, `3d4h`, `2y35d` (apimachinery `pkg/util/duration` HumanDuration).
pub(super) fn ago(text: &str) -> Option<SignedDuration> {
    // an event of a clock that is ahead
    if text == "<invalid>" {
        return Some(SignedDuration::ZERO);
    }
    let mut seconds = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(at)?;
        let mut letters = tail.chars();
        let unit = match letters.next()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'y' => 365 * 86_400,
            _ => return None,
        };
        seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = letters.as_str();
    }
    (!text.is_empty()).then(|| SignedDuration::from_secs(seconds))
}

/// The time so long before `now`.
pub(super) fn before(now: Timestamp, age: Option<SignedDuration>) -> Option<Timestamp> {
    now.checked_sub(age?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_kubectl_prints_them() {
        let time = absolute("Mon, 23 Nov 2026 02:33:08 +0000").unwrap();
        assert_eq!(time.to_string(), "2026-11-23T02:33:08Z");
        assert_eq!(absolute("Mon, 01 Jan 0001 00:00:00 +0000"), None);
        let row = "Ready  True  Mon, 23 Nov 2026 02:33:08 +0100  Mon, 23 Nov 2026 01:30:00 +0100  KubeletReady";
        assert_eq!(all_in(row).count(), 2);
    }

    #[test]
    fn ages_are_read_as_kubectl_prints_them() {
        for (text, seconds) in [
            ("47s", Some(47)),
            ("5m12s", Some(312)),
            ("3h", Some(10_800)),
            ("2d4h", Some(187_200)),
            ("<invalid>", Some(0)),
            ("<unknown>", None),
            ("", None),
            ("12", None),
            ("99999999999999999999d", None),
        ] {
            let read = ago(text).map(|age| age.as_secs());
            assert_eq!(read, seconds, "{text}");
        }
    }
}
