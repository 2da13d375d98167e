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
    /// Who holds a port, or on every node the same ports together.
    Port(Vec<String>),
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
    let mut resources: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, failure) in all().flat_map(|group| &group.0) {
        if let (Topic::Resource(resource), Some(asked)) = (Topic::of(failure), &failure.asked) {
            resources.insert(resource, asked);
        }
    }
    let resources = resources.into_iter().take(RESOURCES);
    let ports = ports(rows).into_iter().take(PORTS);
    let mut columns: Vec<Column> = ports.map(Column::Port).collect();
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

/// The ports that are held, by number; those that the same pods hold on every node stand together.
fn ports(rows: &[Row<'_>]) -> Vec<Vec<String>> {
    let mut held: BTreeMap<(u32, &str), Vec<Option<Message>>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        for group in &row.failures {
            if let Some(Topic::Port(port)) = group.topic() {
                let number = port
                    .split('/')
                    .next()
                    .and_then(|number| number.parse().ok());
                let by = held.entry((number.unwrap_or(u32::MAX), port)).or_default();
                by.resize(rows.len(), None);
                if let Some(by) = by.get_mut(at) {
                    *by = Some(holders(group));
                }
            }
        }
    }
    let mut together: Vec<(Vec<Option<Message>>, Vec<String>)> = Vec::new();
    for ((_, port), by) in held {
        match together.iter_mut().find(|(others, _)| *others == by) {
            Some((_, ports)) => ports.push(port.to_owned()),
            None => together.push((by, vec![port.to_owned()])),
        }
    }
    together.into_iter().map(|(_, ports)| ports).collect()
}

impl Column {
    /// What stands above it, where it is `alone` or beside others.
    pub(super) fn title(&self, alone: bool) -> Message {
        match self {
            Column::Port(ports) => Message::new(say!("text.columns.port", "{port} HELD BY"))
                .fact("port", ports.join(", ")),
            Column::Resource(resource, asked) => Message::new(say!(
                "text.columns.resource",
                "{resource} FREE (asks {asked})"
            ))
            .fact("resource", resource.to_uppercase())
            .fact("asked", amount(asked, resource)),
            Column::Taint => say!("text.columns.taint", "TAINT NOT TOLERATED").into(),
            Column::Label => say!("text.columns.label", "LABEL WANTED").into(),
            Column::Other if alone => REASONS.into(),
            Column::Other => say!("text.columns.other", "OTHER REASONS").into(),
        }
    }

    fn holds(&self, topic: Topic<'_>) -> bool {
        match (self, topic) {
            (Column::Port(ports), Topic::Port(other)) => ports.iter().any(|port| port == other),
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

/// Above all that rejects the pod.
pub(super) const REASONS: Sentence = say!("text.nodes.title-failures", "REASONS");
/// Between what rejects the pod together.
pub(super) const AND: Sentence = say!("text.columns.and", "and");

/// A row's cells, one a column, all of which keep the pod off together; `free` is said of a row without filter failures.
pub(super) fn cells(
    row: &Row<'_>,
    columns: &[Column],
    free: Sentence,
    language: &Language,
) -> Vec<Line> {
    let and = language.word(AND);
    let cell = |column: &Column| {
        let mine = |group: &&FailureGroup<'_>| {
            let topic = group.topic();
            let held = |column: &Column| topic.is_some_and(|topic| column.holds(topic));
            match column {
                Column::Other => !columns.iter().any(held),
                column => held(column),
            }
        };
        let words = row.failures.iter().filter(mine);
        let words: BTreeSet<String> = words
            .map(|group| language.render(&column.cell(group)))
            .collect();
        let words: Vec<String> = words.into_iter().collect();
        match column {
            Column::Other if row.failures.is_empty() => {
                Line::of(Style::Passed, &language.word(free))
            }
            // every filter looks at every node, so what is not in the way was found to be enough
            Column::Resource(..) if words.is_empty() && !row.failures.is_empty() => {
                let enough = language.word(say!("text.columns.enough", "enough"));
                Line::of(Style::Faint, &enough)
            }
            _ => Line::new().plain(&words.join(&format!(" {and} "))),
        }
    };
    columns.iter().map(cell).collect()
}
