//! The formats that others read, each read as its reader does: nothing of the cluster is more than text there.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

use super::reports::{contributing, image, markup, unexplained, well};
use crate::json_schema::Schema;
use crate::support::{Layout, PLAIN, Report, render};
use html5gum::{DefaultEmitter, Token, Tokenizer};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The report in each of them.
pub(crate) fn all(report: &Report, layout: Layout) -> [String; 6] {
    [
        render::markdown(report, layout),
        render::html(report, layout),
        render::github(report, layout),
        render::junit(report, layout),
        render::sarif(report, layout).expect("it is JSON"),
        render::jsonl(report).expect("it is JSON"),
    ]
}

/// What people read of them, a line a part; JSON lines are data alone.
pub(crate) fn words(report: &Report, layout: Layout) -> String {
    let [markdown, html, github, junit, sarif, _] = all(report, layout);
    let mut lines = vec![Markdown::read(&markdown).text, Html::read(&html).text];
    for command in commands(&github) {
        lines.extend([command.title, command.data]);
    }
    let junit = roxmltree::Document::parse(&junit).expect("it is XML");
    for node in junit.descendants() {
        lines.extend(node.text().map(str::to_owned));
        let said = ["message", "name"].into_iter();
        lines.extend(said.filter_map(|name| node.attribute(name).map(str::to_owned)));
    }
    let sarif: Value = serde_json::from_str(&sarif).expect("it is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("a list");
    let messages = results
        .iter()
        .filter_map(|one| one["message"]["text"].as_str());
    lines.extend(messages.map(str::to_owned));
    lines.join("\n")
}

fn every_report() -> Vec<(&'static str, Report)> {
    super::all()
}

/// Root causes, and owners of what nothing explains in one state.
fn sections(report: &Report) -> usize {
    report.root_causes.len() + owners(report)
}

/// Each diagnosis of those.
fn apart(report: &Report) -> usize {
    let roots = report.root_causes.iter();
    roots.map(|root| root.diagnoses.len()).sum::<usize>() + owners(report)
}

fn owners(report: &Report) -> usize {
    let owner =
        |one: &crate::support::Unexplained| format!("{} {}", one.subject, one.object.status);
    let owners: std::collections::BTreeSet<String> = report.unexplained.iter().map(owner).collect();
    owners.len()
}

fn missed(report: &Report) -> usize {
    let missed = report.gaps.iter().filter(|gap| gap.why != "not asked");
    let whys: std::collections::BTreeSet<&str> = missed.map(|gap| gap.why).collect();
    whys.len() + report.defects.len()
}

/// A line of the hostile text as it is read.
const TEXT: &str =
    "<script>alert(1)</script><img src=x onerror=alert(1)> </style></pre></details> ]]> &lt;";

#[test]
fn they_are_what_they_were() {
    insta::assert_snapshot!("image_markdown", render::markdown(&image(), PLAIN));
    insta::assert_snapshot!(
        "contributing_markdown",
        render::markdown(&contributing(), PLAIN)
    );
    insta::assert_snapshot!("markup_markdown", render::markdown(&markup(), PLAIN));
    insta::assert_snapshot!("image_html", render::html(&image(), PLAIN));
    insta::assert_snapshot!(
        "contributing_github",
        render::github(&contributing(), PLAIN)
    );
    insta::assert_snapshot!("unexplained_junit", render::junit(&unexplained(), PLAIN));
    insta::assert_snapshot!("well_junit", render::junit(&well(), PLAIN));
    let sarif = render::sarif(&unexplained(), PLAIN).expect("it is JSON");
    insta::assert_snapshot!("unexplained_sarif", sarif);
}

/// A page, its tags in order.
#[derive(Debug, Default)]
struct Html {
    tags: Vec<String>,
    /// A line an element.
    text: String,
}

impl Html {
    /// Panics at what a browser would have to mend, and at whatever is not ours.
    fn read(page: &str) -> Html {
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let mut html = Html::default();
        let mut open: Vec<String> = Vec::new();
        for token in Tokenizer::new_with_emitter(page, emitter) {
            match token.expect("it is in memory") {
                Token::StartTag(tag) => {
                    let name = text(&tag.name);
                    for (attribute, value) in &tag.attributes {
                        Html::is_ours(&name, &text(attribute), &text(value));
                    }
                    html.fits(&name, open.last().map_or("", String::as_str));
                    if name != "meta" {
                        open.push(name.clone());
                    }
                    html.tags.push(name);
                    html.text.push('\n');
                }
                Token::EndTag(tag) => {
                    assert_eq!(
                        open.pop(),
                        Some(text(&tag.name)),
                        "it closes another element"
                    );
                    html.text.push('\n');
                }
                Token::String(words) if open.last().is_some_and(|name| name == "style") => {
                    let css = text(&words);
                    assert!(!css.contains("url(") && !css.contains("@import"), "{css}");
                }
                Token::String(words) => html.text.push_str(&text(&words)),
                Token::Doctype(_) => assert_eq!(html.tags, [""; 0]),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(open, [""; 0], "left open");
        html
    }

    fn is_ours(tag: &str, attribute: &str, value: &str) {
        let is_ours = match attribute {
            "href" => tag == "a" && value.starts_with("#cause-"),
            "class" | "id" | "lang" | "charset" | "name" | "content" | "http-equiv" => true,
            _ => false,
        };
        assert!(is_ours, "<{tag} {attribute}={value:?}>");
    }

    /// A paragraph ends where a browser meets a block in it (HTML, 13.2.6.4.7).
    fn fits(&self, tag: &str, parent: &str) {
        let is_phrase = ["span", "b", "code", "a"].contains(&tag);
        let fits = match parent {
            "p" | "h1" | "h2" | "span" | "b" | "code" | "a" | "summary" | "figcaption" | "dt"
            | "dd" => is_phrase,
            "pre" | "blockquote" | "title" | "style" | "td" => false,
            "ul" | "ol" => tag == "li",
            "dl" => tag == "dt" || tag == "dd",
            "table" => tag == "tr",
            "tr" => tag == "td",
            _ => true,
        };
        assert!(fits, "<{tag}> in <{parent}>");
    }

    fn count(&self, tag: &str) -> usize {
        self.tags.iter().filter(|name| *name == tag).count()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_page_is_sound_and_holds_nothing_of_others() {
    for (name, report) in every_report() {
        let html = Html::read(&render::html(&report, PLAIN));
        assert_eq!(html.count("section"), sections(&report), "{name}");
        assert_eq!(html.count("script") + html.count("img"), 0, "{name}");
        for command in report.diagnoses.iter().flat_map(|one| &one.fixes) {
            assert!(html.text.contains(&command.command), "{name}");
        }
    }
    let html = Html::read(&render::html(&markup(), PLAIN)).text;
    assert!(html.contains(TEXT), "{html}");
}

/// Markdown as GitHub reads it.
#[derive(Debug, Default)]
struct Markdown {
    headings: usize,
    tables: usize,
    /// Outside code.
    prose: String,
    text: String,
}

impl Markdown {
    /// Panics at links, images, HTML and marks that are not ours.
    fn read(markdown: &str) -> Markdown {
        let mut read = Markdown::default();
        let mut is_code = false;
        for event in Parser::new_ext(markdown, Options::all()) {
            match event {
                Event::Start(Tag::Heading { .. }) => read.headings += 1,
                Event::Start(Tag::Table(_)) => read.tables += 1,
                Event::Start(Tag::CodeBlock(_)) => is_code = true,
                Event::Start(
                    Tag::Paragraph
                    | Tag::Item
                    | Tag::List(None)
                    | Tag::Strong
                    | Tag::TableHead
                    | Tag::TableRow
                    | Tag::TableCell
                    | Tag::HtmlBlock,
                )
                | Event::SoftBreak => {}
                Event::Start(tag) => panic!("{tag:?} in {markdown}"),
                Event::End(_) => {
                    is_code = false;
                    read.text.push('\n');
                }
                Event::Html(html) => {
                    let title = html.trim().strip_prefix("<details><summary>");
                    let title = title.and_then(|rest| rest.strip_suffix("</summary>"));
                    assert!(
                        html.trim() == "</details>" || title.is_some_and(|it| !it.contains('<')),
                        "{html}"
                    );
                    read.text.push_str(title.unwrap_or_default());
                }
                Event::Text(text) | Event::Code(text) if is_code => read.text.push_str(&text),
                Event::Code(text) => {
                    read.text.push_str(&text);
                    read.prose.push('·');
                }
                Event::Text(text) => {
                    read.text.push_str(&text);
                    read.prose.push_str(&text);
                }
                other => panic!("{other:?} in {markdown}"),
            }
        }
        read
    }
}

#[test]
fn markdown_has_no_marks_of_others() {
    for (name, report) in every_report() {
        let read = Markdown::read(&render::markdown(&report, PLAIN));
        assert_eq!(read.headings, 1 + sections(&report), "{name}");
        let with_nodes = report.root_causes.iter().filter(|root| {
            let mut own = report.diagnoses.iter();
            let first = own.find(|one| Some(&one.fingerprint) == root.diagnoses.first());
            first.is_some_and(|one| !one.nodes.is_empty())
        });
        let overview = usize::from(sections(&report) > 1);
        assert_eq!(read.tables, overview + with_nodes.count(), "{name}");
        // what GitHub makes a link or a mention of without any mark
        let is_linked = |word: &&str| {
            let numbered = word.trim_start_matches(|c| c != '#').get(1..2);
            word.contains("://")
                || word.contains("www.")
                || word.contains('@')
                || numbered.is_some_and(|digit| digit.chars().all(|c| c.is_ascii_digit()))
        };
        assert_eq!(
            read.prose.split_whitespace().find(is_linked),
            None,
            "{name}"
        );
        for command in report.diagnoses.iter().flat_map(|one| &one.fixes) {
            assert!(read.text.contains(&command.command), "{name}");
        }
    }
    let text = Markdown::read(&render::markdown(&markup(), PLAIN)).text;
    assert!(
        text.contains(TEXT) && text.contains("\n# heading\n"),
        "{text}"
    );
}

/// Lines that follow each other are one paragraph in Markdown.
#[test]
fn what_was_verified_stands_in_a_paragraph_of_its_own() {
    let lines = render::markdown(&contributing(), PLAIN);
    let lines: Vec<&str> = lines.lines().collect();
    let verified = lines
        .windows(3)
        .filter(|three| three[1].starts_with("verified:"));
    let alone: Vec<bool> = verified
        .map(|three| three[0].is_empty() && matches!(three[2], "" | "```"))
        .collect();
    assert_eq!(alone, [true; 3], "{lines:#?}");
    let html = render::html(&contributing(), PLAIN);
    assert_eq!(
        html.matches("<p><span class=\"passed\">verified:").count(),
        3,
        "{html}"
    );
}

/// A command as the runner takes it from a line (actions/runner, src/Runner.Common/ActionCommand.cs).
#[derive(Debug)]
struct WorkflowCommand {
    name: String,
    title: String,
    data: String,
}

fn commands(output: &str) -> Vec<WorkflowCommand> {
    let command = |line: &str| {
        let rest = line.strip_prefix("::").expect("it is a command");
        let (head, data) = rest.split_once("::").expect("its head ends");
        let (name, properties) = head.split_once(' ').expect("it has properties");
        let properties: BTreeMap<&str, &str> = properties
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .collect();
        let unescaped = |text: &str, marks: &[(&str, &str)]| {
            let data = [("%0D", "\r"), ("%0A", "\n")];
            let marks = data.iter().chain(marks).chain(&[("%25", "%")]);
            marks.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        assert_eq!(properties.len(), 1, "{line}");
        WorkflowCommand {
            name: name.to_owned(),
            title: unescaped(properties["title"], &[("%3A", ":"), ("%2C", ",")]),
            data: unescaped(data, &[]),
        }
    };
    output.lines().map(command).collect()
}

#[test]
fn a_workflow_gets_a_command_a_root_cause() {
    for (name, report) in every_report() {
        let commands = commands(&render::github(&report, PLAIN));
        let expected = sections(&report) + missed(&report) + report.not_stuck.len() + 1;
        assert_eq!(commands.len(), expected, "{name}");
        for command in &commands {
            let known = ["error", "warning", "notice"];
            assert!(known.contains(&command.name.as_str()), "{command:?}");
        }
    }
    let commands = commands(&render::github(&markup(), PLAIN));
    assert_eq!(commands[0].name, "warning", "it is only likely");
    assert!(commands[0].title.contains("image-not-found (likely): "));
    assert!(commands[0].data.contains("::error title=x,y:z::forged%0A"));
}

#[test]
fn test_results_have_the_form_that_jenkins_takes() {
    // junit-10.xsd of its xUnit plugin
    let attributes = |tag: &str| match tag {
        "testsuites" => (vec!["name", "tests", "failures", "errors"], vec![]),
        "testsuite" => (
            vec!["name", "tests", "failures", "errors"],
            vec!["skipped", "timestamp"],
        ),
        "testcase" => (vec!["name", "classname"], vec![]),
        "failure" => (vec!["type", "message"], vec![]),
        "skipped" => (vec!["message"], vec![]),
        "system-out" => (vec![], vec![]),
        other => panic!("<{other}>"),
    };
    for (name, report) in every_report() {
        let xml = render::junit(&report, PLAIN);
        let xml = roxmltree::Document::parse(&xml).unwrap_or_else(|it| panic!("{name}: {it}"));
        let count = |tag: &str| xml.descendants().filter(|it| it.has_tag_name(tag)).count();
        for element in xml.descendants().filter(|it| it.is_element()) {
            let tag = element.tag_name().name();
            let (required, optional) = attributes(tag);
            let has: Vec<&str> = element.attributes().map(|it| it.name()).collect();
            assert!(
                required.iter().all(|one| has.contains(one)),
                "{tag}: {has:?}"
            );
            let known = |one: &&str| required.contains(one) || optional.contains(one);
            assert!(has.iter().all(known), "{tag}: {has:?}");
            let inner = element.children().filter(|it| it.is_element()).count();
            assert!(tag != "testcase" || inner <= 1, "one outcome");
            for (counter, counted) in [
                ("tests", "testcase"),
                ("failures", "failure"),
                ("skipped", "skipped"),
                ("errors", "error"),
            ] {
                if let Some(number) = element.attribute(counter) {
                    assert_eq!(number, count(counted).to_string(), "{name}: {counter}");
                }
            }
        }
        assert_eq!(count("failure"), apart(&report), "{name}");
        assert_eq!(count("skipped"), missed(&report), "{name}");
        assert!(
            count("testcase") > 0,
            "{name}: a run without a test counts as failed"
        );
    }
    let xml = render::junit(&markup(), PLAIN);
    let xml = roxmltree::Document::parse(&xml).expect("it is XML");
    let failure = xml.descendants().find(|it| it.has_tag_name("failure"));
    let failure = failure.expect("something is stuck");
    assert!(
        failure
            .attribute("message")
            .is_some_and(|it| it.contains(TEXT))
    );
    assert!(failure.text().is_some_and(|it| it.contains(TEXT)));
}

/// The schema of SARIF 2.1.0 as Microsoft publishes it in the package `@microsoft/jest-sarif` 1.0.0-beta.0 of npm, MIT.
const SARIF: &str = include_str!("schemas/sarif-2.1.0.json");

#[test]
fn sarif_keeps_to_its_schema() {
    let schema = Schema::parse(SARIF);
    for (name, report) in every_report() {
        let sarif = render::sarif(&report, PLAIN).expect("it is JSON");
        let sarif: Value = serde_json::from_str(&sarif).expect("it is JSON");
        schema.keeps(&sarif, "");
        let run = &sarif["runs"][0];
        let results = run["results"].as_array().expect("a list");
        assert_eq!(results.len(), apart(&report), "{name}");
        let mut prints = std::collections::BTreeSet::new();
        for result in results {
            let index = result["ruleIndex"].as_u64().expect("an index") as usize;
            let rule = &run["tool"]["driver"]["rules"][index];
            assert_eq!(rule["id"], result["ruleId"], "{name}");
            let print = &result["partialFingerprints"]["kubectlDiagnose/v1"];
            assert!(prints.insert(print.to_string()), "{name}: {print} twice");
            let message = result["message"]["text"].as_str().expect("a text");
            assert!(!message.contains("]("), "a link: {message}");
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            let uri = uri.as_str().expect("a text");
            let is_path = |c: char| c.is_ascii_alphanumeric() || "-_~./%".contains(c);
            assert!(uri.chars().all(is_path) && !uri.contains(".."), "{uri}");
        }
    }
    let broken = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]});
    let checked = std::panic::catch_unwind(|| schema.keeps(&broken, ""));
    assert!(checked.is_err(), "a driver has a name");
}
