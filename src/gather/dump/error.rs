//! Why a dump cannot be read, and what to do about it.
//!
//! Nothing here ever quotes an object: what a decoder says of a value may hold the value.

use super::other::{self, Other};
use super::pasted::{Silent, silent};
use crate::error::Failure;
use std::io;
use std::path::Path;

const SAVE: &str = "save one with `kubectl get pods,events,nodes,namespaces,pvc,pv,storageclasses,serviceaccounts,\
configmaps,deploy,rs,sts,ds,jobs,cronjobs -A -o json > dump.json`";

const SAVE_WITH_READS: &str =
    "or with `kubectl diagnose -A --dump dump.json`, which also says what could not be read";

const DESCRIBE: &str = "give what `kubectl describe pod NAME` prints in its place; describe what the pod needs too \
(its nodes, its claims), and it is looked at with it";

/// Why the reading of one file ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    #[error("it is cut off after {objects} objects, near byte {offset}")]
    CutOff { objects: u64, offset: u64 },
    #[error("it is not valid json near byte {offset}, after {objects} objects")]
    NotJson { objects: u64, offset: u64 },
    #[error("it is not valid yaml near line {line}, after {objects} objects")]
    NotYaml { objects: u64, line: u64 },
    #[error("it is cut off near line {line}, after {objects} objects")]
    CutOffYaml { objects: u64, line: u64 },
    #[error("its aliases unfold to too much near line {line}, after {objects} objects")]
    Unfolds { objects: u64, line: u64 },
    #[error("an object of it is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("its items carry no kind, and neither does the list")]
    NoKind,
    #[error("lists stand in lists, more than {limit} of them")]
    TooDeep { limit: usize },
    #[error("its fields are named in snake_case, as by the Python client's `to_dict`")]
    SnakeCase,
    #[error("it is in the internal form of kubectl 1.13 and older")]
    Internal,
    #[error("it is a Table, the rows that `kubectl get` prints, which leaves out why")]
    Table,
    #[error("its Reading cannot be decoded")]
    Reading,
    #[error("it holds the API server's refusal: {0}")]
    Refusal(String),
    #[error("its description breaks off")]
    BrokenOff,
    #[error("only a row of a table is here, which leaves out why")]
    Row,
    #[error("it says that it goes on: one page of several was saved")]
    Page,
    #[error("it holds nothing of Kubernetes")]
    Foreign,
    #[error("it holds something else after {objects} objects")]
    Mixed { objects: u64 },
}

/// How messages name what was read.
pub(super) fn label(path: &Path) -> String {
    match path.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => path.display().to_string(),
    }
}

/// The file system or the archive does not give the file.
pub(super) fn unreadable(path: &Path) -> String {
    format!("{} cannot be read", label(path))
}

/// The file began like a dump and then broke.
pub(super) fn broken(path: &Path, fault: Fault) -> anyhow::Error {
    let hint = match &fault {
        Fault::CutOff { .. } | Fault::CutOffYaml { .. } => {
            "save it again; the command that wrote it, or its copy, did not finish"
        }
        Fault::Refusal(_) => "save it as a user who may list these objects",
        Fault::SnakeCase => {
            "save it with the client's `sanitize_for_serialization`, or with `kubectl get -o json`"
        }
        Fault::Internal => "save it with kubectl 1.14 or newer",
        Fault::NoKind | Fault::Table => {
            "save it with `kubectl get -o json`, which names the kind of each object"
        }
        Fault::Io(_) | Fault::TooLarge { .. } => "check that the file is whole",
        _ => "check where it was edited or joined, or save it again",
    };
    Failure::new(format!("{} cannot be read as a dump", label(path)))
        .hint(hint)
        .because(fault)
}

/// Nothing under the path is of Kubernetes.
pub(super) fn nothing(path: &Path) -> Failure {
    Failure::new(format!("{} holds nothing of Kubernetes", label(path)))
        .hint(SAVE)
        .hint(SAVE_WITH_READS)
}

/// Nothing in it comes from a cluster.
pub(super) fn manifests(path: &Path) -> Failure {
    let label = label(path);
    Failure::new(format!(
        "{label} holds manifests: what a cluster makes of them is not in it"
    ))
    .hint(format!(
        "apply them, and see what becomes of them with `kubectl diagnose --wait -f {label}`"
    ))
    .hint(SAVE)
}

/// The file was named and is something else.
pub(super) fn foreign(path: &Path, head: &[u8]) -> Failure {
    let label = label(path);
    match other::of(head) {
        Some(Other::Picture) => {
            return Failure::new(format!("{label} is a picture")).hint(DESCRIBE);
        }
        Some(Other::Form(what, how)) => {
            return Failure::new(format!("{label} {what}")).hint(how);
        }
        None => {}
    }
    let text = String::from_utf8_lossy(head);
    let first = text.trim_start().lines().next().unwrap_or_default();
    let message = if first.is_empty() {
        format!("{label} is empty")
    } else if let Some(silent) = silent(&text) {
        let what = match silent {
            Silent::Table => "is the table of `kubectl get`, which leaves out why",
            Silent::Described => "describes nothing that a cause is about",
        };
        let failure = Failure::new(format!("{label} {what}"));
        return failure.hint(DESCRIBE).hint(SAVE).hint(SAVE_WITH_READS);
    } else if first.starts_with("Error from server") || first.starts_with("error: ") {
        format!("{label} holds an error of kubectl and no objects")
    } else {
        return nothing(path);
    };
    Failure::new(message).hint(SAVE).hint(SAVE_WITH_READS)
}

/// Nothing could be taken from what was named, since what there is breaks.
pub(super) fn spoiled(path: &Path, trouble: &str) -> Failure {
    let message = format!("{} cannot be read as a dump: {trouble}", label(path));
    Failure::new(message).hint("check that the files are whole")
}
