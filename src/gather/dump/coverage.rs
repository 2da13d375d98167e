//! What a dump holds whole. Here alone it is decided which absences can be believed; the rules are
//! those of [the module above](super).

use super::layout::Layout;
use super::reading::{Read, Reading};
use crate::snapshot::{Gap, Kind, ReadScope, Store};
use crate::triage::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Every cluster has these; a list of namespaces without them is not whole
/// (kube-apiserver `pkg/controlplane/controller/systemnamespaces`).
const IN_EVERY_CLUSTER: [&str; 2] = ["default", "kube-system"];

/// `kubectl cluster-info dump` writes its folder only with `-A`, since nobody works in it.
const ONLY_WITH_ALL: &str = "kube-public";

/// What stood in one list.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// The kind that the list says, or its file's place.
    pub(super) declared: Option<Kind>,
    /// The kinds that occurred, and in which namespaces.
    pub(super) kinds: BTreeMap<Kind, BTreeSet<String>>,
}

type Claims = BTreeSet<(Kind, ReadScope)>;

/// What all files together say.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// The `-f` that is being read.
    root: usize,
    /// What the layouts and lists of each `-f` say.
    claims: BTreeMap<usize, Claims>,
    /// Lists that are whole if their folder is a cluster-info dump.
    cluster_info: BTreeMap<PathBuf, Claims>,
    /// Folders that hold a `nodes.json`, as a cluster-info dump does.
    with_nodes: BTreeMap<PathBuf, usize>,
    readings: BTreeMap<usize, Reading>,
    gaps: Vec<Gap>,
    /// Where an object could not be decoded.
    spoiled: BTreeSet<(Kind, String)>,
}

impl Coverage {
    /// The next `-f` begins.
    pub(super) fn next_root(&mut self) {
        self.root += 1;
    }

    /// A Reading says what its dump holds, and nothing else does.
    pub(super) fn reading(&mut self, reading: Reading) {
        self.readings.insert(self.root, reading);
    }

    /// What was asked for when the dump was written; of several dumps there is no single answer.
    pub(super) fn scope(&self) -> Option<Scope> {
        match (self.root, self.readings.first_key_value()) {
            (0 | 1, Some((_, reading))) => Some(reading.scope.clone()),
            _ => None,
        }
    }

    /// So much of a kind is there.
    pub(super) fn whole(&mut self, kind: Kind, read_scope: ReadScope) {
        let claims = self.claims.entry(self.root).or_default();
        claims.insert((kind, read_scope));
    }

    /// Something is missing.
    pub(super) fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// An object is missing, so that its kind is no longer whole where it was.
    pub(super) fn undecodable(&mut self, gap: Gap) {
        self.spoiled
            .insert((gap.kind, gap.namespace.clone().unwrap_or_default()));
        self.gaps.push(gap);
    }

    /// What is missing so far.
    pub(super) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// A file was read to its end.
    pub(super) fn file(&mut self, layout: &Layout, lists: &[Listed], singles: &[Kind]) {
        let mut claims: Claims = lists.iter().flat_map(of_list).collect();
        match layout {
            Layout::List { kind, namespace } => claims.extend(of_place(*kind, namespace, lists)),
            Layout::One { kind } if singles == [*kind] => {
                claims.insert((*kind, ReadScope::Everywhere));
            }
            Layout::Nodes { root } => {
                self.with_nodes.insert(root.clone(), self.root);
            }
            Layout::ClusterInfo {
                root,
                kind,
                namespace,
            } => {
                let claim = of_place(*kind, &Some(namespace.clone()), lists);
                let known = self.cluster_info.entry(root.clone()).or_default();
                known.extend(claim);
            }
            _ => {}
        }
        self.claims.entry(self.root).or_default().extend(claims);
    }

    /// Records everything in the store. Call once, after the last object.
    pub(super) fn apply(mut self, store: &mut Store) {
        self.cluster_info_dumps();
        for reading in self.readings.values() {
            if let Some(time) = reading.as_of {
                store.set_time(time);
            }
            if let Some(why) = reading.unread {
                store.set_unread(why);
            }
            for Read {
                kind,
                read_scope,
                outcome,
            } in &reading.reads
            {
                if outcome.is_err() || self.stands(*kind, read_scope) {
                    store.record(*kind, read_scope.clone(), outcome.clone());
                }
            }
        }
        let inferred = self.claims.iter();
        let mut claims: Claims = inferred
            .filter(|(root, _)| !self.readings.contains_key(root))
            .flat_map(|(_, claims)| claims.iter().cloned())
            .collect();
        check(&mut claims, store);
        for (kind, read_scope) in claims {
            if self.stands(kind, &read_scope) {
                store.record(kind, read_scope, Ok(()));
            }
        }
        for gap in self.gaps {
            store.record(gap.kind, gap.read_scope(), Err(gap));
        }
    }

    fn cluster_info_dumps(&mut self) {
        for (folder, mut lists) in std::mem::take(&mut self.cluster_info) {
            let Some(root) = self.with_nodes.get(&folder) else {
                continue;
            };
            let of_pods = |namespace: &str| {
                lists.contains(&(Kind::Pod, ReadScope::Namespace(namespace.to_owned())))
            };
            if IN_EVERY_CLUSTER
                .into_iter()
                .chain([ONLY_WITH_ALL])
                .all(of_pods)
            {
                lists.insert((Kind::Pod, ReadScope::Everywhere));
            }
            self.claims.entry(*root).or_default().extend(lists);
        }
    }

    /// Whether nothing that is known to be missing speaks against it.
    fn stands(&self, kind: Kind, read_scope: &ReadScope) -> bool {
        match read_scope {
            ReadScope::Everywhere => !self.gaps.iter().any(|gap| gap.kind == kind),
            ReadScope::Namespace(namespace) => !self.spoiled.contains(&(kind, namespace.clone())),
            ReadScope::Object(..) => true,
        }
    }
}

/// Each kind that occurs is whole for the namespaces in which it occurs.
fn of_list(list: &Listed) -> Claims {
    let mut claims = Claims::new();
    if let Some(kind) = list.declared.filter(|kind| !kind.namespaced()) {
        claims.insert((kind, ReadScope::Everywhere));
    }
    for (kind, namespaces) in &list.kinds {
        if !kind.namespaced() {
            claims.insert((*kind, ReadScope::Everywhere));
            continue;
        }
        let each = namespaces.iter().cloned().map(ReadScope::Namespace);
        claims.extend(each.map(|read_scope| (*kind, read_scope)));
        // one request gives pods of several namespaces only if it asks for all of them
        if *kind == Kind::Pod && namespaces.len() > 1 && namespaces.contains("kube-system") {
            claims.insert((*kind, ReadScope::Everywhere));
        }
    }
    claims
}

/// The list that a file is by its place, if its content agrees.
fn of_place(kind: Kind, namespace: &Option<String>, lists: &[Listed]) -> Option<(Kind, ReadScope)> {
    let [list] = lists else {
        return None;
    };
    let found = list.kinds.get(&kind);
    let empty = list.kinds.is_empty() && list.declared == Some(kind) && kind != Kind::Event;
    let read_scope = match namespace {
        None => ReadScope::Everywhere,
        Some(namespace) => {
            let alone = |found: &BTreeSet<String>| found.iter().all(|of| of == namespace);
            if !found.is_none_or(alone) {
                return None;
            }
            ReadScope::Namespace(namespace.clone())
        }
    };
    (found.is_some() || empty).then_some((kind, read_scope))
}

/// Strikes out what the objects themselves contradict, and adds what they complete.
fn check(claims: &mut Claims, store: &Store) {
    let nodes: BTreeSet<&str> = store
        .nodes()
        .seen()
        .map(|((_, name), _)| name.as_str())
        .collect();
    let missing = |node: Option<&str>| node.is_some_and(|node| !nodes.contains(node));
    if store
        .pod_records()
        .iter()
        .any(|pod| missing(pod.node.as_deref()))
    {
        claims.remove(&(Kind::Node, ReadScope::Everywhere));
    }
    let namespaces: BTreeSet<&str> = store
        .namespaces()
        .seen()
        .map(|((_, name), _)| name.as_str())
        .collect();
    if !IN_EVERY_CLUSTER
        .iter()
        .all(|name| namespaces.contains(name))
    {
        claims.remove(&(Kind::Namespace, ReadScope::Everywhere));
    }
    let pods_of =
        |name: &&str| claims.contains(&(Kind::Pod, ReadScope::Namespace((*name).to_owned())));
    if claims.contains(&(Kind::Namespace, ReadScope::Everywhere)) && namespaces.iter().all(pods_of)
    {
        claims.insert((Kind::Pod, ReadScope::Everywhere));
    }
}
