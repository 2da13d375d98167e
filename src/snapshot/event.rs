//! Events, with the two ways of writing them made one.
//!
//! Kubelet and controllers write `count`, `firstTimestamp` and `lastTimestamp`; the scheduler
//! writes `eventTime` and `series` (client-go `tools/record` and `tools/events`). The core/v1 view
//! shows both kinds, each with the other's fields null.
//!
//! An event tells what was so when it was written. Whether it is still so is for a rule to show.

use super::catalog::ObjectKey;
use super::dependency::{Dependency, note};
use super::encoded::Encoded;
use super::kind::Kind;
use super::object::ObjectRef;
use crate::kubernetes::Word;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The prefix of events that the recorder has folded together (client-go `tools/record/events_cache.go`).
const COMBINED: &str = "(combined from similar events): ";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's own namespace and name.
    pub name: Box<str>,
    /// What it is about.
    pub about: Arc<ObjectRef>,
    /// The uid of what it is about: an object that was made anew under its name has another.
    pub uid: Option<Word>,
    /// The part of the object, like `spec.containers{app}`.
    pub field_path: Option<Word>,
    /// A short CamelCase word: `FailedMount`.
    pub reason: Word,
    /// The text, without the recorder's "combined" prefix.
    pub message: Word,
    /// `true` for type Warning. Important ones are Normal: never filter by this alone.
    pub warning: bool,
    /// How often it was seen.
    pub count: u32,
    /// When it was first seen.
    pub first: Option<Timestamp>,
    /// When it was last seen.
    pub last: Option<Timestamp>,
    /// Who wrote it: `kubelet`, `default-scheduler`.
    pub component: Word,
}

impl Event {
    /// Reads one, in either way of writing them.
    ///
    /// # Errors
    /// When it is not an event.
    pub fn read<'a>(event: impl Into<Encoded<'a>>) -> Result<Event, serde_json::Error> {
        event.into().decode::<Raw>().map(Raw::into_event)
    }

    /// The container that [`field_path`](Self::field_path) names.
    pub fn container(&self) -> Option<&str> {
        let path = self.field_path.as_deref()?;
        let (_, name) = path.split_once('{')?;
        name.strip_suffix('}')
    }

    /// Its own namespace and name.
    pub fn key(&self) -> ObjectKey {
        let (namespace, name) = self.name.split_once('/').unwrap_or_default();
        (namespace.to_owned(), name.to_owned())
    }

    fn order(&self) -> (Option<Timestamp>, Option<Timestamp>, &str) {
        (self.last, self.first, &self.name)
    }

    /// Whether it was seen at or after `time`. Without a time of its own it cannot be shown to be current.
    pub fn since(&self, time: Timestamp) -> bool {
        self.last.is_some_and(|last| last >= time)
    }
}

/// All events that were read, by what they are about.
#[derive(Debug, Clone, Default)]
pub struct Events {
    by_object: BTreeMap<Arc<ObjectRef>, Vec<Event>>,
}

impl Events {
    /// Adds an event, in its place by time, so that the input's order does not matter. The same one read again (by two
    /// requests, or since it was seen once more) replaces what was known.
    pub fn insert(&mut self, mut event: Event) {
        if let Some((about, _)) = self.by_object.get_key_value(&event.about) {
            event.about = about.clone();
        }
        let of_object = self.by_object.entry(event.about.clone()).or_default();
        of_object.retain(|known| known.name != event.name);
        let at = of_object.partition_point(|known| known.order() <= event.order());
        // few of any object, and many objects
        of_object.reserve_exact(1);
        of_object.insert(at, event);
    }

    /// Takes an event out that has expired.
    pub fn remove(&mut self, event: &Event) {
        if let Some(of_object) = self.by_object.get_mut(&event.about) {
            of_object.retain(|known| known.name != event.name);
            if of_object.is_empty() {
                self.by_object.remove(&event.about);
            }
        }
    }

    /// Keeps those that matter.
    pub fn retain(&mut self, mut matters: impl FnMut(&Event) -> bool) {
        self.by_object.retain(|_, of_object| {
            of_object.retain(&mut matters);
            !of_object.is_empty()
        });
    }

    /// Takes all of them out.
    pub fn clear(&mut self) {
        self.by_object.clear();
    }

    /// The events of one object, oldest first. Those of an earlier object of the same name are left out.
    pub fn of<'a>(
        &'a self,
        object: &ObjectRef,
        uid: Option<&'a str>,
    ) -> impl DoubleEndedIterator<Item = &'a Event> + use<'a> {
        note(|| Dependency::Events(object.clone()));
        self.by_object
            .get(object)
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter(move |event| match (uid, event.uid.as_deref()) {
                (Some(wanted), Some(found)) => wanted == found,
                _ => true,
            })
    }

    /// Everything, in order of the objects.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        note(|| Dependency::Kind(Kind::Event));
        self.by_object.values().flatten()
    }
}

/// The event as served by core/v1 or events.k8s.io/v1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    metadata: RawMeta,
    #[serde(alias = "regarding")]
    involved_object: Option<RawObject>,
    reason: Option<String>,
    #[serde(alias = "note")]
    message: Option<String>,
    r#type: Option<String>,
    #[serde(alias = "deprecatedCount")]
    count: Option<i64>,
    #[serde(alias = "deprecatedFirstTimestamp")]
    first_timestamp: Option<Timestamp>,
    #[serde(alias = "deprecatedLastTimestamp")]
    last_timestamp: Option<Timestamp>,
    event_time: Option<Timestamp>,
    series: Option<RawSeries>,
    #[serde(alias = "deprecatedSource")]
    source: Option<RawSource>,
    #[serde(alias = "reportingController")]
    reporting_component: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMeta {
    name: Option<String>,
    namespace: Option<String>,
    creation_timestamp: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawObject {
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    uid: Option<String>,
    field_path: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSeries {
    count: Option<i64>,
    last_observed_time: Option<Timestamp>,
}

#[derive(Deserialize)]
struct RawSource {
    component: Option<String>,
}

impl Raw {
    fn into_event(self) -> Event {
        let about = self.involved_object.unwrap_or_default();
        // client-go writes an event that has expired anew with its old first time (tools/record/event.go recordEvent, 0.37)
        let first = self
            .first_timestamp
            .or(self.event_time)
            .max(self.metadata.creation_timestamp);
        let observed = self.series.as_ref().and_then(|s| s.last_observed_time);
        let count = self
            .series
            .and_then(|s| s.count)
            .or(self.count)
            .unwrap_or(1);
        let message = self.message.unwrap_or_default();
        let component = self
            .source
            .and_then(|source| source.component)
            .filter(|component| !component.is_empty())
            .or(self.reporting_component);
        Event {
            name: format!(
                "{}/{}",
                self.metadata.namespace.unwrap_or_default(),
                self.metadata.name.unwrap_or_default()
            )
            .into(),
            about: Arc::new(ObjectRef {
                kind: about.kind.unwrap_or_default(),
                namespace: about.namespace.filter(|namespace| !namespace.is_empty()),
                name: about.name.unwrap_or_default(),
            }),
            uid: about.uid.filter(|uid| !uid.is_empty()).map(Word::from),
            field_path: about.field_path.map(Word::from),
            reason: self.reason.unwrap_or_default().into(),
            message: message.strip_prefix(COMBINED).unwrap_or(&message).into(),
            warning: self.r#type.as_deref() == Some("Warning"),
            count: u32::try_from(count.max(1)).unwrap_or(u32::MAX),
            first,
            last: observed.or(self.last_timestamp).or(first),
            component: component.unwrap_or_default().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Event {
        Event::read(json.as_bytes()).unwrap()
    }

    #[test]
    fn both_ways_of_counting_are_read() {
        let kubelet = read(
            r#"{"metadata":{"name":"a","namespace":"shop"},"involvedObject":{"kind":"Pod","name":"web","namespace":"shop","fieldPath":"spec.containers{app}"},
                "reason":"BackOff","message":"(combined from similar events): x","type":"Warning","count":4,
                "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:05:00Z","eventTime":null,"source":{"component":"kubelet"}}"#,
        );
        assert_eq!((kubelet.count, kubelet.message.as_str()), (4, "x"));
        assert_eq!(kubelet.container(), Some("app"));
        let scheduler = read(
            r#"{"metadata":{"name":"b"},"involvedObject":{"kind":"Pod","name":"web"},"firstTimestamp":null,"lastTimestamp":null,"count":null,
                "eventTime":"2026-01-01T00:00:00.5Z","series":{"count":7,"lastObservedTime":"2026-01-01T00:09:00.1Z"},"reportingComponent":"default-scheduler"}"#,
        );
        assert_eq!(scheduler.count, 7);
        assert_eq!(
            scheduler.last.unwrap().to_string(),
            "2026-01-01T00:09:00.1Z"
        );
        assert_eq!(scheduler.component, "default-scheduler");
    }

    #[test]
    fn events_of_a_namesake_are_left_out() {
        let mut events = Events::default();
        for (name, uid) in [("old", "1"), ("new", "2")] {
            events.insert(read(&format!(
                r#"{{"metadata":{{"name":"{name}"}},"involvedObject":{{"kind":"Pod","name":"web","namespace":"shop","uid":"{uid}"}},"reason":"{name}"}}"#
            )));
        }
        let pod = ObjectRef::new(crate::snapshot::Kind::Pod, "shop", "web");
        let reasons: Vec<_> = events
            .of(&pod, Some("2"))
            .map(|e| e.reason.as_str())
            .collect();
        assert_eq!(reasons, ["new"]);
        assert_eq!(events.of(&pod, None).count(), 2);
    }
}
