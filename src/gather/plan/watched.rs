//! What a watch follows: all that the scope needs, each object as a list that can be watched.

use super::fold::fold;
use super::scheduling::widened;
use super::{Read, first, fourth, get, second, third};
use crate::snapshot::{Kind, Store};
use crate::triage::Scope;

/// All that the scope needs, as far as the store tells by now: what a watch follows.
pub fn wanted(scope: &Scope, store: &Store) -> Vec<Read> {
    let waves = [
        first(scope),
        second(scope, store),
        third(scope, store),
        fourth(scope, store),
    ];
    fold(waves.into_iter().flatten().map(widened).collect())
}

/// The field by which one object is selected.
const NAME: &str = "metadata.name=";

/// An object as a list of at most one, which can be watched. Secrets are never watched.
pub fn as_list(read: Read) -> Read {
    match read {
        Read::Get {
            kind,
            namespace,
            name,
        } if kind != Kind::Secret => Read::List {
            kind,
            namespace: kind.namespaced().then_some(namespace),
            fields: format!("{NAME}{name}"),
            labels: String::new(),
            records_only: false,
        },
        read => read,
    }
}

/// The other way round.
pub fn as_get(read: &Read) -> Option<Read> {
    let Read::List {
        kind,
        namespace,
        fields,
        ..
    } = read
    else {
        return None;
    };
    let name = fields
        .strip_prefix(NAME)
        .filter(|name| !name.contains(','))?;
    Some(get(*kind, namespace.as_deref().unwrap_or_default(), name))
}
