//! All that the tests touch of the library. When its types move, this file follows and the tests stay.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

pub(crate) use kubectl_diagnose::testing::*;

use anyhow::Result;
use std::path::{Path, PathBuf};

/// As it is read in a pipe.
pub(crate) const PLAIN: Layout = Layout {
    color: false,
    width: 80,
    language: &ENGLISH,
};

/// What was read, and what is said of it.
#[derive(Debug)]
pub(crate) struct Loaded {
    gathered: Gathered,
}

impl Loaded {
    pub(crate) fn snapshot(&self) -> Snapshot<'_> {
        self.gathered.store.snapshot()
    }

    /// What was read.
    pub(crate) fn store(&self) -> &Store {
        &self.gathered.store
    }

    pub(crate) fn store_mut(&mut self) -> &mut Store {
        &mut self.gathered.store
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.gathered.scope
    }

    /// How many pods are stuck.
    pub(crate) fn stuck(&self) -> usize {
        self.numbers().stuck
    }

    /// How many pods there are in the scope.
    pub(crate) fn pods(&self) -> usize {
        self.numbers().all.unwrap_or_default()
    }

    fn numbers(&self) -> KindSummary {
        let summary = self.report().summary;
        let pods = summary.by_kind.get(Kind::Pod.as_str());
        pods.copied().unwrap_or_default()
    }

    /// The time that counts.
    pub(crate) fn as_of(&self) -> String {
        self.snapshot().clock().at.to_string()
    }

    pub(crate) fn requests(&self) -> u64 {
        self.gathered.traffic.requests
    }

    /// The report of all that was read, whatever it cost.
    pub(crate) fn report(&self) -> Report {
        diagnose(&self.snapshot(), &self.gathered.scope, Requests::default())
    }

    /// The same, with a look at each pod even where another one is just like it.
    pub(crate) fn report_of_each(&self) -> Report {
        diagnose_each(&self.snapshot(), &self.gathered.scope, Requests::default())
    }

    /// The report as scripts get it.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::to_value(self.report()).unwrap_or_default()
    }

    /// How much of the cluster a dump of this would say that it holds.
    pub(crate) fn reading(&self) -> Reading {
        Reading::of(&self.snapshot(), &self.gathered.scope)
    }
}

/// Reads a dump as `-f -` would.
pub(crate) fn load(text: &str) -> Result<Loaded> {
    let read = |room| {
        let mut store = Store::new(Why::NotInDump);
        store.keep_of_well(room);
        let asked = dump::load(text, &mut store)?;
        anyhow::Ok((store, asked))
    };
    // as a scan does it; what was named there is what it is about
    let (mut store, asked) = read(0)?;
    let scope = asked.filter(Scope::has_names).unwrap_or_default();
    if scope.has_names() {
        (store, _) = read(usize::MAX)?;
    }
    let gathered = Gathered {
        store,
        scope,
        traffic: Traffic::default(),
        dumped: None,
    };
    Ok(Loaded { gathered })
}

/// Reads files and folders as `-f` would.
pub(crate) fn read_dumps(paths: &[&Path]) -> Result<Loaded> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    let mut gathered = dump::read(&paths, None)?;
    if !gathered.scope.has_names() {
        gathered.scope = Scope::everything();
    }
    Ok(Loaded { gathered })
}

/// Reads a cluster as the command does.
pub(crate) fn read_cluster(
    flags: &ConnectionFlags,
    scope: Scope,
    everywhere: bool,
) -> Result<Loaded> {
    read_cluster_with(flags, scope, everywhere, false)
}

/// The same, with logs where they are wanted.
pub(crate) fn read_cluster_with(
    flags: &ConnectionFlags,
    scope: Scope,
    everywhere: bool,
    logs: bool,
) -> Result<Loaded> {
    let gathered = cluster::read(
        flags,
        &Environment::default(),
        scope,
        everywhere,
        None,
        None,
        logs,
    )?;
    Ok(Loaded { gathered })
}

/// The same, with `--dump`.
pub(crate) fn dump_cluster(flags: &ConnectionFlags, scope: Scope, path: &Path) -> Result<Loaded> {
    let environment = Environment::default();
    let dump = Some((path, Extent::Masked));
    let gathered = cluster::read(flags, &environment, scope, false, dump, None, false)?;
    Ok(Loaded { gathered })
}

/// Writes a dump as `--dump` would.
pub(crate) fn write_dump(
    path: &Path,
    extent: Extent,
    objects: &[serde_json::Value],
    reading: &Reading,
) {
    let mut writer = DumpWriter::create(path, extent).expect("a dump can be begun");
    for object in objects {
        if let Some(kind) = object["kind"].as_str().and_then(Kind::of_manifest) {
            let json = object.to_string();
            writer
                .object(kind, json.as_bytes())
                .expect("it can be written");
        }
    }
    writer.finish(reading).expect("it can be written");
}

/// The objects that a diagnosis is about, as `Kind/namespace/name`, a pod without its kind.
pub(crate) fn names_affected(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis.affected.iter().map(object).collect()
}

/// The stuck objects that no diagnosis is about.
pub(crate) fn names_unexplained(report: &Report) -> Vec<String> {
    let unexplained = report.unexplained.iter();
    unexplained
        .map(|unexplained| object(&unexplained.object))
        .collect()
}

fn object(object: &Affected) -> String {
    let kind = Some(object.kind.as_str()).filter(|kind| *kind != "Pod");
    let parts = kind.into_iter().chain(object.namespace.as_deref());
    parts
        .chain([object.name.as_str()])
        .collect::<Vec<_>>()
        .join("/")
}

/// How many pods are stuck.
pub(crate) fn stuck_pods(report: &Report) -> usize {
    let pods = report.summary.by_kind.get(Kind::Pod.as_str());
    pods.map_or(0, |pods| pods.stuck)
}

/// Pods of the report that have ended and are only kept.
pub(crate) fn kept_pods(report: &Report) -> usize {
    let diagnosed = report.diagnoses.iter().flat_map(|one| &one.affected);
    let all = diagnosed.chain(report.unexplained.iter().map(|one| &one.object));
    let ended = all.filter(|one| one.ended && one.kind == Kind::Pod.as_str());
    let names: std::collections::BTreeSet<String> = ended.map(object).collect();
    names.len()
}

/// A word of the report, as scripts get it.
pub(crate) fn words(word: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(word).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// Every `tests/cases/<cause>/<variant>/cluster.yaml`, sorted.
pub(crate) fn cases() -> Vec<PathBuf> {
    let folders = |path: PathBuf| {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<PathBuf> = folders(root)
        .flat_map(folders)
        .map(|variant| variant.join("cluster.yaml"))
        .filter(|path| path.exists())
        .collect();
    cases.sort();
    cases
}

/// All that a store keeps of an object.
pub(crate) fn held(kind: Kind, object: Encoded<'_>, retention: Retention) -> String {
    let mut store = Store::new(Why::NotAsked);
    let taken = store.insert(kind, object, retention);
    let text = format!("{:?} {store:?}", taken.map_err(|error| error.kind));
    // words in no order
    let (before, rest) = text.split_once("words: {").expect("it keeps words");
    let (words, after) = rest.split_once('}').expect("they end");
    let mut words: Vec<&str> = words.split(", ").collect();
    words.sort_unstable();
    format!("{before}{words:?}{after}")
}

/// Where two texts begin to differ.
pub(crate) fn difference(one: &str, other: &str) -> String {
    let pairs = one.chars().zip(other.chars());
    let at = pairs.take_while(|(one, other)| one == other).count();
    let part =
        |text: &str| -> String { text.chars().skip(at.saturating_sub(80)).take(240).collect() };
    format!("as protobuf: {}\nas json: {}", part(one), part(other))
}
