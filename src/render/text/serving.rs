//! What still works of a workload with stuck pods: the first question of whoever was woken.

use super::margin::label;
use crate::render::line::Line;
use crate::render::writer::Writer;
use crate::report::{Report, WorkloadReport};
use crate::snapshot::ObjectRef;
use crate::text::{Message, say};
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
            "{ready}[ of {wanted}] {ready|pod is|pods are} ready"
        ))
        .fact("ready", ready)
        .fact_if("wanted", workload.wanted),
    )
}

/// What the revision changed that is being rolled out, where the block is about one workload.
pub(super) fn changes(writer: &mut Writer, report: &Report, objects: &BTreeSet<ObjectRef>) {
    let workloads = of(report, objects);
    let [workload] = workloads.as_slice() else {
        return;
    };
    let changes = workload.rollout.as_ref();
    let changes = changes.and_then(|rollout| rollout.changes.as_deref());
    let changes = changes.unwrap_or_default();
    let mut start = label(&writer.word(say!("text.serving.changed", "new")));
    let shown = writer.at_most(CHANGES);
    for change in changes.iter().take(shown) {
        let words = Line::new().plain(&writer.says(&change.message()));
        writer.hanging_indent(&std::mem::replace(&mut start, label("")), &words);
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
}
