//! Objects as kubectl and this tool take them on the command line, so that they can be pasted.

use super::words::named;
use super::writer::Writer;
use crate::snapshot::ObjectRef;
use crate::text::{Message, say};
use std::collections::BTreeMap;

/// `deploy/web deploy/api + 6 more -n shop, sts/db -n data`: so many of a namespace, and so many namespaces.
pub(super) fn arguments<'a>(
    writer: &Writer,
    objects: impl IntoIterator<Item = &'a ObjectRef>,
    most: usize,
) -> String {
    let mut namespaces: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for object in objects {
        let of_namespace = namespaces.entry(object.namespace.as_deref()).or_default();
        of_namespace.push(object.argument());
    }
    let parts: Vec<String> = namespaces
        .iter()
        .map(|(namespace, objects)| {
            let shown = objects.iter().take(most).cloned().collect::<Vec<_>>();
            let more = objects.len().saturating_sub(most);
            let words = Message::new(say!(
                "text.arguments.of-namespace",
                "{objects}[ + {more} more][ {namespace}]"
            ))
            .fact("objects", shown.join(" "))
            .fact_if("more", (more > 0).then_some(more))
            .fact_if("namespace", namespace.map(|name| format!("-n {name}")));
            writer.says(&words)
        })
        .collect();
    writer.says(&named(&parts, most))
}
