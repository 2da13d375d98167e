//! Stuck pods that no rule explains: what the cluster says about them, and where to look.

use super::diagnosis::look;
use super::{evidence, head, ladder};
use crate::finding::Evidence;
use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::report::{PodReport, Report, Unexplained};
use crate::rules::UNEXPLAINED;
use crate::snapshot::ObjectRef;
use std::collections::BTreeMap;

/// Quotes of a pod; there is no proof to prefer.
const QUOTES: usize = 5;

/// Writes a block for each owner and state.
pub(super) fn write(sheet: &mut Sheet, report: &Report) {
    let mut groups: BTreeMap<(&ObjectRef, &str), Vec<&Unexplained>> = BTreeMap::new();
    for pod in &report.unexplained {
        groups
            .entry((&pod.subject, pod.pod.status.as_str()))
            .or_default()
            .push(pod);
    }
    for ((subject, _), group) in groups {
        block(sheet, report, subject, &group);
    }
}

fn block(sheet: &mut Sheet, report: &Report, subject: &ObjectRef, group: &[&Unexplained]) {
    let Some(first) = group.first() else {
        return;
    };
    let pods: Vec<PodReport> = group.iter().map(|one| one.pod.clone()).collect();
    sheet.part();
    head::write(sheet, &pods, subject);
    let words = Line::of(Meaning::Unknown, UNEXPLAINED).plain(": ").with(
        Meaning::Label,
        "no known cause fits; this is what the cluster says",
    );
    sheet.paragraph(&Line::new().pad(2), &Line::new().pad(4), &words);
    head::names(sheet, &pods, subject);
    sheet.part();
    ladder::write(sheet, &first.ladder, first.next.layer, &report.gaps);
    sheet.part();
    let evidence: Vec<&Evidence> = match sheet.whole() {
        true => group.iter().flat_map(|one| &one.evidence).collect(),
        false => first.evidence.iter().collect(),
    };
    evidence::list(sheet, &evidence, &pods, QUOTES);
    sheet.part();
    look(sheet, &first.next);
}
