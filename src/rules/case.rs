//! One stuck pod in its snapshot: the questions that many rules ask, asked once.

use crate::kubernetes::shell;
use crate::scheduler::{Engine, Examination};
use crate::snapshot::{ContainerView, Event, ObjectRef, PodView, Seen, Snapshot};
use crate::snapshot::{Evidence, Origin};
use jiff::Timestamp;
use std::cell::OnceCell;

/// A stuck pod and everything around it.
#[derive(Debug)]
pub struct Case<'a> {
    /// The pod.
    pod: &'a PodView,
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// The scheduler's arithmetic on it.
    pub engine: &'a Engine<'a>,
    examination: OnceCell<Option<Examination>>,
}

impl<'a> Case<'a> {
    /// Opens the case of a pod.
    pub fn new(pod: &'a PodView, engine: &'a Engine<'a>) -> Self {
        Case {
            pod,
            snapshot: engine.snapshot(),
            engine,
            examination: OnceCell::new(),
        }
    }

    /// The pod.
    pub fn pod(&self) -> &'a PodView {
        self.pod
    }

    /// What a person would change: the outermost owner, or the pod.
    pub fn subject(&self) -> ObjectRef {
        self.snapshot.subject(self.pod)
    }

    /// The pod's namespace.
    pub fn namespace(&self) -> &'a str {
        self.pod.namespace()
    }

    /// A command of kubectl in the pod's namespace.
    pub fn kubectl(&self, words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        shell::kubectl(self.namespace(), words)
    }

    /// The command that shows the pod with its events.
    pub fn describe_pod(&self) -> String {
        self.kubectl(["describe", "pod", self.pod.name()])
    }

    /// The pod's events, oldest first; none when they could not be read.
    pub fn events(&self) -> Vec<&'a Event> {
        let events = self.snapshot.events_of(&self.pod.object(), self.pod.uid());
        events.yes().unwrap_or_default()
    }

    /// The newest event of one of these reasons.
    pub fn newest_event(&self, reasons: &[&str]) -> Option<&'a Event> {
        let mut events = self.events();
        events.reverse();
        events
            .into_iter()
            .find(|event| reasons.contains(&event.reason.as_str()))
    }

    /// The newest event of one of these reasons about this container, or about no container in particular.
    pub fn newest_event_of(&self, container: &str, reasons: &[&str]) -> Option<&'a Event> {
        let mut events = self.events();
        events.reverse();
        events.into_iter().find(|event| {
            reasons.contains(&event.reason.as_str())
                && event.container().is_none_or(|name| name == container)
        })
    }

    /// Whether events about the pod could be read.
    pub fn events_readable(&self) -> bool {
        !matches!(
            self.snapshot.events_of(&self.pod.object(), self.pod.uid()),
            Seen::Unknown(_)
        )
    }

    /// The containers whose `state.waiting.reason` is one of these.
    pub fn waiting(&self, reasons: &[&str]) -> Vec<ContainerView<'a>> {
        let waits = |container: &ContainerView<'_>| reasons.contains(&container.waiting_reason());
        self.pod.containers().filter(waits).collect()
    }

    /// Why the pod is not bound; `None` for a pod that has a node.
    pub fn scheduling(&self) -> Option<&Examination> {
        self.examination
            .get_or_init(|| match self.pod.node() {
                None => Some(self.engine.examine(self.pod)),
                Some(_) => None,
            })
            .as_ref()
    }

    /// Quotes a field of the pod.
    pub fn field(&self, path: impl Into<String>, quote: impl Into<String>) -> Evidence {
        Evidence {
            object: self.pod.object(),
            origin: Origin::Field { path: path.into() },
            quote: quote.into(),
        }
    }

    /// Quotes an event.
    pub fn event(&self, event: &Event) -> Evidence {
        Evidence {
            object: event.about.clone(),
            origin: Origin::Event {
                reason: event.reason.clone(),
                component: event.component.clone(),
                count: event.count,
                age_seconds: event.last.map(|last| self.snapshot.seconds_since(last)),
            },
            quote: event.message.clone(),
        }
    }

    /// Quotes a field of another object.
    pub fn field_of(
        &self,
        object: ObjectRef,
        path: impl Into<String>,
        quote: impl Into<String>,
    ) -> Evidence {
        Evidence {
            object,
            origin: Origin::Field { path: path.into() },
            quote: quote.into(),
        }
    }

    /// Says that an object was looked for and is not there. Only for what [`Seen::No`] answered.
    pub fn absence(&self, object: ObjectRef) -> Evidence {
        Evidence {
            quote: format!("{object} not found"),
            object,
            origin: Origin::Absence,
        }
    }

    /// Seconds from `time` until the snapshot.
    pub fn seconds_since(&self, time: Timestamp) -> i64 {
        self.snapshot.seconds_since(time)
    }
}
