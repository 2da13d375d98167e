//! The objects that manifests name, so that they can be waited for once they are applied.

use crate::error::Failure;
use crate::snapshot::Kind;
use crate::triage::is_awaited;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What manifests name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Those that can be waited for.
    pub objects: Vec<Object>,
    /// What of the others there is, and how many.
    pub passed_over: BTreeMap<String, usize>,
}

/// An object that can be waited for.
#[derive(Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Where it is, when its manifest says so.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Reads manifests, YAML or JSON, and the lists in them.
///
/// # Errors
/// When a file cannot be read or is no manifest.
pub fn named(paths: &[PathBuf]) -> Result<Named> {
    let mut named = Named::default();
    for path in paths {
        let text = text(path)?;
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
            .with_context(|| Failure::new(format!("{} is no manifest", path.display())))?;
        for document in documents.iter().filter(|document| !document.is_null()) {
            let items = document.get("items").and_then(Value::as_array);
            let one = std::slice::from_ref(document);
            for object in items.map_or(one, Vec::as_slice) {
                match read(object) {
                    Ok(object) => named.objects.push(object),
                    Err(what) => *named.passed_over.entry(what).or_default() += 1,
                }
            }
        }
    }
    Ok(named)
}

/// The object, or what it is when it cannot be waited for. A kind belongs to a group, whatever the version: a Service of
/// `serving.knative.dev` is none of `v1`.
fn read(object: &Value) -> Result<Object, String> {
    let word = |path: &str| object.pointer(path).and_then(Value::as_str);
    let Some(word_kind) = word("/kind") else {
        return Err("object without a kind".to_owned());
    };
    let Some(kind) = Kind::of_manifest(word_kind) else {
        return Err(word_kind.to_owned());
    };
    let Some(version) = word("/apiVersion") else {
        return Err(format!("{word_kind} without an apiVersion"));
    };
    let group = version.split_once('/').map_or("", |(group, _)| group);
    if group != kind.group() {
        return Err(format!("{word_kind}.{group}"));
    }
    match word("/metadata/name") {
        _ if !is_awaited(kind) => Err(word_kind.to_owned()),
        // `generateName`: its name is known once it exists
        None => Err(format!("{word_kind} without a name")),
        Some(name) => Ok(Object {
            kind,
            namespace: word("/metadata/namespace").map(str::to_owned),
            name: name.to_owned(),
        }),
    }
}

fn text(path: &Path) -> Result<String> {
    if path != Path::new("-") {
        return super::text(path);
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.context("standard input cannot be read")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Named> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), text)?;
        named(&[file.path().to_path_buf()])
    }

    #[test]
    fn workloads_pods_and_services_are_waited_for() {
        let read = of(concat!(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}\n---\n",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}}\n---\n---\n",
            "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service, metadata: {name: web}}]}\n",
        ));
        let object = |kind, namespace: Option<&str>| Object {
            kind,
            namespace: namespace.map(str::to_owned),
            name: "web".to_owned(),
        };
        let expected = Named {
            objects: vec![
                object(Kind::Deployment, Some("shop")),
                object(Kind::Service, None),
            ],
            passed_over: BTreeMap::from([("ConfigMap".to_owned(), 1)]),
        };
        assert_eq!(read.unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_waited_for_is_told_by_kind_and_group() {
        for (text, expected) in [
            (
                "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: web}}",
                "Service.serving.knative.dev",
            ),
            (
                "{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: web}}",
                "Deployment.extensions",
            ),
            (
                "{kind: Deployment, metadata: {name: web}}",
                "Deployment without an apiVersion",
            ),
            (
                "{apiVersion: batch/v1, kind: Job, metadata: {generateName: web-}}",
                "Job without a name",
            ),
            (
                "{apiVersion: example.com/v1, kind: Shop, metadata: {name: web}}",
                "Shop",
            ),
        ] {
            let read = of(text).unwrap();
            assert_eq!(read.objects, [], "{text}");
            let passed_over = BTreeMap::from([(expected.to_owned(), 1)]);
            assert_eq!(read.passed_over, passed_over, "{text}");
        }
    }

    #[test]
    fn any_version_of_a_group_is_meant() {
        let read = of("{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: web}}");
        assert_eq!(read.unwrap().objects.len(), 1);
    }
}
