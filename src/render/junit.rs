//! `-o junit`: test results as Jenkins, GitLab and others read them. What is stuck is a failed test, what was named and is not
//! stuck a passed one, and what could not be read a skipped one, so that a run that saw nothing does not look like a success.
//!
//! The form is that of Ant and Maven Surefire as the xUnit plugin of Jenkins has it (junit-10.xsd): counts are required, and
//! each test has at most one outcome.

use super::Layout;
use super::escape::markup;
use super::text::outline::{Outline, Section, outline};
use crate::kubernetes::text::one_line;
use crate::report::Report;

/// The report as JUnit XML.
pub fn junit(report: &Report, layout: Layout) -> String {
    let outline = outline(report, layout, true);
    let sections = outline.sections.iter().chain(&outline.ended);
    let (held, failures): (Vec<_>, Vec<_>) =
        sections.partition(|section| section.affected.iter().all(|one| one.held));
    let mut cases: Vec<String> = failures
        .iter()
        .map(|section| failed(&outline, section))
        .collect();
    cases.extend(held.into_iter().map(|section| {
        let object = one_line(&section.subject.to_string()).into_owned();
        case(&object, section.cause, "")
    }));
    let missed = outline.missed.iter();
    let skipped = missed.map(|line| {
        let line = line.text();
        case(
            TOOL,
            &line,
            &format!("<skipped message=\"{}\"/>", markup(&line)),
        )
    });
    cases.extend(skipped);
    let not_stuck = outline.not_stuck.iter();
    cases.extend(not_stuck.map(|line| case(TOOL, &line.text(), "")));
    if cases.is_empty() {
        cases.push(case(TOOL, &outline.verdict.text(), ""));
    }
    suite(report, &outline, &cases, failures.len())
}

const TOOL: &str = "kubectl diagnose";

fn suite(report: &Report, outline: &Outline<'_>, cases: &[String], failures: usize) -> String {
    let numbers = format!(
        "name=\"{TOOL}\" tests=\"{}\" failures=\"{}\" errors=\"0\"",
        cases.len(),
        failures
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {numbers}>\n<testsuite {numbers} skipped=\"{}\" \
         timestamp=\"{}\">\n{}<system-out>{}</system-out>\n</testsuite>\n</testsuites>\n",
        outline.missed.len(),
        markup(&one_line(&report.as_of)),
        cases.concat(),
        markup(&outline.verdict.text()),
    )
}

/// The same cause of the same object has the same name in every run, by which a test is known again.
fn failed(outline: &Outline<'_>, section: &Section<'_>) -> String {
    let object = one_line(&section.subject.to_string()).into_owned();
    let failure = format!(
        "<failure type=\"{}\" message=\"{}\">{}</failure>",
        section.cause,
        markup(&section.headline.text()),
        markup(&section.plain(outline))
    );
    case(&object, section.cause, &failure)
}

fn case(class: &str, name: &str, outcome: &str) -> String {
    let (class, name) = (markup(class), markup(name));
    if outcome.is_empty() {
        format!("<testcase classname=\"{class}\" name=\"{name}\"/>\n")
    } else {
        format!("<testcase classname=\"{class}\" name=\"{name}\">{outcome}</testcase>\n")
    }
}
