//! Objects as kubectl and this tool take them on the command line, so that they can be pasted.

use super::line::Line;
use super::style::Style;
use super::words::listed;
use super::writer::Writer;
use crate::kubernetes::shell;
use crate::snapshot::ObjectRef;
use crate::text::{Message, say};
use std::collections::BTreeMap;

/// `deploy/web deploy/api + 6 more -n shop`, `sts/db -n data, sts/mq -n jobs + 4 more in 2 other namespaces`: so many
/// objects over all namespaces.
pub(super) fn arguments<'a>(
    writer: &Writer,
    objects: impl IntoIterator<Item = &'a ObjectRef>,
    most: usize,
) -> String {
    let mut namespaces: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for object in objects {
        let of_namespace = namespaces.entry(object.namespace.as_deref()).or_default();
        of_namespace.push(shell::command([object.argument()]));
    }
    let mut left = most;
    let mut parts = Vec::new();
    let mut elsewhere = Vec::new();
    for (namespace, objects) in &namespaces {
        if left == 0 {
            elsewhere.push(objects.len());
            continue;
        }
        parts.push(of_namespace(*namespace, objects, left));
        left = left.saturating_sub(objects.len());
    }
    let words = Message::new(say!(
        "text.arguments.elsewhere",
        "{shown}[ + {objects} more in {namespaces} other {namespaces|namespace|namespaces}]"
    ))
    .fact("shown", listed(parts))
    .fact_if(
        "objects",
        (!elsewhere.is_empty()).then(|| elsewhere.iter().sum::<usize>()),
    )
    .fact("namespaces", elsewhere.len());
    writer.says(&words)
}

fn of_namespace(namespace: Option<&str>, objects: &[String], most: usize) -> Message {
    let shown: Vec<&str> = objects.iter().take(most).map(String::as_str).collect();
    let more = objects.len().saturating_sub(most);
    Message::new(say!(
        "text.arguments.of-namespace",
        "{objects}[ + {more} more][ {namespace}]"
    ))
    .fact("objects", shown.join(" "))
    .fact_if("more", (more > 0).then_some(more))
    .fact_if(
        "namespace",
        namespace.map(|name| shell::command(["-n", name])),
    )
}

/// The same as a part of a line, which ends between two objects where it has to; a namespace stays with its flag.
pub(super) fn breakable(arguments: &str) -> Line {
    let mut line = Line::new();
    let mut before = "";
    for word in arguments.split(' ') {
        line = match before {
            "" => line,
            "-n" | "+" => line.whole(Style::Object, " "),
            _ => line.with(Style::Object, " "),
        };
        line = line.whole(Style::Object, word);
        before = word;
    }
    line
}
