//! What keeps a namespace that was deleted, in the words of its controller.

use crate::rules::Case;
use crate::snapshot::{Evidence, ObjectRef};
use crate::triage::{NamespaceSubject, Subject};

/// Its conditions that are True, what tells most first.
pub(in crate::rules) fn quotes<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    of: NamespaceSubject<'_>,
) -> Vec<Evidence> {
    let object: ObjectRef = of.object();
    let left = of.left().into_iter();
    let quotes = left.filter_map(|condition| {
        let path = format!("status.conditions[{}].message", condition.type_);
        Some(case.field_of(object.clone(), path, condition.message.clone()?))
    });
    quotes.collect()
}
