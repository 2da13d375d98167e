//! What stands against a pod on a node, in cells and in words.

use crate::kubernetes::quantity::Quantity;
use crate::render::line::Line;
use crate::render::style::Meaning;
use crate::render::words::{amount, number};
use crate::report::{NodeReport, ObstacleReport};
use std::collections::{BTreeMap, BTreeSet};

/// Ports, and resources, that have a column of their own.
const PORTS: usize = 2;
const RESOURCES: usize = 3;
/// Values of a label that are named for a row.
const VALUES: usize = 3;

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

/// The columns that these nodes need, in the order in which a reader asks.
pub(super) fn columns(nodes: &[NodeReport]) -> Vec<Column> {
    let all = || nodes.iter().flat_map(|node| &node.obstacles);
    let ports: BTreeSet<&String> = all().filter_map(|o| o.port.as_ref()).collect();
    let mut resources: BTreeMap<&String, &String> = BTreeMap::new();
    for obstacle in all() {
        if let (Some(resource), Some(asked)) = (&obstacle.resource, &obstacle.asked) {
            resources.insert(resource, asked);
        }
    }
    let mut columns: Vec<Column> = Vec::new();
    columns.extend(ports.into_iter().take(PORTS).cloned().map(Column::Port));
    columns.extend(
        resources
            .into_iter()
            .take(RESOURCES)
            .map(|(resource, asked)| Column::Resource(resource.clone(), asked.clone())),
    );
    if all().any(|obstacle| obstacle.taint.is_some()) {
        columns.push(Column::Taint);
    }
    if all().any(|obstacle| obstacle.wanted.is_some()) {
        columns.push(Column::Label);
    }
    let has_column =
        |obstacle: &ObstacleReport| columns.iter().any(|column| column.holds(obstacle));
    let free = nodes.iter().any(|node| node.obstacles.is_empty());
    if free || !all().all(has_column) {
        columns.push(Column::Other);
    }
    columns
}

impl Column {
    /// What stands above it.
    pub(super) fn title(&self) -> String {
        match self {
            Column::Port(port) => format!("{port} HELD BY"),
            Column::Resource(resource, asked) => {
                format!(
                    "{} FREE (asks {})",
                    resource.to_uppercase(),
                    amount(asked, resource)
                )
            }
            Column::Taint => "TAINT NOT TOLERATED".to_owned(),
            Column::Label => "LABEL WANTED".to_owned(),
            Column::Other => "OTHER OBSTACLES".to_owned(),
        }
    }

    fn holds(&self, obstacle: &ObstacleReport) -> bool {
        match self {
            Column::Port(port) => obstacle.port.as_ref() == Some(port) && obstacle.holder.is_some(),
            Column::Resource(resource, _) => {
                obstacle.resource.as_ref() == Some(resource) && obstacle.free.is_some()
            }
            Column::Taint => obstacle.taint.is_some(),
            Column::Label => obstacle.wanted.is_some(),
            Column::Other => false,
        }
    }

    fn words(&self, obstacle: &ObstacleReport, found: &Found<'_>) -> String {
        match self {
            Column::Port(_) => holder(obstacle),
            Column::Resource(..) => free(obstacle),
            Column::Taint => taint(obstacle),
            Column::Label => wanted(obstacle, found),
            Column::Other => sentence(obstacle, found),
        }
    }
}

/// How many nodes of a row carry which value of the label wanted.
type Found<'a> = BTreeMap<Option<&'a str>, usize>;

/// What tells rows apart: everything but what nodes carry in place of a label's value wanted, since
/// under a key like kubernetes.io/hostname each carries its own.
pub(super) fn key(node: &NodeReport) -> Vec<String> {
    let words = |obstacle: &ObstacleReport| match &obstacle.wanted {
        Some(wanted) => format!("label {wanted}"),
        None => sentence(obstacle, &Found::new()),
    };
    node.obstacles.iter().map(words).collect()
}

/// The obstacles of nodes with the same key, each with what was found on them.
fn of_row<'a>(nodes: &[&'a NodeReport]) -> Vec<(&'a ObstacleReport, Found<'a>)> {
    let Some((first, others)) = nodes.split_first() else {
        return Vec::new();
    };
    let with_found = |(index, obstacle): (usize, &'a ObstacleReport)| {
        let mut found = Found::from([(obstacle.found.as_deref(), 1)]);
        for other in others.iter().filter_map(|node| node.obstacles.get(index)) {
            *found.entry(other.found.as_deref()).or_default() += 1;
        }
        (obstacle, found)
    };
    first.obstacles.iter().enumerate().map(with_found).collect()
}

/// A row's cells, one a column.
pub(super) fn cells(nodes: &[&NodeReport], columns: &[Column]) -> Vec<Line> {
    let obstacles = of_row(nodes);
    let cell = |column: &Column| {
        let mine = |(obstacle, _): &&(&ObstacleReport, Found<'_>)| match column {
            Column::Other => !columns.iter().any(|column| column.holds(obstacle)),
            column => column.holds(obstacle),
        };
        let words: Vec<String> = obstacles
            .iter()
            .filter(mine)
            .map(|(obstacle, found)| column.words(obstacle, found))
            .collect();
        match column {
            Column::Other if obstacles.is_empty() => {
                Line::of(Meaning::Passed, "none: the pod fits")
            }
            // every filter looks at every node, so what is not in the way was found to be enough
            Column::Resource(..) if words.is_empty() && !obstacles.is_empty() => {
                Line::of(Meaning::Faint, "enough")
            }
            _ => Line::new().plain(&words.join("; ")),
        }
    };
    columns.iter().map(cell).collect()
}

/// Everything that stands against the pod on the nodes of a row, a sentence each.
pub(super) fn in_words(nodes: &[&NodeReport]) -> Vec<Line> {
    let obstacles = of_row(nodes);
    if obstacles.is_empty() {
        return vec![Line::of(Meaning::Passed, "none: the pod fits")];
    }
    let mut held: BTreeSet<String> = BTreeSet::new();
    let mut sentences = Vec::new();
    for (obstacle, found) in &obstacles {
        if obstacle.port.is_none() || obstacle.holder.is_none() {
            sentences.push(Line::new().plain(&sentence(obstacle, found)));
        } else if held.insert(holder(obstacle)) {
            let same = obstacles
                .iter()
                .filter(|(other, _)| other.holder == obstacle.holder);
            let ports: Vec<&str> = same
                .filter_map(|(other, _)| other.port.as_deref())
                .collect();
            let words = format!("{} held by {}", ports.join(", "), holder(obstacle));
            sentences.push(Line::new().plain(&words));
        }
    }
    sentences
}

/// An obstacle, complete by itself.
fn sentence(obstacle: &ObstacleReport, found: &Found<'_>) -> String {
    if let (Some(port), Some(_)) = (&obstacle.port, &obstacle.holder) {
        return format!("{port} held by {}", holder(obstacle));
    }
    if let (Some(resource), Some(asked), Some(_)) =
        (&obstacle.resource, &obstacle.asked, &obstacle.free)
    {
        return format!(
            "asks {} {resource}, {} free",
            amount(asked, resource),
            free(obstacle)
        );
    }
    if obstacle.taint.is_some() {
        return format!("taint {}", taint(obstacle));
    }
    if obstacle.wanted.is_some() {
        return format!("label {}", wanted(obstacle, found));
    }
    reason(obstacle)
}

/// The scheduler's words without its count; a few in the words of kubectl.
pub(super) fn reason(obstacle: &ObstacleReport) -> String {
    match obstacle.filter {
        "NodeUnschedulable" => "cordoned".to_owned(),
        "TaintToleration" => "taint not tolerated".to_owned(),
        _ => {
            let words = obstacle.reason.as_str();
            words.strip_prefix("node(s) ").unwrap_or(words).to_owned()
        }
    }
}

fn holder(obstacle: &ObstacleReport) -> String {
    let Some(holder) = &obstacle.holder else {
        return String::new();
    };
    format!("{}/{}", holder.namespace, holder.name)
}

fn free(obstacle: &ObstacleReport) -> String {
    let resource = obstacle.resource.as_deref().unwrap_or_default();
    let human = |amount_: &Option<String>| amount_.as_deref().map(|text| amount(text, resource));
    let free = human(&obstacle.free).unwrap_or_default();
    match human(&obstacle.allocatable) {
        Some(all) => format!("{free} of {all}"),
        None => free,
    }
}

fn taint(obstacle: &ObstacleReport) -> String {
    let taint = obstacle.taint.clone().unwrap_or_default();
    match &obstacle.near_miss {
        Some(why) => format!("{taint} ({why})"),
        None => taint,
    }
}

/// `disktype=nvme: it is ssd`, or over several nodes `disktype=nvme: ssd on 4, hdd on 1`
fn wanted(obstacle: &ObstacleReport, found: &Found<'_>) -> String {
    let wanted = obstacle.wanted.clone().unwrap_or_default();
    if let Some((value, _)) = found.first_key_value()
        && found.len() == 1
    {
        return match value {
            None => format!("{wanted}: not there"),
            Some("") => format!("{wanted}: it is empty"),
            Some(value) => format!("{wanted}: it is {value}"),
        };
    }
    let values: usize = found.keys().flatten().count();
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for (value, nodes) in found {
        let word = match value {
            None => "not there",
            Some(_) if values > VALUES => "another value",
            Some("") => "empty",
            Some(value) => value,
        };
        *groups.entry(word).or_default() += nodes;
    }
    let mut groups: Vec<(&str, usize)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(*nodes));
    let words = match groups.as_slice() {
        [(word, _)] => (*word).to_owned(),
        groups => {
            let on = |(word, nodes): &(&str, usize)| format!("{word} on {}", number(*nodes));
            groups.iter().map(on).collect::<Vec<_>>().join(", ")
        }
    };
    format!("{wanted}: {words}")
}

/// How far a node is from taking the pod, nearest first: how many obstacles, of which kinds, and how
/// much is missing in thousandths of what is asked.
pub(super) fn distance(node: &NodeReport) -> (usize, Vec<u8>, i128) {
    let missing = |obstacle: &ObstacleReport| {
        let read = |text: &Option<String>| text.as_deref()?.parse::<Quantity>().ok();
        let (asked, free) = (read(&obstacle.asked)?, read(&obstacle.free)?);
        Some((asked - free).milli().saturating_mul(1000) / asked.milli().max(1))
    };
    let missing = node.obstacles.iter().filter_map(missing);
    let kinds = node.obstacles.iter().map(kind).collect();
    (
        node.obstacles.len(),
        kinds,
        missing.fold(0, i128::saturating_add),
    )
}

/// What can pass by itself before what someone put there on purpose.
fn kind(obstacle: &ObstacleReport) -> u8 {
    match obstacle {
        o if o.holder.is_some() => 0,
        o if o.free.is_some() => 1,
        o if o.wanted.is_some() => 2,
        o if o.taint.is_none() => 3,
        _ => 4,
    }
}
