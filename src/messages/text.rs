//! Peels what recorders, kubelet and gRPC put around a text, and reads hosts out of it. Everything returned is a part
//! of what came in.

use super::form::{position, strip_prefix};

/// What may stand before a text without belonging to it.
const WRAPPERS: &[&str] = &[
    // client-go tools/record/events_cache.go: EventAggregator
    "(combined from similar events): ",
    "Error: ",
    "Warning: ",
    // kubelet 1.26+: status.message of a pod refused at admission
    "Pod was rejected: ",
];

/// A message without its wrappers and without blanks around it.
pub(crate) fn unwrap(message: &str) -> &str {
    let mut rest = message.trim();
    while let Some(less) = WRAPPERS
        .iter()
        .find_map(|wrapper| strip_prefix(rest, wrapper))
    {
        rest = less.trim_start();
    }
    rest
}

/// A message without its wrappers, with quotation marks as they were.
pub(crate) fn bare(message: &str) -> String {
    plain(unwrap(message))
}

/// A text without `rpc error: code = <code> desc = `, which newer kubelets drop for the code Unknown.
pub(crate) fn without_rpc(text: &str) -> &str {
    let mut rest = text;
    while let Some(less) = strip_prefix(rest, "rpc error: code = ")
        .and_then(|rest| Some(rest.split_once("desc = ")?.1))
    {
        rest = less.trim_start();
    }
    rest
}

/// With quotation marks as they were before a logger escaped them or a chat made them typographic.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut escapes = 0;
    for c in text.chars() {
        match c {
            '\\' => escapes += 1,
            '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' => {
                escapes = 0;
                plain.push('"');
            }
            _ => {
                plain.extend(std::iter::repeat_n('\\', std::mem::take(&mut escapes)));
                plain.push(if matches!(c, '\u{2018}' | '\u{2019}') {
                    '\''
                } else {
                    c
                });
            }
        }
    }
    plain.extend(std::iter::repeat_n('\\', escapes));
    plain
}

/// The host, with its port if it names one, of each URL in a text, in their order.
pub(crate) fn hosts(text: &str) -> impl Iterator<Item = &str> {
    urls(text).map(|(_, host)| host)
}

/// What stands before each URL in a text, without its quotation mark, and its host, in their order.
pub(crate) fn urls(text: &str) -> impl Iterator<Item = (&str, &str)> {
    const SCHEMES: [&str; 3] = ["https://", "http://", "docker://"];
    text.match_indices("://").filter_map(move |(at, mark)| {
        let (head, rest) = text.split_at_checked(at + mark.len())?;
        let before = SCHEMES
            .iter()
            .find_map(|scheme| head.strip_suffix(scheme))?;
        let end = rest
            .find(|c: char| c.is_whitespace() || "/\"'?,;)]".contains(c))
            .unwrap_or(rest.len());
        let host = rest.get(..end)?.trim_end_matches([':', '.']);
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let before = before.trim_end_matches(['"', '\\', ' ']);
        (!host.is_empty()).then_some((before, host))
    })
}

/// The text from `mark` on, without it.
pub(crate) fn after<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    text.get(position(text, mark)? + mark.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wrappers_come_off_in_any_order() {
        assert_eq!(unwrap(" (combined from similar events): Error: x"), "x");
        assert_eq!(unwrap("Error: (combined from similar events): x "), "x");
        assert_eq!(
            without_rpc("rpc error: code = Unknown desc = rpc error: code = 4 desc = x"),
            "x"
        );
        assert_eq!(
            without_rpc("rpc error: code = Unknown"),
            "rpc error: code = Unknown"
        );
    }

    #[test]
    fn quotation_marks_become_plain() {
        assert_eq!(
            plain(r#"a \"b\" \\\"c\\\" “d” e\f\"#),
            r#"a "b" "c" "d" e\f\"#
        );
    }

    #[test]
    fn hosts_of_urls() {
        let text = "Get \"https://a.example:5000/v2/\": Head http://me:x@b.example/v2?x=1: see docker://c/d, ftp://no/";
        assert_eq!(
            hosts(text).collect::<Vec<_>>(),
            ["a.example:5000", "b.example", "c"]
        );
        assert_eq!(after("a Mark: b", "mark: "), Some("b"));
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in "\\PC{0,60}") {
            let _ = (unwrap(&text), without_rpc(&text), plain(&text), hosts(&text).count());
            let _ = urls(&format!("https://{text}")).count();
        }
    }
}
