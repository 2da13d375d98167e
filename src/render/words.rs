//! Numbers, amounts and lists in words.

use crate::kubernetes::quantity::Quantity;
use crate::text::{Message, say};

/// Names that a line gives before it counts the rest.
pub(super) const NAMED: usize = 3;

/// The first names, and how many more there are.
pub(super) fn named<T: AsRef<str>>(names: &[T], at_most: usize) -> Message {
    let shown: Vec<&str> = names.iter().take(at_most).map(AsRef::as_ref).collect();
    let more = names.len().checked_sub(at_most).filter(|more| *more > 0);
    Message::new(say!("text.list.named", "{shown}[ + {more} more]"))
        .fact("shown", shown.join(", "))
        .fact_if("more", more)
}

/// The cluster's own words in place of a sentence.
pub(super) fn verbatim(words: &str) -> Message {
    Message::new(say!("text.list.verbatim", "{words}")).fact("words", words)
}

/// All of them, with commas between.
pub(super) fn listed(messages: impl IntoIterator<Item = Message>) -> Message {
    let with_comma = |all: Message, next: Message| {
        Message::new(say!("text.list.comma", "{all}, {next}"))
            .fact("all", all)
            .fact("next", next)
    };
    let all = messages.into_iter().reduce(with_comma);
    all.unwrap_or_else(|| verbatim(""))
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
    fn long_lists_are_counted() {
        let english = |names: &[&str]| named(names, 3).english();
        assert_eq!(english(&["a", "b", "c"]), "a, b, c");
        assert_eq!(english(&["a", "b", "c", "d", "e"]), "a, b, c + 2 more");
        assert_eq!(english(&[]), "");
        assert_eq!(listed([verbatim("a"), named(&["b"], 1)]).english(), "a, b");
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
