//! `-o sarif`: SARIF 2.1.0, for code scanning and for what collects findings of many tools. A cause is a rule, a diagnosis a
//! result.

use super::escape::{self, uri};
use super::line::Line;
use super::text::outline::{Level, Outline, Section, outline};
use super::{Layout, json};
use crate::kubernetes::text::{clean, one_line};
use crate::report::{Affected, Report, Silenced};
use crate::rules;
use crate::snapshot::ObjectRef;
use crate::text::say;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Objects that a result names beside the one to change.
const RELATED: usize = 100;

/// The report as SARIF.
///
/// # Errors
/// When a value has no form in JSON; none of the report's types lacks one.
pub fn sarif(report: &Report, layout: Layout) -> anyhow::Result<String> {
    let outline = outline(report, layout, true);
    let sections = || outline.sections.iter().chain(&outline.ended);
    let causes = sections().map(|one| one.cause);
    let silenced = report.silenced.iter().map(|one| one.cause);
    let causes: BTreeSet<&str> = causes.chain(silenced).collect();
    let index: BTreeMap<&str, usize> = causes.iter().copied().zip(0..).collect();
    let rules: Vec<Value> = causes.iter().map(|cause| rule(&outline, cause)).collect();
    let results = sections().map(|one| result(&outline, one, index.get(one.cause)));
    let known = report.silenced.iter();
    let known = known.map(|one| suppressed(&outline, one, index.get(one.cause)));
    let results: Vec<Value> = results.chain(known).collect();
    let notification = |line: &Line| json!({"level": "warning", "message": text(&line.text())});
    let notifications: Vec<Value> = outline.missed.iter().map(notification).collect();
    json::write(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": report.version,
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": report.defects.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    }))
}

/// The cause with its page.
fn rule(outline: &Outline<'_>, cause: &str) -> Value {
    let known = rules::find(cause);
    let title = known.map_or_else(
        || outline.word(say!("sarif.unexplained", "stuck, and no rule holds")),
        |rule| rule.title.to_owned(),
    );
    let page = known.map_or(title.as_str(), |rule| rule.explanation);
    let tags: Vec<&str> = known.into_iter().map(|rule| rule.layer.as_str()).collect();
    json!({
        "id": cause,
        "shortDescription": text(&title),
        "fullDescription": text(&title),
        "help": {"text": escape::sarif(page), "markdown": page},
        "properties": {"tags": tags},
    })
}

fn result(outline: &Outline<'_>, section: &Section<'_>, rule: Option<&usize>) -> Value {
    let changes = section.changes.iter();
    let changes = changes.map(|change| outline.labelled(change).text());
    let fix = section.fixes.first();
    let fix = fix.map(|fix| format!("{}: {}", fix.label, fix.change.text()));
    let lines = [section.headline.text(), section.head.text()].into_iter();
    let message: Vec<String> = lines.chain(changes).chain(fix).collect();
    let message = message.join("\n");
    let related = section.affected.iter().take(RELATED);
    let related: Vec<Value> = related.map(|one| affected(one)).collect();
    json!({
        "ruleId": section.cause,
        "ruleIndex": rule,
        "kind": "fail",
        "level": match section.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        "message": text(&message),
        "locations": [location(section.subject)],
        "relatedLocations": related,
        "partialFingerprints": fingerprints(section),
        "properties": properties(section),
    })
}

/// What is known: code scanning shows it as dismissed.
fn suppressed(outline: &Outline<'_>, silenced: &Silenced, rule: Option<&usize>) -> Value {
    let message = if silenced.headline.is_empty() {
        silenced.cause
    } else {
        &silenced.headline
    };
    let related = silenced.affected.iter().take(RELATED);
    let related: Vec<Value> = related.map(affected).collect();
    let justification = outline.silenced_by(silenced).text();
    json!({
        "ruleId": silenced.cause,
        "ruleIndex": rule,
        "kind": "fail",
        "level": "note",
        "message": text(message),
        "locations": [location(&silenced.subject)],
        "relatedLocations": related,
        "partialFingerprints": prints(&silenced.fingerprint),
        "suppressions": [{"kind": "external", "status": "accepted", "justification": justification}],
    })
}

/// What is stuck, with the word that kubectl has for it.
fn affected(one: &Affected) -> Value {
    let mut location = location(&one.object());
    if let Some(fields) = location.as_object_mut() {
        fields.insert("message".to_owned(), text(&one.status));
    }
    location
}

/// GitHub shows nothing that has no place in a file, and knows a finding again by its path, so that each object has a path of
/// its own.
fn location(object: &ObjectRef) -> Value {
    let parts = object.namespace.iter().chain([&object.kind, &object.name]);
    let parts: Vec<String> = parts.map(|part| uri(part)).collect();
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": parts.join("/")},
            "region": {"startLine": 1},
        },
        "logicalLocations": [{
            "name": one_line(&object.name),
            "fullyQualifiedName": one_line(&object.to_string()),
            "kind": one_line(&object.kind),
        }],
    })
}

fn fingerprints(section: &Section<'_>) -> Value {
    let status = section.affected.first().map(|one| one.status.as_str());
    let print = section.diagnosis.map_or_else(
        || format!("{} {}", section.subject, status.unwrap_or_default()),
        |diagnosis| diagnosis.fingerprint.clone(),
    );
    prints(&print)
}

/// GitHub reads the second name alone (docs, code-security, "SARIF support for code scanning").
fn prints(print: &str) -> Value {
    json!({"kubectlDiagnose/v1": print, "primaryLocationLineHash": print})
}

/// What SARIF has no field for: its fixes are changes of files.
fn properties(section: &Section<'_>) -> Value {
    let quotes = section.quotes.iter();
    let quotes: Vec<String> = quotes
        .map(|quote| format!("{}: {}", quote.origin.text(), quote.words))
        .collect();
    json!({
        "layer": section.diagnosis.map(|diagnosis| diagnosis.layer),
        "certainty": section.diagnosis.map(|diagnosis| diagnosis.certainty),
        "fixes": section.diagnosis.map(|diagnosis| &diagnosis.fixes),
        "evidence": quotes,
        "next": section.next,
        "explain": section.explain(),
    })
}

fn text(words: &str) -> Value {
    json!({"text": escape::sarif(&clean(words))})
}
