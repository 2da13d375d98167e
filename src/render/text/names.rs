//! Names of nodes: sorted as people count, runs folded, long ones shortened.

use crate::kubernetes::text::{one_line, truncate_width, width};
use crate::render::line::Line;
use crate::text::{Language, Message, say};
use std::collections::BTreeMap;

/// Columns of a line of names.
const LINE: usize = 32;
/// Names that take more than two lines are counted instead, or more than six where everything is shown.
const LISTED: usize = 2 * LINE;
const LISTED_OF_ALL: usize = 6 * LINE;
/// Names that are listed without being counted.
const FEW: usize = 10;
/// Columns of a name among others.
const AMONG: usize = 20;

/// `gpu-1…gpu-5`, `a, b`, `29 nodes: gpu-1…gpu-29` or `3,210 nodes: batch-*`; `names` in natural order. A single name
/// takes at most so many columns.
pub(super) fn in_row(names: &[&str], longest: usize, whole: bool, language: &Language) -> Line {
    if let [only] = names {
        return Line::new().plain(&shortened(only, longest));
    }
    let list = match listed(names, whole) {
        Some(list) if names.len() <= FEW => return Line::new().plain(&list),
        Some(list) => Some(list),
        None => beginnings(names),
    };
    let nodes = Message::new(say!(
        "text.nodes.count",
        "{nodes} {nodes|node|nodes}[: {names}]"
    ))
    .fact("nodes", names.len())
    .fact_if("names", list);
    Line::new().plain(&language.render(&nodes))
}

/// Whether a row gives every name.
pub(super) fn are_listed(names: &[&str], whole: bool) -> bool {
    names.len() == 1 || listed(names, whole).is_some()
}

/// All names with runs folded, if they are few; long ones are shortened unless everything is shown.
fn listed(names: &[&str], whole: bool) -> Option<String> {
    let most = if whole { LISTED_OF_ALL } else { LISTED };
    let join = |words: Vec<String>| words.join(", ");
    let runs = join(runs(names).iter().map(Run::words).collect());
    if width(&runs) <= most {
        return Some(runs);
    }
    let short = |name: &&str| shortened(name, AMONG);
    let short = (!whole && names.len() <= FEW).then(|| join(names.iter().map(short).collect()));
    short.filter(|short| width(short) <= most)
}

/// `batch-*, web-*`: what names begin with, those with the same first part together, if it takes no more than a line.
fn beginnings(names: &[&str]) -> Option<String> {
    let mut pools: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        let (first, _) = name.split_once(['-', '.'])?;
        pools.entry(first).or_default().push(name);
    }
    let of_pool = |names: &Vec<&str>| Some(format!("{}*", beginning(names)?));
    let beginnings: Vec<String> = pools.values().map(of_pool).collect::<Option<_>>()?;
    Some(beginnings.join(", ")).filter(|words| width(words) <= LINE)
}

/// What all names begin with, up to a separator.
fn beginning<'a>(names: &[&'a str]) -> Option<&'a str> {
    let (first, others) = names.split_first()?;
    let common = |length: usize, other: &&str| {
        let pairs = first.bytes().zip(other.bytes());
        pairs
            .take(length)
            .take_while(|(one, other)| one == other)
            .count()
    };
    let length = others.iter().fold(first.len(), common);
    let end = first
        .as_bytes()
        .get(..length)?
        .iter()
        .rposition(|b| b"-.".contains(b))?
        + 1;
    first.get(..end)
}

/// The name in at most so many columns. The first label of a domain name tells nodes apart; of other
/// names the end does, which is counted or random.
fn shortened(name: &str, columns: usize) -> String {
    let name = one_line(name);
    if width(&name) <= columns {
        return name.into_owned();
    }
    if let Some((label, _)) = name.split_once('.')
        && width(label) < columns
    {
        return format!("{label}…");
    }
    let mut end = String::new();
    for c in name.chars().rev() {
        let longer = format!("{c}{end}");
        if width(&longer) > columns / 2 {
            break;
        }
        end = longer;
    }
    let start = truncate_width(&name, columns.saturating_sub(width(&end)));
    format!("{start}{end}")
}

/// Names whose numbers follow each other.
#[derive(Debug)]
struct Run<'a> {
    first: &'a str,
    last: &'a str,
    nodes: usize,
}

impl Run<'_> {
    fn words(&self) -> String {
        match self.nodes {
            1 => self.first.to_owned(),
            2 => format!("{}, {}", self.first, self.last),
            _ => format!("{}…{}", self.first, self.last),
        }
    }
}

/// The names with runs folded.
fn runs<'a>(names: &[&'a str]) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    for name in names {
        match runs.last_mut() {
            Some(run) if follows(run.last, name) => {
                run.last = name;
                run.nodes += 1;
            }
            _ => runs.push(Run {
                first: name,
                last: name,
                nodes: 1,
            }),
        }
    }
    runs
}

/// Whether the second name is the first with the next number at its end.
fn follows(one: &str, next: &str) -> bool {
    let ((prefix, number), (next_prefix, next_number)) = (numbered(one), numbered(next));
    let padded = |digits: &str| digits.len() > 1 && digits.starts_with('0');
    let same_form = number.len() == next_number.len() || !(padded(number) || padded(next_number));
    let (Ok(number), Ok(next_number)) = (number.parse::<u64>(), next_number.parse::<u64>()) else {
        return false;
    };
    prefix == next_prefix && same_form && number.checked_add(1) == Some(next_number)
}

/// A name without the digits at its end, and these.
fn numbered(name: &str) -> (&str, &str) {
    name.split_at(name.trim_end_matches(|c: char| c.is_ascii_digit()).len())
}

/// Sorts `gpu-9` before `gpu-10`.
pub(super) fn natural(name: &str) -> (String, u64, String) {
    let (prefix, digits) = numbered(name);
    (
        prefix.to_owned(),
        digits.parse().unwrap_or_default(),
        name.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::ENGLISH;

    #[test]
    fn runs_of_names_are_folded() {
        for (names, expected) in [
            (vec!["a"], "a"),
            (vec!["gpu-1", "gpu-2"], "gpu-1, gpu-2"),
            (vec!["gpu-8", "gpu-9", "gpu-10"], "gpu-8…gpu-10"),
            (vec!["gpu-08", "gpu-09", "gpu-10"], "gpu-08…gpu-10"),
            (
                vec!["gpu-09", "gpu-10", "gpu-011"],
                "gpu-09, gpu-10, gpu-011",
            ),
            (vec!["a-1", "a-2", "a-3", "a-5", "b-6"], "a-1…a-3, a-5, b-6"),
            (vec!["99999999999999999999", "x"], "99999999999999999999, x"),
        ] {
            assert_eq!(in_row(&names, 80, false, &ENGLISH).text(), expected);
        }
    }

    #[test]
    fn many_names_are_counted_and_told_by_their_beginnings() {
        let pool = |name: &'static str| (0..400).map(move |n| format!("{name}{}", n * 2));
        let row = |pools: &[&'static str], whole| {
            let names: Vec<String> = pools.iter().flat_map(|name| pool(name)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            in_row(&names, 80, whole, &ENGLISH).text()
        };
        assert_eq!(row(&["pool-"], false), "400 nodes: pool-*");
        assert_eq!(row(&["pool-"], true), "400 nodes: pool-*");
        assert_eq!(
            row(&["a-b-", "a-c-", "d-e-"], false),
            "1,200 nodes: a-*, d-e-*"
        );
        assert_eq!(row(&["노드-하나-", "노드-둘-"], false), "800 nodes: 노드-*");
        assert_eq!(row(&["pool", "other-"], false), "800 nodes");
        let twelve: Vec<String> = (1..13).map(|n| format!("gpu-{n}")).collect();
        let twelve: Vec<&str> = twelve.iter().map(String::as_str).collect();
        assert_eq!(
            in_row(&twelve, 80, false, &ENGLISH).text(),
            "12 nodes: gpu-1…gpu-12"
        );
    }

    #[test]
    fn a_few_long_names_are_shortened_unless_everything_is_shown() {
        let long = ["ip-10-0-0-119", "ip-10-0-0-7", "ip-10-0-1-3"]
            .map(|name| format!("{name}.eu-north-1.compute.internal"));
        let long = long.each_ref().map(String::as_str);
        let short = "ip-10-0-0-119…, ip-10-0-0-7…, ip-10-0-1-3…";
        assert_eq!(in_row(&long, 80, false, &ENGLISH).text(), short);
        assert_eq!(in_row(&long, 80, true, &ENGLISH).text(), long.join(", "));
    }

    #[test]
    fn long_names_keep_what_tells_them_apart() {
        for (name, expected) in [
            ("worker-1", "worker-1"),
            (
                "ip-10-0-0-119.eu-north-1.compute.internal",
                "ip-10-0-0-119…",
            ),
            (
                "gke-prod-default-pool-3f2a1b7c-x8kq",
                "gke-prod-…a1b7c-x8kq",
            ),
        ] {
            assert_eq!(shortened(name, 20), expected);
            assert!(width(expected) <= 20);
        }
    }

    #[test]
    fn nine_stands_before_ten() {
        let mut names = vec!["gpu-10", "gpu-9", "cpu"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["cpu", "gpu-9", "gpu-10"]);
    }
}
