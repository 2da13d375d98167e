//! `-o jsonl`: a diagnosis a line, each complete by itself, for what takes logs and for `grep`.

use super::json::escaped;
use crate::report::{
    AwaitedReport, Defect, Diagnosis, GapReport, NotStuck, ReadReport, Report, Requests, RootCause,
    ScopeReport, Silenced, SilencesNothing, Summary, Unexplained, WorkloadReport,
};
use anyhow::Context;
use serde::Serialize;

/// A line. Its fields are those of the report, with the kind and the time before them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'r> {
    schema: &'static str,
    as_of: &'r str,
    #[serde(flatten)]
    record: Kind<'r>,
}

#[derive(Serialize)]
#[serde(tag = "record", rename_all = "camelCase")]
enum Kind<'r> {
    Diagnosis(&'r Diagnosis),
    Unexplained(&'r Unexplained),
    NotStuck(&'r NotStuck),
    Silenced(&'r Silenced),
    SilencesNothing(&'r SilencesNothing),
    RootCause(&'r RootCause),
    Workload(&'r WorkloadReport),
    Awaited(&'r AwaitedReport),
    Gap(&'r GapReport),
    Defect(&'r Defect),
    /// Last, so that its absence shows a report that was cut off.
    Summary(Closing<'r>),
}

/// The numbers, and what else is of the whole report.
#[derive(Serialize)]
struct Closing<'r> {
    #[serde(flatten)]
    summary: &'r Summary,
    version: &'r str,
    scope: &'r ScopeReport,
    #[serde(skip_serializing_if = "<[ReadReport]>::is_empty")]
    read: &'r [ReadReport],
    requests: &'r Requests,
}

/// The report as lines of JSON.
///
/// # Errors
/// When a value has no form in JSON; none of the report's types lacks one.
pub fn jsonl(report: &Report) -> anyhow::Result<String> {
    // by name, so that a field that is added has its place here
    let Report {
        schema,
        version,
        as_of,
        scope,
        summary,
        root_causes,
        diagnoses,
        workloads,
        unexplained,
        silenced,
        silences_nothing,
        not_stuck,
        gaps,
        read,
        awaited,
        defects,
        requests,
        progressing: _,
    } = report;
    let closing = Closing {
        summary,
        version,
        scope,
        read,
        requests,
    };
    let records = (diagnoses.iter().map(Kind::Diagnosis))
        .chain(unexplained.iter().map(Kind::Unexplained))
        .chain(not_stuck.iter().map(Kind::NotStuck))
        .chain(silenced.iter().map(Kind::Silenced))
        .chain(silences_nothing.iter().map(Kind::SilencesNothing))
        .chain(root_causes.iter().map(Kind::RootCause))
        .chain(workloads.iter().map(Kind::Workload))
        .chain(awaited.iter().map(Kind::Awaited))
        .chain(gaps.iter().map(Kind::Gap))
        .chain(defects.iter().map(Kind::Defect))
        .chain([Kind::Summary(closing)]);
    let mut out = String::new();
    for record in records {
        let record = Record {
            schema,
            as_of,
            record,
        };
        let line = serde_json::to_string(&record).context("the report does not fit into JSON")?;
        out.push_str(&escaped(&line));
        out.push('\n');
    }
    Ok(out)
}
