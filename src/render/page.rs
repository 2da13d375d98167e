//! The pages of `explain`: Markdown for a terminal.

use super::Layout;
use super::line::Line;
use super::style::Style;
use super::writer::{Detail, Writer};

/// Left of everything under a heading.
const INDENT: &str = "  ";

/// Headings stand out, paragraphs and lists are wrapped, code stays as it is.
pub fn page(markdown: &str, layout: Layout) -> String {
    let mut writer = Writer::new(layout, Detail::Whole);
    let mut paragraph = Vec::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            flush(&mut writer, &mut paragraph);
            fenced = !fenced;
        } else if fenced || (paragraph.is_empty() && line.starts_with("    ")) {
            writer.line(
                &Line::new()
                    .plain(INDENT)
                    .plain(INDENT)
                    .whole(Style::Command, line.trim_end()),
            );
        } else if let Some(title) = heading(line) {
            flush(&mut writer, &mut paragraph);
            writer.blank_line();
            writer.line(&Line::of(Style::Object, title));
        } else if line.trim().is_empty() {
            flush(&mut writer, &mut paragraph);
            if !fenced {
                writer.blank_line();
            }
        } else {
            if item(line).is_some() {
                flush(&mut writer, &mut paragraph);
            }
            paragraph.push(line);
        }
    }
    flush(&mut writer, &mut paragraph);
    writer.finish()
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    (title.len() < line.len())
        .then(|| title.strip_prefix(' '))
        .flatten()
}

/// The mark of a list's item, and its text.
fn item(line: &str) -> Option<(&str, &str)> {
    let text = line.trim_start();
    let end = match text.find(' ')? {
        1 if text.starts_with(['-', '*']) => 2,
        end => {
            let digits = text.get(..end)?.strip_suffix('.')?;
            (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(end + 1)?
        }
    };
    text.split_at_checked(end)
}

fn flush(writer: &mut Writer, paragraph: &mut Vec<&str>) {
    let lines = std::mem::take(paragraph);
    let Some((first, rest)) = lines.split_first() else {
        return;
    };
    let (mark, text) = item(first).unwrap_or(("", first));
    let mut words = marked(text);
    for line in rest {
        words = words.plain(" ").append(&marked(line));
    }
    writer.hanging_indent(&Line::new().plain(INDENT).plain(mark), &words);
}

/// Code in backticks stands out and is not broken; the backticks stay, since colour may be off.
fn marked(text: &str) -> Line {
    let mut line = Line::new();
    for span in Line::new()
        .prose(Style::Plain, &text.replace("**", ""))
        .spans()
    {
        line = if span.breakable {
            line.plain(&span.text)
        } else {
            line.whole(Style::Command, &span.text)
        };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# host-port-conflict\n\na port is taken\n\n## What to do\n\
        Only one pod of a node may have a port: look with `kubectl get pods -o wide -A` for the holder.\n\n\
        - take the port away, which is hardly ever needed\n- let the rollout **remove** one\n  first\n\n\
        ```sh\nkubectl get pods --all-namespaces --output wide\n```\n";

    #[test]
    fn pages_are_wrapped() {
        let layout = Layout {
            width: 40,
            ..Layout::default()
        };
        assert_eq!(
            page(PAGE, layout),
            "host-port-conflict\n\n  a port is taken\n\nWhat to do\n  Only one pod of a node may have a\n  \
             port: look with\n  `kubectl get pods -o wide -A` for the\n  holder.\n\n  - take the port away, \
             which is hardly\n    ever needed\n  - let the rollout remove one first\n\n    \
             kubectl get pods --all-namespaces --output wide\n"
        );
    }

    #[test]
    fn headings_are_bold() {
        let layout = Layout {
            color: true,
            ..Layout::default()
        };
        assert!(page(PAGE, layout).starts_with("\u{1b}[1mhost-port-conflict\u{1b}[0m\n"));
    }
}
