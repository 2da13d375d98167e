//! Takes the objects of one file in: finds out their kinds, hands their bytes on, and notes in which
//! lists they stood.

use super::coverage::{Coverage, Listed};
use super::error::{Fault, label};
use super::layout::Layout;
use super::reading::{READING, Reading};
use crate::snapshot::{Gap, Kind, ReadScope, Retention, Store, Why};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::path::Path;

/// Items whose kind stands after them in the list are held back; more than this no list does.
const HELD_LIMIT: usize = 32 << 20;

/// What the API server answers when it is asked for metadata alone (`meta.k8s.io/v1`).
const METADATA_ONLY: &str = "PartialObjectMetadata";

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
    objects: u64,
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

/// What an object says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    kind: Option<String>,
    api_version: Option<String>,
    metadata: Option<Meta>,
    items: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
struct Meta {
    namespace: Option<String>,
    name: Option<String>,
}

/// The API server's answer when it refuses (`metav1.Status`).
#[derive(Deserialize)]
struct Status {
    status: Option<String>,
    message: Option<String>,
}

impl Head {
    fn is_list(&self) -> bool {
        let named = self.kind.as_deref().unwrap_or("List");
        self.items.is_some() && named.ends_with("List")
    }

    /// The kind, unless another API group uses the same word.
    fn known_kind(&self) -> Option<Kind> {
        let word = self.kind.as_deref()?;
        let kind = Kind::of_manifest(word).filter(|kind| kind.as_str() == word)?;
        let group = match self.api_version.as_deref() {
            None => return Some(kind),
            Some(version) => version.split_once('/').map_or("", |(group, _)| group),
        };
        // events have two groups; workloads were in `extensions` until 1.16
        let same = group == kind.group()
            || (kind == Kind::Event && group == "events.k8s.io")
            || (kind.group() == "apps" && group == "extensions");
        same.then_some(kind)
    }
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
            objects: 0,
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
        self.objects = 0;
        self.recognised = false;
        self.stopped = None;
    }

    /// The file was read to its end: what it holds whole can be said.
    pub(super) fn end(&mut self) {
        let lists = std::mem::take(&mut self.lists);
        self.coverage.file(&self.layout, &lists, &self.singles);
    }

    /// The file could not be read to its end: of its kinds something is missing.
    pub(super) fn broken(&mut self, path: &Path, fault: &Fault) {
        let mut kinds = self.singles.clone();
        let listed = self.open.iter().map(|open| &open.listed).chain(&self.lists);
        kinds.extend(listed.flat_map(|listed| listed.kinds.keys().copied()));
        let (namespace, of_layout) = match &self.layout {
            Layout::Unknown => (None, None),
            Layout::List { kind, namespace } => (namespace.clone(), Some(*kind)),
            Layout::ClusterInfo {
                kind, namespace, ..
            } => (Some(namespace.clone()), Some(*kind)),
            layout => (None, layout.kind()),
        };
        if let Some(kind) = of_layout {
            kinds = vec![kind];
        }
        kinds.sort();
        kinds.dedup();
        for kind in kinds {
            self.coverage.gap(Gap {
                kind,
                namespace: namespace.clone(),
                name: None,
                why: Why::Failed,
                detail: format!("{}: {fault}", label(path)),
            });
        }
    }

    /// So much of a kind is here, whatever lists say.
    pub(super) fn whole(&mut self, kind: Kind, read_scope: ReadScope) {
        self.coverage.whole(kind, read_scope);
    }

    /// What is here was read at this time or later.
    pub(super) fn no_earlier(&mut self, time: Timestamp) {
        self.store.set_no_earlier(time);
    }

    /// Whether an object was handed on, from whatever file.
    pub(super) fn holds(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.store.holds(kind, namespace, name)
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

    /// Something of a kind is here and cannot be read.
    pub(super) fn missing(&mut self, kind: Kind, fault: &Fault) {
        self.coverage.gap(Gap {
            kind,
            namespace: None,
            name: None,
            why: Why::Failed,
            detail: fault.to_string(),
        });
    }

    /// How many objects of this file were handed on.
    pub(super) fn objects(&self) -> u64 {
        self.objects
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
        if !held.is_empty() && of_items.is_none() && self.recognised {
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
        let Ok(head) = serde_json::from_slice::<Head>(json) else {
            return Ok(());
        };
        if head.is_list() {
            return super::json::value(json, self);
        }
        if head
            .kind
            .as_deref()
            .is_some_and(|kind| kind != METADATA_ONLY)
        {
            return self.named(&head, json);
        }
        let of_list = self.open.last().and_then(|list| list.kind.clone());
        match of_list.as_deref().map(exact).unwrap_or(self.layout.kind()) {
            Some(kind) => self.take(kind, &head, json),
            None if of_list.is_some() => return Ok(()),
            None => return self.hold(json),
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
        let head = serde_json::from_slice::<Head>(json).map_err(|_| Fault::Foreign)?;
        match head.kind.as_deref() {
            Some("Status") => refusal(json),
            Some(_) if !is_audit(&head) => self.named(&head, json),
            _ => Err(Fault::Foreign),
        }
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
        if let Some(kind) = head.known_kind() {
            self.take(kind, head, json);
        }
        Ok(())
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
        if self.store.insert(kind, json, retention).is_err() {
            // what the decoder says may hold a value of the object
            self.coverage.undecodable(Gap {
                kind,
                namespace: kind.namespaced().then(|| namespace.to_owned()),
                name: meta.and_then(|meta| meta.name.clone()),
                why: Why::Failed,
                detail: "cannot be decoded".to_owned(),
            });
        }
        self.objects += 1;
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

/// `PodList` gives `Pod`; `List` gives nothing.
fn kind_of_items(kind: &str) -> Option<String> {
    kind.strip_suffix("List")
        .filter(|kind| !kind.is_empty() && *kind != METADATA_ONLY)
        .map(str::to_owned)
}

fn exact(kind: &str) -> Option<Kind> {
    Kind::of_manifest(kind).filter(|known| known.as_str() == kind)
}

/// An audit log is a stream of objects of kind Event, and none that speaks of the cluster's state.
fn is_audit(head: &Head) -> bool {
    head.api_version
        .as_deref()
        .is_some_and(|version| version.starts_with("audit.k8s.io/"))
}

fn refusal(json: &[u8]) -> Result<(), Fault> {
    let status: Status = serde_json::from_slice(json).map_err(|_| Fault::Foreign)?;
    match status.status.as_deref() {
        Some("Failure") => Err(Fault::Refusal(status.message.unwrap_or_default())),
        _ => Err(Fault::Foreign),
    }
}
