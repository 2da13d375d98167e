//! What a dump holds whole. Here alone it is decided which absences can be believed; the rules are
//! those of [the module above](super).

use super::clock::{Clock, Written, now};
use super::layout::Layout;
use super::logs::Logs;
use super::reading::{Read, Reading};
use crate::messages::scheduler;
use crate::snapshot::{Gap, Kind, ReadScope, Store, Why};
use crate::triage::scope::Scope;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
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

/// So many pods that are missing are named.
const NAMED: usize = 20;

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
    clock: Clock,
    written: Written,
    /// A list was met that holds nothing and may be one of pods.
    empty: bool,
    /// Where an object could not be decoded.
    spoiled: BTreeSet<(Kind, String)>,
    /// Of which kinds a file is not read to its end, and in which namespace, if that is known.
    cut: BTreeSet<(Kind, Option<String>)>,
    /// What was wrong first with a file that holds something of Kubernetes.
    trouble: Option<String>,
    /// How new each object is that was taken in, by its kind, namespace and name: dumps hold several states of one.
    versions: HashMap<u64, u64>,
    /// The logs of containers that stand beside the objects.
    logs: Logs,
    hashes: RandomState,
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

    /// Whether a Reading speaks for what is being read.
    pub(super) fn has_reading(&self) -> bool {
        self.readings.contains_key(&self.root)
    }

    /// Something tells when it was taken.
    pub(super) fn clock(&mut self, clock: Clock) {
        self.clock = self.clock.and(clock);
    }

    /// A file with objects was written then.
    pub(super) fn written(&mut self, time: Option<Timestamp>) {
        self.written.file(time);
    }

    /// The logs of containers that were met.
    pub(super) fn logs(&mut self) -> &mut Logs {
        &mut self.logs
    }

    /// The same, when all is read.
    pub(super) fn take_logs(&mut self) -> Logs {
        std::mem::take(&mut self.logs)
    }

    /// Something is missing.
    pub(super) fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// An object is missing, so that its kind is no longer whole where it was.
    pub(super) fn undecodable(&mut self, gap: Gap) {
        let nowhere = gap.kind.namespaced() && gap.namespace.is_none();
        if nowhere && gap.name.is_none() {
            // it could be any
            self.cut.insert((gap.kind, None));
        }
        let namespace = gap.namespace.clone().unwrap_or_default();
        self.spoiled.insert((gap.kind, namespace));
        self.gaps.push(gap);
    }

    /// A file ended early: what it would have held is missing, whoever else claims to hold all of it.
    pub(super) fn cut(&mut self, gap: Gap) {
        self.trouble.get_or_insert_with(|| gap.detail.clone());
        self.cut.insert((gap.kind, gap.namespace.clone()));
        self.gaps.push(gap);
    }

    /// What was wrong first.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Whether nothing newer of this object was taken in.
    pub(super) fn is_newest(&mut self, kind: Kind, namespace: &str, name: &str, at: u64) -> bool {
        let key = self.hashes.hash_one((kind, namespace, name));
        let newest = self.versions.entry(key).or_default();
        let is_newest = *newest <= at;
        *newest = at.max(*newest);
        is_newest
    }

    /// What is missing so far.
    pub(super) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// A file was read to its end.
    pub(super) fn file(&mut self, layout: &Layout, lists: &[Listed], singles: &[Kind]) {
        let may_be_pods = |list: &Listed| {
            list.kinds.is_empty() && list.declared.is_none_or(|kind| kind == Kind::Pod)
        };
        self.empty |= lists.iter().any(may_be_pods);
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
        if let (Some(_), Some(newest)) = (self.clock.at, store.newest()) {
            store.set_time(newest);
        } else if self.readings.is_empty() {
            store.saw(self.written.not_before(store.newest(), now()));
        }
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
        let logs = self.readings.values().flat_map(|it| it.logs.clone());
        store.set_logs(logs.collect());
        let inferred = self.claims.iter();
        let mut claims: Claims = inferred
            .filter(|(root, _)| !self.readings.contains_key(root))
            .flat_map(|(_, claims)| claims.iter().cloned())
            .collect();
        let doubts = check(&mut claims, store);
        if self.readings.is_empty() {
            self.gaps.extend(unread_pods(&claims, store, self.empty));
        }
        for name in doubts {
            let gap = Gap {
                kind: Kind::Node,
                namespace: None,
                name: Some(name),
                why: Why::NotInDump,
                detail: String::new(),
            };
            store.record(Kind::Node, gap.read_scope(), Err(gap));
        }
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
            ReadScope::Everywhere | ReadScope::Node(_) => {
                !self.gaps.iter().any(|gap| gap.kind == kind)
            }
            ReadScope::Namespace(namespace) => {
                let here = Some(namespace.clone());
                !self.spoiled.contains(&(kind, namespace.clone()))
                    && !self.cut.contains(&(kind, None))
                    && !self.cut.contains(&(kind, here))
            }
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
        if *kind == Kind::Pod && namespaces.len() > 1 {
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

/// Strikes out what the objects themselves contradict, and adds what they complete. Gives the nodes that pods are bound to and
/// that are not among those of a list that stands all the same.
fn check(claims: &mut Claims, store: &Store) -> BTreeSet<String> {
    let mut doubts = BTreeSet::new();
    let nodes: BTreeSet<&str> = store
        .nodes()
        .seen()
        .map(|((_, name), _)| name.as_str())
        .collect();
    let records = store.pod_records();
    let mut is_contradicted = false;
    for record in records.iter() {
        let Some(node) = record.node.as_deref().filter(|node| !nodes.contains(node)) else {
            continue;
        };
        doubts.insert(node.to_owned());
        // its node may be why a pod goes
        is_contradicted |= !record.terminating;
    }
    let all_nodes = (Kind::Node, ReadScope::Everywhere);
    if !nodes.is_empty() && counted(store) == Some(nodes.len()) {
        claims.insert(all_nodes);
    } else if is_contradicted {
        claims.remove(&all_nodes);
    }
    if !claims.contains(&(Kind::Node, ReadScope::Everywhere)) {
        doubts.clear();
    }
    if is_cut(store) {
        claims.remove(&(Kind::Pod, ReadScope::Everywhere));
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
    doubts
}

/// The pods that a dump speaks of and does not hold, where it does not hold all; all of them where it holds none, and no list
/// that is empty.
fn unread_pods(claims: &Claims, store: &Store, empty: bool) -> Vec<Gap> {
    let gap = |namespace: Option<&str>, name: Option<&str>| Gap {
        kind: Kind::Pod,
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        why: Why::NotInDump,
        detail: String::new(),
    };
    let records = store.pod_records();
    let is_listed = claims.iter().any(|(kind, _)| *kind == Kind::Pod);
    let holds_any =
        records.iter().next().is_some() || records.completed().identities().next().is_some();
    if !is_listed && !holds_any && !empty {
        return vec![gap(None, None)];
    }
    let is_whole = |namespace: &str| {
        let here = ReadScope::Namespace(namespace.to_owned());
        [ReadScope::Everywhere, here]
            .into_iter()
            .any(|read_scope| claims.contains(&(Kind::Pod, read_scope)))
    };
    let warnings = store.events().iter().filter(|event| event.warning);
    let of_pods = warnings.filter(|event| event.about.kind == Kind::Pod.as_str());
    let named = of_pods.filter_map(|event| {
        let namespace = event.about.namespace.as_deref()?;
        let name = event.about.name.as_str();
        let is_there = is_whole(namespace) || store.holds(Kind::Pod, namespace, name);
        (!is_there).then_some((namespace, name))
    });
    let named: BTreeSet<(&str, &str)> = named.collect();
    if named.len() > NAMED {
        let namespaces: BTreeSet<&str> = named.iter().map(|(namespace, _)| *namespace).collect();
        return namespaces
            .into_iter()
            .map(|it| gap(Some(it), None))
            .collect();
    }
    let named = named.into_iter();
    named
        .map(|(namespace, name)| gap(Some(namespace), Some(name)))
        .collect()
}

/// How many nodes schedulers count, if all count the same.
fn counted(store: &Store) -> Option<usize> {
    let refused = store.whole_pods().filter_map(|pod| {
        let condition = pod.condition("PodScheduled");
        let said = condition.and_then(|condition| condition.message.as_deref());
        let refused = condition.is_none_or(|one| one.status == "False") && pod.node().is_none();
        // a description shows no message of a condition
        let events = || store.events().of(&pod.object(), pod.uid());
        let event = || {
            let mut newest_first = events().rev();
            newest_first.find(|event| event.reason == "FailedScheduling")
        };
        let message = said.or_else(|| event().map(|event| event.message.as_str()));
        scheduler::parse(message.filter(|_| refused)?).nodes
    });
    let counts: BTreeSet<u32> = refused.collect();
    let mut counts = counts.into_iter();
    let count = counts.next().filter(|_| counts.next().is_none())?;
    usize::try_from(count).ok()
}

/// Whether a field selector has left out what runs: on a node that is Ready something does.
fn is_cut(store: &Store) -> bool {
    let mut nodes = store.nodes().seen();
    let mut records = store.pod_records().iter();
    nodes.any(|(_, node)| node.ready()) && !records.any(|record| record.node.is_some())
}
