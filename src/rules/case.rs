//! One stuck object in its snapshot: the questions that many rules ask, asked once.

use crate::kubernetes::shell;
use crate::scheduler::{Engine, Examination};
use crate::snapshot::{ContainerView, Event, Evidence, ObjectRef, Origin, PodView, Seen, Snapshot};
use crate::triage::{NextCommand, Subject};
use jiff::Timestamp;
use std::cell::OnceCell;

/// A stuck object, a pod unless its type says otherwise, and everything around it.
#[derive(Debug)]
pub struct Case<'a, S: Subject<'a> = &'a PodView> {
    /// What it is about.
    pub it: S,
    /// What was read.
    pub snapshot: &'a Snapshot<'a>,
    /// The scheduler's arithmetic on it.
    pub engine: &'a Engine<'a>,
    examination: OnceCell<Option<Examination>>,
}

impl<'a, S: Subject<'a>> Case<'a, S> {
    /// Opens the case of an object.
    pub fn new(it: S, engine: &'a Engine<'a>) -> Self {
        Case {
            it,
            snapshot: engine.snapshot(),
            engine,
            examination: OnceCell::new(),
        }
    }

    /// Why the pod is not bound, if that was asked.
    pub fn examined(&self) -> Option<&Examination> {
        self.examination.get()?.as_ref()
    }

    /// The object.
    pub fn object(&self) -> ObjectRef {
        self.it.object()
    }

    /// What a person would change: the outermost owner, or the object itself.
    pub fn subject(&self) -> ObjectRef {
        self.it.owner(self.snapshot)
    }

    /// Its namespace; empty for what belongs to the cluster.
    pub fn namespace(&self) -> &'a str {
        self.it.namespace()
    }

    /// A command of kubectl in its namespace.
    pub fn kubectl(&self, words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        shell::kubectl(self.namespace(), words)
    }

    /// Its events, oldest first; none when they could not be read.
    pub fn events(&self) -> Vec<&'a Event> {
        let events = self.snapshot.store().events();
        events.of(&self.object(), self.it.uid()).collect()
    }

    /// The newest event of one of these reasons.
    pub fn newest_event(&self, reasons: &[&str]) -> Option<&'a Event> {
        let newest_first = self.events().into_iter().rev();
        newest_first
            .into_iter()
            .find(|event| reasons.contains(&event.reason.as_str()))
    }

    /// Whether events about it could be read.
    pub fn events_readable(&self) -> bool {
        let events = self.snapshot.events_of(&self.object(), self.it.uid());
        !matches!(events, Seen::Unknown(_))
    }

    /// Quotes a field of it.
    pub fn field(&self, path: impl Into<String>, quote: impl Into<String>) -> Evidence {
        self.field_of(self.object(), path, quote)
    }

    /// Quotes an event.
    pub fn event(&self, event: &Event) -> Evidence {
        Evidence::of_event(event, self.snapshot)
    }

    /// Quotes a field of another object.
    pub fn field_of(
        &self,
        object: ObjectRef,
        path: impl Into<String>,
        quote: impl Into<String>,
    ) -> Evidence {
        Evidence::of_field(object, path, quote)
    }

    /// Says that an object was looked for and is not there. Only for what [`Seen::No`] answered.
    pub fn absence(&self, object: ObjectRef) -> Evidence {
        Evidence {
            quote: object.to_string(),
            object,
            origin: Origin::Absence,
        }
    }

    /// Seconds from `time` until the snapshot.
    pub fn seconds_since(&self, time: Timestamp) -> i64 {
        self.snapshot.seconds_since(time)
    }
}

impl<'a> Case<'a> {
    /// The pod.
    pub fn pod(&self) -> &'a PodView {
        self.it
    }

    /// A command on the pod's node; none where it has no node.
    pub fn on_node(&self, words: impl IntoIterator<Item = impl AsRef<str>>) -> NextCommand {
        let node = self.pod().node();
        node.map_or_else(NextCommand::default, |node| NextCommand::on(node, words))
    }

    /// What kubelet and runtime of the pod's node log about its containers.
    pub fn node_log(&self) -> NextCommand {
        let units = ["-u", "kubelet", "-u", "containerd", "-u", "crio"];
        self.on_node(
            ["journalctl"]
                .into_iter()
                .chain(units)
                .chain(["--since=-1h"]),
        )
    }

    /// What an image holds that starts: its user, its command, its platform.
    pub fn image_config(&self, image: &str) -> NextCommand {
        let image = format!("docker://{image}");
        shell::command(["skopeo", "inspect", "--config", &image]).into()
    }

    /// Runs a program of an image by itself, anywhere.
    pub fn in_image<'w>(
        &self,
        image: &'w str,
        words: impl IntoIterator<Item = &'w str>,
    ) -> NextCommand {
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_default();
        let run = ["podman", "run", "--rm", "--entrypoint", program, image];
        shell::command(run.into_iter().chain(words)).into()
    }

    /// The newest event of this kind about this container, or about no container in particular.
    pub fn newest_event_of(
        &self,
        container: &str,
        is_wanted: impl Fn(&Event) -> bool,
    ) -> Option<&'a Event> {
        let mut newest_first = self.events().into_iter().rev();
        newest_first.find(|event| {
            event.container().is_none_or(|name| name == container) && is_wanted(event)
        })
    }

    /// The containers whose `state.waiting.reason` is one of these.
    pub fn waiting(&self, reasons: &[&str]) -> Vec<ContainerView<'a>> {
        let waits = |container: &ContainerView<'_>| reasons.contains(&container.waiting_reason());
        self.pod().containers().filter(waits).collect()
    }

    /// Why the pod is not bound; `None` for a pod that has a node.
    pub fn scheduling(&self) -> Option<&Examination> {
        self.examination
            .get_or_init(|| match self.pod().node() {
                None => Some(self.engine.examine(self.pod())),
                Some(_) => None,
            })
            .as_ref()
    }
}
