//! The first line of a block: which objects, in which state, for how long, whose.

use super::margin::label;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::table::Table;
use crate::render::words::{NAMED, listed, named};
use crate::render::writer::Writer;
use crate::report::Affected;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Fact, Message, Seconds, say};
use std::collections::{BTreeMap, BTreeSet};

/// Left of the lines in which it goes on.
const INDENT: usize = 4;

/// Writes the line, and for several pods the line that names them.
pub(super) fn write(writer: &mut Writer, pods: &[Affected], subject: &ObjectRef) {
    let words = match pods {
        [pod] => single(writer, pod, subject),
        _ => several(writer, pods, subject),
    };
    writer.paragraph(&Line::new(), &Line::new().pad(INDENT), &words);
}

/// `shop/web-7d9c5b-x2k4q: ImagePullBackOff for 41m, container app, of Deployment/web`
fn single(writer: &Writer, object: &Affected, subject: &ObjectRef) -> Line {
    let room = writer.room(INDENT);
    let itself = subject.kind == object.kind && subject.name == object.name;
    let state = writer.says(&state(&object.status, object.since_seconds));
    // people know the Deployment, not its ReplicaSet
    let known = Affected {
        kind: subject.kind.clone(),
        name: subject.name.clone(),
        ..object.clone()
    };
    let is_pod = object.kind == Kind::Pod.as_str();
    let mut line = Line::of(Style::Object, &name(if is_pod { object } else { &known }))
        .plain(": ")
        .plain(&state);
    if let Some(container) = &object.container {
        let words = Message::new(say!("text.head.container", "container {container}"))
            .fact("container", container.as_str());
        let words = writer.says(&words);
        line = line
            .plain(", ")
            .tied(Style::Plain, &words, room.saturating_sub(1));
    }
    if itself {
        return line;
    }
    if !is_pod {
        let set = format!("{}/{}", object.kind, object.name);
        return line.plain(", ").tied(Style::Plain, &set, room);
    }
    let words = writer.says(&relation(subject));
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
fn relation(subject: &ObjectRef) -> Message {
    let sentence = match subject.known_kind() {
        Some(kind) if !kind.is_workload() => say!("text.head.because-of", "because of {object}"),
        // a kind that is not known here is a controller of somebody's own
        _ => say!("text.head.of", "of {object}"),
    };
    Message::new(sentence).fact("object", subject.short())
}

/// `Pending for 41m`; a pod that runs is not stuck in running.
fn state(status: &str, since: Option<i64>) -> Message {
    let sentence = if status == "Running" {
        say!("text.head.running", "{status}[, not well for {age}]")
    } else {
        say!("text.head.status", "{status}[ for {age}]")
    };
    Message::new(sentence)
        .fact("status", status)
        .fact_if("age", since.map(Seconds))
}

/// `Deployment/web in shop: 3 pods ImagePullBackOff for up to 41m`
fn several(writer: &Writer, pods: &[Affected], subject: &ObjectRef) -> Line {
    let containers: BTreeSet<&str> = pods.iter().filter_map(|p| p.container.as_deref()).collect();
    let container = containers.first().filter(|_| containers.len() == 1);
    let [object, objects] = nouns(pods);
    let head = Message::new(say!(
        "text.head.several",
        "{subject}[ in {namespace}]: {count} {count|{object}|{objects}} {states}[ for up to {age}][, container {container}]"
    ))
    .fact("subject", subject.short())
    .fact_if("namespace", subject.namespace.as_deref())
    .fact("count", pods.len())
    .fact("object", object)
    .fact("objects", objects)
    .fact("states", states(pods))
    .fact_if("age", longest(pods))
    .fact_if("container", container.copied());
    Line::new().sentence(writer.language(), &head, |hole| match hole {
        "subject" => Style::Object,
        _ => Style::Plain,
    })
}

/// What one of them and several are called: as kubectl calls their kind, when it is one.
fn nouns(objects: &[Affected]) -> [Fact; 2] {
    let mut kinds = objects.iter().map(|object| object.kind.as_str());
    match kinds.next() {
        Some(first) if kinds.all(|kind| kind == first) => kind_nouns(first).map(Fact::from),
        _ => [
            say!("text.head.object", "object").into(),
            say!("text.head.objects", "objects").into(),
        ],
    }
}

/// `pod` and `pods`
pub(super) fn kind_nouns(kind: &str) -> [String; 2] {
    let one = kind.to_lowercase();
    let many =
        Kind::of_manifest(kind).map_or_else(|| format!("{one}s"), |kind| kind.plural().to_owned());
    [one, many]
}

/// `Pending`, or `stuck (2 Error, 1 CrashLoopBackOff)`
fn states(pods: &[Affected]) -> Message {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in pods {
        *states.entry(pod.status.as_str()).or_default() += 1;
    }
    let mut states: Vec<(&str, usize)> = states.into_iter().collect();
    states.sort_by_key(|(_, pods)| std::cmp::Reverse(*pods));
    let alone = states.len() == 1;
    let states = listed(states.into_iter().map(|(status, pods)| {
        Message::new(say!("text.head.counted-status", "[{pods} ]{status}"))
            .fact("status", status)
            .fact_if("pods", (!alone).then_some(pods))
    }));
    if alone {
        return states;
    }
    Message::new(say!("text.head.stuck", "stuck ({states})")).fact("states", states)
}

/// For how long the one has been stuck that has been the longest.
pub(super) fn longest(pods: &[Affected]) -> Option<Seconds> {
    let since = pods.iter().filter_map(|pod| pod.since_seconds);
    since.max().map(Seconds)
}

/// Names several objects: the first ones, or each with its state.
pub(super) fn names(writer: &mut Writer, pods: &[Affected], subject: &ObjectRef) {
    if pods.len() < 2 {
        return;
    }
    let [object, objects] = nouns(pods).map(|noun| writer.language().fact(&noun));
    let name = |object: &Affected| {
        if object.namespace == subject.namespace {
            object.name.clone()
        } else {
            name(object)
        }
    };
    if !writer.whole() {
        let names: Vec<String> = pods.iter().map(name).collect();
        let names = writer.says(&named(&names, NAMED));
        writer.hanging_indent(&label(&objects), &Line::new().plain(&names));
        return;
    }
    let status = writer.word(say!("text.head.title-status", "STATUS"));
    let age = writer.word(say!("text.head.title-for", "FOR"));
    let mut table = Table::new([object.to_uppercase(), status, age]);
    for pod in pods {
        let age = pod.since_seconds.map(Seconds).map(Fact::from);
        let age = age.map(|age| writer.language().fact(&age));
        let cells = [name(pod), pod.status.clone(), age.unwrap_or_default()];
        table.row(cells.iter().map(|cell| Line::new().plain(cell)).collect());
    }
    writer.blank_line();
    for line in table.lines(writer.room(2)) {
        writer.line(&Line::new().pad(2).append(&line));
    }
}
