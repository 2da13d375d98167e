//! The published schema: that it is the types', and that what is written keeps to it.

use super::*;
use crate::report::{DIFF_SCHEMA, Diff, Failed, Interruption, SCHEMA, Transition, WATCH_SCHEMA};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use std::path::Path;

/// What stands on standard output behind `-o json`.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Written {
    Report(Box<Report>),
    Failed(Failed),
}

/// The same of `diff`.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Compared {
    Diff(Box<Diff>),
    Failed(Failed),
}

/// A line of a watch.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Followed {
    Transition(Box<Transition>),
    Interruption(Interruption),
}

/// The published schemas: the file of `src/report`, and the schema of the types.
fn schemas() -> [(&'static str, Value); 3] {
    let report = "Report of kubectl diagnose, or why there is none";
    let diff = "Comparison of kubectl diagnose diff, or why there is none";
    let watch = "A line of kubectl diagnose --watch -o jsonl";
    [
        (
            "schema.json",
            schema::<Written>(SCHEMA, report, &[("Report", SCHEMA), ("Failed", SCHEMA)]),
        ),
        (
            "diff-schema.json",
            schema::<Compared>(
                DIFF_SCHEMA,
                diff,
                &[("Diff", DIFF_SCHEMA), ("Failed", SCHEMA)],
            ),
        ),
        (
            "watch-schema.json",
            schema::<Followed>(
                WATCH_SCHEMA,
                watch,
                &[("Transition", WATCH_SCHEMA), ("Interruption", WATCH_SCHEMA)],
            ),
        ),
    ]
}

/// The schema of a type, titled, and open: a reader must not refuse a field that a later version adds.
fn schema<T: schemars::JsonSchema>(id: &str, title: &str, documents: &[(&str, &str)]) -> Value {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    open(&mut schema);
    schema["$id"] = json!(id);
    schema["title"] = json!(title);
    for (of, is) in documents {
        schema["$defs"][of]["properties"]["schema"]["const"] = json!(is);
    }
    schema
}

fn open(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("additionalProperties") == Some(&json!(false)) {
                fields.remove("additionalProperties");
            }
            fields.values_mut().for_each(open);
        }
        Value::Array(items) => items.iter_mut().for_each(open),
        _ => {}
    }
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (file, schema) in schemas() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report");
        let path = folder.join(file);
        let text = format!("{schema:#}\n");
        #[expect(clippy::disallowed_methods, reason = "how a test is told to write")]
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &text).expect("the schema can be written");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == text,
            "src/report/{file} is not the schema of src/report; write it with \
             UPDATE_SCHEMA=1 cargo test --lib the_published_schema, and see that nothing was taken away"
        );
    }
}

#[test]
fn a_field_that_is_added_later_is_no_error() {
    fn closed(schema: &Value) -> bool {
        match schema {
            Value::Object(fields) => {
                fields.get("additionalProperties") == Some(&json!(false))
                    || fields.values().any(closed)
            }
            Value::Array(items) => items.iter().any(closed),
            _ => false,
        }
    }
    for (file, schema) in schemas() {
        assert!(
            !closed(&schema),
            "{file}: a reader must not refuse what it does not know"
        );
    }
    let [(_, schema), ..] = schemas();
    let report = &schema["$defs"]["Report"];
    assert_eq!(report["properties"]["schema"]["const"], json!(SCHEMA));
}

#[test]
fn terminal_control_is_escaped_and_stays_the_same_value() {
    let foreign = "\u{1b}[31m\u{9b}31m\u{7f}\u{202e}\u{2028}가 \\u0041 \"";
    let written = escaped(&serde_json::to_string(foreign).expect("it is JSON"));
    assert!(
        !written
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{202e}'))
    );
    assert_eq!(
        serde_json::from_str::<String>(&written).expect("it is JSON"),
        foreign
    );
}
