//! What the tests and benches under `tests/` touch of the library. It is no interface for anybody else: it moves when
//! the rooms do.

pub use crate::cli::Cli;
pub use crate::cli::explain::{explain, explain_json};
pub use crate::diagnose::{Shown, Verdicts, diagnose, diagnose_again, diagnose_each};
pub use crate::error::hints;
pub use crate::gather::client::Client;
pub use crate::gather::dump::{self, DumpWriter, Extent, Reading};
pub use crate::gather::proxy::ProxyVariables;
pub use crate::gather::watch::{Absent, Pace, Watcher, on_one_thread};
pub use crate::gather::{
    Accept, ConnectError, Connection, ConnectionFlags, Environment, Gathered, ReadError, Traffic,
    cluster, process, resolve,
};
pub use crate::kubernetes::field_selector::FieldSelector;
pub use crate::kubernetes::node_terms::NodeRequirement;
pub use crate::kubernetes::protobuf;
pub use crate::kubernetes::selector::Selector;
pub use crate::kubernetes::taints::TaintText;
pub use crate::messages::scheduler as scheduler_messages;
pub use crate::render::Layout;
pub use crate::report::{
    Affected, AgreementReport, Became, CauseSummary, ContainersReport, Defect, Diagnosis,
    FilterFailureReport, Finding, FixReport, GapReport, Interrupted, Interruption, KindSummary,
    News, Next, NodeReport, NotStuck, ReadReport, Report, Requests, RestartsReport, RevisionReport,
    RootCause, Rung, RungState, SCHEMA, ScopeReport, StandingReport, Summary, Transition,
    Unexplained, UnreadReport, Verdict, Verified, WATCH_SCHEMA,
};
pub use crate::rules::finding::{Certainty, Fix, Risk, Role, Who};
pub use crate::rules::{Layer, RETIRED, Rule, UNEXPLAINED};
#[cfg(unix)]
pub use crate::run::live::{Key, View, Wish};
pub use crate::scheduler::preemption::{DryRun, Outcome, Victim};
pub use crate::scheduler::remedy::{Action, Remedy};
pub use crate::scheduler::{
    Agree, Count, Engine, Filter, FilterFailure, FilterResults, Holder, TermPods, What,
};
pub use crate::snapshot::{
    Clock, ContainerLog, Encoded, Evidence, Gap, Keyed, Kind, ObjectRef, Origin, PodView, Snapshot,
    Store, Why,
};
pub use crate::snapshot::{ReadScope, Retention};
pub use crate::text::{ENGLISH, Fact, Facts, Language, Message, Sentence};
pub use crate::triage::scope::{Scope, Target};

/// The formats.
pub mod render {
    pub use crate::render::{
        Entry, Frame, Live, Page, github, html, json, jsonl, junit, live, markdown, name, page,
        sarif, text, wide, yaml,
    };
}

/// The causes.
pub mod rules {
    pub use crate::rules::{all, find};
}
