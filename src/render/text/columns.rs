//! The table of nodes with a column for each kind of filter failure, where they fit beside each other.

use super::failures::{free, holders, label, sentence, taint};
use super::rows::{Alike, Row, Shape};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::amount;
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
    let shapes: Vec<Shape<'_>> = all().filter_map(Alike::shape).collect();
    let ports: BTreeSet<&str> = shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Port(port) => Some(*port),
            _ => None,
        })
        .collect();
    let mut resources: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, failure) in all().flat_map(|alike| &alike.0) {
        if let (Shape::Resource(resource), Some(asked)) = (Shape::of(failure), &failure.asked) {
            resources.insert(resource, asked);
        }
    }
    let ports = ports.into_iter().take(PORTS);
    let resources = resources.into_iter().take(RESOURCES);
    let mut columns: Vec<Column> = ports.map(|port| Column::Port(port.to_owned())).collect();
    columns.extend(resources.map(|(name, asked)| Column::Resource(name.into(), asked.into())));
    if shapes.iter().any(|shape| Column::Taint.holds(*shape)) {
        columns.push(Column::Taint);
    }
    if shapes.iter().any(|shape| Column::Label.holds(*shape)) {
        columns.push(Column::Label);
    }
    let has_column = |shape: &Shape<'_>| columns.iter().any(|column| column.holds(*shape));
    if rows.iter().any(|row| row.failures.is_empty()) || !shapes.iter().all(has_column) {
        columns.push(Column::Other);
    }
    columns
}

impl Column {
    /// What stands above it.
    pub(super) fn title(&self) -> String {
        match self {
            Column::Port(port) => format!("{port} HELD BY"),
            Column::Resource(resource, asked) => format!(
                "{} FREE (asks {})",
                resource.to_uppercase(),
                amount(asked, resource)
            ),
            Column::Taint => "TAINT NOT TOLERATED".to_owned(),
            Column::Label => "LABEL WANTED".to_owned(),
            Column::Other => "OTHER OBSTACLES".to_owned(),
        }
    }

    fn holds(&self, shape: Shape<'_>) -> bool {
        match (self, shape) {
            (Column::Port(port), Shape::Port(other)) => port == other,
            (Column::Resource(resource, _), Shape::Resource(other)) => resource == other,
            (Column::Taint, Shape::Taint(_)) | (Column::Label, Shape::Label(_)) => true,
            _ => false,
        }
    }

    fn words(&self, alike: &Alike<'_>) -> String {
        match self {
            Column::Port(_) => holders(alike),
            Column::Resource(..) => free(alike),
            Column::Taint => taint(alike),
            Column::Label => label(alike),
            Column::Other => sentence(alike),
        }
    }
}

/// A row's cells, one a column. What stands in several cells keeps the pod off all together, and says so;
/// `free` is said of a row without filter failures.
pub(super) fn cells(row: &Row<'_>, columns: &[Column], free: &str) -> Vec<Line> {
    let mut and = "";
    let mut cell = |column: &Column| {
        let mine = |alike: &&Alike<'_>| {
            let shape = alike.shape();
            let held = |column: &Column| shape.is_some_and(|shape| column.holds(shape));
            match column {
                Column::Other => !columns.iter().any(held),
                column => held(column),
            }
        };
        let words = row.failures.iter().filter(mine);
        let words: Vec<String> = words.map(|alike| column.words(alike)).collect();
        match column {
            Column::Other if row.failures.is_empty() => Line::of(Style::Passed, free),
            // every filter looks at every node, so what is not in the way was found to be enough
            Column::Resource(..) if words.is_empty() && !row.failures.is_empty() => {
                Line::of(Style::Faint, "enough")
            }
            _ if words.is_empty() => Line::new(),
            _ => {
                let start = Line::of(Style::Faint, std::mem::replace(&mut and, "and "));
                start.plain(&words.join(" and "))
            }
        }
    };
    columns.iter().map(&mut cell).collect()
}
