//! Dumps: what people saved of a cluster, read as if it were the cluster.
//!
//! Any of these is read, known by its content and never by its extension, as a file, a directory, a tar
//! or zip archive (also in another) or standard input, packed by gzip, xz, bzip2, zstd or not, in UTF-8 or UTF-16:
//! - `kubectl get … -o json|yaml`: a List, a single object, several documents, concatenated values,
//!   typed lists whose items carry no kind, objects whose shape alone says what they are, what a watch prints
//! - `kubectl cluster-info dump`, as a directory or as its stream with logs in between
//!   (k8s.io/kubectl `pkg/cmd/clusterinfo/clusterinfo_dump.go`)
//! - an OpenShift must-gather (openshift/oc `pkg/cli/admin/inspect`)
//! - a troubleshoot support bundle (replicatedhq/troubleshoot `pkg/collect/cluster_resources.go`)
//! - what `--dump` wrote: a List with a [`Reading`], see [`DumpWriter`]
//! - what people paste, `kubectl describe` and tables of events before all, with the text around it, see [`pasted`]
//!
//! # What a dump proves
//! What a dump does not hold is unknown, never absent. What it holds whole is said by
//! - the [`Reading`], exactly, if there is one;
//! - the layout of a directory: `<ns>/pods.json` beside a `nodes.json` is all pods of that namespace,
//!   `cluster-scoped-resources/core/nodes/` all nodes;
//! - otherwise a list: each kind that occurs in it is whole for the namespaces in which it occurs,
//!   a cluster-scoped kind everywhere.
//!
//! And these limits hold whenever no Reading speaks:
//! - an object that stands alone, not in a list, proves nothing about others;
//! - nodes are whole, in whatever pieces they come, where schedulers count as many as there are: then of a pod that is
//!   bound to another only that node is unknown. Otherwise they are not whole while some pod that stays is;
//! - pods are everywhere only if one list holds pods of two namespaces, if a cluster-info dump has
//!   folders that only `-A` writes, or if all namespaces that a whole list of namespaces names were read;
//!   and not where none of them is bound while a node is Ready: then a field selector left out what runs;
//! - events are whole for a namespace only if one of that namespace occurs, since they are short-lived
//!   and often left out;
//! - a list that a selector cut down, or that names were asked for, looks like a whole one. This
//!   cannot be told from the dump.
//!
//! # What is bent
//! Of several states of an object the newest counts, in whichever file it stands. What a program has bent on
//! the way is taken for what it was; failing that an object is decoded without what no rule needs ([`mend`]).
//! What kubectl says beside the objects, commands and prompts are passed over.
//!
//! # When it was taken
//! The Reading says it, or Leases and what collectors write down ([`clock`]). Otherwise it is no older than the newest
//! time in it.
//!
//! # What is broken
//! A file that was named and cannot be read to its end is an error. In a directory or an archive it
//! becomes a gap and the rest goes on, and nothing of its kinds is taken for whole on the strength of another;
//! files that hold nothing of Kubernetes are passed over. An object of a known kind that cannot be decoded is
//! a gap with its name. No error and no gap carries text of an object: it could be a Secret's.

mod clock;
mod coverage;
mod error;
mod head;
mod json;
mod layout;
mod logs;
mod mask;
mod mend;
mod other;
mod pasted;
mod preface;
mod reading;
mod saved;
mod sniff;
mod source;
mod take;
#[cfg(test)]
mod tests;
mod write;
mod yaml;

pub(super) use mask::of_log;
pub use reading::{READING, Read, Reading};
pub use saved::{Saved, saved};
pub use write::{DumpWriter, Dumped, Extent};

use super::missing::{self, Candidate};
use super::{Gathered, Traffic};
use crate::error::Failure;
use crate::kubernetes::nearest::nearest;
use crate::snapshot::{Kind, PodIdentity, PodView, Store, Why};
use crate::triage::{
    self,
    scope::{Scope, Target},
};
use anyhow::{Context, Result, bail};
use clock::Clock;
use coverage::Coverage;
use error::Fault;
use layout::Layout;
use sniff::Form;
use source::File;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use take::DumpSink;

/// More pods that are well are counted and not kept, where nothing says whether some were named.
const FEW_PODS: usize = 512;

/// Reads dumps: files, directories, archives, `-` for standard input. Without a scope the one counts
/// with which the dump was written, or else everything that it holds.
///
/// # Errors
/// When something that was named cannot be read or holds nothing of Kubernetes, or when an object that
/// was named is not in it.
pub fn read(paths: &[PathBuf], scope: Option<Scope>) -> Result<Gathered> {
    read_each(paths, scope, &mut one)
}

/// Takes in one file, and says whether it held something of Kubernetes.
type Take<'t> = dyn FnMut(File<'_>, &mut DumpSink<'_>) -> Result<bool> + 't;

fn read_each(paths: &[PathBuf], scope: Option<Scope>, take: &mut Take<'_>) -> Result<Gathered> {
    let mut store = Store::new(Why::NotInDump);
    // what was asked for when it was written stands at its end
    store.keep_of_well(scope.as_ref().map_or(FEW_PODS, Scope::room_for_well));
    let mut coverage = Coverage::default();
    let bytes = Cell::new(0);
    for path in paths {
        coverage.next_root();
        let namespace = scope.as_ref().and_then(|scope| scope.namespace.as_deref());
        let mut sink = DumpSink::new(&mut store, &mut coverage, namespace);
        let mut recognised = false;
        source::each(path, &bytes, &mut |file| {
            recognised |= take(file, &mut sink)?;
            Ok(())
        })?;
        let holds_manifests = sink.holds_manifests();
        if holds_manifests && !coverage.has_reading() {
            bail!(error::manifests(path));
        }
        if !recognised {
            bail!(match coverage.trouble() {
                Some(trouble) => error::spoiled(path, trouble),
                None => error::nothing(path),
            });
        }
    }
    let scope = scope.or_else(|| coverage.scope()).unwrap_or_default();
    let logs = coverage.take_logs();
    coverage.apply(&mut store);
    namespace_is_there(&store, &scope)?;
    let scope = named(&store, scope)?;
    logs.tell(&mut store, &scope);
    Ok(Gathered {
        store,
        scope,
        traffic: Traffic {
            requests: 0,
            bytes: bytes.get(),
        },
        dumped: None,
    })
}

/// What was named and is not in the dump is a mistake, as it is on a cluster. Names without a kind find theirs.
fn named(store: &Store, mut scope: Scope) -> Result<Scope> {
    let mut targets = Vec::new();
    for target in std::mem::take(&mut scope.targets) {
        let Some(name) = &target.name else {
            targets.push(target);
            continue;
        };
        let is_there = |kind: Kind| names(store, &scope, kind).contains(name);
        let workloads = Kind::all().filter(|kind| scope.bare && kind.is_workload());
        let before = targets.len();
        if is_there(target.kind) {
            targets.push(target.clone());
        } else {
            let found = workloads.filter(|kind| is_there(*kind));
            targets.extend(found.map(|kind| Target::new(kind, name.as_str())));
        }
        if targets.len() == before {
            bail!(absent(store, &scope, target.kind, name));
        }
    }
    scope.targets = targets;
    Ok(scope)
}

fn absent(store: &Store, scope: &Scope, kind: Kind, name: &str) -> Failure {
    let place = scope.namespace.as_deref().filter(|_| kind.namespaced());
    let place = match place {
        Some(namespace) => format!(" in namespace {namespace} of the dump"),
        None => " in the dump".to_owned(),
    };
    let failure = Failure::new(missing::not_found(scope.bare, kind, name, &place));
    let workloads = Kind::all().filter(|other| kind == Kind::Pod && other.is_workload());
    let candidates = workloads.chain([kind]).flat_map(|kind| {
        let names = names(store, scope, kind).into_iter();
        let in_scope = |namespace: &str| scope.has_namespace(namespace);
        let records = store.pod_records();
        names.map(move |name| Candidate {
            healthy: kind == Kind::Pod
                && records.iter().any(|pod| {
                    *pod.name == *name && in_scope(&pod.namespace) && pod.healthy().is_some()
                }),
            kind,
            name,
        })
    });
    match missing::meant(kind, name, &candidates.collect::<Vec<_>>()) {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None => failure.hint("without a name all of the dump is looked at"),
    }
}

/// A namespace of which the dump knows nothing, neither an object nor that it was read, is a mistake too.
fn namespace_is_there(store: &Store, scope: &Scope) -> Result<()> {
    let known = store.known_namespaces();
    let mut places = scope.places().into_iter().flatten();
    let Some(namespace) = places.find(|place| !known.contains(place)) else {
        return Ok(());
    };
    let failure = Failure::new(format!("namespace {namespace} not found in the dump"));
    bail!(match nearest(namespace, known.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None => {
            let names: Vec<&str> = known.into_iter().collect();
            let few = missing::few(Kind::Namespace, &names);
            failure.hint(few.unwrap_or_else(|| "-A looks at all of the dump".to_owned()))
        }
    });
}

/// The names of a kind, also of what only its pods and workloads tell of.
fn names(store: &Store, scope: &Scope, kind: Kind) -> BTreeSet<String> {
    let records = store.pod_records();
    let completed = records.completed().identities();
    let records = records.iter().map(|record| records.identity(record));
    let records = records.chain(completed);
    let pods = records.chain(store.whole_pods().map(PodView::identity));
    let of_pod = |pod: PodIdentity<'_>| match kind {
        Kind::Pod => vec![pod.name.to_owned()],
        Kind::Node => pod.node.map(str::to_owned).into_iter().collect(),
        Kind::PersistentVolumeClaim => store.claims_of(&pod),
        kind => {
            let owners = store.owners(&pod).into_iter();
            let of_kind = owners.filter(|owner| owner.kind == kind.as_str());
            of_kind.map(|owner| owner.name).collect()
        }
    };
    let in_scope = |namespace: &str| !kind.namespaced() || scope.has_namespace(namespace);
    let of_pods = pods.filter(|pod| in_scope(pod.namespace)).flat_map(of_pod);
    let workloads = store
        .workload_catalogs()
        .flat_map(|(_, catalog)| catalog.seen());
    let workloads = workloads.filter(|((namespace, _), _)| in_scope(namespace));
    let of_workloads = workloads.filter_map(|(_, workload)| {
        let (owner, name) = workload.controller.as_ref()?;
        (owner == kind.as_str()).then(|| name.clone())
    });
    let seen = store.keys(kind).into_iter();
    let seen = seen.filter(|(namespace, _)| in_scope(namespace));
    let seen = seen.map(|(_, name)| name.clone());
    let routed = triage::to_nowhere(store).into_iter();
    let routed = routed.filter(|(namespace, _)| kind == Kind::Service && in_scope(namespace));
    let seen = seen.chain(routed.map(|(_, name)| name.to_owned()));
    seen.chain(of_pods).chain(of_workloads).collect()
}

/// Reads one file, and says whether it held something of Kubernetes.
fn one(file: File<'_>, sink: &mut DumpSink<'_>) -> Result<bool> {
    let File {
        label,
        path,
        named,
        archive,
        written,
        text,
    } = file;
    let text = match text {
        Ok(text) => text,
        Err(cause) if named => return Err(cause).context(error::unreadable(label)),
        Err(cause) => {
            sink.begin(Layout::of(path));
            // an archive may have held anything
            let kind = archive
                .then_some(Kind::Pod)
                .or_else(|| layout::of_name(path));
            sink.broken(label, &Fault::Io(cause), kind.as_slice());
            return Ok(false);
        }
    };
    let layout = Layout::of(path);
    if let Layout::Log(of) = &layout {
        let is_one = of.is_some() || text.head.starts_with(logs::START.as_bytes());
        let mut reader = BufReader::new(text.reader);
        // a log that breaks off has said what it says
        let _ = is_one.then(|| sink.logs().read(of.clone(), &mut reader));
        return Ok(false);
    }
    sink.begin(layout);
    sink.clock(Clock::of_file(path, &text.head));
    let (form, text) = preface::past(text, named).with_context(|| error::unreadable(label))?;
    // beside other files a table tells which pods are missing
    let is_table = form.is_none() && !named && pasted::is_of_pods(&text.head);
    let form = form.or(is_table.then_some(Form::Pasted));
    let mut reader = BufReader::with_capacity(1 << 16, text.reader);
    let outcome = contents(form, &mut reader, sink);
    if sink.objects() > 0 {
        sink.written(written);
    }
    match outcome {
        Ok(()) if sink.recognised() => Ok(true),
        Err(Fault::Foreign) if named && sink.recognised() => {
            let objects = sink.objects();
            Err(error::broken(label, Fault::Mixed { objects }))
        }
        Ok(()) | Err(Fault::Foreign) if named => bail!(error::foreign(label, &text.head)),
        // by its place it is what tells of pods
        Err(Fault::Foreign) if sink.is_of_pods() => {
            sink.broken(label, &Fault::Foreign, &[]);
            Ok(sink.recognised())
        }
        Err(Fault::Foreign) if preface::is_refusal(&text.head) => {
            let said = String::from_utf8_lossy(&text.head);
            said.lines().for_each(|line| sink.said(line));
            Ok(false)
        }
        Ok(()) | Err(Fault::Foreign) => Ok(sink.recognised()),
        Err(fault) if named => Err(error::broken(label, fault)),
        Err(fault) => {
            sink.broken(label, &fault, &sniff::kinds(&text.head));
            Ok(sink.recognised())
        }
    }
}

fn contents(
    form: Option<Form>,
    reader: &mut dyn BufRead,
    sink: &mut DumpSink<'_>,
) -> Result<(), Fault> {
    match form {
        Some(Form::Json) => json::read(reader, sink)?,
        Some(Form::Yaml) => yaml::read(reader, sink, yaml::WHOLE)?,
        Some(Form::Pasted) => pasted::read(reader, sink)?,
        None => return Err(Fault::Foreign),
    }
    sink.end();
    Ok(())
}

/// Takes in the text of one dump, and gives what it was asked for, if it says so. Unlike in [`read`], an object that cannot be
/// decoded is an error.
///
/// # Errors
/// When it is neither JSON nor YAML, or holds something that cannot be decoded.
pub fn load(text: &str, store: &mut Store) -> Result<Option<Scope>> {
    let mut coverage = Coverage::default();
    let mut sink = DumpSink::new(store, &mut coverage, None);
    sink.begin(Layout::of(Path::new("-")));
    let mut reader = text.as_bytes();
    contents(sniff::form(text.as_bytes()), &mut reader, &mut sink)?;
    if let Some(gap) = coverage.gaps().first() {
        let name = gap.name.as_deref().unwrap_or_default();
        bail!("{} {name} {}", gap.kind, gap.detail);
    }
    let scope = coverage.scope();
    coverage.apply(store);
    Ok(scope)
}
