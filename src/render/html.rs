//! `-o html`: one file to send or to keep. Nothing is loaded from anywhere, there is no script, and it reads on a phone, on paper
//! and in the dark. On paper what is folded away is shown.

use super::Layout;
use super::escape::markup;
use super::line::{Line, Span};
use super::style::Style;
use super::text::outline::{Change, Level, Outline, Quote, Section, outline};
use crate::report::{Report, RungState};
use crate::text::{Message, Sentence, say};

const CSS: &str = include_str!("html.css");

/// The report as a page.
pub fn html(report: &Report, layout: Layout) -> String {
    let outline = outline(report, layout, false);
    let language = outline.word(say!("html.language", "en"));
    let mut page = Page {
        out: format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>kubectl diagnose: {}</title>\n\
             <style>\n{CSS}</style>\n</head>\n<body>\n",
            markup(&language),
            markup(&outline.verdict.text())
        ),
        outline: &outline,
    };
    page.within("header", "", |page| {
        page.line("h1", "", &outline.verdict);
        page.line("p", "faint", &outline.about);
    });
    page.within("main", "", |page| {
        if outline.sections.len() > 1 {
            page.overview();
        }
        for (nth, section) in outline.sections.iter().enumerate() {
            page.section(section, nth);
        }
        if !outline.ended.is_empty() {
            page.line("h2", "", &outline.kept());
            page.list("", outline.ended.iter().map(|section| &section.brief));
        }
    });
    page.within("footer", "", |page| {
        for lines in [&outline.not_stuck, &outline.silenced, &outline.missed] {
            page.list("", lines);
        }
    });
    page.out + "</body>\n</html>\n"
}

struct Page<'o> {
    out: String,
    outline: &'o Outline<'o>,
}

impl Page<'_> {
    /// A line a root cause, which leads to its section.
    fn overview(&mut self) {
        self.within("ol", "overview", |page| {
            for (nth, section) in page.outline.sections.iter().enumerate() {
                page.within("li", class(section.level), |page| {
                    let name = inline(&section.name);
                    page.out
                        .push_str(&format!("<a href=\"#cause-{nth}\">{name}</a>\n"));
                    page.line("span", "", &section.headline);
                    page.within("p", "faint", |page| {
                        page.text("span", "", &section.stuck);
                        page.text("span", "", &section.age);
                        page.text("code", "", &section.objects);
                        if let Some(serving) = &section.serving {
                            page.line("span", "", serving);
                        }
                    });
                });
            }
        });
    }

    fn section(&mut self, section: &Section<'_>, nth: usize) {
        let class = class(section.level);
        self.out
            .push_str(&format!("<section id=\"cause-{nth}\" class=\"{class}\">\n"));
        self.within("h2", "", |page| {
            page.line("span", "cause", &section.name);
            page.line("span", "", &section.headline);
        });
        self.line("p", "faint", &section.head);
        let changes = section.changes.iter();
        let changes: Vec<Line> = changes.map(|one| self.outline.labelled(one)).collect();
        self.list("", &changes);
        self.changes(&section.fixes);
        if !section.others.is_empty() {
            let title = Message::new(say!(
                "text.outline.others",
                "likewise for {others} {others|other|others}"
            ));
            let title = title.fact("others", section.others.len());
            self.details(&title, |page| page.changes(&section.others));
        }
        if let Some(why) = &section.why {
            self.labelled(say!("text.diagnosis.why", "why"), why);
        }
        self.changes(&section.answers);
        let mut quotes = section.quotes.iter();
        quotes.by_ref().take(1).for_each(|quote| self.quote(quote));
        let title = say!("text.outline.evidence", "evidence");
        self.details(&title.into(), |page| {
            quotes.for_each(|quote| page.quote(quote));
            page.nodes(section);
            page.list("", &section.remarks);
            page.layers(section);
            page.objects(section);
        });
        if !section.next.is_empty() {
            self.labelled(say!("text.diagnosis.next", "next"), &Line::new());
            self.command(&section.next);
        }
        self.text("code", "faint", &section.explain());
        self.out.push_str("</section>\n");
    }

    fn changes(&mut self, changes: &[Change]) {
        for change in changes {
            self.within("div", "fix", |page| {
                page.within("p", "", |page| {
                    page.text("b", "", &change.label);
                    page.line("span", "", &change.change);
                });
                if let Some(verified) = &change.verified {
                    page.line("p", "", verified);
                }
                page.command(&change.command);
            });
        }
    }

    fn quote(&mut self, quote: &Quote) {
        self.within("figure", "", |page| {
            page.line("figcaption", "faint", &quote.origin);
            page.text("blockquote", "", &quote.words);
        });
    }

    fn nodes(&mut self, section: &Section<'_>) {
        if section.nodes.is_empty() {
            return;
        }
        self.within("dl", "", |page| {
            for (names, failures) in &section.nodes {
                page.line("dt", "", names);
                failures
                    .iter()
                    .for_each(|failure| page.line("dd", "", failure));
            }
        });
    }

    fn layers(&mut self, section: &Section<'_>) {
        self.within("ol", "layers", |page| {
            for (state, layer) in &section.layers {
                let class = match state {
                    RungState::Passed => "passed",
                    RungState::Stuck => "stuck",
                    RungState::NotReached | RungState::Unknown => "unknown",
                };
                page.line("li", class, layer);
            }
        });
    }

    /// Which objects are stuck, where the first line does not say it.
    fn objects(&mut self, section: &Section<'_>) {
        if section.affected.len() < 2 {
            return;
        }
        self.within("table", "", |page| {
            for cells in section.rows(page.outline) {
                page.within("tr", "", |page| {
                    cells.iter().for_each(|cell| page.text("td", "", cell));
                });
            }
        });
    }

    fn labelled(&mut self, label: Sentence, words: &Line) {
        let label = self.outline.word(label);
        self.within("p", "", |page| {
            page.text("b", "", &label);
            page.line("span", "", words);
        });
    }

    fn command(&mut self, command: &str) {
        if !command.is_empty() {
            self.text("pre", "", command);
        }
    }

    fn list<'l>(&mut self, class: &str, lines: impl IntoIterator<Item = &'l Line>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_some() {
            self.within("ul", class, |page| {
                lines.for_each(|line| page.line("li", "", line))
            });
        }
    }

    fn details(&mut self, title: &Message, inner: impl FnOnce(&mut Self)) {
        let title = self.outline.says(title);
        self.within("details", "", |page| {
            page.line("summary", "", &title);
            inner(page);
        });
    }

    fn within(&mut self, tag: &str, class: &str, inner: impl FnOnce(&mut Self)) {
        self.out.push_str(&opened(tag, class));
        self.out.push('\n');
        inner(self);
        self.out.push_str(&format!("</{tag}>\n"));
    }

    fn line(&mut self, tag: &str, class: &str, line: &Line) {
        let words = inline(line);
        if !words.is_empty() {
            self.out
                .push_str(&format!("{}{words}</{tag}>\n", opened(tag, class)));
        }
    }

    /// A leading line end in `pre` is dropped by a browser, so there is always one to drop.
    fn text(&mut self, tag: &str, class: &str, text: &str) {
        let start = if tag == "pre" { "\n" } else { "" };
        self.out.push_str(&format!(
            "{}{start}{}</{tag}>\n",
            opened(tag, class),
            markup(text)
        ));
    }
}

fn opened(tag: &str, class: &str) -> String {
    if class.is_empty() {
        format!("<{tag}>")
    } else {
        format!("<{tag} class=\"{class}\">")
    }
}

fn class(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn inline(line: &Line) -> String {
    line.spans().iter().map(part).collect()
}

fn part(span: &Span) -> String {
    let code = span
        .text
        .strip_prefix('`')
        .and_then(|text| text.strip_suffix('`'));
    if let Some(code) = code.filter(|code| !span.breakable && !code.is_empty()) {
        return format!("<code>{}</code>", markup(code));
    }
    let words = markup(&span.text);
    let class = match span.style {
        Style::Plain | Style::Label | Style::Cause | Style::Command => return words.into_owned(),
        Style::Object => return format!("<b>{words}</b>"),
        Style::Stuck | Style::Danger => "stuck",
        Style::Passed => "passed",
        Style::Unknown => "unknown",
        Style::Faint => "faint",
    };
    format!("<span class=\"{class}\">{words}</span>")
}
