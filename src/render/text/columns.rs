//! The table of nodes with a column for each kind of filter failure, where they fit beside each other.

use super::failure_group::{FailureGroup, Topic};
use super::failures::sentence;
use super::rows::Row;
use super::values::{free, holders, label, taint};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::amount;
use crate::text::{Language, Message, Sentence, say};
use std::collections::{BTreeMap, BTreeSet};

/// Ports, and resources, that have a column of their own.
const PORTS: usize = 2;
const RESOURCES: usize = 3;

/// A column of the table of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// Who holds a port.
    Port(String),
    /// How much of a resource is free; what the pod asks is the same on every node.
    Resource(String, String),
    /// Taints that are not tolerated.
    Taint,
    /// Labels that the pod wants.
    Label,
    /// What has no column.
    Other,
}

/// The columns that these rows need, in the order in which a reader asks.
pub(super) fn columns(rows: &[Row<'_>]) -> Vec<Column> {
    let all = || rows.iter().flat_map(|row| &row.failures);
    let topics: Vec<Topic<'_>> = all().filter_map(FailureGroup::topic).collect();
    let ports: BTreeSet<&str> = topics
        .iter()
        .filter_map(|topic| match topic {
            Topic::Port(port) => Some(*port),
            _ => None,
        })
        .collect();
    let mut resources: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, failure) in all().flat_map(|group| &group.0) {
        if let (Topic::Resource(resource), Some(asked)) = (Topic::of(failure), &failure.asked) {
            resources.insert(resource, asked);
        }
    }
    let ports = ports.into_iter().take(PORTS);
    let resources = resources.into_iter().take(RESOURCES);
    let mut columns: Vec<Column> = ports.map(|port| Column::Port(port.to_owned())).collect();
    columns.extend(resources.map(|(name, asked)| Column::Resource(name.into(), asked.into())));
    if topics.iter().any(|topic| Column::Taint.holds(*topic)) {
        columns.push(Column::Taint);
    }
    if topics.iter().any(|topic| Column::Label.holds(*topic)) {
        columns.push(Column::Label);
    }
    let has_column = |topic: &Topic<'_>| columns.iter().any(|column| column.holds(*topic));
    if rows.iter().any(|row| row.failures.is_empty()) || !topics.iter().all(has_column) {
        columns.push(Column::Other);
    }
    columns
}

impl Column {
    /// What stands above it.
    pub(super) fn title(&self) -> Message {
        match self {
            Column::Port(port) => Message::new(say!("text.columns.port", "{port} HELD BY"))
                .fact("port", port.as_str()),
            Column::Resource(resource, asked) => Message::new(say!(
                "text.columns.resource",
                "{resource} FREE (asks {asked})"
            ))
            .fact("resource", resource.to_uppercase())
            .fact("asked", amount(asked, resource)),
            Column::Taint => say!("text.columns.taint", "TAINT NOT TOLERATED").into(),
            Column::Label => say!("text.columns.label", "LABEL WANTED").into(),
            Column::Other => say!("text.columns.other", "OTHER REASONS").into(),
        }
    }

    fn holds(&self, topic: Topic<'_>) -> bool {
        match (self, topic) {
            (Column::Port(port), Topic::Port(other)) => port == other,
            (Column::Resource(resource, _), Topic::Resource(other)) => resource == other,
            (Column::Taint, Topic::Taint(_)) | (Column::Label, Topic::Label(_)) => true,
            _ => false,
        }
    }

    fn cell(&self, group: &FailureGroup<'_>) -> Message {
        match self {
            Column::Port(_) => holders(group),
            Column::Resource(..) => free(group),
            Column::Taint => taint(group),
            Column::Label => label(group),
            Column::Other => sentence(group),
        }
    }
}

/// Between what rejects the pod together.
pub(super) const AND: Sentence = say!("text.columns.and", "and");

/// A row's cells, one a column. What stands in several cells keeps the pod off all together, and says so;
/// `free` is said of a row without filter failures.
pub(super) fn cells(
    row: &Row<'_>,
    columns: &[Column],
    free: Sentence,
    language: &Language,
) -> Vec<Line> {
    let and = language.word(AND);
    let mut start = Line::new();
    let mut cell = |column: &Column| {
        let mine = |group: &&FailureGroup<'_>| {
            let topic = group.topic();
            let held = |column: &Column| topic.is_some_and(|topic| column.holds(topic));
            match column {
                Column::Other => !columns.iter().any(held),
                column => held(column),
            }
        };
        let words = row.failures.iter().filter(mine);
        let words = words.map(|group| language.render(&column.cell(group)));
        let words: Vec<String> = words.collect();
        match column {
            Column::Other if row.failures.is_empty() => {
                Line::of(Style::Passed, &language.word(free))
            }
            // every filter looks at every node, so what is not in the way was found to be enough
            Column::Resource(..) if words.is_empty() && !row.failures.is_empty() => {
                let enough = language.word(say!("text.columns.enough", "enough"));
                Line::of(Style::Faint, &enough)
            }
            _ if words.is_empty() => Line::new(),
            _ => {
                let next = Line::of(Style::Faint, &and).plain(" ");
                let start = std::mem::replace(&mut start, next);
                start.plain(&words.join(&format!(" {and} ")))
            }
        }
    };
    columns.iter().map(&mut cell).collect()
}
