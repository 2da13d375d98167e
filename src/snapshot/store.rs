//! What was read, as it comes and goes.
//!
//! Both the API server's answers and a dump's files pass through here, byte for byte the same way: that is why `-f` on what
//! `--dump` wrote gives the same report. Objects come in any order and may be replaced and taken out again; nothing has to be
//! finished before a [`Snapshot`] is taken.
//!
//! Every pod is kept as a [`PodRecord`](super::PodRecord); whole only if it is not plainly healthy, which does not depend on the
//! time. What of the others needs an explanation is for `triage` to say.

mod followed;
mod well;
mod whole;

use super::catalog::{ObjectKey, ReadScope};
use super::changes::Changes;
use super::dependency::{Dependency, note};
use super::encoded::Encoded;
use super::event::{Event, Events};
use super::kind::{Catalogs, Kind};
use super::object::ObjectRef;
use super::objects::Keyed;
use super::pod::{PodView, SETTLED};
use super::pod_record::PodRecords;
use super::seen::{Gap, Seen, Why};
use super::sharing::Sharing;
use super::specs::Specs;
use super::workload::Workload;
use super::{Clock, Snapshot};
use crate::kubernetes::Word;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// How much of a pod is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// All of it, unless it is plainly healthy.
    Whole,
    /// Only its record: nobody asks how it stands. One that is kept whole stays so, as it was when it was looked at: the list of
    /// all live pods, read for what they take of the nodes, holds the scope's own pods once more.
    Record,
}

/// Why an object was not taken in.
#[derive(Debug, thiserror::Error)]
#[error("{kind} cannot be decoded: {source}")]
pub struct Undecodable {
    /// What it was announced to be.
    pub kind: Kind,
    /// What is wrong with it.
    #[source]
    pub source: serde_json::Error,
}

/// Everything that was read, and what was not.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) catalogs: Catalogs,
    pod_records: PodRecords,
    whole: BTreeMap<(Word, Word), PodView>,
    events: Events,
    sharing: Sharing,
    specs: Specs,
    pub(super) registry_answers: super::RegistryAnswers,
    pub(super) logs: Vec<super::ContainerLog>,
    /// When it was read, where that is known.
    at: Option<Timestamp>,
    /// The newest time in the objects.
    newest: Option<Timestamp>,
    /// How many pods are kept whole before it is looked which of them have settled since.
    sweep_at: usize,
    /// So many whole pods may be kept that are well.
    room_for_well: usize,
    /// What has become different; absent while nobody asks for it.
    changes: Option<Changes>,
}

/// So few whole pods are no burden.
const FEW: usize = 512;

impl Store {
    /// An empty store. What nobody reads stays unknown for the reason `unread`.
    pub fn new(unread: Why) -> Self {
        Store {
            catalogs: Catalogs::new(unread),
            pod_records: PodRecords::default(),
            whole: BTreeMap::new(),
            events: Events::default(),
            sharing: Sharing::default(),
            specs: Specs::default(),
            registry_answers: super::RegistryAnswers::new(),
            logs: Vec::new(),
            at: None,
            newest: None,
            sweep_at: FEW,
            room_for_well: usize::MAX,
            changes: None,
        }
    }

    /// Takes one object in, in place of what was known of it.
    ///
    /// # Errors
    /// When the bytes are not such an object.
    pub fn insert<'a>(
        &mut self,
        kind: Kind,
        object: impl Into<Encoded<'a>>,
        retention: Retention,
    ) -> Result<(), Undecodable> {
        let object = object.into();
        let taken = match kind {
            Kind::Pod => self.insert_pod(object, retention),
            Kind::Event => Event::read(object).map(|mut event| {
                self.sharing.event(&mut event);
                self.saw(event.last);
                self.changed(|changes| changes.about(&event.about));
                self.events.insert(event);
            }),
            kind => self.insert_other(kind, object),
        };
        taken.map_err(|source| Undecodable { kind, source })
    }

    fn insert_other(&mut self, kind: Kind, object: Encoded<'_>) -> Result<(), serde_json::Error> {
        let (namespace, name) = name_of(object)?;
        if self.catalogs.insert(kind, &namespace, &name, object)? {
            self.changed(|changes| changes.object(kind, &namespace, &name));
        }
        let newest = if kind == Kind::Node {
            let mut node = self.catalogs.node_mut(&name);
            node.iter_mut().for_each(|node| self.sharing.node(node));
            let conditions = node.iter().flat_map(|node| &node.conditions);
            let times = conditions.map(|c| c.last_heartbeat_time.0.max(c.last_transition_time));
            times.max().flatten()
        } else {
            let workload = self.workloads(kind).map(|all| all.get(&namespace, &name));
            workload.and_then(Seen::yes).and_then(Workload::newest)
        };
        self.saw(newest);
        Ok(())
    }

    fn insert_pod(
        &mut self,
        object: Encoded<'_>,
        retention: Retention,
    ) -> Result<(), serde_json::Error> {
        let pod = PodView::new(self.specs.decode(object)?);
        self.saw(pod.newest());
        let key = pod.key();
        let before = self.known_pod(&key);
        if retention == Retention::Record {
            self.pod_records.insert(pod.pod());
            self.pod_changed(&key, before);
            return Ok(());
        }
        let whole = self.whole.remove(&key);
        let is_well = self.is_well_enough(&pod);
        let stays = pod.phase() == "Succeeded" && !(is_well && self.is_crowded());
        let healthy = (is_well && !stays).then(|| pod.main_containers());
        self.pod_records.record(pod.pod(), healthy);
        let differs = if stays {
            self.keep(pod, true, None);
            whole.is_none()
        } else if is_well {
            whole.is_some()
        } else {
            let is_well = self.has_settled(&pod, SETTLED);
            let differs = self.keep(PodView::new(object.decode()?), is_well, whole.as_ref());
            self.sweep();
            differs
        };
        if let (true, Some(changes)) = (differs, &mut self.changes) {
            let node = self.whole.get(&key).and_then(PodView::node);
            changes.whole_pod(&key.0, &key.1, node);
        }
        self.pod_changed(&key, before);
        Ok(())
    }

    /// Keeps a pod whole, or of one that is well what is looked at; says whether it differs from how it was.
    fn keep(&mut self, mut pod: PodView, is_well: bool, before: Option<&PodView>) -> bool {
        if is_well {
            pod.let_go();
        }
        self.sharing.pod(pod.pod_mut());
        let differs = before != Some(&pod);
        self.whole.insert(pod.key(), pod);
        differs
    }

    /// Whether this pod was read before.
    pub fn holds_pod(&self, json: &[u8]) -> bool {
        name_of(json.into()).is_ok_and(|(namespace, name)| self.holds(Kind::Pod, &namespace, &name))
    }

    /// Takes in that a ConfigMap or Secret is there, of which only the name and a Secret's type were read.
    pub fn insert_name(&mut self, kind: Kind, namespace: &str, name: &str, r#type: Option<&str>) {
        let keyed = Keyed {
            keys: None,
            r#type: r#type.map(str::to_owned),
        };
        if self.catalogs.insert_keyed(kind, namespace, name, keyed) {
            self.changed(|changes| changes.object(kind, namespace, name));
        }
    }

    /// Takes one object out that is gone, given as it was last.
    ///
    /// # Errors
    /// When the bytes are not the JSON of such an object.
    pub fn remove(&mut self, kind: Kind, json: &[u8]) -> Result<(), Undecodable> {
        self.take_out(kind, json)
            .map_err(|source| Undecodable { kind, source })
    }

    fn take_out(&mut self, kind: Kind, json: &[u8]) -> Result<(), serde_json::Error> {
        if kind == Kind::Event {
            let event = Event::read(json)?;
            self.changed(|changes| changes.about(&event.about));
            self.events.remove(&event);
            return Ok(());
        }
        let (namespace, name) = name_of(json.into())?;
        self.remove_key(kind, &namespace, &name);
        Ok(())
    }

    /// Takes one object out that is gone, given by its name.
    pub fn remove_key(&mut self, kind: Kind, namespace: &str, name: &str) {
        if kind == Kind::Pod {
            let key = (namespace.into(), name.into());
            let before = self.known_pod(&key);
            self.pod_records.remove(namespace, name);
            if let Some(pod) = self.whole.remove(&key) {
                self.changed(|changes| changes.whole_pod(namespace, name, pod.node()));
            }
            self.pod_changed(&key, before);
        } else if self.catalogs.log_mut(kind).remove(namespace, name) {
            self.changed(|changes| changes.object(kind, namespace, name));
        }
    }

    /// The pods that were looked at, or those of which only the record was wanted.
    pub fn pod_keys(&self, retention: Retention) -> BTreeSet<ObjectKey> {
        let records = self.pod_records.iter().filter_map(|record| {
            let key = (&*record.namespace).into();
            let key = (key, (&*record.name).into());
            let is_looked_at = record.healthy().is_some() || self.whole.contains_key(&key);
            (is_looked_at == (retention == Retention::Whole)).then_some(key)
        });
        let ended = self.whole.keys().filter(|_| retention == Retention::Whole);
        let all = records.chain(ended.cloned());
        all.map(|(namespace, name)| (namespace.to_string(), name.to_string()))
            .collect()
    }

    /// Takes out the events that do not matter.
    pub fn retain_events(&mut self, mut matters: impl FnMut(&Event) -> bool) {
        let changes = &mut self.changes;
        self.events.retain(|event| {
            let matters = matters(event);
            if let Some(changes) = changes.as_mut().filter(|_| !matters) {
                changes.about(&event.about);
            }
            matters
        });
    }

    /// Takes back that a read was finished.
    pub fn unrecord(&mut self, kind: Kind, read_scope: &ReadScope) {
        if self.catalogs.log_mut(kind).unrecord(read_scope) {
            self.changed(|changes| changes.of_reads(kind));
        }
    }

    /// Makes a kind unknown again, as when the connection over which it was followed is lost.
    pub fn forget(&mut self, gap: Gap) {
        match gap.kind {
            Kind::Pod => {
                self.pod_records = PodRecords::default();
                self.whole.clear();
            }
            Kind::Event => self.events.clear(),
            _ => {}
        }
        self.changed(|changes| changes.of_reads(gap.kind));
        self.catalogs.log_mut(gap.kind).forget(gap);
    }

    /// Something was written then: what was read is not older.
    pub fn saw(&mut self, time: Option<Timestamp>) {
        self.newest = self.newest.max(time);
    }

    /// Records that a read reached its end, or what became of it.
    pub fn record(&mut self, kind: Kind, read_scope: ReadScope, outcome: Result<(), Gap>) {
        if self.catalogs.log_mut(kind).record(read_scope, outcome) {
            self.changed(|changes| changes.of_reads(kind));
        }
    }

    /// Says why what nobody read is unknown, when a dump tells it better than [`Store::new`] could.
    pub fn set_unread(&mut self, why: Why) {
        for kind in Kind::all() {
            self.catalogs.log_mut(kind).set_unread(why);
        }
    }

    /// Sets the time at which it was read, from the API server's own clock or from the dump that says it.
    pub fn set_time(&mut self, time: Timestamp) {
        self.at = Some(time);
    }

    /// Whether an object was taken in.
    pub fn holds(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        match kind {
            Kind::Pod => {
                self.pod_records.get(namespace, name).is_some()
                    || self.whole_pod(namespace, name).is_some()
            }
            kind => {
                let mut keys = self.keys(kind).into_iter();
                keys.any(|(of, named)| of == namespace && named == name)
            }
        }
    }

    /// The newest time in the objects.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// What was read, at the time at which it was; where that is not known, at the newest time in it.
    pub fn snapshot(&self) -> Snapshot<'_> {
        let clock = Clock {
            at: self.at.or(self.newest).unwrap_or(Timestamp::UNIX_EPOCH),
            exact: self.at.is_some(),
        };
        Snapshot { store: self, clock }
    }

    /// Whether no pod was taken in.
    pub fn has_no_pods(&self) -> bool {
        self.whole.is_empty() && self.pod_records.is_empty()
    }

    /// All live pods that were read. They are all of the cluster only when [`pods`](Self::pods) was read everywhere.
    pub fn pod_records(&self) -> &PodRecords {
        &self.pod_records
    }

    /// All events that were read.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Events of an object, oldest first; `Unknown` when they could not be read and none was seen.
    pub fn events_of<'a>(
        &'a self,
        object: &ObjectRef,
        uid: Option<&'a str>,
    ) -> Seen<'a, Vec<&'a Event>> {
        let found: Vec<_> = self.events.of(object, uid).collect();
        if !found.is_empty() {
            return Seen::Yes(found);
        }
        let namespace = object.namespace.as_deref().unwrap_or("default");
        match self.event_reads().get(namespace, &object.name) {
            Seen::Unknown(gap) => Seen::Unknown(gap),
            Seen::Yes(()) | Seen::No => Seen::Yes(found),
        }
    }

    /// One workload, named by the words of an owner reference.
    pub fn workload(&self, kind: &str, namespace: &str, name: &str) -> Option<Seen<'_, &Workload>> {
        let catalog = self.workloads(Kind::of_manifest(kind)?)?;
        Some(catalog.get(namespace, name))
    }

    /// Whether a workload is known to be paused or suspended.
    pub fn is_halted(&self, workload: &ObjectRef) -> bool {
        let namespace = workload.namespace.as_deref().unwrap_or_default();
        let seen = self.workload(&workload.kind, namespace, &workload.name);
        seen.and_then(Seen::yes).is_some_and(|it| it.halted)
    }

    /// Namespace and name of the objects of a kind that were seen, apart from pods and events, which are kept elsewhere.
    pub fn keys(&self, kind: Kind) -> Vec<&ObjectKey> {
        note(|| Dependency::Kind(kind));
        self.catalogs.log(kind).keys()
    }

    /// The namespaces of which anything is known: an object, or that something of it was asked for.
    pub fn known_namespaces(&self) -> BTreeSet<&str> {
        let objects = Kind::all().flat_map(|kind| self.keys(kind));
        let objects = objects.map(|(namespace, _)| namespace.as_str());
        let named = self.namespaces().seen().map(|((_, name), _)| name.as_str());
        let pods = self.whole_pods().map(PodView::namespace);
        let records = self.pod_records.iter().map(|record| &*record.namespace);
        let completed = self.pod_records.completed().identities();
        let records = records.chain(completed.map(|pod| pod.namespace));
        let events = self.events.iter();
        let events = events.filter_map(|event| event.about.namespace.as_deref());
        let reads = self.reads().filter_map(|(_, scope, _)| match scope {
            ReadScope::Namespace(namespace) | ReadScope::Object(namespace, _) => {
                Some(namespace.as_str())
            }
            ReadScope::Node(_) | ReadScope::Everywhere => None,
        });
        let all = objects.chain(named).chain(pods).chain(records);
        let all = all.chain(events).chain(reads);
        all.filter(|namespace| !namespace.is_empty()).collect()
    }

    /// Every read that was tried, and what became of it, in order of kinds.
    pub fn reads(&self) -> impl Iterator<Item = (Kind, &ReadScope, &Result<(), Gap>)> {
        Kind::all().flat_map(|kind| {
            note(|| Dependency::Reads(kind));
            let reads = self.catalogs.log(kind).reads().iter();
            reads.map(move |(read_scope, outcome)| (kind, read_scope, outcome))
        })
    }

    /// What became of this read, if it was tried.
    pub fn outcome(&self, kind: Kind, read_scope: &ReadScope) -> Option<&Result<(), Gap>> {
        note(|| Dependency::Reads(kind));
        self.catalogs.log(kind).reads().get(read_scope)
    }

    /// Whether this user was refused so much of a kind, as far as it was tried, or all of which it is a part.
    pub fn is_refused(&self, kind: Kind, read_scope: &ReadScope) -> bool {
        note(|| Dependency::Reads(kind));
        let reads = self.catalogs.log(kind).reads();
        let of_namespace = |namespace: &String| ReadScope::Namespace(namespace.clone());
        let wider = match read_scope {
            ReadScope::Object(namespace, _) => Some(of_namespace(namespace)),
            ReadScope::Namespace(_) | ReadScope::Node(_) | ReadScope::Everywhere => None,
        };
        let wider = wider.iter().chain([&ReadScope::Everywhere]);
        let mut outcomes = [read_scope]
            .into_iter()
            .chain(wider)
            .filter_map(|scope| reads.get(scope));
        let is_refusal = |outcome: &Result<(), Gap>| {
            let gap = outcome.as_ref().err();
            gap.is_some_and(|gap| gap.why == Why::Forbidden)
        };
        outcomes.clone().all(Result::is_err) && outcomes.any(is_refusal)
    }

    /// Why what nobody tried to read is unknown.
    pub fn unread(&self) -> Why {
        self.pods().unread()
    }

    /// Every read that was tried and failed, in order, without repetition.
    pub fn gaps(&self) -> Vec<&Gap> {
        let mut gaps: Vec<&Gap> = self
            .reads()
            .filter_map(|(_, _, outcome)| outcome.as_ref().err())
            .collect();
        gaps.sort();
        gaps.dedup();
        gaps
    }
}

#[derive(Deserialize)]
struct Named {
    metadata: Meta,
}

#[derive(Deserialize)]
struct Meta {
    namespace: Option<String>,
    name: String,
}

fn name_of(object: Encoded<'_>) -> Result<(String, String), serde_json::Error> {
    let Meta { namespace, name } = object.decode::<Named>()?.metadata;
    Ok((namespace.unwrap_or_default(), name))
}

#[cfg(test)]
mod tests;
