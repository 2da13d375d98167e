//! Finds what kubectl printed in a text that people wrote around it: strips quote marks, fences, prompts and indentation.

use super::super::sniff::is_manifest_line;
use super::table::bare_head;
use anstream::adapter::strip_str;

/// A piece of kubectl's output, at no indentation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// `kubectl describe` of one object.
    Described(Vec<String>),
    /// A table of events, with the namespace that its command names.
    Events(Vec<String>, Option<String>),
    /// YAML or JSON.
    Manifest(String),
    /// Another table of `kubectl get`, which tells no cause, with the namespace that its command names.
    Table(Vec<String>, Option<String>),
    /// Some of what describes a pod, without its beginning.
    Rest,
}

/// One of these stands soon after a name.
const AFTER_NAME: [&str; 10] = [
    "Namespace:",
    "Priority:",
    "Role:",
    "Roles:",
    "Labels:",
    "Annotations:",
    "IsDefaultClass:",
    "StorageClass:",
    "Node:",
    "CreationTimestamp:",
];

/// Elements of HTML around what is pasted.
const TAGS: [&str; 5] = ["details", "summary", "pre", "code", "p"];

/// Fences of wikis and trackers, which may name a language or a title: `{code:yaml}`.
const WIKI: [&str; 4] = ["{code", "{noformat", "{panel", "{quote"];

/// What stands in each description of a pod, and nowhere else.
const OF_POD: [&str; 3] = ["QoS Class:", "Container ID:", "Restart Count:"];

/// What stands between two fences, prompts or the like.
#[derive(Default)]
struct Passage {
    lines: Vec<String>,
    command: Option<String>,
    /// Whether a fence or a prompt stands before it.
    is_marked: bool,
    /// Whether it is HTML, in which some characters have names.
    is_html: bool,
    /// Whether something is described before it.
    is_later: bool,
}

/// All pieces, in their order.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    for mut passage in passages(text) {
        passage.is_later = all.iter().any(|piece| matches!(piece, Piece::Described(_)));
        all.extend(passage.pieces());
    }
    all
}

fn passages(text: &str) -> Vec<Passage> {
    let mut passages = vec![Passage::default()];
    let mut begin = |passage| passages.push(passage);
    let mut open = Passage::default();
    for line in text.lines() {
        let line = plain(line);
        let trimmed = line.trim();
        let command = command(trimmed);
        if let Some(rest) = fence(trimmed) {
            // the command stands above the fence as often as below it
            let before = open.command.take().filter(|_| open.is_blank());
            begin(std::mem::take(&mut open));
            open.command = before;
            if rest.contains([' ', '\t']) && self::command(rest).is_none() {
                open.lines.push(rest.to_owned());
            }
            open.command = self::command(rest).or(open.command.take());
            open.is_marked = true;
            open.is_html = ["<pre", "<code"].iter().any(|tag| trimmed.contains(tag));
        } else if command.is_some() || is_bare_prompt(trimmed) {
            begin(std::mem::take(&mut open));
            open.command = command;
            open.is_marked = true;
        } else {
            let closed = trimmed
                .strip_suffix("```")
                .map(|text| line.replace(trimmed, text));
            let line = closed.unwrap_or(line);
            let line = if open.is_html { named(&line) } else { line };
            open.lines.push(line);
        }
    }
    begin(open);
    passages
}

/// The line without quote marks, without colours, and without blanks that only look like one.
fn plain(line: &str) -> String {
    let uncoloured = strip_str(line).to_string();
    let mut line = uncoloured.trim_end();
    while let Some(rest) = line.trim_start().strip_prefix('>') {
        line = rest.strip_prefix(' ').unwrap_or(rest);
    }
    line.replace('\u{a0}', " ")
}

/// The characters that have names in HTML.
fn named(line: &str) -> String {
    let names = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    names.iter().fold(line.to_owned(), |line, (name, letter)| {
        line.replace(name, letter)
    })
}

/// What a line with a fence or a tag of HTML says beside it.
pub(super) fn fence(line: &str) -> Option<&str> {
    if let Some(rest) = line
        .strip_prefix("```")
        .or_else(|| line.strip_prefix("~~~"))
    {
        return Some(rest.trim_matches(['`', '~']).trim());
    }
    if let Some(rest) = WIKI.iter().find_map(|mark| line.strip_prefix(mark)) {
        let (_, rest) = rest.split_once('}')?;
        return Some(rest.trim());
    }
    let tag = line.strip_prefix('<')?.trim_start_matches('/');
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, rest) = tag.split_at_checked(end)?;
    let rest = rest.strip_prefix('>').unwrap_or_default();
    TAGS.contains(&name).then_some(rest.trim())
}

/// The command of kubectl after a prompt, or on a line of its own.
pub(super) fn command(line: &str) -> Option<String> {
    let words = ["kubectl ", "oc ", "k "];
    let mut places = words.iter().filter_map(|word| line.find(word));
    let at = places.find(|at| {
        let before = line.get(..*at).unwrap_or_default().trim_end();
        let is_prompt = before.is_empty() || before.ends_with(['$', '#', '%', '>', '❯', '➜', '+']);
        is_prompt && before.len() < 80
    })?;
    line.get(at..).map(str::to_owned)
}

/// `root@host:~#` without a command, as the end of what was copied.
fn is_bare_prompt(line: &str) -> bool {
    line.len() < 80 && line.contains('@') && line.ends_with(['$', '#', '%']) && !line.contains(": ")
}

/// The namespace after `-n`.
fn namespace(command: &str) -> Option<String> {
    let mut words = command.split_ascii_whitespace();
    let glued = ["--namespace=", "-n="];
    while let Some(word) = words.next() {
        if word == "-n" || word == "--namespace" {
            return words.next().map(str::to_owned);
        }
        if let Some(name) = glued.iter().find_map(|flag| word.strip_prefix(flag)) {
            return Some(name.to_owned());
        }
    }
    None
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

impl Passage {
    fn is_blank(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }

    fn namespace(&self) -> Option<String> {
        self.command.as_deref().and_then(namespace)
    }

    fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(line) = self.lines.get(at) {
            let Some(begins) = self.begins(at) else {
                let is_rest = OF_POD
                    .iter()
                    .any(|label| line.trim_start().starts_with(label));
                pieces.extend(is_rest.then_some(Piece::Rest));
                at += 1;
                continue;
            };
            let mut lines = self.from(at, begins, indent(line));
            at += lines.len();
            // `--no-headers`
            let head = lines.first().and_then(|line| bare_head(line));
            if let Some(head) = head.filter(|_| begins == Begins::Table) {
                lines.insert(0, head.to_owned());
            }
            pieces.push(match begins {
                Begins::Object => Piece::Described(lines),
                Begins::Events => Piece::Events(lines, self.namespace()),
                Begins::Table => Piece::Table(lines, self.namespace()),
                Begins::Manifest => Piece::Manifest(lines.join("\n")),
            });
        }
        pieces
    }

    /// The lines of a piece without their common indentation.
    fn from(&self, at: usize, begins: Begins, base: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut in_values = false;
        let rest = self.lines.iter().enumerate().skip(at);
        for (number, line) in rest {
            let blank = line.trim().is_empty();
            let is_table = matches!(begins, Begins::Events | Begins::Table);
            let outside = !blank && indent(line) < base;
            let ends_values = line.trim_start().starts_with("Events:");
            in_values = in_values && !ends_values || begin_values(&lines);
            let another = || {
                let other = self.begins(number).filter(|_| !in_values);
                other.is_some_and(|other| begins.ends_at(other, indent(line) == base))
            };
            if number > at && (outside || (is_table && blank) || another()) {
                break;
            }
            lines.push(line.get(base..).unwrap_or_default().to_owned());
        }
        let filled = lines.iter().rposition(|line| !line.trim().is_empty());
        lines.truncate(filled.map_or(0, |last| last + 1));
        lines
    }

    /// Whether nothing follows a name but the beginning of the next line, where descriptions are.
    fn breaks_off(&self, at: usize) -> bool {
        let rest = self.lines.iter().skip(at + 1).map(|line| line.trim());
        let mut rest = rest.filter(|line| !line.is_empty());
        let is_end = rest
            .next()
            .is_none_or(|line| "Namespace:".starts_with(line));
        let is_object = |earlier| self.begins(earlier) == Some(Begins::Object);
        let command = self.command.as_deref().unwrap_or_default();
        let is_one = || command.contains("describe") || self.is_later || (0..at).any(is_object);
        is_end && rest.next().is_none() && is_one()
    }

    fn begins(&self, at: usize) -> Option<Begins> {
        let line = self.lines.get(at)?;
        let text = line.trim_start();
        if text
            .strip_prefix("Name:")
            .is_some_and(|name| !name.trim().is_empty())
        {
            let next = self.lines.iter().skip(at + 1);
            let mut next = next.filter(|line| !line.trim().is_empty()).take(3);
            let is_object = next.any(|next| {
                let after = |label: &&str| next.trim_start().starts_with(*label);
                indent(next) == indent(line) && AFTER_NAME.iter().any(after)
            });
            return (is_object || self.breaks_off(at)).then_some(Begins::Object);
        }
        if bare_head(text).is_some() {
            return Some(Begins::Table);
        }
        if let Some(is_events) = table(text) {
            return Some(if is_events {
                Begins::Events
            } else {
                Begins::Table
            });
        }
        // logs hold objects too: without a mark only what is indented is meant
        let is_meant = self.is_marked || indent(line) > 0;
        let is_json = self.is_marked
            && ["{", "[{", "[ {"]
                .iter()
                .any(|start| text.starts_with(start));
        let is_manifest = is_json || is_manifest_line(text);
        (is_meant && is_manifest).then_some(Begins::Manifest)
    }
}

/// Whether the values of a ConfigMap follow, which may look like anything. Of a Secret they are not shown.
fn begin_values(lines: &[String]) -> bool {
    let is_secret = || lines.iter().any(|line| line.starts_with("Type:"));
    matches!(lines, [.., title, rule] if title.trim() == "Data" && rule.trim() == "====")
        && !is_secret()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Begins {
    Object,
    Events,
    Table,
    Manifest,
}

impl Begins {
    /// Whether a piece is over where another one seems to begin: objects also hold names, and messages hold JSON.
    fn ends_at(self, other: Begins, at_base: bool) -> bool {
        let is_other = match other {
            Begins::Object | Begins::Events => true,
            Begins::Table => self == Begins::Object,
            Begins::Manifest => false,
        };
        at_base && is_other || self != Begins::Object && self != other && self != Begins::Manifest
    }
}

/// Whether a line is the head of a table of events, or of another table.
fn table(line: &str) -> Option<bool> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let capital = |word: &&str| {
        let letter = |c: char| c.is_ascii_uppercase() || matches!(c, '-' | '(' | ')' | '/' | '_');
        word.chars().all(letter)
    };
    let has = |word: &str| words.contains(&word);
    if words.len() < 3 || !words.iter().all(capital) {
        return None;
    }
    let is_events = has("REASON") && has("MESSAGE") && (has("OBJECT") || has("KIND"));
    (is_events || has("NAME")).then_some(is_events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(name: &str) -> Piece {
        Piece::Described(vec![
            format!("Name:       {name}"),
            "Namespace:  shop".to_owned(),
            "Status:     Pending".to_owned(),
        ])
    }

    const TEXT: &str = "Name:       web\nNamespace:  shop\nStatus:     Pending";

    #[test]
    fn what_stands_around_it_is_stripped() {
        let indented = TEXT.replace('\n', "\n    ");
        let quoted = TEXT.replace('\n', "\n> ");
        for text in [
            TEXT.to_owned(),
            format!("It hangs:\n```console\n{TEXT}\n```\nAny idea?"),
            format!("root@host:~# kubectl describe pod web -n shop\n{TEXT}\nroot@host:~#\n"),
            format!("It hangs:\n\n    {indented}\n\nAny idea?"),
            format!("On Monday somebody wrote:\n> {quoted}\n"),
            format!("> ```\n> {quoted}\n> ```"),
            format!("```$ kubectl describe pod web\n{TEXT}```"),
            format!("<details><summary>describe</summary>\n<pre>\n{TEXT}\n</pre></details>"),
            format!("{{code:title=describe|language=none}}\n{TEXT}\n{{code}}"),
            format!("{{noformat}}\n{TEXT}\n{{noformat}}\nAny idea?"),
            format!("\u{1b}[1m{TEXT}\u{1b}[0m"),
        ] {
            assert_eq!(pieces(&text), [described("web")], "{text}");
        }
    }

    #[test]
    fn several_objects_are_told_apart() {
        let two = format!("{TEXT}\n\n\n{}", TEXT.replace("web", "api"));
        let found = pieces(&two);
        let objects = found
            .iter()
            .filter(|one| matches!(one, Piece::Described(_)));
        assert_eq!(objects.count(), 2);
    }

    #[test]
    fn what_breaks_off_after_its_name_is_seen() {
        for (rest, names) in [
            ("\n\n\nName:  api\n", 2),
            ("\n\n\nName:  api\nNamesp", 2),
            ("\n\nName: is all that I know\nof it", 1),
            ("\n$ kubectl describe pod api\nName:  api\n", 2),
            ("\n```\n\n```\nName:  api\n", 2),
        ] {
            let found = pieces(&format!("{TEXT}{rest}"));
            assert_eq!(found.len(), names, "{found:?}");
        }
        assert_eq!(pieces("Some words\nName: nobody\n"), []);
    }

    #[test]
    fn characters_have_names_in_html() {
        let text = "<pre>\nName: web\nNode: &lt;none&gt;\nLabels: a=&quot;b&quot;\n</pre>";
        let lines = ["Name: web", "Node: <none>", "Labels: a=\"b\""];
        let lines = lines.map(str::to_owned).to_vec();
        assert_eq!(pieces(text), [Piece::Described(lines)]);
    }

    #[test]
    fn tables_are_told_by_their_heads() {
        let events = "$ kubectl get events -n shop\nLAST SEEN   TYPE      REASON   OBJECT    MESSAGE\n5m          Warning   Failed   pod/web   no\n\nbye";
        let [Piece::Events(lines, namespace)] = &pieces(events)[..] else {
            panic!("no events");
        };
        assert_eq!((lines.len(), namespace.as_deref()), (2, Some("shop")));
        for head in [
            "NAME READY STATUS",
            "NAMESPACE\tNAME\tREADY\tSTATUS\tRESTARTS",
            "STATUS  NAME  AGE",
        ] {
            let table = format!("$ kubectl get pods -n shop\n{head}\nweb 0/1 Pending\n");
            let [Piece::Table(lines, namespace)] = &pieces(&table)[..] else {
                panic!("no table");
            };
            assert_eq!((lines.len(), namespace.as_deref()), (2, Some("shop")));
        }
        assert_eq!(pieces("WARNING THIS IS LOUD\n"), []);
    }

    #[test]
    fn manifests_lose_their_indentation() {
        let yaml =
            "See:\n\n    apiVersion: v1\n    kind: Pod\n    metadata:\n      name: web\n\nThanks";
        let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web";
        assert_eq!(pieces(yaml), [Piece::Manifest(text.to_owned())]);
    }
}
