//! What is written keeps to its schema.
//!
//! JSON Schema has far more than the schemas used here. What they use is checked, and anything else fails, so that nothing
//! passes for checked that is not: 35 crates for the rest of it were a seventh of the build.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere, and each test binary uses its own part of it"
)]

use serde_json::Value;
use std::collections::BTreeSet;

/// A schema with the parts that others refer to.
#[derive(Debug)]
pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn parse(text: &str) -> Self {
        Schema(serde_json::from_str(text).expect("the schema is JSON"))
    }

    /// The one of the report.
    pub(crate) fn published() -> Self {
        Schema::parse(include_str!("../src/report/schema.json"))
    }

    /// The one of a comparison.
    pub(crate) fn of_diff() -> Self {
        Schema::parse(include_str!("../src/report/diff-schema.json"))
    }

    /// The one of a line of a watch.
    pub(crate) fn of_watch() -> Self {
        Schema::parse(include_str!("../src/report/watch-schema.json"))
    }

    /// Panics where a value breaks it, or the part of it that `at` points to.
    pub(crate) fn keeps(&self, value: &Value, at: &str) {
        let schema = self.0.pointer(at).expect("the schema has that part");
        if let Err(complaint) = self.check(value, schema) {
            panic!("the schema does not allow: {complaint}");
        }
    }

    fn check(&self, value: &Value, schema: &Value) -> Result<(), String> {
        for (word, wanted) in schema.as_object().into_iter().flatten() {
            let keeps = match word.as_str() {
                "$schema" | "$id" | "id" | "$defs" | "definitions" | "title" | "description"
                | "format" | "default" => true,
                "$ref" => {
                    self.check(value, self.referred(wanted)?)?;
                    true
                }
                "type" => types(wanted).any(|name| is_a(value, name)),
                "const" => value == wanted,
                "enum" => wanted.as_array().is_some_and(|all| all.contains(value)),
                "minimum" => value.as_f64() >= wanted.as_f64(),
                "maximum" => value.as_f64() <= wanted.as_f64(),
                "minItems" => items(value).count() as u64 >= wanted.as_u64().unwrap_or_default(),
                "uniqueItems" => {
                    let distinct: BTreeSet<String> = items(value).map(Value::to_string).collect();
                    distinct.len() == items(value).count()
                }
                "required" => names(wanted).all(|name| value.get(name).is_some()),
                "properties" => {
                    self.each_property(value, wanted)?;
                    true
                }
                "additionalProperties" => {
                    self.each_other(value, wanted, &schema["properties"])?;
                    true
                }
                "items" => {
                    items(value).try_for_each(|item| self.check(item, wanted))?;
                    true
                }
                "anyOf" => self.fitting(value, wanted) > 0,
                "oneOf" => self.fitting(value, wanted) == 1,
                _ => panic!("the schema says `{word}`, which is not checked yet"),
            };
            if !keeps {
                return Err(format!("{value} where {word} is {wanted}"));
            }
        }
        Ok(())
    }

    fn referred(&self, reference: &Value) -> Result<&Value, String> {
        let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
        let found = pointer.and_then(|pointer| self.0.pointer(pointer));
        found.ok_or_else(|| format!("{reference} is not in the schema"))
    }

    fn each_property(&self, value: &Value, schemas: &Value) -> Result<(), String> {
        for (name, schema) in schemas.as_object().into_iter().flatten() {
            if let Some(value) = value.get(name) {
                let checked = self.check(value, schema);
                checked.map_err(|complaint| format!("{name}: {complaint}"))?;
            }
        }
        Ok(())
    }

    fn each_other(&self, value: &Value, schema: &Value, known: &Value) -> Result<(), String> {
        let all = value.as_object().into_iter().flatten();
        for (name, value) in all.filter(|(name, _)| known.get(name).is_none()) {
            match schema {
                Value::Bool(true) => {}
                Value::Bool(false) => return Err(format!("{name} is one field too many")),
                _ => {
                    let checked = self.check(value, schema);
                    checked.map_err(|complaint| format!("{name}: {complaint}"))?;
                }
            }
        }
        Ok(())
    }

    fn fitting(&self, value: &Value, schemas: &Value) -> usize {
        let fits = |schema: &&Value| self.check(value, schema).is_ok();
        items(schemas).filter(fits).count()
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    items(list).filter_map(Value::as_str)
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
