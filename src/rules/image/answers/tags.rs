//! Which tags there are in place of the one that is not: the nearest, and the newest by its number.
//!
//! A registry does not tell when a tag was pushed; of tags that are versions the highest is taken for the newest.

use crate::kubernetes::nearest::nearest;
use crate::text::{Message, say};
use serde::Serialize;

/// The tags of a repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tags {
    /// How many were read.
    pub count: usize,
    /// There are more.
    pub more: bool,
    /// The most like the one that is wanted, if one is like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// The highest of those that are versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
}

pub(super) fn of(wanted: &str, names: &[String], more: bool) -> Tags {
    Tags {
        count: names.len(),
        more,
        nearest: nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned),
        newest: newest(wanted, names).map(str::to_owned),
    }
}

impl Tags {
    /// In a sentence.
    pub(super) fn said(&self) -> Message {
        let sentence = match (&self.nearest, &self.newest) {
            (Some(near), Some(new)) if near == new => say!(
                "image-tags.both",
                "there {count|is|are}[ {least}] {count} {count|tag|tags}: {nearest} is the nearest and the newest by its number"
            ),
            (Some(_), _) => say!(
                "image-tags.nearest",
                "there {count|is|are}[ {least}] {count} {count|tag|tags}: {nearest} is the nearest[, {newest} the newest by its number]"
            ),
            (None, _) => say!(
                "image-tags.none-near",
                "there {count|is|are}[ {least}] {count} {count|tag|tags}, none like it[; {newest} is the newest by its number]"
            ),
        };
        let least = self.more.then_some(say!("image-tags.at-least", "at least"));
        Message::new(sentence)
            .fact("count", self.count)
            .fact_if("least", least)
            .fact_if("nearest", self.nearest.as_deref())
            .fact_if("newest", self.newest.as_deref())
    }
}

/// The highest version, of as many parts as the one that is wanted where there are such: a date is no version.
fn newest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a str> {
    let parts = version(wanted).map(|(numbers, _)| numbers.len());
    let highest = |of_shape: bool| {
        let versions = names.iter().filter_map(|name| Some((version(name)?, name)));
        let alike = versions.filter(|((numbers, _), _)| !of_shape || Some(numbers.len()) == parts);
        alike.max().map(|(_, name)| name.as_str())
    };
    highest(true).or_else(|| highest(false))
}

/// `v1.10.2` in numbers, and that it is a release; what stands behind a dash comes before it.
fn version(tag: &str) -> Option<(Vec<u64>, bool)> {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let (numbers, rest) = tag.split_once(['-', '+', '_']).unwrap_or((tag, ""));
    let numbers: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
    Some((numbers?, rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(wanted: &str, names: &[&str]) -> (Option<String>, Option<String>) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let tags = of(wanted, &names, false);
        (tags.nearest, tags.newest)
    }

    #[test]
    fn the_nearest_and_the_newest_are_told() {
        for (wanted, names, nearest, newest) in [
            (
                "1.4.2",
                &["1.4.1", "1.10.0", "1.9.9"][..],
                Some("1.4.1"),
                Some("1.10.0"),
            ),
            (
                "1.4.2",
                &["2.0.0-rc1", "2.0.0", "20260101"],
                None,
                Some("2.0.0"),
            ),
            ("latest", &["lates", "v1", "v2"], Some("lates"), Some("v2")),
            ("latest", &["blue", "green"], None, None),
            ("1.4.2", &[], None, None),
        ] {
            let expected = (nearest.map(str::to_owned), newest.map(str::to_owned));
            assert_eq!(told(wanted, names), expected, "{wanted} {names:?}");
        }
    }

    #[test]
    fn they_are_told_in_a_sentence() {
        let said = |wanted, names: &[&str], more| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            of(wanted, &names, more).said().english()
        };
        assert_eq!(
            said("1.4.2", &["1.4.1", "1.10.0"], false),
            "there are 2 tags: 1.4.1 is the nearest, 1.10.0 the newest by its number"
        );
        assert_eq!(
            said("1.4.2", &["1.4.1"], true),
            "there is at least 1 tag: 1.4.1 is the nearest and the newest by its number"
        );
        assert_eq!(said("x", &["blue"], false), "there is 1 tag, none like it");
    }
}
