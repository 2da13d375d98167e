//! Stuck objects that no rule explains: what the cluster says about them, and where to look.

use super::diagnosis::inspect;
use super::quote::{Extent, quote};
use super::{head, ladder};
use crate::kubernetes::text::one_line;
use crate::messages::quote::{innermost, normalized};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::verbatim;
use crate::render::writer::Writer;
use crate::report::{Affected, Report, Unexplained};
use crate::rules::UNEXPLAINED;
use crate::snapshot::{Evidence, ObjectRef, Origin};
use crate::text::{Message, Sentence, say};
use std::collections::{BTreeMap, BTreeSet};

/// The objects of one owner in one state.
pub(super) struct Group<'r> {
    pub(super) subject: &'r ObjectRef,
    pub(super) first: &'r Unexplained,
    pub(super) all: Vec<&'r Unexplained>,
}

/// All of them, by owner and state.
pub(super) fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(&ObjectRef, &str), Vec<&Unexplained>> = BTreeMap::new();
    for one in &report.unexplained {
        let key = (&one.subject, one.object.status.as_str());
        groups.entry(key).or_default().push(one);
    }
    let groups = groups.into_iter().filter_map(|((subject, _), all)| {
        let first = all.first()?;
        Some(Group {
            subject,
            first,
            all,
        })
    });
    groups.collect()
}

impl<'r> Group<'r> {
    /// The objects.
    pub(super) fn affected(&self) -> Vec<&'r Affected> {
        self.all.iter().map(|one| &one.object).collect()
    }

    /// Whether all of them have ended for good and are only kept.
    pub(super) fn has_ended(&self) -> bool {
        self.all.iter().all(|one| one.object.ended)
    }

    /// What the cluster says of the first, newest event first.
    pub(super) fn headline(&self) -> Message {
        let quotes = &self.first.evidence;
        let is_event = |quote: &&Evidence| matches!(quote.origin, Origin::Event { .. });
        match quotes.iter().find(is_event).or_else(|| quotes.first()) {
            Some(quote) => verbatim(&one_line(innermost(&quote.quote))),
            None => self.words().into(),
        }
    }

    pub(super) fn words(&self) -> Sentence {
        if self.first.evidence.is_empty() {
            return say!(
                "text.unexplained.silent",
                "no known cause fits, and the cluster says nothing of it"
            );
        }
        say!(
            "text.unexplained.headline",
            "no known cause fits; this is what the cluster says"
        )
    }
}

/// Writes a block.
pub(super) fn write(writer: &mut Writer, report: &Report, group: &Group<'_>) {
    let objects = group.affected();
    writer.blank_line();
    head::write(writer, &objects, &objects, report);
    let words = Line::of(Style::Unknown, UNEXPLAINED)
        .plain(": ")
        .with(Style::Label, &writer.word(group.words()));
    writer.paragraph(&Line::new().pad(2), &Line::new().pad(4), &words);
    head::names(writer, &objects);
    for evidence in quotes(&group.all, writer.whole()) {
        quote(writer, evidence, &objects, Extent::Whole);
    }
    inspect(writer, &group.first.next);
    ladder::write(writer, &group.first.ladder, &report.gaps);
    super::diagnosis::explain(writer, UNEXPLAINED, Some(&group.first.fingerprint));
}

/// What the cluster says about each object, but what it says of an earlier one in other ids and numbers.
fn quotes<'a>(group: &[&'a Unexplained], whole: bool) -> Vec<&'a Evidence> {
    let mut said = BTreeSet::new();
    let mut quotes = Vec::new();
    for one in group {
        let like = |quote: &Evidence| normalized(&quote.quote, &one.object.name);
        let new = |quote: &&Evidence| whole || !said.contains(&like(quote));
        let new: Vec<&Evidence> = one.evidence.iter().filter(new).collect();
        said.extend(new.iter().copied().map(like));
        quotes.extend(new);
    }
    quotes
}
