//! The shape of what `kubectl describe` prints, whatever it is about: labels with values, nested by indentation
//! (k8s.io/kubectl `pkg/describe/describe.go`, PrefixWriter over a tabwriter).
//!
//! A level is two blanks. What goes on below a value stands at the value's column, or behind tabs up to kubectl 1.10. A text of
//! several lines is printed as it is, at no indentation at all.

use super::time;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// One label, its value, and what stands under it.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) label: String,
    pub(super) value: String,
    /// The line as it is: not everything that has a colon is a label.
    pub(super) text: String,
    /// The lines that go on with the value.
    pub(super) more: Vec<String>,
    pub(super) children: Vec<Field>,
    indent: usize,
    column: usize,
}

/// What can stand after a message of several lines.
const AFTER_MESSAGE: [&str; 15] = [
    "Exit Code",
    "Signal",
    "Started",
    "Finished",
    "SeccompProfile",
    "LocalhostProfile",
    "IP",
    "IPs",
    "Created By",
    "Controlled By",
    "NominatedNodeName",
    "Resources",
    "Init Containers",
    "Containers",
    "Source",
];

/// What is printed where there is nothing.
const NOTHING: [&str; 5] = ["", "<none>", "<unset>", "<nil>", "<unknown>"];

struct Line<'a> {
    indent: usize,
    tabbed: bool,
    text: &'a str,
    raw: &'a str,
}

/// Reads lines into a tree. At no indentation only the `known` labels stand.
pub(super) fn read<'a>(lines: impl IntoIterator<Item = &'a str>, known: &[&str]) -> Field {
    let lines = lines.into_iter().filter(|line| !line.trim().is_empty());
    let lines: Vec<Line<'_>> = lines.map(Line::of).collect();
    let mut at = 0;
    Field {
        children: fields(&lines, &mut at, None, known),
        ..Field::default()
    }
}

fn fields(lines: &[Line<'_>], at: &mut usize, above: Option<usize>, known: &[&str]) -> Vec<Field> {
    let mut found = Vec::new();
    while let Some(line) = lines
        .get(*at)
        .filter(|line| above.is_none_or(|above| line.indent > above))
    {
        *at += 1;
        let mut field = Field::of(line);
        while let Some(next) = lines.get(*at).filter(|next| field.goes_on(next, known)) {
            let is_verbatim = matches!(field.label.as_str(), "Command" | "Args");
            let text = if is_verbatim {
                next.part(field.indent)
            } else {
                next.text
            };
            field.more.push(text.to_owned());
            *at += 1;
        }
        field.children = fields(lines, at, Some(field.indent), known);
        found.push(field);
    }
    found
}

impl<'a> Line<'a> {
    fn of(raw: &'a str) -> Self {
        let text = raw.trim();
        let blank = raw.get(..raw.len() - raw.trim_start().len());
        Line {
            indent: blank.map_or(0, |blank| blank.chars().filter(|c| *c == ' ').count()),
            tabbed: blank.is_some_and(|blank| blank.contains('\t')),
            text,
            raw,
        }
    }

    /// The text below a label at this indentation, with what it is indented beyond that.
    fn part(&self, indent: usize) -> &'a str {
        let cut = self.raw.get((indent + 2).min(self.indent)..);
        if self.tabbed {
            self.text
        } else {
            cut.unwrap_or(self.text).trim_end()
        }
    }
}

/// A label ends with a colon and a blank.
fn labelled(text: &str) -> Option<(&str, &str)> {
    let mut colons = text.match_indices(':');
    let (at, _) = colons.find(|(at, _)| {
        let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
        next.is_none_or(char::is_whitespace)
    })?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

impl Field {
    fn of(line: &Line<'_>) -> Self {
        let (label, value) = labelled(line.text).unwrap_or_default();
        let before = line.text.len() - value.trim_start().len();
        Field {
            label: label.trim().to_owned(),
            value: value.trim().to_owned(),
            text: line.text.to_owned(),
            indent: line.indent,
            column: line.indent + before,
            ..Field::default()
        }
    }

    fn goes_on(&self, next: &Line<'_>, known: &[&str]) -> bool {
        let label = labelled(next.text).map_or("", |(label, _)| label.trim());
        let beside = next.indent == self.indent;
        if self.label == "Message" {
            return !(beside && AFTER_MESSAGE.contains(&label));
        }
        if next.indent == 0 && !next.tabbed && !known.contains(&label) {
            return true;
        }
        let lists = matches!(self.label.as_str(), "Command" | "Args") && self.value.is_empty();
        if lists {
            return next.indent > self.indent;
        }
        let at_value = next.tabbed || next.indent + 1 >= self.column;
        !self.value.is_empty() && next.indent + usize::from(next.tabbed) > self.indent && at_value
    }

    /// The field of this label.
    pub(super) fn get(&self, label: &str) -> Option<&Field> {
        self.children.iter().find(|child| child.label == label)
    }

    /// The first of these that is there.
    pub(super) fn any(&self, labels: &[&str]) -> Option<&Field> {
        labels.iter().find_map(|label| self.get(label))
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.get(label).is_some()
    }

    /// Its value in one line, if it has one.
    pub(super) fn value(&self, label: &str) -> Option<&str> {
        let value = self.get(label)?.value.as_str();
        (!NOTHING.contains(&value)).then_some(value)
    }

    /// Its value with the lines that go on with it.
    pub(super) fn whole(&self, label: &str) -> Option<String> {
        let field = self.get(label)?;
        let lines: Vec<&str> = field.lines().collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Its own lines, one of what it lists on each.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        let first = Some(self.value.as_str()).filter(|value| !NOTHING.contains(value));
        first
            .into_iter()
            .chain(self.more.iter().map(String::as_str))
    }

    /// The lines of a field.
    pub(super) fn list(&self, label: &str) -> Vec<&str> {
        self.get(label).into_iter().flat_map(Field::lines).collect()
    }

    /// The number with which its value begins: `3 desired | …`, `30s`.
    pub(super) fn number(&self, label: &str) -> Option<i64> {
        number(self.value(label)?)
    }

    /// Its value as a time.
    pub(super) fn time(&self, label: &str) -> Option<Timestamp> {
        time::absolute(self.value(label)?)
    }

    /// `key=value` on each line, or separated by commas.
    pub(super) fn pairs(&self, label: &str) -> BTreeMap<String, String> {
        let pairs = self
            .list(label)
            .into_iter()
            .flat_map(|line| line.split(','));
        let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    /// What is listed below it, by label.
    pub(super) fn amounts(&self, label: &str) -> BTreeMap<String, String> {
        let children = self.get(label).map_or(&[][..], |field| &field.children);
        let named = children.iter().filter(|child| !child.label.is_empty());
        named
            .map(|child| (child.label.clone(), child.value.clone()))
            .collect()
    }
}

/// The number with which a text begins.
pub(super) fn number(text: &str) -> Option<i64> {
    let digits = text.trim_start_matches('(');
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '-');
    digits.get(..end.unwrap_or(digits.len()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["Name", "Labels", "Containers", "Events"];

    fn tree(text: &str) -> Field {
        read(text.lines(), &KNOWN)
    }

    #[test]
    fn values_go_on_at_their_column_or_behind_tabs() {
        let blanks = tree("Name:    web\nLabels:  app=web\n         tier=front\n");
        let tabs = tree("Name:\t\tweb\nLabels:\t\tapp=web\n\t\ttier=front\n");
        for tree in [blanks, tabs] {
            assert_eq!(tree.value("Name"), Some("web"));
            assert_eq!(tree.list("Labels"), ["app=web", "tier=front"]);
        }
    }

    #[test]
    fn a_message_of_several_lines_does_not_end_the_container() {
        let text = "Containers:\n  app:\n    State:       Terminated\n      Reason:    Error\n      Message:   first\n   at line: 2\nName of nothing: x\n\n      Exit Code: 3\n    Ready:       False\n";
        let tree = tree(text);
        let app = tree
            .get("Containers")
            .and_then(|all| all.get("app"))
            .unwrap();
        let state = app.get("State").unwrap();
        assert_eq!(state.value("Exit Code"), Some("3"));
        assert_eq!(
            state.whole("Message").unwrap(),
            "first\nat line: 2\nName of nothing: x"
        );
        assert_eq!(app.value("Ready"), Some("False"));
    }

    #[test]
    fn a_script_is_not_taken_for_labels() {
        let text = "Containers:\n  app:\n    Command:\n      sh\n      -c\n      if true; then\n        echo: x\n    Image:  busybox\n";
        let tree = tree(text);
        let app = tree
            .get("Containers")
            .and_then(|all| all.get("app"))
            .unwrap();
        let command = &app.get("Command").unwrap().more;
        assert_eq!(command, &["sh", "-c", "if true; then", "  echo: x"]);
        assert_eq!(app.value("Image"), Some("busybox"));
    }
}
