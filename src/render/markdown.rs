//! `-o markdown`: for an issue, a merge request, or `$GITHUB_STEP_SUMMARY`. GitHub's Markdown, with what is folded away in
//! `<details>`, which is the only HTML.

use super::Layout;
use super::escape::{cell, fenced, markdown as escaped, span};
use super::line::Line;
use super::style::Style;
use super::text::outline::{Change, Outline, Section, outline};
use crate::report::Report;
use crate::text::{Message, say};

/// Objects that a section lists; GitHub takes an issue of 65,536 characters.
const OBJECTS: usize = 30;

/// The report as Markdown.
pub fn markdown(report: &Report, layout: Layout) -> String {
    let outline = outline(report, layout, false);
    let mut out = format!(
        "## {}\n\n{}\n",
        escaped(&outline.verdict),
        escaped(&outline.about)
    );
    if outline.sections.len() > 1 {
        overview(&mut out, &outline);
    }
    for section in &outline.sections {
        write(&mut out, &outline, section);
    }
    if !outline.ended.is_empty() {
        out.push_str(&format!("\n### {}\n", escaped(&outline.kept())));
        list(&mut out, outline.ended.iter().map(|section| &section.brief));
    }
    for lines in [&outline.not_stuck, &outline.silenced, &outline.missed] {
        list(&mut out, lines);
    }
    out
}

fn overview(out: &mut String, outline: &Outline<'_>) {
    let titles = [
        say!("text.overview.stuck", "STUCK"),
        say!("text.overview.for", "FOR"),
        say!("text.overview.cause", "CAUSE"),
        say!("text.overview.objects", "OBJECTS"),
        say!("text.overview.what", "WHAT"),
    ];
    row(out, &titles.map(|title| outline.word(title).to_lowercase()));
    row(out, &titles.map(|_| "---".to_owned()));
    for section in &outline.sections {
        let plain = |text: &str| escaped(&Line::new().plain(text));
        row(
            out,
            &[
                plain(&section.stuck),
                plain(&section.age),
                escaped(&section.name),
                escaped(&section.hit()),
                escaped(&section.headline),
            ],
        );
    }
}

fn row(out: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    let start = if out.ends_with("|\n") { "" } else { "\n" };
    out.push_str(&format!("{start}| {} |\n", cells.join(" | ")));
}

fn write(out: &mut String, outline: &Outline<'_>, section: &Section<'_>) {
    out.push_str(&format!(
        "\n### {}: {}\n\n{}\n",
        escaped(&section.name),
        escaped(&section.headline),
        escaped(&section.head)
    ));
    let changes = section.changes.iter();
    list(
        out,
        changes
            .map(|line| outline.labelled(line))
            .collect::<Vec<_>>()
            .iter(),
    );
    for fix in &section.fixes {
        change(out, fix);
    }
    if let Some(why) = &section.why {
        let label = outline.word(say!("text.diagnosis.why", "why"));
        out.push_str(&format!("\n**{label}** {}\n", escaped(why)));
    }
    for answer in &section.answers {
        change(out, answer);
    }
    if !section.next.is_empty() {
        let label = outline.word(say!("text.diagnosis.next", "next"));
        out.push_str(&format!("\n**{label}**\n{}", fenced(&section.next)));
    }
    details(
        out,
        say!("text.outline.evidence", "evidence").into(),
        outline,
        |out| {
            evidence(out, outline, section);
        },
    );
    if !section.others.is_empty() {
        let likewise = Message::new(say!(
            "text.outline.others",
            "likewise for {others} {others|other|others}"
        ));
        details(
            out,
            likewise.fact("others", section.others.len()),
            outline,
            |out| {
                section.others.iter().for_each(|other| change(out, other));
            },
        );
    }
}

fn change(out: &mut String, change: &Change) {
    let label = escaped(&Line::new().plain(&change.label));
    out.push_str(&format!("\n**{label}** {}\n", escaped(&change.change)));
    if let Some(verified) = &change.verified {
        // a line alone would be joined to the one before it
        out.push_str(&format!("\n{}\n", escaped(verified)));
    }
    if !change.command.is_empty() {
        out.push_str(&fenced(&change.command));
    }
}

fn details(out: &mut String, title: Message, outline: &Outline<'_>, inner: impl Fn(&mut String)) {
    let title = outline.says(&title).text();
    out.push_str(&format!("\n<details><summary>{title}</summary>\n"));
    inner(out);
    out.push_str("\n</details>\n");
}

fn evidence(out: &mut String, outline: &Outline<'_>, section: &Section<'_>) {
    for quote in &section.quotes {
        out.push_str(&format!(
            "\n{}\n{}",
            escaped(&quote.origin),
            fenced(&quote.words)
        ));
    }
    if !section.nodes.is_empty() {
        let titles = [
            say!("text.nodes.title-node", "NODE"),
            say!("text.nodes.title-failures", "REASONS"),
        ];
        row(out, &titles.map(|title| outline.word(title).to_lowercase()));
        row(out, &titles.map(|_| "---".to_owned()));
        for (names, failures) in &section.nodes {
            let failures: Vec<String> = failures.iter().map(escaped).collect();
            row(out, &[escaped(names), failures.join("; ")]);
        }
    }
    list(out, &section.remarks);
    list(out, section.layers.iter().map(|(_, layer)| layer));
    objects(out, outline, section);
    out.push_str(&format!("\n{}\n", span(&section.explain())));
}

/// Which objects are stuck, where the first line does not say it.
fn objects(out: &mut String, outline: &Outline<'_>, section: &Section<'_>) {
    if section.affected.len() < 2 {
        return;
    }
    let rows = section.rows(outline);
    let shown = rows.iter().take(OBJECTS);
    let mut lines: Vec<Line> = shown
        .map(|[name, status, age]| {
            let line = Line::of(Style::Object, name).plain(": ").plain(status);
            if age.is_empty() {
                line
            } else {
                line.plain(", ").plain(age)
            }
        })
        .collect();
    let left = rows.len().saturating_sub(OBJECTS);
    if left > 0 {
        let more = Message::new(say!("text.outline.more", "{objects} more with {format}"));
        let more = more.fact("objects", left).fact("format", "-o json");
        lines.push(outline.says(&more));
    }
    list(out, &lines);
}

fn list<'l>(out: &mut String, lines: impl IntoIterator<Item = &'l Line>) {
    let mut start = "\n";
    for line in lines {
        out.push_str(&format!("{start}- {}\n", escaped(line)));
        start = "";
    }
}
