//! No object is read twice, and no part of what is read whole.

use super::{Read, SINGLES, list};
use crate::snapshot::{Kind, ReadScope, Retention, Store};
use std::collections::{BTreeMap, BTreeSet};

impl Read {
    /// Whether a selector leaves some of a list out.
    fn is_part(&self) -> bool {
        match self {
            Read::List { fields, labels, .. } => !fields.is_empty() || !labels.is_empty(),
            Read::Get { .. } => false,
        }
    }
}

/// Those of the reads that were not tried yet, and are no part of what was read whole.
pub fn unread(reads: Vec<Read>, store: &Store) -> Vec<Read> {
    let mut reads = reads;
    reads.retain(|read| !is_known(read, store));
    reads
}

/// The phases of pods make lists that no other list holds; but who occupies nodes is among all pods.
fn is_known(read: &Read, store: &Store) -> bool {
    let tried = |scope: ReadScope| store.outcome(read.kind(), &scope);
    let is_whole = |scope| tried(scope).is_some_and(Result::is_ok);
    if read.kind() == Kind::Pod {
        let occupies = read.retention() == Retention::Record && !read.narrows_pods();
        let is_known = match read {
            Read::List {
                namespace: Some(namespace),
                ..
            } => is_whole(ReadScope::Namespace(namespace.clone())),
            _ => tried(ReadScope::Everywhere).is_some(),
        };
        return occupies && (is_known || is_whole(ReadScope::Everywhere));
    }
    let (namespace, this) = match read {
        Read::Get {
            namespace, name, ..
        } => {
            let this = ReadScope::Object(namespace.clone(), name.clone());
            (Some(namespace), Some(this))
        }
        Read::List { namespace, .. } => {
            let of_namespace = namespace.clone().map(ReadScope::Namespace);
            let this = of_namespace.unwrap_or(ReadScope::Everywhere);
            (namespace.as_ref(), (!read.is_part()).then_some(this))
        }
    };
    let in_namespace = namespace.cloned().map(ReadScope::Namespace);
    this.and_then(tried).is_some()
        || is_whole(ReadScope::Everywhere)
        || in_namespace.is_some_and(is_whole)
}

/// Turns many single reads of one kind and namespace into one list, and drops what a list covers.
pub(super) fn fold(reads: BTreeSet<Read>) -> Vec<Read> {
    let mut singles: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
    let mut lists: BTreeSet<(Kind, Option<&str>)> = BTreeSet::new();
    for read in &reads {
        match read {
            Read::Get {
                kind, namespace, ..
            } => *singles.entry((*kind, namespace)).or_default() += 1,
            Read::List {
                kind, namespace, ..
            } => lists.extend((!read.is_part()).then_some((*kind, namespace.as_deref()))),
        }
    }
    let is_listed = |kind: Kind, namespace: Option<&str>| {
        lists.contains(&(kind, None)) || lists.contains(&(kind, namespace))
    };
    let fold = |read: &Read| {
        let (kind, namespace) = match read {
            Read::Get {
                kind, namespace, ..
            } => (kind, namespace.as_str()),
            Read::List {
                kind, namespace, ..
            } => {
                let covered = *kind != Kind::Pod && is_listed(*kind, namespace.as_deref());
                return (!(read.is_part() && covered)).then(|| read.clone());
            }
        };
        match singles.get(&(*kind, namespace)) {
            _ if is_listed(*kind, Some(namespace)) => None,
            Some(many) if *many > SINGLES => {
                Some(list(*kind, kind.namespaced().then_some(namespace)))
            }
            _ => Some(read.clone()),
        }
    };
    let folded: BTreeSet<Read> = reads.iter().filter_map(fold).collect();
    folded.into_iter().collect()
}
