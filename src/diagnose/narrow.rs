//! A report with less in it, whose parts still agree: what is taken out is taken out of the numbers as well.

use super::summary::causes;
use crate::report::{Affected, Diagnosis, Report, Unexplained};
use crate::snapshot::{Kind, ObjectRef};
use std::collections::{BTreeMap, BTreeSet};

/// What stays of each.
pub(super) trait Selection {
    /// The diagnosis, as far as it is to be shown.
    fn diagnosis(&mut self, diagnosis: Diagnosis) -> Option<Diagnosis>;
    /// The unexplained object, if it is to be shown.
    fn unexplained(&mut self, unexplained: Unexplained) -> Option<Unexplained>;
}

/// The report with what `keep` keeps.
pub(super) fn narrow(mut report: Report, keep: &mut impl Selection) -> Report {
    let before = stuck(&report);
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
    report.summary.causes = causes(&report.diagnoses);
    let after = stuck(&report);
    let mut less: BTreeMap<&str, usize> = BTreeMap::new();
    for hidden in before.difference(&after) {
        *less.entry(&hidden.kind).or_default() += 1;
    }
    for (kind, numbers) in &mut report.summary.by_kind {
        let hidden = less.get(kind.as_str()).copied().unwrap_or_default();
        numbers.stuck = if after.is_empty() {
            0
        } else {
            numbers.stuck.saturating_sub(hidden)
        };
    }
    report
}

/// Everything that the numbers of the summary count as stuck: pods, what else owns, and nodes for whose sake pods are.
fn stuck(report: &Report) -> BTreeSet<ObjectRef> {
    let diagnoses = report.diagnoses.iter();
    let affected = diagnoses.clone().flat_map(|one| &one.affected);
    let unexplained = report.unexplained.iter().map(|one| &one.object);
    let nodes = diagnoses.map(|one| &one.subject);
    let nodes = nodes.filter(|subject| subject.kind == Kind::Node.as_str());
    let objects = affected.chain(unexplained).map(counted);
    objects.chain(nodes.cloned()).collect()
}

fn counted(affected: &Affected) -> ObjectRef {
    let owner = affected.workload.clone();
    let owner = owner.filter(|_| affected.kind != Kind::Pod.as_str());
    owner.unwrap_or_else(|| affected.object())
}
