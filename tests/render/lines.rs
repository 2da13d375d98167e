//! `-o jsonl`: the parts of the report, a line each.

use crate::json_schema::Schema;
use crate::support::render;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn lines_of_json_are_the_parts_of_the_report() {
    let schema = Schema::published();
    for (name, report) in super::all() {
        let lines = render::jsonl(&report).expect("it is JSON");
        let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for line in lines.lines() {
            let mut line: Value = serde_json::from_str(line).expect("it is JSON");
            let fields = line.as_object_mut().expect("an object");
            assert_eq!(fields.remove("schema"), Some(json!(report.schema)));
            assert_eq!(fields.remove("asOf"), Some(json!(report.as_of)));
            let record = fields.remove("record").expect("it says what it is");
            let record = record.as_str().expect("a word").to_owned();
            let part = match record.as_str() {
                "gap" => "GapReport".to_owned(),
                "workload" => "WorkloadReport".to_owned(),
                "awaited" => "AwaitedReport".to_owned(),
                word => word[..1].to_uppercase() + &word[1..],
            };
            schema.keeps(&line, &format!("/$defs/{part}"));
            records.entry(record).or_default().push(line);
        }
        let whole = serde_json::to_value(&report).expect("it is JSON");
        let mut whole = whole.as_object().expect("an object").clone();
        for (record, list) in [
            ("diagnosis", "diagnoses"),
            ("unexplained", "unexplained"),
            ("notStuck", "notStuck"),
            ("silenced", "silenced"),
            ("silencesNothing", "silencesNothing"),
            ("rootCause", "rootCauses"),
            ("workload", "workloads"),
            ("awaited", "awaited"),
            ("gap", "gaps"),
            ("defect", "defects"),
        ] {
            let lines = records.remove(record).unwrap_or_default();
            let listed = whole.get(list).cloned().unwrap_or_else(|| json!([]));
            assert_eq!(Value::from(lines), listed, "{name}");
            whole.remove(list);
        }
        // what is of the whole report stands in the last line
        let mut closing = whole.remove("summary").expect("there are numbers");
        let fields = closing.as_object_mut().expect("an object");
        fields.extend(whole);
        for told in ["schema", "asOf"] {
            fields.remove(told);
        }
        assert_eq!(records["summary"], [closing], "{name}");
        assert!(
            lines.ends_with('\n')
                && lines
                    .lines()
                    .last()
                    .is_some_and(|it| it.contains("\"summary\""))
        );
    }
}
