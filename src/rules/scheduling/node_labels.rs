//! The labels that nodes carry, as far as they were read: the values of a key, and the key that may be meant by another.

use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::rules::Case;
use std::collections::BTreeSet;

fn keys<'c>(case: &'c Case<'_>) -> BTreeSet<&'c str> {
    let nodes = case.snapshot.nodes().seen();
    nodes.flat_map(|(_, node)| node.labels.keys()).collect()
}

/// The key that is spelt most like this one.
pub(super) fn nearest_key(case: &Case<'_>, key: &str) -> Option<String> {
    nearest(key, keys(case)).map(str::to_owned)
}

/// The key of this name in another domain: labels that moved to another domain kept it.
pub(super) fn moved_key(case: &Case<'_>, key: &str) -> Option<String> {
    let mut keys = keys(case).into_iter();
    keys.find(|other| name_of(other) == name_of(key))
        .map(str::to_owned)
}

fn name_of(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

/// The values that nodes carry under a key.
pub(super) fn carried(case: &Case<'_>, key: &str) -> BTreeSet<String> {
    let nodes = case.snapshot.nodes().seen();
    nodes
        .filter_map(|(_, node)| node.labels.get(key))
        .map(str::to_owned)
        .collect()
}

/// The command that shows what nodes carry under a key, or all that they carry.
pub(super) fn inspect(key: Option<&str>) -> String {
    match key {
        Some(key) => shell::cluster(["get", "nodes", "-L", key]),
        None => shell::cluster(["get", "nodes", "--show-labels"]),
    }
}
