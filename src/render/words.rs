//! Numbers, amounts and lists in words.

use crate::kubernetes::quantity::Quantity;

/// Names that a line gives before it counts the rest.
pub(super) const NAMED: usize = 3;

/// A number, its thousands separated.
pub(super) fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 pod`, `2 pods`.
pub(super) fn count(many: usize, one: &str) -> String {
    match many {
        1 => format!("1 {one}"),
        _ => format!("{} {one}s", number(many)),
    }
}

/// The first names, and how many more there are.
pub(super) fn named<T: AsRef<str>>(names: &[T], at_most: usize) -> String {
    let shown: Vec<&str> = names.iter().take(at_most).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(at_most) {
        0 => shown.join(", "),
        more => format!("{} + {} more", shown.join(", "), number(more)),
    }
}

/// A canonical amount of a resource, for people; as it is when it is none.
pub(super) fn amount(canonical: &str, resource: &str) -> String {
    canonical
        .parse::<Quantity>()
        .map_or_else(|_| canonical.to_owned(), |amount| amount.human(resource))
}

/// Bytes in the unit that reads best.
pub(super) fn bytes(bytes: u64) -> String {
    let human = Quantity::from_units(i64::try_from(bytes).unwrap_or(i64::MAX)).human("memory");
    match human.find(|c: char| c.is_ascii_alphabetic()) {
        Some(unit) => {
            let (amount, unit) = human.split_at(unit);
            format!("{amount} {unit}B")
        }
        None => format!("{human} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (given, expected) in [
            (0, "0"),
            (999, "999"),
            (3210, "3,210"),
            (10_000, "10,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(given), expected);
        }
        assert_eq!(count(1, "pod"), "1 pod");
        assert_eq!(count(12_000, "pod"), "12,000 pods");
    }

    #[test]
    fn long_lists_are_counted() {
        assert_eq!(named(&["a", "b", "c"], 3), "a, b, c");
        assert_eq!(named(&["a", "b", "c", "d", "e"], 3), "a, b, c + 2 more");
        assert_eq!(named::<&str>(&[], 3), "");
    }

    #[test]
    fn amounts_are_read_by_people() {
        assert_eq!(amount("1288490189", "memory"), "1.2Gi");
        assert_eq!(amount("1500m", "cpu"), "1.5");
        assert_eq!(amount("a lot", "memory"), "a lot");
        for (given, expected) in [
            (0, "0 B"),
            (900, "900 B"),
            (217_088, "212 KiB"),
            (3_355_443, "3.2 MiB"),
        ] {
            assert_eq!(bytes(given), expected);
        }
    }
}
