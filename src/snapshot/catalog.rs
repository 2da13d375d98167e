//! All objects of one kind that were read, and how much of that kind was read.

use super::dependency::{Dependency, note};
use super::kind::Kind;
use super::seen::{Gap, Seen, Why};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};

/// Namespace (empty for cluster-scoped kinds) and name.
pub type ObjectKey = (String, String);

/// How far a read reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadScope {
    /// All namespaces.
    Everywhere,
    /// One namespace.
    Namespace(String),
    /// One object.
    Object(String, String),
    /// What is bound to one node, of all namespaces.
    Node(String),
}

/// The objects of one kind, with what is known about those that are not among them.
#[derive(Debug, Clone)]
pub struct Catalog<T> {
    /// Each in a piece of its own: what comes in order leaves the leaves of the map half empty.
    objects: BTreeMap<ObjectKey, Box<T>>,
    reads: BTreeMap<ReadScope, Result<(), Gap>>,
    unread: Gap,
}

/// What every catalog can do, whatever its objects are.
pub(super) trait ReadLog {
    /// See [`Catalog::record`].
    fn record(&mut self, read_scope: ReadScope, outcome: Result<(), Gap>) -> bool;
    /// See [`Catalog::remove`].
    fn remove(&mut self, namespace: &str, name: &str) -> bool;
    /// See [`Catalog::forget`].
    fn forget(&mut self, gap: Gap);
    /// See [`Catalog::unrecord`].
    fn unrecord(&mut self, read_scope: &ReadScope) -> bool;
    /// Says why what nobody tried to read is unknown.
    fn set_unread(&mut self, why: Why);
    /// Everything that was tried.
    fn reads(&self) -> &BTreeMap<ReadScope, Result<(), Gap>>;
    /// Namespace and name of the objects that were seen.
    fn keys(&self) -> Vec<&ObjectKey>;
    /// The catalog itself, for those who know of what it is.
    fn as_any(&self) -> &dyn Any;
}

impl<T: 'static> ReadLog for Catalog<T> {
    fn record(&mut self, read_scope: ReadScope, outcome: Result<(), Gap>) -> bool {
        Catalog::record(self, read_scope, outcome)
    }

    fn remove(&mut self, namespace: &str, name: &str) -> bool {
        Catalog::remove(self, namespace, name)
    }

    fn forget(&mut self, gap: Gap) {
        Catalog::forget(self, gap);
    }

    fn unrecord(&mut self, read_scope: &ReadScope) -> bool {
        Catalog::unrecord(self, read_scope)
    }

    fn set_unread(&mut self, why: Why) {
        self.unread.why = why;
    }

    fn reads(&self) -> &BTreeMap<ReadScope, Result<(), Gap>> {
        &self.reads
    }

    fn keys(&self) -> Vec<&ObjectKey> {
        self.objects.keys().collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<T> Catalog<T> {
    /// An empty catalog; until a read is recorded, everything is unknown for the reason `why`.
    pub fn new(kind: Kind, why: Why) -> Self {
        Catalog {
            objects: BTreeMap::new(),
            reads: BTreeMap::new(),
            unread: Gap {
                kind,
                namespace: None,
                name: None,
                why,
                detail: String::new(),
            },
        }
    }

    fn kind(&self) -> Kind {
        self.unread.kind
    }

    pub(super) fn unread(&self) -> Why {
        self.unread.why
    }

    /// Adds or replaces an object, and gives what it was.
    pub fn insert(&mut self, namespace: &str, name: &str, object: T) -> Option<T> {
        let key = key(namespace, name);
        let before = self.objects.insert(key, Box::new(object));
        before.map(|before| *before)
    }

    /// Takes an object out that is gone; whether it was there.
    pub fn remove(&mut self, namespace: &str, name: &str) -> bool {
        let key = key(namespace, name);
        self.objects.remove(&key).is_some()
    }

    /// Makes everything unknown again, as when the connection over which it was followed is lost: what was read may have
    /// changed since, and what was absent may have come.
    pub fn forget(&mut self, gap: Gap) {
        self.objects.clear();
        self.reads.clear();
        self.reads.insert(ReadScope::Everywhere, Err(gap));
    }

    /// Records that a read was finished, or why it was not; whether that is news. A finished read is not undone by a later gap.
    pub fn record(&mut self, read_scope: ReadScope, outcome: Result<(), Gap>) -> bool {
        let known = self.reads.get(&read_scope);
        let is_news = known != Some(&Ok(())) && known != Some(&outcome);
        if is_news {
            self.reads.insert(read_scope, outcome);
        }
        is_news
    }

    /// Takes back that a read was finished: what it did not find may be there by now. Says whether it was recorded.
    pub fn unrecord(&mut self, read_scope: &ReadScope) -> bool {
        self.reads.remove(read_scope).is_some()
    }

    /// Looks one object up.
    pub fn get(&self, namespace: &str, name: &str) -> Seen<'_, &T> {
        let key = key(namespace, name);
        let kind = self.kind();
        note(|| Dependency::Object(kind, key.0.clone(), key.1.clone()));
        if let Some(object) = self.objects.get(&key) {
            return Seen::Yes(object);
        }
        match self.reads.get(&ReadScope::Object(key.0, key.1)) {
            Some(Ok(())) => Seen::No,
            // others of the same dump speak of it
            Some(Err(gap)) if gap.why == Why::NotInDump => Seen::Unknown(gap),
            Some(Err(gap)) => match self.is_whole(namespace) {
                Ok(()) => Seen::No,
                Err(_) => Seen::Unknown(gap),
            },
            None => match self.is_whole(namespace) {
                Ok(()) => Seen::No,
                Err(gap) => Seen::Unknown(gap),
            },
        }
    }

    /// The object as it is here, without listening to who asks.
    pub(super) fn peek(&self, namespace: &str, name: &str) -> Option<&T> {
        let key = key(namespace, name);
        self.objects.get(&key).map(Box::as_ref)
    }

    /// The same, to be changed.
    pub(super) fn peek_mut(&mut self, namespace: &str, name: &str) -> Option<&mut T> {
        let key = key(namespace, name);
        self.objects.get_mut(&key).map(Box::as_mut)
    }

    /// Whether every object of `namespace` was read (of the cluster, for cluster-scoped kinds: pass "").
    pub fn whole(&self, namespace: &str) -> Result<(), &Gap> {
        note(|| Dependency::Reads(self.kind()));
        self.is_whole(namespace)
    }

    fn is_whole(&self, namespace: &str) -> Result<(), &Gap> {
        let everywhere = self.reads.get(&ReadScope::Everywhere);
        if let Some(Ok(())) = everywhere {
            return Ok(());
        }
        match self.reads.get(&ReadScope::Namespace(namespace.to_owned())) {
            Some(Ok(())) => Ok(()),
            Some(Err(gap)) => Err(gap),
            None => match everywhere {
                Some(Err(gap)) => Err(gap),
                _ => Err(&self.unread),
            },
        }
    }

    /// Whether every object of every namespace was read.
    pub fn whole_cluster(&self) -> Result<(), &Gap> {
        note(|| Dependency::Reads(self.kind()));
        match self.reads.get(&ReadScope::Everywhere) {
            Some(Ok(())) => Ok(()),
            Some(Err(gap)) => Err(gap),
            None => Err(self
                .reads
                .values()
                .find_map(|outcome| outcome.as_ref().err())
                .unwrap_or(&self.unread)),
        }
    }

    /// The nodes all of whose objects were read, where those of single nodes were asked for and of no other: the empty name
    /// stands for what is bound to none. Nothing where any of these reads failed, which makes all unknown.
    pub fn nodes_read(&self) -> Option<BTreeSet<&str>> {
        note(|| Dependency::Reads(self.kind()));
        if self.reads.contains_key(&ReadScope::Everywhere) {
            return None;
        }
        let nodes = self.reads.iter().filter_map(|(read_scope, outcome)| {
            let node = match read_scope {
                ReadScope::Node(node) => node.as_str(),
                _ => return None,
            };
            outcome.is_ok().then_some(node)
        });
        let nodes: BTreeSet<&str> = nodes.collect();
        (!nodes.is_empty()).then_some(nodes)
    }

    /// The objects that were seen, in order of namespace and name; perhaps not all that exist.
    pub fn seen(&self) -> impl Iterator<Item = (&ObjectKey, &T)> {
        note(|| Dependency::Kind(self.kind()));
        let all = self.objects.iter();
        all.map(|(key, object)| (key, &**object))
    }

    /// The objects seen in one namespace; perhaps not all that exist.
    pub fn seen_in<'a>(
        &'a self,
        namespace: &str,
    ) -> impl Iterator<Item = (&'a str, &'a T)> + use<'a, T> {
        let namespace = namespace.to_owned();
        note(|| Dependency::Namespace(self.kind(), namespace.clone()));
        self.objects
            .range((namespace.clone(), String::new())..)
            .take_while(move |((of, _), _)| *of == namespace)
            .map(|((_, name), object)| (name.as_str(), &**object))
    }

    /// Everything that was tried, in order.
    pub fn reads(&self) -> impl Iterator<Item = (&ReadScope, &Result<(), Gap>)> {
        note(|| Dependency::Reads(self.kind()));
        self.reads.iter()
    }

    /// The number of objects seen.
    pub fn len(&self) -> usize {
        note(|| Dependency::Kind(self.kind()));
        self.objects.len()
    }

    /// Whether no object was seen.
    pub fn is_empty(&self) -> bool {
        note(|| Dependency::Kind(self.kind()));
        self.objects.is_empty()
    }
}

fn key(namespace: &str, name: &str) -> ObjectKey {
    (namespace.to_owned(), name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(why: Why) -> Gap {
        Gap {
            kind: Kind::Secret,
            namespace: None,
            name: None,
            why,
            detail: String::new(),
        }
    }

    #[test]
    fn absence_needs_a_finished_read() {
        let mut secrets: Catalog<u8> = Catalog::new(Kind::Secret, Why::NotAsked);
        assert!(secrets.get("shop", "db").is_unknown());
        secrets.record(ReadScope::Namespace("shop".into()), Ok(()));
        assert!(secrets.get("shop", "db").is_absent());
        assert!(secrets.get("other", "db").is_unknown());
        secrets.insert("shop", "db", 1);
        assert_eq!(secrets.get("shop", "db"), Seen::Yes(&1));
    }

    #[test]
    fn a_refused_read_is_not_an_absence() {
        let mut secrets: Catalog<u8> = Catalog::new(Kind::Secret, Why::NotAsked);
        secrets.record(ReadScope::Everywhere, Err(gap(Why::Forbidden)));
        let Seen::Unknown(gap) = secrets.get("shop", "db") else {
            panic!("a 403 was read as an absence")
        };
        assert_eq!(gap.why, Why::Forbidden);
    }

    #[test]
    fn a_single_object_that_was_asked_for_can_be_absent() {
        let mut secrets: Catalog<u8> = Catalog::new(Kind::Secret, Why::NotAsked);
        secrets.record(ReadScope::Object("shop".into(), "db".into()), Ok(()));
        assert!(secrets.get("shop", "db").is_absent());
        assert!(secrets.get("shop", "cache").is_unknown());
    }

    #[test]
    fn what_is_gone_is_absent_and_what_is_forgotten_unknown() {
        let mut secrets: Catalog<u8> = Catalog::new(Kind::Secret, Why::NotAsked);
        secrets.insert("shop", "db", 1);
        secrets.record(ReadScope::Everywhere, Ok(()));
        secrets.remove("shop", "db");
        assert!(secrets.get("shop", "db").is_absent());
        secrets.insert("shop", "db", 1);
        secrets.forget(gap(Why::Failed));
        assert!(secrets.get("shop", "db").is_unknown());
        secrets.record(ReadScope::Everywhere, Ok(()));
        assert!(secrets.get("shop", "db").is_absent());
    }

    #[test]
    fn a_finished_read_outlives_a_later_gap() {
        let mut secrets: Catalog<u8> = Catalog::new(Kind::Secret, Why::NotAsked);
        secrets.record(ReadScope::Everywhere, Ok(()));
        secrets.record(ReadScope::Everywhere, Err(gap(Why::TimedOut)));
        assert!(secrets.get("shop", "db").is_absent());
    }
}
