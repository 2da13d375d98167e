//! Stuck objects that no rule explains: what the cluster says about them, and where to look.

use super::diagnosis::inspect;
use super::quote::{Extent, quote};
use super::{head, ladder};
use crate::messages::quote::likeness;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::{Affected, Report, Unexplained};
use crate::rules::UNEXPLAINED;
use crate::snapshot::{Evidence, ObjectRef};
use crate::text::say;
use std::collections::{BTreeMap, BTreeSet};

/// Writes a block for each owner and state.
pub(super) fn write(writer: &mut Writer, report: &Report) {
    let mut groups: BTreeMap<(&ObjectRef, &str), Vec<&Unexplained>> = BTreeMap::new();
    for pod in &report.unexplained {
        groups
            .entry((&pod.subject, pod.object.status.as_str()))
            .or_default()
            .push(pod);
    }
    for ((subject, _), group) in groups {
        block(writer, report, subject, &group);
    }
}

fn block(writer: &mut Writer, report: &Report, subject: &ObjectRef, group: &[&Unexplained]) {
    let Some(first) = group.first() else {
        return;
    };
    let pods: Vec<Affected> = group.iter().map(|one| one.object.clone()).collect();
    writer.blank_line();
    head::write(writer, &pods, subject);
    let sentence = say!(
        "text.unexplained.headline",
        "no known cause fits; this is what the cluster says"
    );
    let words = Line::of(Style::Unknown, UNEXPLAINED)
        .plain(": ")
        .with(Style::Label, &writer.word(sentence));
    writer.paragraph(&Line::new().pad(2), &Line::new().pad(4), &words);
    head::names(writer, &pods, subject);
    writer.blank_line();
    ladder::write(writer, &first.ladder, first.next.layer, &report.gaps);
    writer.blank_line();
    for evidence in quotes(group, writer.whole()) {
        quote(writer, evidence, &pods, Extent::Whole);
    }
    writer.blank_line();
    inspect(writer, &first.next);
}

/// What the cluster says about each object, but what it says of an earlier one in other ids and numbers.
fn quotes<'a>(group: &[&'a Unexplained], whole: bool) -> Vec<&'a Evidence> {
    let mut said = BTreeSet::new();
    let mut quotes = Vec::new();
    for one in group {
        let like = |quote: &Evidence| likeness(&quote.quote, &one.object.name);
        let new = |quote: &&Evidence| whole || !said.contains(&like(quote));
        let new: Vec<&Evidence> = one.evidence.iter().filter(new).collect();
        said.extend(new.iter().copied().map(like));
        quotes.extend(new);
    }
    quotes
}
