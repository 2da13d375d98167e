//! The table of nodes: why each was rejected, like ones in one row, and what is missing from it.

use super::columns::{self, AND, REASONS, cells};
use super::failures::in_words;
use super::margin::{BAR, bar};
use super::names;
use super::rows::{Row, rows};
use super::values::reason;
use crate::render::line::Line;
use crate::render::pairs::{self, Pair};
use crate::render::style::Style;
use crate::render::table::Table;
use crate::render::terms;
use crate::render::writer::Writer;
use crate::report::{Diagnosis, UnreadReport};
use crate::scheduler::Agree;
use crate::text::{Message, Sentence, say};
use std::collections::BTreeMap;

/// Rows that are shown; the nodes of the others are counted.
const ROWS: usize = 8;
/// Rows above which nodes that differ in numbers share one even where everything is shown.
pub(super) const ROWS_OF_ALL: usize = 40;
/// What stands above the names.
const NODE: Sentence = say!("text.nodes.title-node", "NODE");
/// Columns that a single name may take, the next where there is no room for it.
const NAMES: [usize; 3] = [usize::MAX, 32, 20];

/// Writes the table below what was quoted, if anything was; nothing for a pod that is not about nodes.
pub(super) fn write(writer: &mut Writer, diagnosis: &Diagnosis, below: bool) {
    if below && (!diagnosis.nodes.is_empty() || !diagnosis.before_nodes.is_empty()) {
        writer.line(&bar());
    }
    for line in before(writer, diagnosis) {
        writer.paragraph(&bar(), &bar().plain("  "), &line);
    }
    if !diagnosis.nodes.is_empty() {
        table(writer, diagnosis);
    }
    for line in not_computed(writer, diagnosis) {
        writer.paragraph(&bar(), &bar().plain("  "), &line);
    }
}

/// What the scheduler refuses the pod for before it looks at any node.
pub(super) fn before(writer: &Writer, diagnosis: &Diagnosis) -> Vec<Line> {
    let name = writer.word(say!("text.nodes.before", "before any node"));
    let line = |failure| {
        let words = writer.says(&reason(failure));
        Line::of(Style::Label, &format!("{name}: ")).plain(&words)
    };
    diagnosis.before_nodes.iter().map(line).collect()
}

fn table(writer: &mut Writer, diagnosis: &Diagnosis) {
    let whole = writer.whole();
    let most = if whole { ROWS_OF_ALL } else { ROWS };
    let (shown, left) = cut(rows(&diagnosis.nodes, most), writer.at_most(ROWS));
    let layout = Rows {
        rows: &shown,
        free: free(diagnosis),
        writer,
    };
    for line in layout.lines() {
        writer.line(&bar().append(&line));
    }
    let nodes: usize = left.iter().map(|row| row.names.len()).sum();
    let hint = match (nodes, whole) {
        (0, false) => return,
        (0, true) if shown.iter().all(|row| names::are_listed(&row.names, whole)) => return,
        (0, true) => Message::new(say!(
            "text.nodes.json-names-all",
            "-o json names every node"
        )),
        _ => Message::new(say!(
            "text.nodes.more",
            "{nodes} other {nodes|node|nodes} in {groups} {groups|group|groups}: -o wide shows them"
        ))
        .fact("nodes", nodes)
        .fact("groups", left.len()),
    };
    let hint = Line::of(Style::Faint, &writer.says(&hint));
    writer.paragraph(&bar(), &bar().plain("  "), &hint);
}

/// What is said of a node without filter failures: only when all was computed, the pod fits.
pub(super) fn free(diagnosis: &Diagnosis) -> Sentence {
    let agreement = diagnosis.agreement.as_ref();
    let is_all = agreement.is_none_or(|it| it.verdict != Agree::NotComparable);
    match (
        diagnosis.before_nodes.as_slice(),
        diagnosis.unread.as_slice(),
    ) {
        ([], []) if is_all => say!("text.nodes.fits", "none: the pod fits"),
        ([], _) => say!("text.nodes.none-computed", "none that could be computed"),
        _ => say!("text.nodes.none-of-its-own", "none of its own"),
    }
}

/// Rows to be laid out.
struct Rows<'a> {
    rows: &'a [Row<'a>],
    /// What is said of nodes without filter failures.
    free: Sentence,
    writer: &'a Writer,
}

impl Rows<'_> {
    fn lines(&self) -> Vec<Line> {
        let and = self.writer.word(AND);
        let room = self.writer.room(BAR);
        self.by_column(room)
            .or_else(|| self.in_sentences(&and, room))
            .unwrap_or_else(|| pairs::stacked(&self.pairs(usize::MAX), &and, room))
    }

    /// A column for each kind of filter failure, if all fit beside each other.
    fn by_column(&self, room: usize) -> Option<Vec<Line>> {
        let columns = columns::columns(self.rows);
        let alone = columns.len() == 1;
        let titles = columns.iter().map(|column| column.title(alone));
        let titles = titles.map(|title| self.writer.says(&title));
        let mut table = Table::new(std::iter::once(self.writer.word(NODE)).chain(titles));
        for row in self.rows {
            let mut cells = cells(row, &columns, self.free, self.writer.language());
            cells.insert(0, self.names(row, usize::MAX));
            table.row(cells);
        }
        table.fits(room).then(|| table.lines(room))
    }

    /// One column of sentences, beside names as long as there is room for.
    fn in_sentences(&self, and: &str, room: usize) -> Option<Vec<Line>> {
        let titles = [NODE, REASONS];
        let titles = titles.map(|title| self.writer.word(title));
        let lengths = if self.writer.whole() { 1 } else { NAMES.len() };
        let mut longest = NAMES.iter().take(lengths);
        longest.find_map(|longest| pairs::aligned(titles.clone(), &self.pairs(*longest), and, room))
    }

    fn pairs(&self, longest: usize) -> Vec<Pair> {
        let pair = |row: &Row<'_>| Pair {
            left: self.names(row, longest),
            right: in_words(&row.failures, self.free, self.writer.language()),
        };
        self.rows.iter().map(pair).collect()
    }

    fn names(&self, row: &Row<'_>, longest: usize) -> Line {
        let writer = self.writer;
        names::in_row(&row.names, longest, writer.whole(), writer.language())
    }
}

/// The rows to show, and the others. A single row more is shown rather than counted.
fn cut(mut rows: Vec<Row<'_>>, most: usize) -> (Vec<Row<'_>>, Vec<Row<'_>>) {
    if rows.len() <= most {
        return (rows, Vec::new());
    }
    let left = rows.split_off(most.saturating_sub(1));
    (rows, left)
}

/// Filters that the table leaves out, by what was not read.
pub(super) fn not_computed(writer: &Writer, diagnosis: &Diagnosis) -> Vec<Line> {
    let unread: &[UnreadReport] = &diagnosis.unread;
    let failures = || diagnosis.nodes.iter().flat_map(|node| &node.failures);
    let is_in_part = |filters: &[&str]| failures().any(|one| filters.contains(&one.filter));
    let mut by_gap: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for unread in unread {
        let object = [unread.namespace.as_deref(), unread.name.as_deref()];
        let object: Vec<&str> = object.into_iter().flatten().collect();
        let what = if object.is_empty() {
            unread.kind.to_owned()
        } else {
            format!("{} {}", unread.kind, object.join("/"))
        };
        let filters = by_gap.entry((what, unread.why));
        filters.or_default().push(unread.filter);
    }
    let name = writer.word(say!("text.nodes.not-computed", "not computed"));
    let line = |((what, why), mut filters): ((String, &str), Vec<&str>)| {
        filters.dedup();
        let sentence = if is_in_part(&filters) {
            say!(
                "text.nodes.filters-in-part",
                "part of {filters} ({what} not read: {why})"
            )
        } else {
            say!(
                "text.nodes.filters-not-computed",
                "{filters} ({what} not read: {why})"
            )
        };
        let words = Message::new(sentence)
            .fact("filters", filters.join(", "))
            .fact("what", what)
            .fact("why", terms::not_read(why));
        Line::of(Style::Unknown, &format!("{name}: ")).plain(&writer.says(&words))
    };
    by_gap.into_iter().map(line).collect()
}
