//! The end: pods that are well, what could not be read, and the numbers.

use crate::kubernetes::duration::human_seconds;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::{bytes, count, named, number};
use crate::render::writer::Writer;
use crate::report::{Defect, GapReport, NotStuck, Report, ScopeReport, StandingReport, Summary};
use crate::snapshot::{Kind, ObjectRef};
use std::collections::{BTreeMap, BTreeSet};

/// Pods that are well and are named.
const WELL: usize = 10;
/// Causes that a line about a gap names.
const AFFECTED: usize = 3;
/// Objects that a line about a gap names.
const UNREAD: usize = 6;
/// Why something was not read that nobody misses.
const NOT_ASKED: &str = "not asked";

/// Writes everything below the blocks.
pub(super) fn write(writer: &mut Writer, report: &Report) {
    writer.part();
    not_stuck(writer, &report.not_stuck);
    for defect in &report.defects {
        wrong(writer, defect);
    }
    writer.part();
    summary(writer, report);
    gaps(writer, &report.gaps);
}

fn not_stuck(writer: &mut Writer, objects: &[NotStuck]) {
    let shown = writer.at_most(WELL);
    for one in objects.iter().take(shown) {
        let (style, standing) = standing(one.standing);
        let line = Line::new()
            .plain(&one.object.kind.to_lowercase())
            .plain(" ")
            .with(Style::Object, &place_of(&one.object))
            .plain(" is ")
            .with(style, standing)
            .plain(": ")
            .plain(&one.because);
        writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    }
    let left = objects.get(shown..).unwrap_or_default();
    for state in [
        StandingReport::Healthy,
        StandingReport::Progressing,
        StandingReport::Ended,
    ] {
        let of_state = left.iter().filter(|one| one.standing == state).count();
        if of_state > 0 {
            let (_, standing) = standing(state);
            let words = format!("+ {} that are {standing}", count(of_state, "more object"));
            writer.line(&Line::of(Style::Faint, &words));
        }
    }
}

fn standing(standing: StandingReport) -> (Style, &'static str) {
    match standing {
        StandingReport::Healthy => (Style::Passed, "healthy"),
        StandingReport::Progressing => (Style::Unknown, "progressing"),
        StandingReport::Ended => (Style::Faint, "ended"),
    }
}

/// `shop/web-0`
fn place_of(object: &ObjectRef) -> String {
    match &object.namespace {
        Some(namespace) => format!("{namespace}/{}", object.name),
        None => object.name.clone(),
    }
}

fn wrong(writer: &mut Writer, defect: &Defect) {
    let line = Line::of(Style::Danger, "a defect of this tool")
        .plain(": rule ")
        .plain(defect.cause)
        .plain(" failed on ")
        .plain(&defect.object)
        .plain(": ")
        .plain(&defect.message);
    writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
}

fn summary(writer: &mut Writer, report: &Report) {
    let mut line = verdict(report);
    let requests = report.requests;
    if requests.count > 0 || requests.bytes > 0 {
        let sent = match requests.count {
            0 => String::new(),
            sent => format!(
                "{}, ",
                count(usize::try_from(sent).unwrap_or(usize::MAX), "request")
            ),
        };
        let read = format!("Read: {sent}{}.", bytes(requests.bytes));
        line = line.plain(". ").whole(Style::Faint, &read);
    }
    writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
}

/// What it comes to. Nothing is said of pods that could not be listed.
fn verdict(report: &Report) -> Line {
    let numbers = &report.summary;
    let blind = report
        .gaps
        .iter()
        .any(|gap| gap.kind == Kind::Pod.as_str() && gap.why != NOT_ASKED);
    let stuck = numbers.by_kind.values().any(|numbers| numbers.stuck > 0);
    let pods = numbers
        .by_kind
        .get(Kind::Pod.as_str())
        .copied()
        .unwrap_or_default();
    let mut line = match (stuck, pods.all, blind) {
        (false, 0, true) => return Line::of(Style::Unknown, "no pod could be read"),
        (false, 0, false) => {
            return Line::new()
                .plain("no pods found")
                .plain(&place(&report.scope));
        }
        (false, pods, _) => Line::of(Style::Passed, "nothing is stuck")
            .plain(": ")
            .plain(&count(pods, "pod"))
            .plain(" looked at"),
        (true, ..) => Line::of(Style::Cause, &among(numbers)).plain(&causes(report)),
    };
    if pods.progressing > 0 {
        line = line.plain(&format!(", {} progressing", number(pods.progressing)));
    }
    if blind {
        line.plain("; ")
            .with(Style::Unknown, "not every pod could be read")
    } else {
        line
    }
}

/// ` by 2 causes, 1 unexplained, the longest for 41m`
fn causes(report: &Report) -> String {
    let unexplained = report.unexplained.len();
    let mut words = match report.summary.causes.len() {
        0 => String::new(),
        causes => format!(" by {}", count(causes, "cause")),
    };
    match (unexplained, report.summary.causes.is_empty()) {
        (0, _) => {}
        (_, true) => words.push_str(", unexplained"),
        (pods, false) => words.push_str(&format!(", {} unexplained", number(pods))),
    }
    let diagnosed = report
        .summary
        .causes
        .iter()
        .filter_map(|cause| cause.longest_seconds);
    let longest = diagnosed
        .chain(
            report
                .unexplained
                .iter()
                .filter_map(|one| one.object.since_seconds),
        )
        .max();
    if let Some(age) = longest {
        let stuck: usize = report
            .summary
            .by_kind
            .values()
            .map(|numbers| numbers.stuck)
            .sum();
        let the_longest = if stuck > 1 { "the longest " } else { "" };
        words.push_str(&format!(", {the_longest}for {}", human_seconds(age)));
    }
    words
}

/// `3 of 42 pods, 1 service stuck`: pods are many, and of the others only those are looked at that may be stuck.
fn among(numbers: &Summary) -> String {
    let mut parts = Vec::new();
    for (kind, numbers) in &numbers.by_kind {
        if numbers.stuck == 0 {
            continue;
        }
        let noun = kind.to_lowercase();
        let is_pod = kind == Kind::Pod.as_str();
        if is_pod && numbers.all > numbers.stuck {
            let all = count(numbers.all, &noun);
            parts.insert(0, format!("{} of {all}", number(numbers.stuck)));
        } else if is_pod {
            parts.insert(0, count(numbers.stuck, &noun));
        } else {
            parts.push(count(numbers.stuck, &noun));
        }
    }
    format!("{} stuck", parts.join(", "))
}

/// ` for Deployment/web with labels app=web in namespace shop`
fn place(scope: &ScopeReport) -> String {
    let mut words = String::new();
    if !scope.targets.is_empty() {
        words.push_str(&format!(" for {}", scope.targets.join(", ")));
    }
    if let Some(selector) = &scope.selector {
        words.push_str(&format!(" with labels {selector}"));
    }
    match &scope.namespace {
        Some(namespace) => words.push_str(&format!(" in namespace {namespace}")),
        None => words.push_str(" in any namespace"),
    }
    words
}

/// One line for each reason why something was not read.
fn gaps(writer: &mut Writer, gaps: &[GapReport]) {
    let mut whys: BTreeMap<&str, Vec<&GapReport>> = BTreeMap::new();
    for gap in gaps
        .iter()
        .filter(|gap| writer.whole() || gap.why != NOT_ASKED)
    {
        whys.entry(gap.why).or_default().push(gap);
    }
    for (why, gaps) in whys {
        let objects: Vec<String> = gaps
            .iter()
            .map(|gap| object(gap))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let causes: BTreeSet<&str> = gaps
            .iter()
            .flat_map(|gap| gap.affects.iter().copied())
            .collect();
        let causes: Vec<&str> = causes.into_iter().collect();
        let mut line = Line::of(Style::Unknown, &format!("not read ({why})"))
            .plain(": ")
            .plain(&named(&objects, writer.at_most(UNREAD)));
        if !causes.is_empty() {
            line = line
                .plain("; affects ")
                .plain(&named(&causes, writer.at_most(AFFECTED)));
        }
        writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
        if writer.whole() {
            details(writer, &gaps);
        }
    }
}

/// The API server's own words.
fn details(writer: &mut Writer, gaps: &[&GapReport]) {
    for gap in gaps.iter().filter(|gap| !gap.detail.is_empty()) {
        let start = Line::new()
            .pad(4)
            .with(Style::Faint, &format!("{}: ", object(gap)));
        writer.paragraph(&start, &Line::new().pad(6), &Line::new().plain(&gap.detail));
    }
}

/// `secrets in shop`, `Secret shop/db`
fn object(gap: &GapReport) -> String {
    let plural = Kind::of_manifest(gap.kind).map_or(gap.kind, Kind::plural);
    match (&gap.namespace, &gap.name) {
        (Some(namespace), Some(name)) => format!("{} {namespace}/{name}", gap.kind),
        (None, Some(name)) => format!("{} {name}", gap.kind),
        (Some(namespace), None) => format!("{plural} in {namespace}"),
        (None, None) => plural.to_owned(),
    }
}
