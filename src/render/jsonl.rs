//! `-o jsonl`: a diagnosis a line, each complete by itself, for what takes logs and for `grep`.

use super::json::escaped;
use crate::report::{
    Defect, Diagnosis, GapReport, NotStuck, Report, Silenced, Summary, Unexplained,
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
    Gap(&'r GapReport),
    Defect(&'r Defect),
    /// Last, so that its absence shows a report that was cut off.
    Summary(&'r Summary),
}

/// The report as lines of JSON.
///
/// # Errors
/// When a value has no form in JSON; none of the report's types lacks one.
pub fn jsonl(report: &Report) -> anyhow::Result<String> {
    let diagnoses = report.diagnoses.iter().map(Kind::Diagnosis);
    let records = diagnoses
        .chain(report.unexplained.iter().map(Kind::Unexplained))
        .chain(report.not_stuck.iter().map(Kind::NotStuck))
        .chain(report.silenced.iter().map(Kind::Silenced))
        .chain(report.gaps.iter().map(Kind::Gap))
        .chain(report.defects.iter().map(Kind::Defect))
        .chain([Kind::Summary(&report.summary)]);
    let mut out = String::new();
    for record in records {
        let record = Record {
            schema: report.schema,
            as_of: &report.as_of,
            record,
        };
        let line = serde_json::to_string(&record).context("the report does not fit into JSON")?;
        out.push_str(&escaped(&line));
        out.push('\n');
    }
    Ok(out)
}
