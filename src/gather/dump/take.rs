//! Takes the objects of one file in: finds out their kinds, hands their bytes on, and notes in which
//! lists they stood.

mod missing;

use super::clock::Clock;
use super::coverage::{Coverage, Listed};
use super::error::Fault;
use super::head::{Head, Shape, exact, kind_of_items, of_table};
use super::layout::Layout;
use super::logs::Logs;
use super::mend;
use super::reading::{READING, Reading};
use crate::snapshot::{Gap, Kind, ReadScope, Retention, Store, Why};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Items whose kind stands after them in the list are held back; more than this no list does.
const HELD_LIMIT: usize = 32 << 20;

/// A few are met: an array of lists, a list of what several commands printed.
const LISTS_DEEP: usize = 8;

/// The taking in of files, one after another.
pub(super) struct DumpSink<'i> {
    store: &'i mut Store,
    coverage: &'i mut Coverage,
    /// The namespace of the scope: pods of others are kept as pod records.
    namespace: Option<&'i str>,
    layout: Layout,
    open: Vec<Open>,
    lists: Vec<Listed>,
    singles: Vec<Kind>,
    /// Kinds that were met in a form that is not read.
    refused: Vec<Kind>,
    objects: u64,
    /// What would make pods, and comes from no cluster.
    manifests: u64,
    /// What comes from a cluster.
    lived: u64,
    recognised: bool,
    stopped: Option<Fault>,
}

/// A list that is being read.
#[derive(Default)]
struct Open {
    /// The kind of its items, when it says one.
    kind: Option<String>,
    listed: Listed,
    held: Vec<Box<[u8]>>,
    held_bytes: usize,
}

/// The API server's answer when it refuses (`metav1.Status`).
#[derive(Deserialize)]
struct Status {
    status: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Watched<'a> {
    r#type: String,
    #[serde(borrow)]
    object: &'a RawValue,
}

impl<'i> DumpSink<'i> {
    pub(super) fn new(
        store: &'i mut Store,
        coverage: &'i mut Coverage,
        namespace: Option<&'i str>,
    ) -> Self {
        DumpSink {
            store,
            coverage,
            namespace,
            layout: Layout::Unknown,
            open: Vec::new(),
            lists: Vec::new(),
            singles: Vec::new(),
            refused: Vec::new(),
            objects: 0,
            manifests: 0,
            lived: 0,
            recognised: false,
            stopped: None,
        }
    }

    /// A file begins.
    pub(super) fn begin(&mut self, layout: Layout) {
        self.layout = layout;
        self.open.clear();
        self.lists.clear();
        self.singles.clear();
        self.refused.clear();
        self.objects = 0;
        self.recognised = false;
        self.stopped = None;
    }

    /// The file was read to its end: what it holds whole can be said.
    pub(super) fn end(&mut self) {
        let lists = std::mem::take(&mut self.lists);
        self.coverage.file(&self.layout, &lists, &self.singles);
    }

    /// So much of a kind is here, whatever lists say.
    pub(super) fn whole(&mut self, kind: Kind, read_scope: ReadScope) {
        self.coverage.whole(kind, read_scope);
    }

    /// What is here was read at this time or later.
    pub(super) fn no_earlier(&mut self, time: Timestamp) {
        self.store.saw(Some(time));
    }

    /// Whether an object was handed on, from whatever file.
    pub(super) fn holds(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.store.holds(kind, namespace, name)
    }

    /// Whether a pod of this name was handed on, in whatever namespace if none is known.
    pub(super) fn holds_pod(&self, namespace: Option<&str>, name: &str) -> bool {
        match namespace {
            Some(namespace) => self.holds(Kind::Pod, namespace, name),
            None => {
                let namespaces = self.store.known_namespaces();
                let mut namespaces = namespaces.into_iter();
                namespaces.any(|namespace| self.holds(Kind::Pod, namespace, name))
            }
        }
    }

    /// The namespace of everything that was handed on, if it is one.
    pub(super) fn only_namespace(&self) -> Option<String> {
        let known = self.store.known_namespaces();
        let mut known = known.into_iter().map(str::to_owned);
        known.next().filter(|_| known.next().is_none())
    }

    /// The newest time in what was handed on.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.store.newest()
    }

    /// How many objects of this file were handed on.
    pub(super) fn objects(&self) -> u64 {
        self.objects
    }

    /// Whether all that it was given is what somebody would apply.
    pub(super) fn holds_manifests(&self) -> bool {
        self.manifests > 0 && self.lived == 0
    }

    /// Whether this file held something of Kubernetes.
    pub(super) fn recognised(&self) -> bool {
        self.recognised
    }

    /// Carries a fault through a decoder, which knows only its own errors.
    pub(super) fn stop<E: serde::de::Error>(&mut self, fault: Fault) -> E {
        self.stopped = Some(fault);
        E::custom("stopped")
    }

    /// The fault that stopped the decoder, if it was not its own.
    pub(super) fn stopped(&mut self) -> Option<Fault> {
        self.stopped.take()
    }

    /// A list begins; `kind` is its own, when it is known yet.
    pub(super) fn begin_list(&mut self, kind: Option<String>) {
        self.open.push(Open {
            kind: kind.as_deref().and_then(kind_of_items),
            ..Open::default()
        });
    }

    /// A list has ended. Now its kind is known, if it has one.
    pub(super) fn end_list(&mut self, kind: Option<&str>, versioned: bool) -> Result<(), Fault> {
        let Some(mut list) = self.open.pop() else {
            return Ok(());
        };
        list.kind = kind.and_then(kind_of_items).or(list.kind);
        self.recognised |= versioned && kind.is_some_and(|kind| kind.ends_with("List"));
        let of_items = list.kind.as_deref().and_then(exact);
        let held = std::mem::take(&mut list.held);
        if !held.is_empty() && list.kind.is_none() && self.recognised {
            return Err(Fault::NoKind);
        }
        list.listed.declared = of_items.or(self.layout.kind());
        self.open.push(list);
        for item in held {
            self.item(&item)?;
        }
        if let Some(list) = self.open.pop() {
            self.lists.push(list.listed);
        }
        Ok(())
    }

    /// An item of the list that began last.
    pub(super) fn item(&mut self, json: &[u8]) -> Result<(), Fault> {
        if let Layout::Errors { kind } = self.layout {
            let message = serde_json::from_slice::<String>(json);
            message
                .into_iter()
                .for_each(|text| self.refused(kind, None, text));
            return Ok(());
        }
        let Some(head) = Head::read(json) else {
            // something stood there that nobody knows
            let kinds = self.kinds_of_list();
            kinds
                .into_iter()
                .for_each(|kind| self.missing(kind, &Fault::Foreign));
            return Ok(());
        };
        if head.kind.as_deref() == Some("Table") {
            return self.refuse(of_table(json), Fault::Table);
        }
        if head.is_list() {
            if self.open.len() >= LISTS_DEEP {
                return Err(Fault::TooDeep { limit: LISTS_DEEP });
            }
            return super::json::value(json, self);
        }
        if let Some(list) = self.open.last()
            && head.is_snake_case()
        {
            let kind = list.kind.as_deref().and_then(exact);
            return self.refuse(kind.or(head.known_kind()), Fault::SnakeCase);
        }
        if head.says().is_some() {
            return self.named(&head, json);
        }
        let of_list = self.open.last().and_then(|list| list.kind.clone());
        self.clock(Clock::of_object(
            of_list.as_deref().unwrap_or_default(),
            &head,
        ));
        match of_list.as_deref().map(exact).unwrap_or(self.layout.kind()) {
            // only its place says what it is, and it is no object at all
            Some(_) if of_list.is_none() && head.metadata.is_none() => {}
            Some(kind) => self.take(kind, &head, json),
            None if of_list.is_some() => {}
            None => return self.shaped(&head, json),
        }
        Ok(())
    }

    /// An item that neither says its kind nor stands in a list that does.
    fn shaped(&mut self, head: &Head, json: &[u8]) -> Result<(), Fault> {
        match Shape::of(json) {
            Shape::Object(kind) if head.kind.is_none() => self.take(kind, head, json),
            Shape::WatchEvent => return self.watched(json),
            Shape::Internal => return self.refuse(None, Fault::Internal),
            Shape::Object(_) | Shape::Foreign => return self.hold(json),
        }
        Ok(())
    }

    /// An object that stands alone.
    pub(super) fn single(&mut self, json: &[u8]) -> Result<(), Fault> {
        if let Layout::Errors { kind } = self.layout {
            let refusals = serde_json::from_slice::<BTreeMap<String, String>>(json);
            for (namespace, text) in refusals.unwrap_or_default() {
                self.refused(kind, Some(namespace), text);
            }
            return Ok(());
        }
        let head = Head::read(json).ok_or(Fault::Foreign)?;
        match head.kind.as_deref() {
            _ if head.is_snake_case() => {
                let known = head.known_kind();
                if known.is_none() && head.metadata.is_none() {
                    return Err(Fault::Foreign);
                }
                self.refuse(known, Fault::SnakeCase)
            }
            Some("Status") => refusal(json),
            Some("Table") => self.refuse(of_table(json), Fault::Table),
            Some("WatchEvent") => self.watched(json),
            Some(_) if !head.is_audit() => self.named(&head, json),
            Some(_) => Err(Fault::Foreign),
            None => match Shape::of(json) {
                Shape::Object(kind) => {
                    self.take(kind, &head, json);
                    Ok(())
                }
                Shape::WatchEvent => self.watched(json),
                Shape::Internal => self.refuse(None, Fault::Internal),
                Shape::Foreign => Err(Fault::Foreign),
            },
        }
    }

    /// What `kubectl get --watch --output-watch-events` prints.
    fn watched(&mut self, json: &[u8]) -> Result<(), Fault> {
        let event: Watched<'_> = serde_json::from_slice(json).map_err(|_| Fault::Foreign)?;
        let object = event.object.get().as_bytes();
        match event.r#type.as_str() {
            "ADDED" | "MODIFIED" => self.single(object),
            "DELETED" => {
                let head = Head::read(object).ok_or(Fault::Foreign)?;
                if let Some(kind) = head.known_kind()
                    && self.is_newest(kind, &head)
                {
                    // what cannot be decoded was not taken in either
                    let _ = self.store.remove(kind, object);
                }
                self.recognised = true;
                Ok(())
            }
            "BOOKMARK" => Ok(()),
            "ERROR" => refusal(object),
            _ => Err(Fault::Foreign),
        }
    }

    fn is_newest(&mut self, kind: Kind, head: &Head) -> bool {
        let meta = head.metadata.as_ref();
        let (Some(meta), Some(version)) = (meta, meta.and_then(|meta| meta.version())) else {
            return true;
        };
        let (namespace, name) = (meta.namespace.as_deref(), meta.name.as_deref());
        let (namespace, name) = (namespace.unwrap_or_default(), name.unwrap_or_default());
        self.coverage.is_newest(kind, namespace, name, version)
    }

    /// Says that something is of Kubernetes and not read, as it is written.
    pub(super) fn refuse(&mut self, kind: Option<Kind>, fault: Fault) -> Result<(), Fault> {
        self.refused.extend(kind);
        Err(fault)
    }

    fn named(&mut self, head: &Head, json: &[u8]) -> Result<(), Fault> {
        let ours = |version: &str| version.starts_with("kubectl-diagnose/");
        if head.kind.as_deref() == Some(READING) && head.api_version.as_deref().is_some_and(ours) {
            let reading = Reading::from_json(json).map_err(|_| Fault::Reading)?;
            self.recognised = true;
            self.coverage.reading(reading);
            return Ok(());
        }
        self.recognised |= head.api_version.is_some();
        let word = head.kind.as_deref().unwrap_or_default();
        self.clock(Clock::of_object(word, head));
        if let Some(kind) = head.known_kind() {
            self.take(kind, head, json);
        }
        Ok(())
    }

    /// What holds the objects of this file was written then, if that is known.
    pub(super) fn written(&mut self, time: Option<Timestamp>) {
        self.coverage.written(time);
    }

    /// Something tells when the dump was taken.
    pub(super) fn clock(&mut self, clock: Clock) {
        // what has settled by then needs no more than a little room
        self.store.saw(clock.at.max(clock.after));
        self.coverage.clock(clock);
    }

    fn take(&mut self, kind: Kind, head: &Head, json: &[u8]) {
        let meta = head.metadata.as_ref();
        let namespace = meta
            .and_then(|meta| meta.namespace.as_deref())
            .unwrap_or_default();
        let retention = match self.namespace {
            Some(wanted) if wanted != namespace => Retention::Record,
            _ => Retention::Whole,
        };
        let name = meta.and_then(|meta| meta.name.as_deref());
        let is_named = name.is_some_and(|name| !name.is_empty());
        let is_kept =
            is_named && (!self.is_newest(kind, head) || self.inserted(kind, json, retention));
        if !is_kept {
            // what the decoder says may hold a value of the object
            self.coverage.undecodable(Gap {
                kind,
                namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
                name: name.map(str::to_owned),
                why: Why::Failed,
                detail: "cannot be decoded".to_owned(),
            });
        }
        self.objects += 1;
        if !head.is_manifest() {
            self.lived += 1;
        } else if kind == Kind::Pod || kind.is_workload() {
            self.manifests += 1;
        }
        self.recognised = true;
        match self.open.last_mut() {
            Some(list) => {
                let namespaces = list.listed.kinds.entry(kind).or_default();
                if !namespaces.contains(namespace) {
                    namespaces.insert(namespace.to_owned());
                }
            }
            None => self.singles.push(kind),
        }
    }

    /// Takes an object in as it is, or as it was before something bent it.
    fn inserted(&mut self, kind: Kind, json: &[u8], retention: Retention) -> bool {
        let mut insert = |json: &[u8]| {
            let taken = self.store.insert(kind, json, retention);
            taken.map_err(|undecodable| undecodable.source)
        };
        match insert(json) {
            Ok(()) => true,
            // of two fields of one name nobody knows which counts
            Err(error) if error.to_string().starts_with("duplicate field") => false,
            Err(_) => mend::taken(json, &mut insert),
        }
    }

    /// The logs of containers that were met.
    pub(super) fn logs(&mut self) -> &mut Logs {
        self.coverage.logs()
    }

    fn hold(&mut self, json: &[u8]) -> Result<(), Fault> {
        let Some(list) = self.open.last_mut() else {
            return Ok(());
        };
        list.held_bytes += json.len();
        if list.held_bytes > HELD_LIMIT {
            return Err(Fault::NoKind);
        }
        list.held.push(json.into());
        Ok(())
    }

    fn refused(&mut self, kind: Kind, namespace: Option<String>, detail: String) {
        self.recognised = true;
        let why = if detail.contains("forbidden") {
            Why::Forbidden
        } else {
            Why::Failed
        };
        self.coverage.gap(Gap {
            kind,
            namespace: namespace.filter(|namespace| kind.namespaced() && !namespace.is_empty()),
            name: None,
            why,
            detail,
        });
    }
}

fn refusal(json: &[u8]) -> Result<(), Fault> {
    let status: Status = serde_json::from_slice(json).map_err(|_| Fault::Foreign)?;
    match status.status.as_deref() {
        Some("Failure") => Err(Fault::Refusal(status.message.unwrap_or_default())),
        _ => Err(Fault::Foreign),
    }
}
