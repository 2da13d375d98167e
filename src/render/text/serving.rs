//! What still works of a workload with stuck pods: the first question of whoever was woken.

use super::margin::label;
use crate::render::line::Line;
use crate::render::writer::Writer;
use crate::report::{Affected, Diagnosis, Report, WorkloadReport};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, Sentence, say};
use std::collections::BTreeSet;

/// Changes of a rollout that are named.
const CHANGES: usize = 3;

/// `nothing serves`, `2 old pods still serve`; nothing where that is not known or not asked, as of a Job.
pub(super) fn message(report: &Report, objects: &BTreeSet<ObjectRef>) -> Option<Message> {
    let workloads = of(report, objects);
    if let [workload] = workloads.as_slice() {
        return one(workload);
    }
    let down = workloads.iter().filter(|one| one.serves_nothing).count();
    let words = if down == workloads.len() {
        say!("text.serving.none", "none of them serves")
    } else {
        say!(
            "text.serving.some",
            "{down} of {all} {down|serves|serve} nothing"
        )
    };
    (down > 0).then(|| {
        Message::new(words)
            .fact("down", down)
            .fact("all", workloads.len())
    })
}

fn of<'r>(report: &'r Report, objects: &BTreeSet<ObjectRef>) -> Vec<&'r WorkloadReport> {
    let all = report.workloads.iter();
    all.filter(|one| objects.contains(&one.object)).collect()
}

fn one(workload: &WorkloadReport) -> Option<Message> {
    if workload.serves_nothing {
        return Some(say!("text.serving.nothing", "nothing serves").into());
    }
    let old = workload.rollout.as_ref().map(|rollout| rollout.old.ready);
    if let Some(old) = old.filter(|old| *old > 0) {
        return Some(
            Message::new(say!(
                "text.serving.old",
                "{old} old {old|pod still serves|pods still serve}"
            ))
            .fact("old", old),
        );
    }
    let ready = workload.ready.filter(|ready| *ready > 0)?;
    Some(
        Message::new(say!(
            "text.serving.ready",
            "{ready}[ of {wanted}] {pods|pod|pods} {ready|is|are} ready"
        ))
        .fact("ready", ready)
        .fact("pods", workload.wanted.unwrap_or(ready))
        .fact_if("wanted", workload.wanted),
    )
}

/// How many pods of a workload are ready, of how many, in kubectl's word for its state; nothing of what has another one.
pub(super) fn counts(object: &Affected) -> Option<(usize, usize)> {
    let is_workload = object.kind != Kind::Pod.as_str();
    let (ready, wanted) = object.status.split_once('/').filter(|_| is_workload)?;
    Some((ready.parse().ok()?, wanted.parse().ok()?))
}

/// Whether that word counts the pods of the new revision alone, while others are ready.
pub(super) fn is_of_new(report: &Report, object: &Affected) -> bool {
    let workload = report.workloads.iter();
    let mut ready = workload.filter(|one| one.object == object.object());
    let ready = ready.find_map(|one| one.ready);
    let counted = counts(object).and_then(|(ready, _)| i64::try_from(ready).ok());
    ready.is_some_and(|ready| counted.is_some_and(|counted| counted < ready))
}

/// Whether how many are ready is what is said of them anyway.
pub(super) fn is_its_state(report: &Report, objects: &[&Affected]) -> bool {
    let [object] = objects else { return false };
    let mut workloads = report.workloads.iter();
    let workload = workloads.find(|one| one.object == object.object());
    let is_plain = workload.is_some_and(|one| {
        let old = one.rollout.as_ref().map(|rollout| rollout.old.ready);
        !one.serves_nothing && old.is_none_or(|old| old == 0)
    });
    is_plain && counts(object).is_some() && !is_of_new(report, object)
}

/// What the revision changed that is being rolled out, a line each, where they are about one workload, and about that revision.
pub(super) fn changed(
    writer: &Writer,
    report: &Report,
    (first, objects): (&Diagnosis, &BTreeSet<ObjectRef>),
) -> Vec<Line> {
    let workloads = of(report, objects);
    let ([workload], None) = (workloads.as_slice(), &first.old_revision) else {
        return Vec::new();
    };
    let changes = workload.rollout.as_ref();
    let changes = changes.and_then(|rollout| rollout.changes.as_deref());
    let changes = changes.unwrap_or_default().iter();
    changes
        .map(|change| Line::new().plain(&writer.says(&change.message())))
        .collect()
}

/// The name of what was there before.
const OLD: Sentence = say!("text.serving.before", "old");

/// The name of what was changed.
pub(super) const CHANGED: Sentence = say!("text.serving.changed", "new");

/// That they are of an old revision.
pub(super) fn revision(first: &Diagnosis) -> Option<Message> {
    let revision = first.old_revision.as_deref()?;
    let words = say!(
        "text.serving.old-revision",
        "of the old revision {revision}, which is being replaced"
    );
    Some(Message::new(words).fact("revision", revision))
}

/// Writes the first of the changes.
pub(super) fn changes(
    writer: &mut Writer,
    report: &Report,
    (first, objects): (&Diagnosis, &BTreeSet<ObjectRef>),
) {
    if let Some(revision) = revision(first) {
        let start = label(&writer.word(OLD));
        writer.hanging_indent(&start, &Line::new().plain(&writer.says(&revision)));
    }
    let changes = changed(writer, report, (first, objects));
    let mut start = label(&writer.word(CHANGED));
    let shown = writer.at_most(CHANGES);
    for words in changes.iter().take(shown) {
        writer.hanging_indent(&std::mem::replace(&mut start, label("")), words);
    }
    let left = changes.len().saturating_sub(shown);
    if left > 0 {
        let words = Message::new(say!(
            "text.serving.more",
            "+ {changes} more {changes|change|changes}"
        ))
        .fact("changes", left);
        writer.hanging_indent(&label(""), &Line::new().plain(&writer.says(&words)));
    }
    let workloads = of(report, objects);
    if let ([workload], false) = (workloads.as_slice(), changes.is_empty()) {
        old(writer, workload);
    }
}

/// Where the old revision fares no better, what was changed is seldom why, and going back does not help.
fn old(writer: &mut Writer, workload: &WorkloadReport) {
    let old = workload.rollout.as_ref().map(|rollout| &rollout.old);
    let Some(old) = old.filter(|old| old.stuck > 0 && old.ready == 0) else {
        return;
    };
    let words = Message::new(say!(
        "text.serving.old-stuck",
        "{stuck} {stuck|pod|pods} of the revision before {stuck|is|are} stuck as well"
    ))
    .fact("stuck", old.stuck);
    let start = label(&writer.word(OLD));
    writer.hanging_indent(&start, &Line::new().plain(&writer.says(&words)));
}
