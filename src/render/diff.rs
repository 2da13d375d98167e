//! Two reports compared: a line a finding, what is new first, the numbers last.

use super::arguments::arguments;
use super::line::Line;
use super::style::Style;
use super::writer::{Detail, Writer};
use super::{Layout, json, yaml};
use crate::report::{Diff, Finding, WhyUnknown};
use crate::text::{Message, Sentence, say};

/// Lines of what is still stuck, gone or unknown.
const LINES: usize = 20;

/// For scripts.
///
/// # Errors
/// When a value has no form in JSON; none lacks one.
pub fn diff_json(diff: &Diff) -> anyhow::Result<String> {
    json::write(diff)
}

/// The same as YAML.
///
/// # Errors
/// When a value has no form in YAML; none lacks one.
pub fn diff_yaml(diff: &Diff) -> anyhow::Result<String> {
    yaml::write(diff)
}

/// For people; in full with every line.
pub fn diff(diff: &Diff, whole: bool, layout: Layout) -> String {
    let detail = if whole { Detail::Whole } else { Detail::Short };
    let mut writer = Writer::new(layout, detail);
    let new = diff.new.iter().map(|one| (one, told(one)));
    let changed = diff
        .changed
        .iter()
        .map(|one| (&one.after, became(&one.before, &one.after)));
    let still = diff.still.iter().map(|one| {
        let before = Some(one.affected_before);
        let before = before.filter(|before| *before != one.finding.affected);
        (&one.finding, numbered(&one.finding, before))
    });
    let gone = diff.gone.iter().map(|one| (one, told(one)));
    let unread = diff
        .unknown
        .iter()
        .filter(|one| one.why == WhyUnknown::NotRead);
    let unread = unread.map(|one| (&one.finding, unknown(&one.finding, one.is_stuck_now)));
    let mut write = |title, style, lines: Vec<(&Finding, Message)>, most| {
        section(&mut writer, title, style, &lines, most);
    };
    let all = usize::MAX;
    write(say!("diff.new", "new"), Style::Cause, new.collect(), all);
    write(
        say!("diff.changed", "changed"),
        Style::Stuck,
        changed.collect(),
        all,
    );
    write(
        say!("diff.still", "still"),
        Style::Unknown,
        still.collect(),
        LINES,
    );
    write(
        say!("diff.gone", "gone"),
        Style::Passed,
        gone.collect(),
        LINES,
    );
    write(
        say!("diff.unknown", "unknown"),
        Style::Unknown,
        unread.collect(),
        LINES,
    );
    writer.blank_line();
    let words = Line::new().plain(&writer.says(&counts(diff)));
    writer.paragraph(&Line::new(), &Line::new().pad(4), &words);
    writer.finish()
}

/// Columns of the longest title, and two blanks.
const TITLE: usize = 9;

fn section(
    writer: &mut Writer,
    title: Sentence,
    style: Style,
    lines: &[(&Finding, Message)],
    most: usize,
) {
    let title = writer.word(title);
    let shown = writer.at_most(most);
    for (finding, words) in lines.iter().take(shown) {
        let object = arguments(writer, [&finding.subject], 1);
        let line = Line::of(Style::Object, &object)
            .plain(": ")
            .prose(Style::Plain, &writer.says(words));
        let start = Line::of(style, &title).column(TITLE);
        writer.paragraph(&start, &Line::new().pad(TITLE + 2), &line);
    }
    let left = lines.len().saturating_sub(shown);
    if left > 0 {
        let words =
            Message::new(say!("diff.more", "+ {left} more with -o wide")).fact("left", left);
        let words = Line::of(Style::Faint, &writer.says(&words));
        writer.line(&Line::of(style, &title).column(TITLE).append(&words));
    }
}

/// `oom-killed (likely): the container …`
fn told(finding: &Finding) -> Message {
    numbered(finding, None)
}

fn numbered(finding: &Finding, before: Option<usize>) -> Message {
    let sure = finding
        .certainty
        .as_deref()
        .filter(|sure| *sure != "proven");
    let headline = Some(finding.headline.as_str()).filter(|headline| !headline.is_empty());
    Message::new(say!(
        "diff.finding",
        "{cause}[ ({certainty})][: {headline}][; {affected} stuck in place of {before}]"
    ))
    .fact("cause", finding.cause.as_str())
    .fact_if("certainty", sure)
    .fact_if("headline", headline)
    .fact("affected", finding.affected)
    .fact_if("before", before)
}

fn became(before: &Finding, after: &Finding) -> Message {
    let other = before.cause != after.cause;
    Message::new(if other {
        say!("diff.other-cause", "{before} became {after}")
    } else if before.certainty != after.certainty {
        say!("diff.other-certainty", "{after}, which was {certainty}")
    } else {
        say!("diff.other-facts", "{after}, and before: {headline}")
    })
    .fact("before", before.cause.as_str())
    .fact("after", told(after))
    .fact("certainty", before.certainty.as_deref().unwrap_or_default())
    .fact("headline", before.headline.as_str())
}

fn unknown(finding: &Finding, is_stuck_now: bool) -> Message {
    Message::new(if is_stuck_now {
        say!("diff.unread-before", "{finding} (not read before)")
    } else {
        say!("diff.unread-now", "{finding} (not read now)")
    })
    .fact("finding", told(finding))
}

/// `1 new, 0 changed, 3 still stuck, 2 gone, since 2026-03-02T10:30:00Z`
fn counts(diff: &Diff) -> Message {
    let count = |why| diff.unknown.iter().filter(|one| one.why == why).count();
    let some = |count: usize| Some(count).filter(|count| *count > 0);
    Message::new(say!(
        "diff.counts",
        "{new} new, {changed} changed, {still} still stuck, {gone} gone[, {unknown} unknown][, {silenced} silenced since][; \
         {elsewhere} not asked for in both], from {before} to {after}"
    ))
    .fact("new", diff.new.len())
    .fact("changed", diff.changed.len())
    .fact("still", diff.still.len())
    .fact("gone", diff.gone.len())
    .fact_if("unknown", some(count(WhyUnknown::NotRead)))
    .fact_if("silenced", some(diff.silenced))
    .fact_if("elsewhere", some(count(WhyUnknown::NotAsked)))
    .fact("before", diff.before.as_of.as_str())
    .fact("after", diff.after.as_of.as_str())
}
