//! What could not be read, and what that may cost.

use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::terms;
use crate::render::words::named;
use crate::render::writer::Writer;
use crate::report::GapReport;
use crate::snapshot::Kind;
use crate::text::{Message, say};
use std::collections::{BTreeMap, BTreeSet};

/// Causes that a line about a gap names.
const AFFECTED: usize = 3;
/// Causes of which the first three by the alphabet would tell nothing.
const MANY: usize = 6;
/// Objects that a line about a gap names.
const UNREAD: usize = 6;

/// One line for each reason why something was not read. Of many causes that it affects those that were `found` are named: by the
/// others nobody could tell whether they matter here.
pub(super) fn gaps<'r>(
    writer: &Writer,
    gaps: impl IntoIterator<Item = &'r GapReport>,
    found: &BTreeSet<&str>,
) -> Vec<(Line, Vec<&'r GapReport>)> {
    let mut whys: BTreeMap<&str, Vec<&GapReport>> = BTreeMap::new();
    for gap in gaps
        .into_iter()
        .filter(|gap| writer.whole() || gap.is_missed())
    {
        whys.entry(gap.why).or_default().push(gap);
    }
    let line = |(why, gaps): (&str, Vec<&'r GapReport>)| {
        let objects: Vec<String> = gaps
            .iter()
            .map(|gap| object(writer, gap))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let causes: BTreeSet<&str> = gaps
            .iter()
            .flat_map(|gap| gap.affects.iter().copied())
            .collect();
        let (mut named_first, others): (Vec<&str>, Vec<&str>) =
            causes.into_iter().partition(|cause| found.contains(cause));
        let is_open = named_first.is_empty() && others.len() > MANY && !writer.whole();
        let at_most = match named_first.len() {
            0 => AFFECTED,
            known => known.min(AFFECTED),
        };
        named_first.extend(others);
        let causes = named_first;
        let not_read = Message::new(say!("text.gaps.not-read", "not read ({why})"));
        let affected = if is_open {
            Message::new(say!("text.gaps.causes", "{count} causes")).fact("count", causes.len())
        } else {
            named(&causes, writer.at_most(at_most))
        };
        let words = Message::new(say!(
            "text.gaps.line",
            "{unread}: {objects}[; affects {causes}]"
        ))
        .fact("unread", not_read.fact("why", terms::not_read(why)))
        .fact("objects", named(&objects, writer.at_most(UNREAD)))
        .fact_if("causes", (!causes.is_empty()).then_some(affected));
        let line = Line::new().sentence(writer.language(), &words, |hole| match hole {
            "unread" => Style::Unknown,
            _ => Style::Plain,
        });
        (line, gaps)
    };
    whys.into_iter().map(line).collect()
}

/// The API server's own words.
pub(super) fn details(writer: &mut Writer, gaps: &[&GapReport]) {
    for gap in gaps.iter().filter(|gap| !gap.detail.is_empty()) {
        let start = Line::new()
            .pad(4)
            .with(Style::Faint, &format!("{}: ", object(writer, gap)));
        writer.paragraph(&start, &Line::new().pad(6), &Line::new().plain(&gap.detail));
    }
}

/// `secrets in shop`, `Secret shop/db`
fn object(writer: &Writer, gap: &GapReport) -> String {
    let plural = Kind::of_manifest(gap.kind).map_or(gap.kind, Kind::plural);
    match (&gap.namespace, &gap.name) {
        (Some(namespace), Some(name)) => format!("{} {namespace}/{name}", gap.kind),
        (None, Some(name)) => format!("{} {name}", gap.kind),
        (namespace, None) => {
            let objects = Message::new(say!("text.gaps.objects", "{objects}[ in {namespace}]"))
                .fact("objects", plural)
                .fact_if("namespace", namespace.as_deref());
            writer.says(&objects)
        }
    }
}
