//! What is written keeps to the published schema.
//!
//! JSON Schema has far more than the schema of plain data uses. What is used is checked here, and anything else in the
//! schema fails, so that nothing passes for checked that is not: 35 crates for the rest of it were a seventh of the build.

use serde_json::Value;
use std::sync::LazyLock;

static PUBLISHED: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../src/report/schema.json");
    serde_json::from_str(text).expect("the schema is JSON")
});

/// Panics where a report breaks the schema.
pub(super) fn kept(report: &Value) {
    if let Err(complaint) = check(report, &PUBLISHED["$defs"]["Report"]) {
        panic!("the schema does not allow: {complaint}");
    }
}

fn check(value: &Value, schema: &Value) -> Result<(), String> {
    for (word, wanted) in schema.as_object().into_iter().flatten() {
        let keeps = match word.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "format" => true,
            "$ref" => {
                check(value, referred(wanted)?)?;
                true
            }
            "type" => types(wanted).any(|name| is_a(value, name)),
            "const" => value == wanted,
            "minimum" => value.as_f64() >= wanted.as_f64(),
            "required" => names(wanted).all(|name| value.get(name).is_some()),
            "properties" => {
                each_property(value, wanted)?;
                true
            }
            "additionalProperties" => {
                each_other(value, wanted, &schema["properties"])?;
                true
            }
            "items" => {
                let mut items = value.as_array().into_iter().flatten();
                items.try_for_each(|item| check(item, wanted))?;
                true
            }
            "anyOf" => fitting(value, wanted) > 0,
            "oneOf" => fitting(value, wanted) == 1,
            _ => panic!("the schema says `{word}`, which is not checked yet"),
        };
        if !keeps {
            return Err(format!("{value} where {word} is {wanted}"));
        }
    }
    Ok(())
}

fn referred(reference: &Value) -> Result<&'static Value, String> {
    let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
    let found = pointer.and_then(|pointer| PUBLISHED.pointer(pointer));
    found.ok_or_else(|| format!("{reference} is not in the schema"))
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn types(one_or_more: &Value) -> impl Iterator<Item = &str> {
    one_or_more.as_str().into_iter().chain(names(one_or_more))
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn each_property(value: &Value, schemas: &Value) -> Result<(), String> {
    for (name, schema) in schemas.as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            check(value, schema).map_err(|complaint| format!("{name}: {complaint}"))?;
        }
    }
    Ok(())
}

fn each_other(value: &Value, schema: &Value, known: &Value) -> Result<(), String> {
    let all = value.as_object().into_iter().flatten();
    for (name, value) in all.filter(|(name, _)| known.get(name).is_none()) {
        match schema {
            Value::Bool(true) => {}
            Value::Bool(false) => return Err(format!("{name} is one field too many")),
            _ => check(value, schema).map_err(|complaint| format!("{name}: {complaint}"))?,
        }
    }
    Ok(())
}

fn fitting(value: &Value, schemas: &Value) -> usize {
    let schemas = schemas.as_array().into_iter().flatten();
    schemas
        .filter(|schema| check(value, schema).is_ok())
        .count()
}
