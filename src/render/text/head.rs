//! The first line of a block: what is hit, in which state, for how long.

use super::margin::label;
use super::serving;
use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::table::Table;
use crate::render::words::{NAMED, listed, named};
use crate::render::writer::Writer;
use crate::report::{Affected, Report, RestartsReport};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Fact, Message, Seconds, say};
use std::collections::{BTreeMap, BTreeSet};

/// Left of the lines in which it goes on.
const INDENT: usize = 4;

/// `deploy/web -n shop: pod web-7d9c5b-x2k4q ImagePullBackOff for 41m, container app`
/// `deploy/web -n shop: 3 pods ImagePullBackOff for up to 41m`
pub(super) fn write(
    writer: &mut Writer,
    objects: &[&Affected],
    each: &[&Affected],
    report: &Report,
) {
    let line = line(writer, objects, each, report);
    writer.paragraph(&Line::new(), &Line::new().pad(INDENT), &line);
}

/// What is hit, in which state, for how long, and what is left to serve. In `each` an object stands as often as it has containers
/// in trouble.
pub(super) fn line(
    writer: &Writer,
    objects: &[&Affected],
    each: &[&Affected],
    report: &Report,
) -> Line {
    let workloads: BTreeSet<ObjectRef> = objects
        .iter()
        .map(|one| one.workload.clone().unwrap_or_else(|| one.object()))
        .collect();
    let containers = containers(each, workloads.len());
    let [object, objects_] = nouns(objects);
    let alone = match objects {
        [one] if one.workload.is_some() && one.workload != Some(one.object()) => Some(&one.name),
        _ => None,
    };
    let several = objects.len() > 1;
    let counted = counted(objects, report);
    let is_counted = counted.is_some();
    let restarted = most_restarts(objects).as_ref().map(restarts);
    let serving = serving::message(report, &workloads);
    let serving = serving.filter(|_| !serving::is_its_state(report, objects));
    let head = Message::new(say!(
        "text.head.line",
        "{objects}: [{kind} {name} ][{count} {count|{one}|{many}} ]{states}[ for {age}][ for up to {longest}][, {restarts}][, up to {most}][, {containers|container|containers} {names}][; {serving}]"
    ))
    .fact("objects", arguments(writer, &workloads, NAMED))
    .fact_if("kind", alone.map(|_| object.clone()))
    .fact_if("name", alone.map(String::as_str))
    .fact_if("count", (several && !is_counted).then_some(objects.len()))
    .fact("one", object)
    .fact("many", objects_)
    .fact("states", counted.unwrap_or_else(|| states(objects)))
    .fact_if("age", longest(objects).filter(|_| !several))
    .fact_if("longest", longest(objects).filter(|_| several))
    .fact_if("restarts", restarted.clone().filter(|_| !several))
    .fact_if("most", restarted.filter(|_| several))
    .fact("containers", containers.len())
    .fact_if("names", (!containers.is_empty()).then(|| named(&containers, NAMED)))
    .fact_if("serving", serving);
    Line::new().sentence(writer.language(), &head, |hole| match hole {
        "objects" => Style::Object,
        _ => Style::Plain,
    })
}

/// What one of them and several are called: as kubectl calls their kind, when it is one.
fn nouns(objects: &[&Affected]) -> [Fact; 2] {
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

/// The containers concerned, where they are the same of each object or those of one workload.
fn containers<'a>(each: &[&'a Affected], workloads: usize) -> Vec<&'a str> {
    let containers: Option<BTreeSet<&str>> =
        each.iter().map(|one| one.container.as_deref()).collect();
    let containers = containers.unwrap_or_default();
    let fit = containers.len() == 1 || workloads == 1;
    containers.into_iter().filter(|_| fit).collect()
}

/// Of workloads how many of their pods are ready.
fn counted(objects: &[&Affected], report: &Report) -> Option<Message> {
    if objects.iter().all(|one| one.held) {
        return Some(say!("text.head.held", "held").into());
    }
    let counts: Option<Vec<_>> = objects.iter().map(|one| serving::counts(one)).collect();
    let counts = counts?;
    let sum = |number: fn(&(usize, usize)) -> usize| counts.iter().map(number).sum::<usize>();
    let sentence = if objects.iter().all(|one| serving::is_of_new(report, one)) {
        say!(
            "text.head.new-ready",
            "{ready} of {wanted} new {wanted|pod|pods} ready, stuck"
        )
    } else {
        say!(
            "text.head.ready",
            "{ready} of {wanted} {wanted|pod|pods} ready, stuck"
        )
    };
    let message = Message::new(sentence).fact("ready", sum(|(ready, _)| *ready));
    Some(message.fact("wanted", sum(|(_, wanted)| *wanted)))
}

/// `Pending`, or `stuck (2 Error, 1 CrashLoopBackOff)`
fn states(pods: &[&Affected]) -> Message {
    let mut words = pods.iter().map(|pod| status(pod));
    if let Some(word) = words.next()
        && words.all(|other| other == word)
    {
        return word;
    }
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in pods {
        *states.entry(pod.status.as_str()).or_default() += 1;
    }
    let mut states: Vec<(&str, usize)> = states.into_iter().collect();
    states.sort_by_key(|(_, pods)| std::cmp::Reverse(*pods));
    let states = listed(states.into_iter().map(|(status, pods)| {
        Message::new(say!("text.head.counted-status", "{pods} {status}"))
            .fact("status", status)
            .fact("pods", pods)
    }));
    Message::new(say!("text.head.stuck", "stuck ({states})")).fact("states", states)
}

/// kubectl's word. A pod that runs is not stuck in running, so with it goes what kubectl shows under READY.
fn status(object: &Affected) -> Message {
    let containers = object.containers.filter(|_| object.status == "Running");
    Message::new(say!(
        "text.head.status",
        "{status}[ ({ready}/{all} ready), stuck]"
    ))
    .fact("status", object.status.as_str())
    .fact_if("ready", containers.map(|containers| containers.ready))
    .fact_if("all", containers.map(|containers| containers.all))
}

/// `6 restarts, the last 45s ago`
pub(super) fn restarts(restarts: &RestartsReport) -> Message {
    Message::new(say!(
        "text.head.restarts",
        "{restarts} {restarts|restart|restarts}[, {restarts||the last }{age} ago]"
    ))
    .fact("restarts", restarts.count)
    .fact_if("age", restarts.last_seconds.map(Seconds))
}

/// The most restarts of one, and the latest of any.
fn most_restarts(pods: &[&Affected]) -> Option<RestartsReport> {
    let all = || pods.iter().filter_map(|pod| pod.restarts.as_ref());
    Some(RestartsReport {
        last_seconds: all().filter_map(|restarts| restarts.last_seconds).min(),
        ..all().max_by_key(|restarts| restarts.count)?.clone()
    })
}

/// For how long the one has been stuck that has been the longest.
fn longest(pods: &[&Affected]) -> Option<Seconds> {
    let since = pods.iter().filter_map(|pod| pod.since_seconds);
    since.max().map(Seconds)
}

/// Names several objects of one workload: the first ones, or each with its state.
pub(super) fn names(writer: &mut Writer, objects: &[&Affected]) {
    let workloads: BTreeSet<&Option<ObjectRef>> = objects.iter().map(|one| &one.workload).collect();
    let is_one = workloads.len() == 1 && !workloads.contains(&None);
    if objects.len() < 2 || !(is_one || writer.whole()) {
        return;
    }
    let [noun, nouns] = nouns(objects).map(|noun| writer.language().fact(&noun));
    if !writer.whole() {
        let names: Vec<&str> = objects.iter().map(|one| one.name.as_str()).collect();
        let names = writer.says(&named(&names, NAMED));
        writer.hanging_indent(&label(&nouns), &Line::new().plain(&names));
        return;
    }
    let status = writer.word(say!("text.head.title-status", "STATUS"));
    let age = writer.word(say!("text.head.title-for", "FOR"));
    let restarted = writer.word(say!("text.head.title-restarts", "RESTARTS"));
    let mut table = Table::new([noun.to_uppercase(), status, age, restarted]);
    for one in objects {
        let age = one.since_seconds.map(Seconds).map(Fact::from);
        let age = age.map(|age| writer.language().fact(&age));
        let restarts = one.restarts.as_ref().map(restarts);
        let restarts = restarts.map(|restarts| writer.says(&restarts));
        let name = if is_one {
            one.name.clone()
        } else {
            full_name(one)
        };
        let age = age.unwrap_or_else(|| "?".to_owned());
        let cells = [name, one.status.clone(), age, restarts.unwrap_or_default()];
        table.row(cells.iter().map(|cell| Line::new().plain(cell)).collect());
    }
    writer.blank_line();
    for line in table.lines(writer.room(2)) {
        writer.line(&Line::new().pad(2).append(&line));
    }
}

/// `shop/web-0`
pub(super) fn full_name(object: &Affected) -> String {
    match &object.namespace {
        Some(namespace) => format!("{namespace}/{}", object.name),
        None => object.name.clone(),
    }
}
