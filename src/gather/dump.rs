//! Dumps: what people saved of a cluster, read as if it were the cluster.
//!
//! What a dump does not hold is unknown, never absent. How far one reaches is told by its form:
//! a [`Reading`](READING) object says it exactly; in a `kubectl get` list each kind is taken as
//! whole for the namespaces in which it occurs.

use super::Gathered;
use crate::error::Error;
use crate::report::Requests;
use crate::scope::Scope;
use crate::snapshot::{Gap, Intake, Keep, Kind, Reach, Why};
use serde_json::Value;
use std::path::PathBuf;

/// The kind of the object with which `--dump` says what was read.
pub const READING: &str = "Reading";

/// Reads dumps.
///
/// # Errors
/// When a file cannot be read or holds nothing of Kubernetes.
pub fn read(paths: &[PathBuf], scope: Scope) -> Result<Gathered, Error> {
    let mut intake = Intake::new(Why::NotInDump);
    let mut bytes = 0;
    for path in paths {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::new(format!("{} cannot be read", path.display())).because(error)
        })?;
        bytes += text.len() as u64;
        load(&text, &mut intake).map_err(|error| {
            Error::new(format!("{} is not a dump", path.display())).because(error)
        })?;
    }
    let snapshot = intake.seal(&scope);
    Ok(Gathered {
        snapshot,
        scope,
        requests: Requests { count: 0, bytes },
    })
}

/// Takes in the text of a dump.
///
/// # Errors
/// When it is neither JSON nor YAML.
pub fn load(
    text: &str,
    intake: &mut Intake,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let documents: Vec<Value> = match serde_json::from_str(text) {
        Ok(value) => vec![value],
        Err(_) => serde_saphyr::from_multiple(text)?,
    };
    for document in documents {
        object(&document, None, intake)?;
    }
    Ok(())
}

fn object(
    value: &Value,
    listed: Option<&str>,
    intake: &mut Intake,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let kind = value
        .get("kind")
        .and_then(Value::as_str)
        .or(listed)
        .unwrap_or_default();
    if kind == READING {
        return reading(value, intake);
    }
    if let Some(items) = value.get("items").and_then(Value::as_array) {
        let of_items = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
        for item in items {
            object(item, of_items, intake)?;
        }
        return Ok(());
    }
    if let Some(kind) = Kind::of_manifest(kind) {
        intake.object(kind, value.to_string().as_bytes(), Keep::Suspects)?;
    }
    Ok(())
}

fn reading(
    value: &Value,
    intake: &mut Intake,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if let Some(time) = value.get("asOf").and_then(Value::as_str) {
        intake.at(time.parse()?);
    }
    for read in value
        .get("reads")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let word = |name: &str| read.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(kind) = word("kind").as_deref().and_then(Kind::of_manifest) else {
            continue;
        };
        let (namespace, name) = (word("namespace"), word("name"));
        let outcome = match word("why").as_deref().and_then(Why::of_word) {
            None => Ok(()),
            Some(why) => Err(Gap {
                kind,
                namespace: namespace.clone(),
                name: name.clone(),
                why,
                detail: word("detail").unwrap_or_default(),
            }),
        };
        let reach = match (namespace, name) {
            (None, None) => Reach::Everywhere,
            (Some(namespace), None) => Reach::Namespace(namespace),
            (namespace, Some(name)) => Reach::Object(namespace.unwrap_or_default(), name),
        };
        intake.record(kind, reach, outcome);
    }
    Ok(())
}
