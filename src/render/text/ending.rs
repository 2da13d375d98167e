//! The end: what was named and is not stuck, what could not be read, and the numbers.

use super::head::{kind_nouns, restarts};
use super::hidden;
use super::numbers;
use super::standing;
use super::unread::{details, gaps};
use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::{bytes, listed, verbatim};
use crate::render::writer::Writer;
use crate::report::{
    Affected, AwaitedReport, Defect, KindSummary, Report, Restarted, ScopeReport, Summary, Verdict,
};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, Seconds, say};
use std::collections::BTreeSet;

/// Workloads of a namespace that are named because they serve nothing.
const DOWN: usize = 3;
/// Pods that are named because they were restarted.
const RESTARTED: usize = 3;

pub(super) fn awaited(writer: &mut Writer, awaited: &[AwaitedReport]) {
    for one in awaited {
        let words = Message::new(say!(
            "text.ending.awaited",
            "{object} is waited for: {because}"
        ))
        .fact("object", arguments(writer, [&one.object], 1))
        .fact("because", writer.says(&one.message));
        let line = Line::new().prose(Style::Plain, &writer.says(&words));
        writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    }
}

/// Writes everything below the blocks.
pub(super) fn write(writer: &mut Writer, report: &Report) {
    well_or_wrong(writer, report);
    writer.blank_line();
    summary(writer, report);
    unread(writer, report);
}

/// The same without the numbers, for what has them elsewhere.
pub(super) fn without_summary(writer: &mut Writer, report: &Report) {
    well_or_wrong(writer, report);
    unread(writer, report);
}

/// What was named and is not stuck, and which rules failed.
fn well_or_wrong(writer: &mut Writer, report: &Report) {
    writer.blank_line();
    standing::write(writer, &report.not_stuck);
    if let Some(line) = restarted(writer, &report.summary.restarted) {
        writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    }
    awaited(writer, &report.awaited);
    for defect in &report.defects {
        let line = wrong(writer, defect);
        writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    }
}

/// What could not be read, and what was meant to silence something.
fn unread(writer: &mut Writer, report: &Report) {
    let found = report.diagnoses.iter().map(|one| one.cause).collect();
    for (line, gaps) in gaps(writer, &report.gaps, &found) {
        writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
        if writer.whole() {
            details(writer, &gaps);
        }
    }
    hidden::write(writer, report);
}

/// `ready again after a restart within the hour: pod/web -n shop (41 restarts, the last 12m ago; OOMKilled)`
pub(super) fn restarted(writer: &Writer, all: &[Restarted]) -> Option<Line> {
    let shown = all.iter().take(writer.at_most(RESTARTED)).map(|one| {
        Message::new(say!("text.restarted.one", "{pod} ({restarts}[; {reason}])"))
            .fact("pod", arguments(writer, [&one.object], 1))
            .fact("restarts", restarts(&one.restarts))
            .fact_if("reason", one.restarts.last_reason.as_deref())
    });
    let shown: Vec<Message> = shown.collect();
    let more = all.len() - shown.len();
    let words = Message::new(say!(
        "text.restarted.line",
        "ready again after a restart within the hour: {shown}[ + {more} more]"
    ))
    .fact("shown", listed(shown))
    .fact_if("more", (more > 0).then_some(more));
    (!all.is_empty()).then(|| Line::of(Style::Faint, &writer.says(&words)))
}

/// Which rule failed.
pub(super) fn wrong(writer: &Writer, defect: &Defect) -> Line {
    let words = Message::new(say!(
        "text.summary.defect",
        "{defect}: rule {cause} failed on {object}: {message}"
    ))
    .fact(
        "defect",
        say!("text.summary.a-defect", "a defect of this tool"),
    )
    .fact("cause", defect.cause)
    .fact("object", defect.object.as_str())
    .fact("message", defect.message.as_str());
    Line::new().sentence(writer.language(), &words, |hole| match hole {
        "defect" => Style::Danger,
        _ => Style::Plain,
    })
}

fn summary(writer: &mut Writer, report: &Report) {
    let mut line = verdict_line(writer, report);
    let requests = report.requests;
    if requests.count > 0 || requests.bytes > 0 {
        let sent = usize::try_from(requests.count).unwrap_or(usize::MAX);
        let read = Message::new(say!(
            "text.summary.read",
            "Read: [{requests} {requests|request|requests}, ]{bytes}."
        ))
        .fact_if("requests", (sent > 0).then_some(sent))
        .fact("bytes", bytes(requests.bytes));
        line = line.plain(". ").whole(Style::Faint, &writer.says(&read));
    }
    writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    numbers::write(writer, report);
}

/// What it comes to.
pub(super) fn verdict_line(writer: &Writer, report: &Report) -> Line {
    let verdict = verdict(writer, report);
    let line = Line::new().sentence(writer.language(), &verdict, |hole| match hole {
        "unread" => Style::Unknown,
        "nothing" => Style::Passed,
        "stuck" => Style::Cause,
        "down" => Style::Object,
        _ => Style::Plain,
    });
    match hidden::counted(report) {
        Some(hidden) => line.plain("; ").with(Style::Unknown, &writer.says(&hidden)),
        None => line,
    }
}

/// The verdict. Nothing is said of pods that could not be listed.
fn verdict(writer: &Writer, report: &Report) -> Message {
    let by_kind = &report.summary.by_kind;
    let mut unread = unread_kinds(report);
    let blind = unread.contains(Kind::Pod.as_str());
    // beside what is stuck the gaps tell the rest
    unread.retain(|kind| is_pod(kind) || report.verdict() == Verdict::Unknown);
    let is_any = |number: fn(&KindSummary) -> usize| by_kind.values().any(|it| number(it) > 0);
    let pods = by_kind.get(Kind::Pod.as_str()).copied();
    let pods = pods.unwrap_or_default();
    let kept = kept(report);
    let all = pods.all.unwrap_or_default();
    let message = match (is_any(|it| it.stuck), all, blind) {
        (true, ..) => stuck_by(writer, report),
        (false, ..) if kept > 0 => ended_by(report),
        (false, 0, true) => {
            return Message::new(say!("text.summary.blind", "{unread}")).fact(
                "unread",
                say!("text.summary.no-pod-read", "no pod could be read"),
            );
        }
        (false, 0, false) if by_kind.is_empty() => return no_pods(&report.scope),
        (false, 0, false) => Message::new(say!(
            "text.summary.no-object-stuck",
            "{nothing}: {objects} {objects|object|objects} looked at[, {held} held on purpose]"
        ))
        .fact("nothing", hidden::nothing(report))
        .fact(
            "objects",
            by_kind
                .values()
                .filter_map(|numbers| numbers.all)
                .sum::<usize>(),
        ),
        (false, all, _) => Message::new(say!(
            "text.summary.nothing-stuck",
            "{nothing}: {pods} {pods|pod|pods} looked at[, {held} held on purpose][, {progressing} progressing][, {unknown} progressing or late][; {unread}]"
        ))
        .fact("nothing", hidden::nothing(report))
        .fact("pods", all),
    };
    let held = held(report);
    message
        .fact_if("held", (held > 0).then_some(held))
        .fact_if("kept", (kept > 0).then_some(kept))
        .fact_if(
            "progressing",
            (pods.progressing > 0).then_some(pods.progressing),
        )
        .fact_if("unknown", (pods.unknown > 0).then_some(pods.unknown))
        .fact_if("unread", (!unread.is_empty()).then(|| not_all(&unread)))
}

/// The kinds of which something that is stuck may be missing: what is missing elsewhere is told with the gaps.
fn unread_kinds(report: &Report) -> BTreeSet<&str> {
    let gaps = report.gaps.iter().filter(|gap| gap.may_hide);
    gaps.map(|gap| gap.kind).collect()
}

fn not_all(kinds: &BTreeSet<&str>) -> Message {
    let plurals = kinds.iter().map(|kind| {
        let [_, objects] = kind_nouns(kind);
        verbatim(&objects)
    });
    let only_pods = kinds.iter().all(|kind| is_pod(kind));
    Message::new(if only_pods {
        say!("text.summary.not-every-pod", "not every pod could be read")
    } else {
        say!("text.summary.not-all", "not all {objects} could be read")
    })
    .fact("objects", listed(plurals))
}

fn is_pod(kind: &str) -> bool {
    kind == Kind::Pod.as_str()
}

/// How many objects have ended for good and are only kept.
fn kept(report: &Report) -> usize {
    let diagnosed = report.diagnoses.iter().flat_map(|one| &one.affected);
    let all = diagnosed.chain(report.unexplained.iter().map(|one| &one.object));
    let kept = all.filter(|one| one.ended).map(Affected::key);
    kept.collect::<BTreeSet<_>>().len()
}

/// How many objects are held on purpose, and not stuck.
fn held(report: &Report) -> usize {
    let all = report.diagnoses.iter().flat_map(|one| &one.affected);
    let held = all.filter(|one| one.held).map(Affected::key);
    held.collect::<BTreeSet<_>>().len()
}

/// `1 of 7 pods ended and kept by 1 cause; nothing is stuck`
fn ended_by(report: &Report) -> Message {
    let causes = causes(report, true);
    let unexplained = unexplained(report, true, causes);
    let pods = report.summary.by_kind.get(Kind::Pod.as_str());
    let all = pods.and_then(|pods| pods.all).unwrap_or_default();
    let kept = kept(report);
    let diagnosed = report.diagnoses.iter().flat_map(|one| &one.affected);
    let objects = diagnosed.chain(report.unexplained.iter().map(|one| &one.object));
    let only_pods = objects.filter(|one| one.ended).all(|one| is_pod(&one.kind));
    let sentence = if only_pods {
        say!(
            "text.summary.ended",
            "{kept}[ of {all}] {pods|pod|pods} ended and kept[ by {causes} {causes|cause|causes}][, {unexplained}][, {progressing} progressing]; {nothing}[; {unread}]"
        )
    } else {
        say!(
            "text.summary.objects-ended",
            "{kept} {kept|object|objects} ended and kept[ by {causes} {causes|cause|causes}][, {unexplained}][, {progressing} progressing]; {nothing}[; {unread}]"
        )
    };
    Message::new(sentence)
        .fact_if("all", (all > kept).then_some(all))
        .fact("pods", all.max(kept))
        .fact_if("causes", (causes > 0).then_some(causes))
        .fact_if("unexplained", unexplained)
        .fact("nothing", hidden::nothing(report))
}

/// Causes of what waits, or of what has ended.
fn causes(report: &Report, ended: bool) -> usize {
    let all = report.diagnoses.iter();
    let holds: BTreeSet<&str> = all
        .filter(|one| one.is_hint() || one.affected.iter().all(|one| one.held))
        .map(|one| one.fingerprint.as_str())
        .collect();
    let roots = report.root_causes.iter().filter(|root| {
        let mut diagnoses = root.diagnoses.iter();
        root.ended == ended && !diagnoses.all(|one| holds.contains(one.as_str()))
    });
    roots.map(|root| root.cause).collect::<BTreeSet<_>>().len()
}

/// How many of those no rule explains, where there are any.
fn unexplained(report: &Report, ended: bool, causes: usize) -> Option<Message> {
    let all = report.unexplained.iter();
    let objects = all.filter(|one| one.object.ended == ended).count();
    let sentence = if causes == 0 {
        say!("text.summary.all-unexplained", "unexplained")
    } else {
        say!("text.summary.unexplained", "{objects} unexplained")
    };
    (objects > 0).then(|| Message::new(sentence).fact("objects", objects))
}

/// `3 of 42 pods stuck by 2 causes, 1 unexplained, the longest for 41m, 1 ended and kept`
fn stuck_by(writer: &Writer, report: &Report) -> Message {
    let causes = causes(report, false);
    let stuck = report.diagnoses.iter().filter(|one| !one.is_hint());
    let diagnosed = stuck.flat_map(|one| &one.affected);
    let all = diagnosed.chain(report.unexplained.iter().map(|one| &one.object));
    let ages = all
        .filter(|one| !one.ended && !one.held)
        .filter_map(|one| one.since_seconds);
    let stuck = report.summary.by_kind.values().map(|kind| kind.stuck);
    Message::new(say!(
        "text.summary.verdict",
        "{stuck}[ by {causes} {causes|cause|causes}][, {unexplained}][, {objects|for|the longest for} {age}][, {progressing} progressing][, {kept} ended and kept][, {held} held on purpose][; serving nothing: {down}][; {unread}]"
    ))
    .fact("stuck", among(&report.summary))
    .fact_if("down", down(writer, report))
    .fact_if("causes", (causes > 0).then_some(causes))
    .fact_if("unexplained", unexplained(report, false, causes))
    .fact("objects", stuck.sum::<usize>())
    .fact_if("age", ages.max().map(Seconds))
}

/// The workloads of which no pod is ready, where there is more than the one that the report is about.
fn down(writer: &Writer, report: &Report) -> Option<String> {
    let down: Vec<&ObjectRef> = report
        .workloads
        .iter()
        .filter(|one| one.serves_nothing)
        .map(|one| &one.object)
        .collect();
    let several = report.workloads.len() > 1 && !down.is_empty();
    several.then(|| arguments(writer, down, DOWN))
}

/// `3 of 42 pods, 1 service stuck`: pods are many, and of the others only those are looked at that may be stuck.
fn among(summary: &Summary) -> Message {
    let mut kinds: Vec<_> = summary.by_kind.iter().collect();
    kinds.retain(|(_, numbers)| numbers.stuck > 0);
    kinds.sort_by_key(|(kind, _)| !is_pod(kind));
    let kinds = kinds.into_iter().map(|(kind, numbers)| {
        let [object, objects] = kind_nouns(kind);
        let all = numbers.all.unwrap_or_default();
        let message = Message::new(if is_pod(kind) && all > numbers.stuck {
            say!(
                "text.summary.stuck-of",
                "{stuck} of {all} {all|{object}|{objects}}"
            )
        } else {
            say!(
                "text.summary.stuck-alone",
                "{stuck} {stuck|{object}|{objects}}"
            )
        });
        message
            .fact("stuck", numbers.stuck)
            .fact("all", all)
            .fact("object", object)
            .fact("objects", objects)
    });
    Message::new(say!("text.summary.stuck", "{objects} stuck")).fact("objects", listed(kinds))
}

/// `no pods found for Deployment/web with labels app=web in namespace shop`
pub(in crate::render) fn no_pods(scope: &ScopeReport) -> Message {
    // of several namespaces each target names its own
    let is_of_several = scope.targets.iter().any(|one| one.matches('/').count() > 1);
    let place: Option<Message> = match &scope.namespace {
        Some(namespace) => Some(
            Message::new(say!(
                "text.summary.in-namespace",
                "in namespace {namespace}"
            ))
            .fact("namespace", namespace.as_str()),
        ),
        None if is_of_several => None,
        None => Some(say!("text.summary.in-any-namespace", "in any namespace").into()),
    };
    let excluded = &scope.exclude_namespaces;
    let is_kind = |target: &String| !target.contains('/');
    // kinds without a name are what is not there, and the others what pods were looked for
    let kinds = scope.targets.iter().all(is_kind) && !scope.targets.is_empty();
    let targets = (!scope.targets.is_empty()).then(|| scope.targets.join(", "));
    let plurals = scope.targets.iter().map(|kind| {
        let [_, objects] = kind_nouns(kind);
        verbatim(&objects)
    });
    let message = if kinds {
        Message::new(say!(
            "text.summary.none-of-kind",
            "no {objects} found[ with labels {selector}] {place}[ outside {excluded}]"
        ))
        .fact("objects", listed(plurals))
    } else {
        Message::new(say!(
            "text.summary.no-pods",
            "no pods found[ for {targets}][ with labels {selector}][ with {fields}][ {place}][ outside {excluded}]"
        ))
        .fact_if("targets", targets)
    };
    message
        .fact_if("selector", scope.selector.as_deref())
        .fact_if("fields", scope.field_selector.as_deref())
        .fact_if(
            "excluded",
            (!excluded.is_empty()).then(|| excluded.join(", ")),
        )
        .fact_if("place", place)
}
