//! What of a file is missing: it breaks off, holds something else, or says itself that it is not all.

use super::super::error::{Fault, label};
use super::super::head::exact;
use super::super::layout::Layout;
use super::DumpSink;
use crate::snapshot::{Gap, Kind, Why};
use std::path::Path;

/// How kubectl begins to say that it could not read something.
const REFUSALS: [&str; 4] = [
    "Error from server",
    "Unable to connect to the server",
    "The connection to the server",
    "error: You must be logged in",
];

/// Parts of what it says where nothing of a list is missing: of an object that is not there, of a log, of a change.
const OF_ONE: [&str; 8] = [
    "\"pods/",
    "metrics.k8s.io",
    "(NotFound)",
    "(BadRequest)",
    "(AlreadyExists)",
    "(Conflict)",
    "(Invalid)",
    "error when ",
];

impl DumpSink<'_> {
    /// The file could not be read to its end: of its kinds something is missing. Before an object was met, these are
    /// the kinds that it names.
    pub(in crate::gather::dump) fn broken(&mut self, path: &Path, fault: &Fault, named: &[Kind]) {
        let mut kinds = self.singles.clone();
        kinds.append(&mut self.refused);
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
        if kinds.is_empty() {
            kinds = named.to_vec();
        }
        kinds.sort();
        kinds.dedup();
        for kind in kinds {
            self.coverage.cut(Gap {
                kind,
                namespace: namespace.clone(),
                name: None,
                why: Why::Failed,
                detail: match fault {
                    Fault::Io(cause) => format!("{}: {fault}: {cause}", label(path)),
                    fault => format!("{}: {fault}", label(path)),
                },
            });
        }
    }

    /// Something of a kind is here and cannot be read.
    pub(in crate::gather::dump) fn missing(&mut self, kind: Kind, fault: &Fault) {
        self.lacks(kind, None, None, fault);
    }

    /// One object is here and cannot be read, or not all of it.
    pub(in crate::gather::dump) fn missing_one(
        &mut self,
        kind: Kind,
        namespace: Option<&str>,
        name: &str,
        fault: &Fault,
    ) {
        // a table beside nothing else is refused with what to give in its place
        self.recognised |= !matches!(fault, Fault::Row);
        let namespace = namespace.filter(|_| kind.namespaced());
        self.lacks(kind, namespace, Some(name), fault);
    }

    fn lacks(&mut self, kind: Kind, namespace: Option<&str>, name: Option<&str>, fault: &Fault) {
        self.coverage.gap(Gap {
            kind,
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            why: Why::Failed,
            detail: fault.to_string(),
        });
    }

    /// Whether a file of this place holds pods.
    pub(in crate::gather::dump) fn is_of_pods(&self) -> bool {
        match &self.layout {
            Layout::List { kind, .. } | Layout::ClusterInfo { kind, .. } => *kind == Kind::Pod,
            _ => false,
        }
    }

    /// The kinds of the list that began last, as far as it is known what it holds.
    pub(super) fn kinds_of_list(&self) -> Vec<Kind> {
        let Some(list) = self.open.last() else {
            return Vec::new();
        };
        let declared = list.kind.as_deref().and_then(exact).or(self.layout.kind());
        match declared {
            Some(kind) => vec![kind],
            None if list.listed.kinds.is_empty() => vec![Kind::Pod],
            None => list.listed.kinds.keys().copied().collect(),
        }
    }

    /// More of the list that began last is to come, and is not here.
    pub(in crate::gather::dump) fn is_a_page(&mut self) {
        for kind in self.kinds_of_list() {
            self.missing(kind, &Fault::Page);
        }
    }

    /// What kubectl says beside the objects: a read that failed is one that is missing.
    pub(in crate::gather::dump) fn said(&mut self, line: &str) {
        let is_failure = REFUSALS.iter().any(|start| line.starts_with(start));
        let is_denied = line.contains(" cannot ");
        let reads = [" cannot list ", " cannot get ", " cannot watch "];
        let is_read = !is_denied || reads.iter().any(|verb| line.contains(verb));
        if !is_failure || !is_read || OF_ONE.iter().any(|part| line.contains(part)) {
            return;
        }
        let words = line.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.collect();
        let kind = Kind::all().find(|kind| words.contains(&kind.plural()));
        let fault = Fault::Refusal(line.to_owned());
        self.missing(kind.unwrap_or(Kind::Pod), &fault);
    }
}
