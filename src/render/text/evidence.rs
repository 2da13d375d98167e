//! What the cluster said, behind a bar, with who said it.

use super::contributing::Above;
use super::margin::{BAR, bar};
use super::shown::{MORE_QUOTES, beside};
use crate::kubernetes::text::{clean, truncate_width, width};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::wrap::wrap;
use crate::render::writer::Writer;
use crate::report::Affected;
use crate::snapshot::{Evidence, Origin};
use crate::text::{Fact, Message, Seconds, say};
use std::borrow::Cow;

/// How the scheduler calls itself in events.
const DEFAULT_SCHEDULER: &str = "default-scheduler";
/// Lines of the quote that settles the cause.
const PROOF_LINES: usize = 3;
/// Lines of any other quote.
const MORE_LINES: usize = 2;
/// Writes the proof, then what else there is, but what is quoted above; whether there was anything.
pub(super) fn write(
    writer: &mut Writer,
    proof: &Evidence,
    more: &[Evidence],
    pods: &[&Affected],
    above: &Above<'_>,
) -> bool {
    let proof_is_new = !above.quoted(proof);
    if proof_is_new {
        quote(writer, proof, pods, PROOF_LINES);
    }
    let more: Vec<&Evidence> = beside(proof, more)
        .filter(|evidence| !above.quoted(evidence))
        .collect();
    list(writer, &more, pods, MORE_QUOTES);
    proof_is_new || !more.is_empty()
}

/// Writes quotes of equal weight.
pub(super) fn list(writer: &mut Writer, evidence: &[&Evidence], pods: &[&Affected], most: usize) {
    let shown = writer.at_most(most);
    for evidence in evidence.iter().take(shown) {
        quote(writer, evidence, pods, MORE_LINES);
    }
    let left = evidence.len().saturating_sub(shown);
    if left > 0 {
        let sentence = say!(
            "text.evidence.more",
            "+ {quotes} more {quotes|quote|quotes} with -o wide"
        );
        let words = writer.says(&Message::new(sentence).fact("quotes", left));
        writer.line(&bar().with(Style::Faint, &words));
    }
}

fn quote(writer: &mut Writer, evidence: &Evidence, pods: &[&Affected], most: usize) {
    let room = writer.room(BAR);
    let origin = origin(writer, evidence, pods);
    let mut lines = behind(&origin, &words(writer, evidence), room);
    let most = writer.at_most(most);
    if lines.len() > most {
        let end = end(evidence, room.saturating_sub(2));
        lines.truncate(most.saturating_sub(usize::from(end.is_some())));
        match (end, lines.last_mut()) {
            (Some(end), _) => lines.push(end),
            (None, Some(last)) => *last = head(last, room.saturating_sub(2)),
            (None, None) => {}
        }
    }
    for (index, line) in lines.iter().enumerate() {
        let indent = if index == 0 { 0 } else { 2 };
        let start = bar().plain(&" ".repeat(indent));
        let left = room.saturating_sub(indent);
        writer.line(&start.append(&cut(line, left, writer.whole())));
    }
}

/// The quote. How the scheduler counts for preemption is the same count once more, and left out.
pub(super) fn words<'a>(writer: &Writer, evidence: &'a Evidence) -> Cow<'a, str> {
    let cleaned = clean(&evidence.quote);
    if evidence.origin == Origin::Absence {
        let absent = Message::new(say!("text.evidence.absent", "{object} not found"));
        return Cow::Owned(writer.says(&absent.fact("object", &*cleaned)));
    }
    if cleaned.trim().is_empty() {
        return Cow::Owned(writer.word(say!("text.evidence.no-words", "(no words)")));
    }
    match cleaned.split_once(" preemption: ") {
        Some((before, _)) if !writer.whole() && is_scheduler(evidence) => {
            Cow::Owned(format!("{before} …"))
        }
        _ => cleaned,
    }
}

/// Whether the scheduler says it, in an event or in the condition that it writes.
fn is_scheduler(evidence: &Evidence) -> bool {
    match &evidence.origin {
        Origin::Event { component, .. } => {
            matches!(component.as_str(), DEFAULT_SCHEDULER | "scheduler")
        }
        Origin::Field { path } => path == "status.conditions[PodScheduled].message",
        Origin::Absence | Origin::Computed { .. } => false,
    }
}

/// The words in lines behind where they are from; lines after the first leave two columns for their indentation.
fn behind(origin: &str, words: &str, room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = Line::of(Style::Faint, origin).with(Style::Faint, ": ");
    for line in words.lines().filter(|line| !line.trim().is_empty()) {
        let first = room.saturating_sub(if lines.is_empty() { 0 } else { 2 });
        let words = std::mem::take(&mut start).plain(line);
        lines.extend(wrap(&words, first, room.saturating_sub(2)));
    }
    lines
}

/// A word without end, like a token, would flood the screen; of an object as JSON the start will do.
fn cut(line: &Line, room: usize, whole: bool) -> Line {
    let text = line.text();
    let most = if text.starts_with(['{', '[']) {
        room
    } else {
        room.saturating_mul(2)
    };
    if whole || line.width() <= most {
        line.clone()
    } else {
        Line::new().plain(&truncate_width(&text, room))
    }
}

/// The line with `…` at its end.
fn head(line: &Line, room: usize) -> Line {
    if line.width() + 2 <= room {
        return line.clone().plain(" …");
    }
    let text = line.text();
    let kept = text
        .rsplit_once(' ')
        .map_or(text.as_str(), |(before, _)| before);
    Line::new().plain(&truncate_width(&format!("{kept} …"), room))
}

/// The last words behind `…`: each layer puts its own words before the error that it hands on, and a
/// program says last why it ends. The scheduler's last words are about preemption and say nothing.
fn end(evidence: &Evidence, room: usize) -> Option<Line> {
    if is_scheduler(evidence) {
        return None;
    }
    let cleaned = clean(&evidence.quote);
    let last = cleaned.trim_end().lines().last()?;
    let mut kept = String::new();
    for word in last.split_whitespace().rev() {
        if width(word) + width(&kept) + 2 > room {
            break;
        }
        kept.insert_str(0, &format!(" {word}"));
    }
    (!kept.is_empty()).then(|| Line::new().plain(&format!("…{kept}")))
}

/// Who said it, or where it was read.
pub(super) fn origin(writer: &Writer, evidence: &Evidence, pods: &[&Affected]) -> String {
    let of = object(evidence, pods, writer.whole());
    match &evidence.origin {
        Origin::Field { path } if writer.whole() => format!("{of}{path}"),
        Origin::Field { path } => format!("{of}{}", short_path(path)),
        Origin::Event {
            reason,
            component,
            count,
            age_seconds,
        } => {
            let reason = writer.whole().then(|| reason.clone());
            let seen = seen(*count, *age_seconds).map(|seen| writer.says(&seen));
            let details: Vec<String> = reason.into_iter().chain(seen).collect();
            let speaker = writer.language().fact(&speaker(component));
            if details.is_empty() {
                format!("{of}{speaker}")
            } else {
                format!("{of}{speaker} ({})", details.join(", "))
            }
        }
        Origin::Absence => writer.word(say!("text.evidence.looked-up", "looked up")),
        Origin::Computed { by } => {
            let computed = Message::new(say!("text.evidence.computed", "computed ({by})"));
            let by: Fact = match by.as_str() {
                "feasible nodes" => say!("text.evidence.feasible-nodes", "feasible nodes").into(),
                by => by.into(),
            };
            format!("{of}{}", writer.says(&computed.fact("by", by)))
        }
    }
}

/// `12 times, last 95s ago`; nothing of a single event without a time.
fn seen(count: u32, age_seconds: Option<i64>) -> Option<Message> {
    let sentence = match (count > 1, age_seconds) {
        (false, None) => return None,
        (false, Some(_)) => say!("text.evidence.seen", "{age} ago"),
        (true, _) => say!(
            "text.evidence.seen-often",
            "{times} times[, last {age} ago]"
        ),
    };
    let seen = Message::new(sentence).fact("times", count);
    Some(seen.fact_if("age", age_seconds.map(Seconds)))
}

/// The object, where the reader would take it for the pod otherwise.
fn object(evidence: &Evidence, pods: &[&Affected], whole: bool) -> String {
    let object = &evidence.object;
    let is_pod = |pod: &&Affected| {
        object.kind == pod.kind && object.name == pod.name && object.namespace == pod.namespace
    };
    let expected = match pods {
        [pod] => is_pod(pod),
        pods => !whole && pods.iter().any(is_pod),
    };
    if expected {
        String::new()
    } else {
        format!("{} ", object.short())
    }
}

fn speaker(component: &str) -> Fact {
    match component {
        "" => say!("text.evidence.event", "event").into(),
        DEFAULT_SCHEDULER => say!("text.evidence.scheduler", "scheduler").into(),
        other => other.into(),
    }
}

/// `status.…waiting.message` for a path of many parts.
fn short_path(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    match parts.as_slice() {
        [first, _, .., before, last] if !path.contains('"') && !path.contains('\'') => {
            format!("{first}.…{before}.{last}")
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Kind, ObjectRef};

    #[test]
    fn paths_are_shortened_in_their_middle() {
        for (path, expected) in [
            ("status.reason", "status.reason"),
            (
                "status.conditions[Ready].message",
                "status.conditions[Ready].message",
            ),
            (
                "status.containerStatuses[0].state.waiting.message",
                "status.…waiting.message",
            ),
            (
                "metadata.annotations['a.b/c.d']",
                "metadata.annotations['a.b/c.d']",
            ),
        ] {
            assert_eq!(short_path(path), expected);
        }
    }

    #[test]
    fn a_cut_line_ends_with_an_ellipsis_within_its_room() {
        let line = Line::new().plain("one two three");
        assert_eq!(head(&line, 20).text(), "one two three …");
        assert_eq!(head(&line, 13).text(), "one two …");
        let word = Line::new().plain("onetwothree");
        assert_eq!(head(&word, 8).text(), "onetwot…");
    }

    #[test]
    fn a_cut_quote_keeps_its_last_words_unless_the_scheduler_says_them() {
        let mut evidence = Evidence {
            object: ObjectRef::new(Kind::Pod, "shop", "web"),
            origin: Origin::Absence,
            quote: "zero\none two three\n".to_owned(),
        };
        let end = |evidence: &Evidence, room| end(evidence, room).map(|line| line.text());
        assert_eq!(end(&evidence, 13).as_deref(), Some("… two three"));
        assert_eq!(end(&evidence, 15).as_deref(), Some("… one two three"));
        assert_eq!(end(&evidence, 4), None);
        evidence.origin = Origin::Event {
            reason: "FailedScheduling".to_owned(),
            component: "default-scheduler".to_owned(),
            count: 1,
            age_seconds: None,
        };
        assert_eq!(end(&evidence, 15), None);
    }
}
