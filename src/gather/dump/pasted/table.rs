//! Tables as kubectl prints them: a head, and under it cells that begin at its columns or stand two blanks or a tab apart.
//!
//! A message of several lines breaks the columns of the rows below it (text/tabwriter aligns runs of lines), and blanks are lost
//! on the way through a web page. So a row is cut by what its cells can be.

use super::time;

/// The cells of a row, by the head of their column.
#[derive(Debug)]
pub(super) struct Row {
    cells: Vec<(String, String)>,
}

impl Row {
    /// A cell that holds something.
    pub(super) fn get(&self, head: &str) -> Option<&str> {
        let (_, cell) = self.cells.iter().find(|(known, _)| known == head)?;
        (!cell.is_empty()).then_some(cell)
    }
}

/// The rows of a table of events, whose head is the first line that holds these words.
pub(super) fn rows(lines: &[&str], head: &[&str]) -> Vec<Row> {
    let is_head = |line: &&str| head.iter().all(|word| line.contains(word));
    let Some(at) = lines.iter().position(is_head) else {
        return Vec::new();
    };
    let heads: Vec<&str> = lines.get(at).map(|line| cells(line)).unwrap_or_default();
    let mut rows: Vec<Row> = Vec::new();
    let mut goes_on = false;
    for line in lines.iter().skip(at + 1) {
        let is_rule = line.trim().starts_with("---");
        match row(line, &heads) {
            Some(row) => rows.push(row),
            // a message goes on until an empty line; after that somebody else speaks
            None if goes_on && !line.trim().is_empty() && !is_rule => {
                let message = rows.last_mut().and_then(|row| row.cells.last_mut());
                if let Some((_, message)) = message {
                    message.push('\n');
                    message.push_str(line.trim());
                }
            }
            None => {}
        }
        goes_on = !line.trim().is_empty() && !rows.is_empty();
    }
    rows
}

/// A row of `kubectl get pods`.
pub(super) struct PodRow<'l> {
    pub(super) namespace: Option<&'l str>,
    pub(super) name: &'l str,
    /// Whether it says that all of the pod is ready, or has done what it should.
    pub(super) is_well: bool,
}

/// The rows of a table of pods, whose head is its first line; none of another table.
pub(super) fn of_pods(lines: &[String]) -> Vec<PodRow<'_>> {
    let mut lines = lines.iter();
    let heads = lines.next().map_or("", String::as_str);
    let heads: Vec<&str> = heads.split_ascii_whitespace().collect();
    let column = |name: &str| heads.iter().position(|head| *head == name);
    let (Some(name), Some(ready), Some(status), Some(_)) = (
        column("NAME"),
        column("READY"),
        column("STATUS"),
        column("RESTARTS"),
    ) else {
        return Vec::new();
    };
    let rows = lines.filter_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (some, all) = words.get(ready)?.split_once('/')?;
        let is_well = match *words.get(status)? {
            "Completed" | "Succeeded" => true,
            "Running" => some == all,
            _ => false,
        };
        Some(PodRow {
            namespace: column("NAMESPACE").and_then(|at| words.get(at).copied()),
            name: of_pod(words.get(name)?)?,
            is_well,
        })
    });
    rows.collect()
}

/// The name of a pod, before which its kind may stand; none of another kind.
fn of_pod(word: &str) -> Option<&str> {
    match word.split_once('/') {
        Some((kind, name)) => matches!(kind, "pod" | "pods").then_some(name),
        None => Some(word),
    }
}

/// The head that a row of `kubectl get pods --no-headers` would stand under.
pub(super) fn bare_head(line: &str) -> Option<&'static str> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let is_share = |word: &&str| {
        let (some, all) = word.split_once('/').unwrap_or_default();
        let is_number = |part: &str| part.parse::<u16>().is_ok();
        is_number(some) && is_number(all)
    };
    let is_name = |word: &&str| {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-./".contains(c);
        word.chars().all(letter)
    };
    let ready = words.iter().position(is_share)?;
    let names = words.get(..ready)?;
    let [status, restarts, .., _] = words.get(ready + 1..)? else {
        return None;
    };
    let is_status = status.starts_with(|c: char| c.is_ascii_uppercase());
    let is_row = is_status && restarts.parse::<u32>().is_ok() && names.iter().all(is_name);
    match (is_row, names.len()) {
        (true, 1) => Some("NAME READY STATUS RESTARTS AGE"),
        (true, 2) => Some("NAMESPACE NAME READY STATUS RESTARTS AGE"),
        _ => None,
    }
}

/// Parts that two blanks or a tab divide.
fn cells(line: &str) -> Vec<&str> {
    let mut cells = Vec::new();
    let mut rest = line.trim();
    while let Some(at) = gap(rest) {
        let (cell, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        cells.push(cell);
        rest = tail.trim_start();
    }
    cells.push(rest);
    cells
}

fn gap(text: &str) -> Option<usize> {
    [text.find("  "), text.find('\t'), text.find(" \t")]
        .into_iter()
        .flatten()
        .min()
}

fn row(line: &str, heads: &[&str]) -> Option<Row> {
    let last = heads.len().checked_sub(1)?;
    let mut parts: Vec<String> = Vec::new();
    let mut rest = line.trim();
    while parts.len() < last {
        let at = gap(rest).unwrap_or(rest.len());
        let (cell, tail) = rest.split_at_checked(at)?;
        parts.push(cell.to_owned());
        rest = tail.trim_start();
    }
    parts.push(rest.to_owned());
    let whole = |parts: &Vec<String>| fits(parts, heads);
    Some(parts)
        .filter(whole)
        .or_else(|| without_one(line, heads).filter(whole))
        .or_else(|| by_words(line, heads).filter(whole))
        .map(|parts| Row {
            cells: heads
                .iter()
                .map(|head| (*head).to_owned())
                .zip(parts)
                .collect(),
        })
}

/// Whether each cell is what its head says: a type is one of two words, an age is an age, a reason one word.
fn fits(parts: &[String], heads: &[&str]) -> bool {
    parts.len() == heads.len()
        && heads.iter().zip(parts).all(|(head, part)| {
            match head.to_ascii_uppercase().replace(' ', "").as_str() {
                "TYPE" => part == "Normal" || part == "Warning",
                "REASON" => !part.is_empty() && !part.contains(' '),
                "AGE" | "LASTSEEN" | "FIRSTSEEN" => is_age(part),
                "COUNT" => part.parse::<u32>().is_ok(),
                "OBJECT" => part.contains('/'),
                "FROM" | "SOURCE" => part.matches(' ').count() <= 1,
                "MESSAGE" => !part.is_empty(),
                _ => true,
            }
        })
}

fn is_age(text: &str) -> bool {
    let age = text.split(" (x").next().unwrap_or_default();
    time::ago(age).is_some() || age == "<unknown>"
}

/// The same with one of the cells that may be empty left out.
fn without_one(line: &str, heads: &[&str]) -> Option<Vec<String>> {
    let found = cells(line);
    let empty = ["SubObjectPath", "SUBOBJECT", "From", "SOURCE"];
    let places = empty
        .iter()
        .filter_map(|name| heads.iter().position(|head| head == name));
    let mut tries = places.filter_map(|at| {
        let mut parts: Vec<String> = found.iter().take(at).map(|&cell| cell.to_owned()).collect();
        parts.push(String::new());
        let left = heads.len().checked_sub(at + 1)?;
        let rest: Vec<&str> = found.iter().skip(at).copied().collect();
        let (own, message) = rest.split_at_checked(left.checked_sub(1)?)?;
        parts.extend(own.iter().map(|&cell| cell.to_owned()));
        parts.push(message.join("  "));
        fits(&parts, heads).then_some(parts)
    });
    tries.next()
}

/// One word a cell, where only single blanks are left; an age may go on in brackets.
fn by_words(line: &str, heads: &[&str]) -> Option<Vec<String>> {
    let mut words = line.split_ascii_whitespace().peekable();
    let mut parts: Vec<String> = Vec::new();
    let (_, before) = heads.split_last()?;
    for _ in before {
        let mut cell = words.next()?.to_owned();
        let goes_on = |word: &&str| word.starts_with("(x");
        if words.peek().is_some_and(goes_on) || cell.ends_with(',') {
            for word in words.by_ref() {
                cell = format!("{cell} {word}");
                if word.ends_with(')') || !cell.contains('(') {
                    break;
                }
            }
        }
        parts.push(cell);
    }
    parts.push(words.collect::<Vec<_>>().join(" "));
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Row> {
        rows(
            &text.lines().collect::<Vec<_>>(),
            &["Type", "Reason", "Message"],
        )
    }

    #[test]
    fn a_message_of_several_lines_is_one() {
        let text = "  Type     Reason  Age                From     Message\n  ----     ------  ----               ----     -------\n  Warning  Failed  5m (x3 over 10m)  kubelet  first\nsecond: line\n  Normal  Pulled  5m  kubelet  done\n\nThanks for helping\n";
        let rows = read(text);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].get("Message"), Some("first\nsecond: line"));
        assert_eq!(rows[0].get("Age"), Some("5m (x3 over 10m)"));
        assert_eq!(rows[1].get("Message"), Some("done"));
    }

    #[test]
    fn cells_may_be_empty_or_stand_close_together() {
        for row in [
            "Warning  Failed  5m (x3 over 10m)  kubelet, n1  it  broke",
            "Warning\tFailed\t5m (x3 over 10m)\tkubelet, n1\tit  broke",
            "Warning Failed 5m (x3 over 10m) kubelet, n1 it broke",
        ] {
            let rows = read(&format!("Type  Reason  Age  From  Message\n{row}\n"));
            let from = rows[0].get("From");
            assert_eq!((rows.len(), from), (1, Some("kubelet, n1")), "{row}");
            assert!(rows[0].get("Message").unwrap().starts_with("it "), "{row}");
        }
        let rows =
            read("Type     Reason  Age  From  Message\nWarning  Failed  5m         it broke\n");
        assert_eq!(
            (rows[0].get("From"), rows[0].get("Message")),
            (None, Some("it broke"))
        );
    }
}
