//! A report with less in it, whose parts still agree: what is taken out is taken out of the numbers as well.

use super::summary::{causes, counted};
use crate::report::{Diagnosis, Report, StuckNumbers, Unexplained};
use crate::snapshot::{Kind, ObjectRef};
use std::collections::BTreeSet;

/// What stays of each.
pub(super) trait Selection {
    /// The diagnosis, as far as it is to be shown.
    fn diagnosis(&mut self, diagnosis: Diagnosis) -> Option<Diagnosis>;
    /// The unexplained object, if it is to be shown.
    fn unexplained(&mut self, unexplained: Unexplained) -> Option<Unexplained>;
}

/// The report with what `keep` keeps.
pub(super) fn narrow(mut report: Report, keep: &mut impl Selection) -> Report {
    let before = (stuck(&report), kept(&report));
    let mut all = std::mem::take(&mut report.diagnoses).into_iter();
    let roots = std::mem::take(&mut report.root_causes);
    for root in roots {
        let own = all.by_ref().take(root.diagnoses.len());
        let kept: Vec<Diagnosis> = own.filter_map(|one| keep.diagnosis(one)).collect();
        let narrowed = root.narrowed(&kept, &report.workloads);
        report.root_causes.extend(narrowed);
        report.diagnoses.extend(kept);
    }
    let unexplained = std::mem::take(&mut report.unexplained).into_iter();
    report.unexplained = unexplained
        .filter_map(|one| keep.unexplained(one))
        .collect();
    let affected = report.diagnoses.iter().flat_map(|one| &one.affected);
    let objects = affected.chain(report.unexplained.iter().map(|one| &one.object));
    let hit: BTreeSet<&ObjectRef> = objects.filter_map(|one| one.workload.as_ref()).collect();
    report.workloads.retain(|one| hit.contains(&one.object));
    report.summary.causes = causes(&report.diagnoses, &report.root_causes);
    report.summary.stuck =
        StuckNumbers::of(&report.diagnoses, &report.unexplained, &report.workloads);
    let after = (stuck(&report), kept(&report));
    for (kind, numbers) in &mut report.summary.by_kind {
        numbers.stuck = if after.0.is_empty() {
            0
        } else {
            numbers
                .stuck
                .saturating_sub(less(&before.0, &after.0, kind))
        };
        numbers.ended = numbers
            .ended
            .saturating_sub(less(&before.1, &after.1, kind));
    }
    report
}

/// Everything that the numbers of the summary count as stuck: pods, what else owns, and nodes for whose sake pods are.
fn stuck(report: &Report) -> BTreeSet<ObjectRef> {
    let nodes = report.diagnoses.iter().map(|one| &one.subject);
    let nodes = nodes.filter(|subject| subject.kind == Kind::Node.as_str());
    let mut all = counted(&report.diagnoses, &report.unexplained, |one| !one.ended);
    all.extend(nodes.cloned());
    all
}

/// Everything that they count as ended and that is shown.
fn kept(report: &Report) -> BTreeSet<ObjectRef> {
    counted(&report.diagnoses, &report.unexplained, |one| one.ended)
}

/// How many of a kind are hidden.
fn less(before: &BTreeSet<ObjectRef>, after: &BTreeSet<ObjectRef>, kind: &str) -> usize {
    let hidden = before.difference(after);
    hidden.filter(|one| one.kind == kind).count()
}
