//! Names that only machines use, and pages that stand where an answer was expected.

use crate::messages::form::{every, position};
use std::ops::Range;

/// From how many hexadecimal digits on a word is the id of something: a container's has 64, a trace's 32.
const HEX: usize = 32;
/// Of a UUID's groups of hexadecimal digits.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// Words before an id, which goes with them, and shapes of ids.
const FORMS: &[&str] = &[
    // AWS SDK v1 and v2
    ", request id: {}",
    "RequestID: {}, ",
    "Encoded authorization failure message: {}",
    // Azure AD
    "Trace ID: {}",
    "Correlation ID: {}",
    // Azure's ARM client: no time
    "0001-01-01 00:00:00 +0000 UTC ",
    // Compute Engine
    "operation operation-{} ",
    // multus' daemon repeats its request
    "'&{ContainerID:{*}} ERRORED: ",
    ": StdinData: {*}",
    // the kubelet's own folder of a pod
    "/var/lib/kubelet/pods/{}/",
];

/// Where they are.
pub(super) fn places(message: &str) -> impl Iterator<Item = Range<usize>> {
    let page = page(message).map(|at| at..message.len());
    let forms = FORMS
        .iter()
        .flat_map(move |form| every(form, message))
        .map(|(place, _)| place);
    words(message)
        .filter_map(|word| id(message, word))
        .chain(forms)
        .chain(page)
}

/// Where a web page begins.
pub(super) fn page(message: &str) -> Option<usize> {
    let starts = ["<!doctype", "<html"].iter();
    starts.filter_map(|start| position(message, start)).min()
}

/// Runs of letters, digits and hyphens.
fn words(message: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = message.get(from..)?;
        let start = from + rest.find(is_part)?;
        let rest = message.get(start..)?;
        let end = start + rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        from = end;
        Some(start..end)
    })
}

/// The id that a word is or ends with. A volume is known by its UUID alone, so that of a volume is a name.
fn id(message: &str, place: Range<usize>) -> Option<Range<usize>> {
    let word = message.get(place.clone())?;
    let before = message.get(..place.start)?;
    if word.len() >= HEX && is_hex(word) {
        let prefix = if before.ends_with("sha256:") {
            "sha256:".len()
        } else {
            0
        };
        return Some(place.start - prefix..place.end);
    }
    let length = UUID.iter().sum::<usize>() + UUID.len() - 1;
    let start = word.len().checked_sub(length)?;
    let (prefix, uuid) = word.split_at_checked(start)?;
    let groups: Vec<&str> = uuid.split('-').collect();
    let is_uuid = groups.len() == UUID.len()
        && groups
            .iter()
            .zip(UUID)
            .all(|(group, length)| group.len() == length && is_hex(group));
    (is_uuid && !prefix.ends_with("pvc-")).then_some(place.start + start..place.end)
}

fn is_hex(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_hexdigit())
}
