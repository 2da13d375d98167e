//! The name that was probably meant, out of those that exist.
//!
//! Here lives the likeness of names. Which names come into question is for the caller to say, who also
//! decides how sure to sound.

use std::cmp::Reverse;

/// The shortest name that counts as a part of another.
const SHORTEST_PART: usize = 4;
/// More slips than this in one name are another name.
const MOST_SLIPS: usize = 3;

/// The candidate most like the wanted name, if one is like it at all: other capitals, one slip in three
/// letters (swapped neighbours are one), or one name being the first or last words of the other. The
/// wanted name itself is no candidate. Of equals the first in order is taken.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(wanted, candidate)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// How near they are, if at all; the wanted name itself is not. Smaller is nearer: slips come first, then parts, the longer
/// the better.
pub fn distance(wanted: &str, candidate: &str) -> Option<(usize, Reverse<usize>)> {
    if wanted == candidate {
        return None;
    }
    let (wanted, candidate) = (&*wanted.to_lowercase(), candidate.to_lowercase());
    let (wanted_length, length) = (wanted.chars().count(), candidate.chars().count());
    let allowed = (wanted_length.min(length) / 3).min(MOST_SLIPS);
    // names whose lengths differ by more cannot be within reach, and lists of names are long
    if wanted_length.abs_diff(length) <= allowed {
        let slips = strsim::osa_distance(wanted, &candidate);
        if slips <= allowed {
            return Some((slips, Reverse(0)));
        }
    }
    let is_part = is_part(wanted, &candidate) || is_part(&candidate, wanted);
    is_part.then_some((MOST_SLIPS + 1, Reverse(wanted_length.min(length))))
}

/// Whether the part is the first or the last words of the whole.
fn is_part(part: &str, whole: &str) -> bool {
    let is_separator = |c: char| "-_./".contains(c);
    let begins = whole
        .strip_prefix(part)
        .is_some_and(|rest| rest.starts_with(is_separator));
    let ends = whole
        .strip_suffix(part)
        .is_some_and(|rest| rest.ends_with(is_separator));
    part.chars().count() >= SHORTEST_PART && (begins || ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_only_what_is_plausible() {
        for (wanted, candidates, expected) in [
            (
                "db-credentials",
                &["db-credential", "web-tls"][..],
                Some("db-credential"),
            ),
            (
                "db-credetnials",
                &["web-tls", "db-credentials"],
                Some("db-credentials"),
            ),
            ("gp2", &["gp3", "standard"], Some("gp3")),
            ("Standard", &["standard"], Some("standard")),
            ("db", &["DB", "dc"], Some("DB")),
            ("db", &["da", "dbs"], None),
            ("config", &["web-tls", "registry"], None),
            ("postgres", &["app-postgres", "redis"], Some("app-postgres")),
            ("app-settings-v2", &["app-settings"], Some("app-settings")),
            ("app", &["app-settings"], None),
            ("post", &["postgres"], None),
            (
                "disk-type",
                &["example.com/disktype", "disktype"],
                Some("disktype"),
            ),
            ("settings", &["settings"], None),
            ("settings", &[], None),
            ("", &["a", ""], None),
            ("größe", &["grösse", "gröse"], Some("gröse")),
        ] {
            assert_eq!(
                nearest(wanted, candidates.iter().copied()),
                expected,
                "{wanted}"
            );
        }
    }

    #[test]
    fn the_order_of_candidates_does_not_matter() {
        for candidates in [
            ["conf-b", "conf-a", "conf-cc"],
            ["conf-cc", "conf-a", "conf-b"],
        ] {
            assert_eq!(nearest("conf-x", candidates), Some("conf-a"));
        }
        assert_eq!(
            nearest("cache", ["cache-a-b", "big-cache", "caches"]),
            Some("caches")
        );
    }
}
