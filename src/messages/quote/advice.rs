//! What a component or a registry says about what to do or to read, without knowing the cluster.

use crate::messages::form::position;
use std::ops::Range;

/// How such sentences begin.
const STARTS: &[&str] = &[
    // Docker Hub
    "You may increase the limit",
    "https://www.docker.com/",
    ", visit ",
    "for more information",
    // Google's and Red Hat's registries
    "To authenticate your request, follow",
    "Further instructions can be found",
    // Azure
    "If access was recently granted",
    // persistentvolume-controller
    "If volume creation is delayed",
    // Cilium, Calico
    "Is the agent running?",
    "check that the calico/node container",
    // runc, mount(8)
    "Are you trying to mount a directory onto a file",
    "Check if the specified host path exists",
    "dmesg(1) may have more information",
    // components that point to their pages
    "See https://",
    "refer to https://",
    "(https://",
    "For more details",
    "To learn more",
    "Learn more",
];

/// Where they stand, each to the end of its sentence.
pub(super) fn places(message: &str) -> impl Iterator<Item = Range<usize>> {
    STARTS.iter().filter_map(|start| {
        let at = position(message, start)?;
        Some(at..at + sentence(message.get(at..)?))
    })
}

/// How long the sentence is that a text begins with, its full stop included; or what stands in brackets.
fn sentence(text: &str) -> usize {
    let in_brackets = text.starts_with('(');
    let ends = |(at, c): (usize, char)| {
        let next = text.get(at + c.len_utf8()..)?.chars().next();
        let is_over = next.is_none_or(|next| next.is_whitespace() || next == '"');
        match c {
            '\n' => Some(at),
            ')' if in_brackets => Some(at + 1),
            '.' | '?' | '!' if is_over => Some(at + 1),
            _ => None,
        }
    };
    text.char_indices().find_map(ends).unwrap_or(text.len())
}
