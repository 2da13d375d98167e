//! The first line of a block: which pods, in which state, for how long, whose.

use crate::kubernetes::duration::human_seconds;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::table::Table;
use crate::render::words::{NAMED, count, named, number};
use crate::render::writer::Writer;
use crate::report::Affected;
use crate::snapshot::{Kind, ObjectRef};
use std::collections::{BTreeMap, BTreeSet};

/// Left of the lines in which it goes on.
const INDENT: usize = 4;

/// Writes the line, and for several pods the line that names them.
pub(super) fn write(writer: &mut Writer, pods: &[Affected], subject: &ObjectRef) {
    let words = match pods {
        [pod] => single(pod, subject, writer.room(INDENT)),
        _ => several(pods, subject),
    };
    writer.paragraph(&Line::new(), &Line::new().pad(INDENT), &words);
}

/// `shop/web-7d9c5b-x2k4q: ImagePullBackOff for 41m, container app, of Deployment/web`
fn single(object: &Affected, subject: &ObjectRef, room: usize) -> Line {
    let itself = subject.kind == object.kind && subject.name == object.name;
    let mut line = Line::of(Style::Object, &name(object))
        .plain(": ")
        .plain(&state(&object.status, object.since_seconds));
    if let Some(container) = &object.container {
        let words = format!("container {container}");
        line = line
            .plain(", ")
            .tied(Style::Plain, &words, room.saturating_sub(1));
    }
    if itself {
        return line;
    }
    let words = format!("{}{}", relation(subject), subject.short());
    line.plain(", ").tied(Style::Plain, &words, room)
}

/// `shop/web-0` for a pod, which people call by its name alone; `shop/Service/web` for anything else.
fn name(object: &Affected) -> String {
    let namespace = object.namespace.as_deref();
    let kind = Some(object.kind.as_str()).filter(|kind| *kind != Kind::Pod.as_str());
    let parts = namespace
        .into_iter()
        .chain(kind)
        .chain([object.name.as_str()]);
    parts.collect::<Vec<_>>().join("/")
}

/// What a pod has to do with the object to change.
fn relation(subject: &ObjectRef) -> String {
    match subject.known_kind() {
        Some(kind) if kind.is_workload() => "of ".to_owned(),
        _ => "because of ".to_owned(),
    }
}

/// `Pending for 41m`; a pod that runs is not stuck in running.
fn state(status: &str, since: Option<i64>) -> String {
    match since.map(human_seconds) {
        None => status.to_owned(),
        Some(age) if status == "Running" => format!("{status}, not well for {age}"),
        Some(age) => format!("{status} for {age}"),
    }
}

/// `Deployment/web in shop: 3 pods ImagePullBackOff for up to 41m`
fn several(pods: &[Affected], subject: &ObjectRef) -> Line {
    let mut line = Line::of(Style::Object, &subject.short());
    if let Some(namespace) = &subject.namespace {
        line = line.plain(" in ").plain(namespace);
    }
    line = line
        .plain(": ")
        .plain(&count(pods.len(), &noun(pods)))
        .plain(" ")
        .plain(&states(pods));
    if let Some(age) = longest(pods) {
        line = line.plain(" for up to ").plain(&age);
    }
    let containers: BTreeSet<&str> = pods.iter().filter_map(|p| p.container.as_deref()).collect();
    match containers.len() {
        1 => containers
            .iter()
            .fold(line.plain(", container "), |line, name| line.plain(name)),
        _ => line,
    }
}

/// What they are all, in lower case: `pod`.
fn noun(objects: &[Affected]) -> String {
    let kind = objects
        .first()
        .map_or("object", |first| first.kind.as_str());
    let same = objects.iter().all(|object| object.kind == kind);
    if same { kind } else { "object" }.to_lowercase()
}

/// `Pending`, or `stuck (2 Error, 1 CrashLoopBackOff)`
fn states(pods: &[Affected]) -> String {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in pods {
        *states.entry(pod.status.as_str()).or_default() += 1;
    }
    if let Some((state, _)) = states.first_key_value()
        && states.len() == 1
    {
        return (*state).to_owned();
    }
    let mut states: Vec<(&str, usize)> = states.into_iter().collect();
    states.sort_by_key(|(_, pods)| std::cmp::Reverse(*pods));
    let counted = states
        .iter()
        .map(|(state, pods)| format!("{} {state}", number(*pods)));
    format!("stuck ({})", counted.collect::<Vec<_>>().join(", "))
}

/// The age of the pod that has been stuck the longest.
pub(super) fn longest(pods: &[Affected]) -> Option<String> {
    pods.iter()
        .filter_map(|pod| pod.since_seconds)
        .max()
        .map(human_seconds)
}

/// Names several pods: the first ones, or each with its state.
pub(super) fn names(writer: &mut Writer, pods: &[Affected], subject: &ObjectRef) {
    if pods.len() < 2 {
        return;
    }
    let name = |object: &Affected| {
        if object.namespace == subject.namespace {
            object.name.clone()
        } else {
            name(object)
        }
    };
    if !writer.whole() {
        let names: Vec<String> = pods.iter().map(name).collect();
        writer.hanging(
            &super::label(&format!("{}s", noun(pods))),
            &Line::new().plain(&named(&names, NAMED)),
        );
        return;
    }
    let mut table = Table::new([noun(pods).to_uppercase().as_str(), "STATUS", "FOR"]);
    for pod in pods {
        let age = pod.since_seconds.map(human_seconds).unwrap_or_default();
        let cells = [name(pod), pod.status.clone(), age];
        table.row(cells.iter().map(|cell| Line::new().plain(cell)).collect());
    }
    writer.part();
    for line in table.lines(writer.room(2)) {
        writer.line(&Line::new().pad(2).append(&line));
    }
}
