//! The store, and which read holds what of it.
//!
//! An object stays as long as one read holds it. Of lists of pods no names are kept beside the store's own: those that are
//! looked at are held by the scope's list, the others by the list of what occupies the nodes.

mod unread;

use super::events;
use crate::gather::client::Accept;
use crate::gather::plan::{self, Read};
use crate::gather::read_error::ReadError;
use crate::gather::request;
use crate::gather::watch::{Counts, Tidings};
use crate::snapshot::{Changes, Gap, Kind, ObjectKey, PodRecord, Retention, Store, Why};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A read that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// What is read.
    pub kind: Kind,
    /// Of one namespace only.
    pub namespace: Option<String>,
    /// Why.
    pub error: ReadError,
    /// Whether what was read stays as it was seen last: without it there is nothing to tell.
    pub is_kept: bool,
}

/// The store, and which read holds what of it.
pub(super) struct Reflected {
    store: Store,
    held: BTreeMap<Read, Held>,
    /// The version of each object that several reads may bring: one that lags behind is not taken for news. Versions can be
    /// compared as numbers (KEP-5504, Kubernetes 1.35).
    versions: BTreeMap<(Kind, ObjectKey), u64>,
    /// What has to be listed anew to be sure of it.
    doubtful: BTreeSet<Read>,
    /// Pods that were well, so that their events were not kept.
    missed: BTreeSet<ObjectKey>,
    news: Tidings,
    counts: Counts,
}

/// What tells which object it is, and which state of it.
#[derive(Deserialize)]
struct Object {
    metadata: Meta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    namespace: Option<String>,
    name: String,
    resource_version: Option<Value>,
}

impl Meta {
    fn of(json: &[u8]) -> Result<(ObjectKey, Option<u64>), serde_json::Error> {
        let meta = serde_json::from_slice::<Object>(json)?.metadata;
        let version = meta.resource_version;
        let version = version.and_then(|version| version.as_str()?.parse().ok());
        Ok(((meta.namespace.unwrap_or_default(), meta.name), version))
    }
}

/// What one read holds.
#[derive(Default)]
struct Held {
    /// Empty for lists of pods and of events, whose names the store knows.
    keys: BTreeSet<ObjectKey>,
    /// What the list that is being read has brought.
    listed: Option<BTreeSet<ObjectKey>>,
    /// Objects that came and are not understood: nothing is known of them.
    unread: BTreeMap<ObjectKey, Gap>,
    /// Whether a list has come to its end before.
    was_whole: bool,
    lost: Option<ReadError>,
}

impl Reflected {
    /// Keeps no more than so many pods whole that are well.
    pub(super) fn new(room_for_well: usize) -> Self {
        let mut store = Store::new(Why::NotAsked);
        store.keep_of_well(room_for_well);
        Reflected {
            store,
            held: BTreeMap::new(),
            versions: BTreeMap::new(),
            doubtful: BTreeSet::new(),
            missed: BTreeSet::new(),
            news: Tidings::default(),
            counts: Counts::default(),
        }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn set_time(&mut self, time: Timestamp) {
        self.store.set_time(time);
    }

    /// What happened since it was asked last.
    pub(super) fn tidings(&mut self) -> Tidings {
        std::mem::take(&mut self.news)
    }

    /// What has become different since it was asked last.
    pub(super) fn take_changes(&mut self) -> Changes {
        self.store.take_changes()
    }

    /// A watch has told something.
    pub(super) fn told(&mut self) {
        self.counts.events += 1;
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(super) fn has_news(&self) -> bool {
        self.news.changed
    }

    /// Whether a list is on its way for the first time.
    pub(super) fn is_listing(&self) -> bool {
        let mut held = self.held.values();
        held.any(|held| !held.was_whole && held.lost.is_none())
    }

    /// Whether all lists of pods have come at least once, or cannot.
    pub(super) fn knows_pods(&self) -> bool {
        let of_pods = || {
            self.held
                .iter()
                .filter(|(read, _)| read.kind() == Kind::Pod)
        };
        of_pods().next().is_some()
            && of_pods().all(|(_, held)| held.was_whole || held.lost.is_some())
    }

    /// Whether a list of pods that was read before is lost, or is on its way again.
    pub(super) fn awaits_pods(&self) -> bool {
        let awaited = |(read, held): (&Read, &Held)| {
            read.kind() == Kind::Pod
                && held.was_whole
                && (held.lost.is_some() || held.listed.is_some())
        };
        self.held.iter().any(awaited)
    }

    /// The pods of the scope, where none of them may be read.
    pub(super) fn refused_pods(&self) -> Option<(Read, ReadError)> {
        let of_scope = self.held.iter().filter(|(read, _)| is_of_scope(read));
        let refused = of_scope.map(|(read, held)| {
            let error = held.lost.clone().filter(|_| !held.was_whole)?;
            Some((read.clone(), error))
        });
        let refused: Option<Vec<(Read, ReadError)>> = refused.collect();
        refused?.into_iter().next()
    }

    /// What could be followed, and cannot at the moment.
    pub(super) fn outages(&self) -> Vec<Outage> {
        let outage = |(read, held): (&Read, &Held)| {
            Some(Outage {
                kind: read.kind(),
                namespace: request::namespace(read).map(str::to_owned),
                error: held.lost.clone().filter(|_| held.was_whole)?,
                is_kept: is_of_scope(read),
            })
        };
        self.held.iter().filter_map(outage).collect()
    }

    /// What has to be listed anew.
    pub(super) fn doubtful(&mut self) -> BTreeSet<Read> {
        std::mem::take(&mut self.doubtful)
    }

    /// Pods of which events have to be read that did not matter before.
    pub(super) fn missed(&mut self) -> BTreeSet<ObjectKey> {
        std::mem::take(&mut self.missed)
    }

    /// Lets go of events that do not matter any more.
    pub(super) fn prune(&mut self) {
        events::prune(&mut self.store);
    }

    /// Takes up a read.
    pub(super) fn hold(&mut self, read: &Read) {
        self.held.entry(read.clone()).or_default();
    }

    /// A list begins; says whether one was read before.
    pub(super) fn begin(&mut self, read: &Read) -> bool {
        let held = self.held.entry(read.clone()).or_default();
        held.listed = Some(BTreeSet::new());
        held.was_whole
    }

    /// A list broke off: what it brought is true, what it lacks tells nothing.
    pub(super) fn abandon(&mut self, read: &Read) {
        if let Some(held) = self.held.get_mut(read) {
            let listed = held.listed.take().unwrap_or_default();
            if is_named(read) {
                held.keys.extend(listed);
            }
        }
    }

    /// An object as it is now.
    ///
    /// # Errors
    /// When it is not understood and not even named. Of one with a name no more than that is lost.
    pub(super) fn is(&mut self, read: &Read, json: &[u8]) -> Result<(), ReadError> {
        let key = match self.take(read, json) {
            Ok(None) => return Ok(()),
            Ok(Some(key)) => {
                self.is_read(read, &key);
                key
            }
            Err(error) => self.is_unread(read, json, error)?,
        };
        let Some(held) = self.held.get_mut(read) else {
            return Ok(());
        };
        match &mut held.listed {
            Some(listed) => {
                listed.insert(key);
            }
            None if !is_named(read) => {}
            None => {
                held.keys.insert(key);
            }
        }
        Ok(())
    }

    /// Takes an object in, and says which it is; of an event that does not matter nothing.
    fn take(&mut self, read: &Read, json: &[u8]) -> Result<Option<ObjectKey>, ReadError> {
        let kind = read.kind();
        let key = match request::form(read) {
            Accept::Json | Accept::Protobuf | Accept::Text => {
                let (key, version) = Meta::of(json)?;
                match kind {
                    Kind::Pod => self.pod(read, &key, json)?,
                    Kind::Event if !events::matters(&self.store, json)? => {
                        self.is_read(read, &key);
                        return Ok(None);
                    }
                    _ if kind != Kind::Event && self.is_older(kind, &key, version) => {}
                    _ => {
                        self.put(kind, json, Retention::Whole)?;
                        self.news.changed = true;
                    }
                }
                key
            }
            Accept::Metadata | Accept::Table => {
                let name = request::name_only(json)?;
                let namespace = request::namespace(read).unwrap_or_default();
                let r#type = name.r#type.as_deref();
                self.store.insert_name(kind, namespace, &name.name, r#type);
                (namespace.to_owned(), name.name)
            }
        };
        Ok(Some(key))
    }

    /// Whether something newer is known of the object; what is newest by now is remembered.
    fn is_older(&mut self, kind: Kind, key: &ObjectKey, version: Option<u64>) -> bool {
        let Some(version) = version else { return false };
        let newest = self.versions.entry((kind, key.clone())).or_insert(version);
        let is_older = version < *newest;
        *newest = version.max(*newest);
        is_older
    }

    fn put(&mut self, kind: Kind, json: &[u8], retention: Retention) -> Result<(), ReadError> {
        let taken = self.store.insert(kind, json, retention);
        taken.map_err(|undecodable| undecodable.source.into())
    }

    /// A pod that is well and stays as it was is no news, however often its status is written.
    fn pod(&mut self, read: &Read, key: &ObjectKey, json: &[u8]) -> Result<(), ReadError> {
        let (namespace, name) = key;
        let before = self.store.pod_records().get(namespace, name).cloned();
        let was_whole = self.store.whole_pod(namespace, name).is_some();
        if read.retention() == Retention::Record && (was_whole || is_looked_at(before.as_ref())) {
            return Ok(());
        }
        self.put(Kind::Pod, json, read.retention())?;
        let is_whole = self.store.whole_pod(namespace, name).is_some();
        let after = self.store.pod_records().get(namespace, name);
        if was_whole || is_whole || before.as_ref() != after {
            self.news.changed = true;
        }
        if is_whole && !was_whole && before.is_some() {
            // its events so far did not matter
            self.missed.insert(key.clone());
        }
        Ok(())
    }

    /// An object that is gone, or is no longer selected.
    pub(super) fn gone(&mut self, read: &Read, json: &[u8]) -> Result<(), ReadError> {
        if read.kind() == Kind::Event {
            return self.event_gone(read, json);
        }
        let (key, version) = Meta::of(json)?;
        self.is_read(read, &key);
        let is_older = read.kind() != Kind::Pod && self.is_older(read.kind(), &key, version);
        if let Some(held) = self.held.get_mut(read).filter(|_| is_older) {
            held.keys.remove(&key);
            return Ok(());
        }
        self.take_out(read, &key);
        self.doubt(read);
        if let Some(held) = self.held.get_mut(read) {
            held.keys.remove(&key);
        }
        Ok(())
    }

    /// Those of what is gone expire too, and are no news.
    fn event_gone(&mut self, read: &Read, json: &[u8]) -> Result<(), ReadError> {
        let is_removed = self.store.remove(Kind::Event, json).is_ok();
        let all_read = self
            .held
            .get(read)
            .is_none_or(|held| held.unread.is_empty());
        if is_removed && all_read {
            return Ok(());
        }
        let (key, _) = Meta::of(json)?;
        self.store.retain_events(|event| event.key() != key);
        self.is_read(read, &key);
        Ok(())
    }

    /// A pod that is no longer selected may live on, with other labels, and still occupies its node.
    fn doubt(&mut self, read: &Read) {
        if read.narrows_pods() {
            let records = self
                .held
                .keys()
                .filter(|read| read.kind() == Kind::Pod && read.retention() == Retention::Record);
            self.doubtful.extend(records.cloned());
        }
    }

    fn take_out(&mut self, read: &Read, key: &ObjectKey) {
        let (namespace, name) = key;
        let is_record = read.retention() == Retention::Record;
        if read.kind() == Kind::Pod && is_record {
            let record = self.store.pod_records().get(namespace, name);
            let is_whole = self.store.whole_pod(namespace, name).is_some();
            if is_whole || is_looked_at(record) {
                return;
            }
        }
        let holds = |(other, held): (&Read, &Held)| {
            other != read && other.kind() == read.kind() && held.keys.contains(key)
        };
        if self.held.iter().any(holds) {
            return;
        }
        self.store.remove_key(read.kind(), namespace, name);
        self.versions.remove(&(read.kind(), key.clone()));
        self.news.changed = true;
    }

    /// A list was read to its end: what it did not bring is gone. Where every change was told until now, something in between may
    /// have been missed.
    pub(super) fn whole(&mut self, read: &Read, was_followed: bool) {
        let Some(held) = self.held.get_mut(read) else {
            return;
        };
        let listed = held.listed.take().unwrap_or_default();
        let is_again = std::mem::replace(&mut held.was_whole, true);
        let was_lost = held.lost.take().is_some();
        let known = match read.kind() {
            _ if is_named(read) => std::mem::replace(&mut held.keys, listed.clone()),
            Kind::Pod if is_again => self.pods(read),
            Kind::Event => {
                self.store.retain_events(|event| {
                    let key = event.key();
                    !is_within(read, &key) || listed.contains(&key)
                });
                BTreeSet::new()
            }
            _ => BTreeSet::new(),
        };
        let gone: Vec<&ObjectKey> = known.difference(&listed).collect();
        for key in &gone {
            self.take_out(read, key);
        }
        if !gone.is_empty() {
            self.doubt(read);
        }
        if was_lost {
            request::unrecord(&mut self.store, read);
        }
        self.retain_unread(read, &listed);
        if is_again && was_followed {
            *self.counts.resyncs.entry(read.kind()).or_default() += 1;
            self.news.resynced.insert(read.kind());
        }
        self.news.changed = true;
    }

    /// What this read brought is unknown until it is read again. The scope's own pods stay as they were seen last: without
    /// them there is nothing to tell, and the outage is told instead.
    pub(super) fn lost(&mut self, read: &Read, error: &ReadError) {
        let Some(held) = self.held.get_mut(read) else {
            return;
        };
        held.lost = Some(error.clone());
        self.news.changed = true;
        if held.was_whole && is_of_scope(read) {
            return;
        }
        self.let_go(read);
        request::unrecord(&mut self.store, read);
        request::record(&mut self.store, read, &Err(error.clone()));
    }

    /// Nothing needs this read any more.
    pub(super) fn release(&mut self, read: &Read) {
        self.let_go(read);
        request::unrecord(&mut self.store, read);
        self.held.remove(read);
    }

    fn let_go(&mut self, read: &Read) {
        self.retain_unread(read, &BTreeSet::new());
        let Some(held) = self.held.get_mut(read) else {
            return;
        };
        let keys = match read.kind() {
            _ if is_named(read) => std::mem::take(&mut held.keys),
            Kind::Pod => self.pods(read),
            _ => {
                self.store
                    .retain_events(|event| !is_within(read, &event.key()));
                BTreeSet::new()
            }
        };
        for key in &keys {
            self.take_out(read, key);
        }
    }

    /// The pods that are known by this list alone.
    fn pods(&self, read: &Read) -> BTreeSet<ObjectKey> {
        let mut keys = self.store.pod_keys(read.retention());
        keys.retain(|key| is_within(read, key));
        keys
    }
}

/// Whether the names of what it brings are kept here: of lists of pods and events the store knows them, but for those of a part
/// of what only occupies nodes.
fn is_named(read: &Read) -> bool {
    let is_many = matches!(read.kind(), Kind::Pod | Kind::Event);
    let is_part = read.narrows_pods() && read.retention() == Retention::Record;
    !is_many || is_part || matches!(read, Read::Get { .. }) || plan::as_get(read).is_some()
}

/// Whether these are pods that are meant.
fn is_of_scope(read: &Read) -> bool {
    read.kind() == Kind::Pod && read.retention() == Retention::Whole
}

/// Whether an object is where this is read.
fn is_within(read: &Read, (namespace, _): &ObjectKey) -> bool {
    request::namespace(read).is_none_or(|asked| asked == namespace)
}

/// Whether the scope's list holds the pod: of others it was not looked at whether they are well.
fn is_looked_at(record: Option<&PodRecord>) -> bool {
    record.is_some_and(|record| record.healthy().is_some())
}

#[cfg(test)]
mod tests;
