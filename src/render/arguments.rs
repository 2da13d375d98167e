//! Objects as kubectl and this tool take them on the command line, so that they can be pasted.

use super::words::named;
use super::writer::Writer;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, say};
use std::collections::BTreeMap;

/// `deploy/web`
pub(super) fn argument(object: &ObjectRef) -> String {
    let kind = object.known_kind();
    // kubectl's short name of a pod is no shorter to read
    let short = kind.filter(|kind| *kind != Kind::Pod);
    let short = short.and_then(|kind| kind.short_names().first());
    let kind = short.map_or_else(|| object.kind.to_lowercase(), |&short| short.to_owned());
    format!("{kind}/{}", object.name)
}

/// `deploy/web deploy/api + 6 more -n shop, sts/db -n data`: so many of a namespace, and so many namespaces.
pub(super) fn arguments<'a>(
    writer: &Writer,
    objects: impl IntoIterator<Item = &'a ObjectRef>,
    most: usize,
) -> String {
    let mut namespaces: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for object in objects {
        let of_namespace = namespaces.entry(object.namespace.as_deref()).or_default();
        of_namespace.push(argument(object));
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
