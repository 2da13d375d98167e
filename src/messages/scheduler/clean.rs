//! Undoes what recorders, terminals and people do to a scheduler's message, and cuts it into counted pieces.

use crate::messages::form::{strip_prefix, strip_suffix};

/// What may stand before a message without belonging to it.
const WRAPPERS: &[&str] = &[
    // client-go tools/record/events_cache.go: EventAggregator
    "(combined from similar events): ",
    "FailedScheduling: ",
    "Unschedulable: ",
    // columns of `kubectl describe` and of log shippers
    "[Warning]",
    "[FailedScheduling]",
    "[Pod]",
    "Warning FailedScheduling ",
    // kube-scheduler 1.24, 1.25: schedule_one.go handleBindingCycleError
    "binding rejected: ",
];

/// Items of PostFilter plugins other than preemption, which say nothing about why the pod does not fit.
/// Sources: kube-scheduler plugins/dynamicresources (1.26+), schedule_one_podgroup.go (1.36).
const POST_FILTER: &[&str] = &[
    "no new claims to deallocate",
    "still not schedulable",
    "deallocation of ResourceClaim completed",
    "deletion of ResourceClaim completed",
    "ResourceClaim unreserved for PodGroup",
    "All PostFilter plugins are skipped",
    "plugin disabled",
    // 1.37: the status of the PostFilter phase behind a PreFilter sentence, `… PersistentVolumeClaims. not found`
    ". not found",
];

/// A table's borders, as k9s draws them through a pasted message.
const BORDERS: [char; 3] = ['│', '┃', '║'];

/// The message in one line, without wrappers, and whether it was cut (events: `<first 1020 bytes> ...`).
pub(super) fn clean(message: &str) -> (String, bool) {
    let text = straight(&unboxed(message))
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let mut rest = text.as_str();
    while let Some(less) = WRAPPERS
        .iter()
        .find_map(|wrapper| strip_prefix(rest, wrapper))
    {
        rest = less.trim_start();
    }
    match rest.strip_suffix("...").or_else(|| rest.strip_suffix('…')) {
        Some(kept) => (kept.trim_end().to_owned(), true),
        None => (rest.to_owned(), false),
    }
}

/// Joins the lines of a box: its border was put between two characters of the message, in the middle of a word as often as not.
fn unboxed(message: &str) -> String {
    if message.contains(BORDERS) {
        message.split(BORDERS).map(str::trim).collect()
    } else {
        message.to_owned()
    }
}

/// Typographic quotation marks, as pasted from chats and blogs, made plain.
fn straight(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
            '\u{2018}' | '\u{2019}' => '\'',
            _ => c,
        })
        .collect()
}

/// Without full stops, stray marks and the items of PostFilter plugins at the end.
pub(super) fn trim_end(text: &str) -> &str {
    let mut rest = text;
    loop {
        let before = rest.len();
        rest = rest.trim_end_matches(['.', ',', ';', '*', ' ', '\n']);
        if rest.ends_with('"') && rest.matches('"').count() % 2 == 1 {
            rest = rest.strip_suffix('"').unwrap_or(rest);
        }
        rest = POST_FILTER
            .iter()
            .find_map(|item| strip_suffix(rest, item))
            .unwrap_or(rest);
        if rest.len() == before {
            return rest;
        }
    }
}

/// Cuts `3 Insufficient cpu, 1 node(s) had taint {a: b}, that the pod didn't tolerate` before each count. Text before the first
/// count comes first, without one.
pub(super) fn pieces(text: &str) -> Vec<(Option<u32>, &str)> {
    let mut cuts: Vec<(usize, usize, Option<u32>)> = Vec::new();
    let starts =
        std::iter::once(0).chain(text.match_indices(", ").map(|(at, comma)| at + comma.len()));
    for start in starts {
        let rest = text.get(start..).unwrap_or_default();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let after = rest.get(digits..).and_then(|rest| rest.strip_prefix(' '));
        if digits > 0 && after.is_some_and(|after| after.starts_with(|c: char| !c.is_ascii_digit()))
        {
            cuts.push((
                start,
                digits,
                rest.get(..digits).and_then(|count| count.parse().ok()),
            ));
        }
    }
    let first = cuts.first().map_or(text.len(), |(start, ..)| *start);
    let head = Some((None, text.get(..first).unwrap_or_default()))
        .filter(|(_, head)| !head.trim().is_empty());
    let ends = cuts
        .iter()
        .skip(1)
        .map(|(start, ..)| *start)
        .chain(std::iter::once(text.len()));
    let counted = cuts.iter().zip(ends).map(|((start, digits, count), end)| {
        (*count, text.get(start + digits..end).unwrap_or_default())
    });
    head.into_iter()
        .chain(counted)
        .map(|(count, piece)| (count, trim_end(piece.trim())))
        .collect()
}
