//! The end: pods that are well, what could not be read, and the numbers.

use crate::kubernetes::duration::human_seconds;
use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::render::words::{bytes, count, named, number};
use crate::report::{Defect, GapReport, Report, ScopeReport, WellPod};
use crate::snapshot::Kind;
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
pub(super) fn write(sheet: &mut Sheet, report: &Report) {
    sheet.part();
    well(sheet, &report.well);
    for defect in &report.defects {
        wrong(sheet, defect);
    }
    sheet.part();
    summary(sheet, report);
    gaps(sheet, &report.gaps);
}

fn well(sheet: &mut Sheet, pods: &[WellPod]) {
    let shown = sheet.at_most(WELL);
    for pod in pods.iter().take(shown) {
        let line = Line::new()
            .plain("pod ")
            .with(Meaning::Object, &format!("{}/{}", pod.namespace, pod.name));
        let line = match pod.healthy {
            true => line.plain(" is ").with(Meaning::Passed, "healthy"),
            false => line.plain(" is ").with(Meaning::Unknown, "on its way"),
        };
        let line = line.plain(": ").plain(&pod.because);
        sheet.paragraph(&Line::new(), &Line::new().pad(4), &line);
    }
    let left = pods.get(shown..).unwrap_or_default();
    let healthy = left.iter().filter(|pod| pod.healthy).count();
    for (pods, state) in [(healthy, "healthy"), (left.len() - healthy, "on their way")] {
        if pods > 0 {
            let words = format!("+ {} that are {state}", count(pods, "more pod"));
            sheet.line(&Line::of(Meaning::Faint, &words));
        }
    }
}

fn wrong(sheet: &mut Sheet, defect: &Defect) {
    let line = Line::of(Meaning::Danger, "a defect of this tool")
        .plain(": rule ")
        .plain(defect.cause)
        .plain(" failed on ")
        .plain(&defect.pod)
        .plain(": ")
        .plain(&defect.message);
    sheet.paragraph(&Line::new(), &Line::new().pad(4), &line);
}

fn summary(sheet: &mut Sheet, report: &Report) {
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
        line = line.plain(". ").whole(Meaning::Faint, &read);
    }
    sheet.paragraph(&Line::new(), &Line::new().pad(4), &line);
}

/// What it comes to. Nothing is said of pods that could not be listed.
fn verdict(report: &Report) -> Line {
    let numbers = &report.summary;
    let blind = report
        .gaps
        .iter()
        .any(|gap| gap.kind == Kind::Pod.as_str() && gap.why != NOT_ASKED);
    let mut line = match (numbers.stuck, numbers.pods, blind) {
        (0, 0, true) => return Line::of(Meaning::Unknown, "no pod could be read"),
        (0, 0, false) => {
            return Line::new()
                .plain("no pods found")
                .plain(&place(&report.scope));
        }
        (0, pods, _) => Line::of(Meaning::Passed, "nothing is stuck")
            .plain(": ")
            .plain(&count(pods, "pod"))
            .plain(" looked at"),
        (stuck, pods, _) => Line::of(Meaning::Cause, &among(stuck, pods)).plain(&causes(report)),
    };
    if numbers.on_its_way > 0 {
        line = line.plain(&format!(
            ", {} on {} way",
            number(numbers.on_its_way),
            their(numbers.on_its_way)
        ));
    }
    match blind {
        true => line
            .plain("; ")
            .with(Meaning::Unknown, "not every pod could be read"),
        false => line,
    }
}

fn their(pods: usize) -> &'static str {
    if pods == 1 { "its" } else { "their" }
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
                .filter_map(|one| one.pod.since_seconds),
        )
        .max();
    if let Some(age) = longest {
        let the_longest = if report.summary.stuck > 1 {
            "the longest "
        } else {
            ""
        };
        words.push_str(&format!(", {the_longest}for {}", human_seconds(age)));
    }
    words
}

/// `3 of 42 pods stuck`
fn among(stuck: usize, pods: usize) -> String {
    match pods > stuck {
        true => format!("{} of {} stuck", number(stuck), count(pods, "pod")),
        false => format!("{} stuck", count(stuck, "pod")),
    }
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
fn gaps(sheet: &mut Sheet, gaps: &[GapReport]) {
    let mut whys: BTreeMap<&str, Vec<&GapReport>> = BTreeMap::new();
    for gap in gaps
        .iter()
        .filter(|gap| sheet.whole() || gap.why != NOT_ASKED)
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
        let mut line = Line::of(Meaning::Unknown, &format!("not read ({why})"))
            .plain(": ")
            .plain(&named(&objects, sheet.at_most(UNREAD)));
        if !causes.is_empty() {
            line = line
                .plain("; affects ")
                .plain(&named(&causes, sheet.at_most(AFFECTED)));
        }
        sheet.paragraph(&Line::new(), &Line::new().pad(4), &line);
        if sheet.whole() {
            details(sheet, &gaps);
        }
    }
}

/// The API server's own words.
fn details(sheet: &mut Sheet, gaps: &[&GapReport]) {
    for gap in gaps.iter().filter(|gap| !gap.detail.is_empty()) {
        let start = Line::new()
            .pad(4)
            .with(Meaning::Faint, &format!("{}: ", object(gap)));
        sheet.paragraph(&start, &Line::new().pad(6), &Line::new().plain(&gap.detail));
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
