//! What is tried on every case.

mod cloned;
mod commands;
mod damaged;
mod described;
mod dumped;
mod encoded;
mod expectation;
mod followed;
mod replayed;
mod report;
mod reversed;
mod served;
mod withheld;

use crate::support::{self, Report, load};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Panics where something does not hold.
type Check = fn(&Case);

/// By the name with which `cargo test` picks it.
const TRIALS: [(&str, Check, On); 11] = [
    ("report", report::check, On::Each),
    ("commands", commands::check, On::Each),
    ("encoded", encoded::check, On::Some),
    ("replayed", replayed::check, On::Each),
    ("reversed", reversed::check, On::Some),
    ("withheld", withheld::check, On::Some),
    ("cloned", cloned::check, On::Some),
    ("followed", followed::check, On::Some),
    ("dumped", dumped::check, On::Some),
    ("damaged", damaged::check, On::Each),
    ("described", described::check, On::Recorded),
];

/// On which cases something is tried where nobody asks for it by name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum On {
    /// On each.
    Each,
    /// What is alike for most of them and takes its time: on one in three, of each trial others.
    Some,
    /// On those that a real cluster gave.
    Recorded,
}

/// One folder of `tests/cases`.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    cause: String,
    variant: String,
    folder: PathBuf,
    known: Arc<Known>,
}

/// What several trials of a case start from, found out once.
#[derive(Debug, Default)]
struct Known {
    dump: OnceLock<Value>,
    report: OnceLock<Report>,
}

impl Case {
    fn of(dump: PathBuf) -> Option<Self> {
        let folder = dump.parent()?.to_path_buf();
        let name = |path: &std::path::Path| Some(path.file_name()?.to_string_lossy().into_owned());
        Some(Self {
            cause: name(folder.parent()?)?,
            variant: name(&folder)?,
            folder,
            known: Arc::default(),
        })
    }

    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.cause, self.variant)
    }

    /// The dump as it was written.
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(self.folder.join("cluster.yaml")).expect("the case is readable")
    }

    pub(crate) fn dump(&self) -> &Value {
        let read = || serde_saphyr::from_str(&self.text()).expect("the case is YAML");
        self.known.dump.get_or_init(read)
    }

    pub(crate) fn report(&self) -> &Report {
        let read = || load(&self.text()).expect("the case is a dump").report();
        self.known.report.get_or_init(read)
    }
}

/// The report of a dump, unless it cannot be read.
fn report_of(dump: &Value) -> Option<Report> {
    Some(load(&dump.to_string()).ok()?.report())
}

fn items(dump: &Value) -> Vec<Value> {
    dump["items"].as_array().cloned().unwrap_or_default()
}

fn list(items: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// What is tried: everything, or what is enough while one works.
pub(crate) fn all(is_everything: bool) -> Vec<Trial> {
    let cases: Vec<Case> = support::cases().into_iter().filter_map(Case::of).collect();
    let numbered = TRIALS.iter().enumerate();
    let trials = numbered.flat_map(|(number, (name, check, on))| {
        let meant = move |(at, _): &(usize, &Case)| {
            is_everything || *on != On::Some || (at + number).is_multiple_of(3)
        };
        let cases = cases.iter().enumerate().filter(meant);
        let cases = cases.filter(|(_, case)| *on != On::Recorded || described::is_recorded(case));
        cases.map(move |(_, case)| {
            let case = case.clone();
            Trial::test(format!("{name}::{}", case.name()), move || {
                check(&case);
                Ok(())
            })
        })
    });
    let of_all = cases.clone();
    let share = Trial::test("described::share", move || {
        described::share(&of_all);
        Ok(())
    });
    trials.chain([share]).collect()
}
