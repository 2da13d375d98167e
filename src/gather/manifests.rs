//! The objects that manifests name, so that they can be waited for once they are applied.

use crate::error::Failure;
use crate::snapshot::Kind;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What manifests name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Where they are, when the manifests say so.
    pub namespace: Option<String>,
    /// Those that can be waited for.
    pub objects: Vec<(Kind, String)>,
}

/// Reads manifests, YAML or JSON, and the lists in them. Kinds that nobody waits for are passed over.
///
/// # Errors
/// When a file cannot be read or is no manifest, when nothing in it can be waited for, and when it spans namespaces.
pub fn named(paths: &[PathBuf]) -> Result<Named> {
    let mut named = Named::default();
    let mut namespaces: BTreeSet<String> = BTreeSet::new();
    for path in paths {
        let text = text(path)?;
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
            .with_context(|| Failure::new(format!("{} is no manifest", path.display())))?;
        for document in &documents {
            let items = document.get("items").and_then(Value::as_array);
            let one = std::slice::from_ref(document);
            for object in items.map_or(one, Vec::as_slice) {
                let word = |path: &str| object.pointer(path).and_then(Value::as_str);
                let kind = word("/kind").and_then(Kind::of_manifest);
                let kind = kind.filter(|kind| is_awaited(*kind));
                let (Some(kind), Some(name)) = (kind, word("/metadata/name")) else {
                    continue;
                };
                let namespace = word("/metadata/namespace");
                namespaces.extend(namespace.map(str::to_owned));
                named.objects.push((kind, name.to_owned()));
            }
        }
    }
    if named.objects.is_empty() {
        bail!(
            Failure::new("the manifests name nothing that can be waited for")
                .hint("workloads, pods and Services are")
        );
    }
    if namespaces.len() > 1 {
        bail!(
            Failure::new("the manifests are of several namespaces")
                .hint("wait for those of one namespace at a time")
        );
    }
    named.namespace = namespaces.pop_first();
    Ok(named)
}

fn is_awaited(kind: Kind) -> bool {
    kind.is_workload() || matches!(kind, Kind::Pod | Kind::Service)
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
        let read = of(
            "kind: ConfigMap\nmetadata: {name: web}\n---\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n---\n{kind: List, items: [{kind: Service, metadata: {name: web}}]}\n",
        );
        let expected = Named {
            namespace: Some("shop".to_owned()),
            objects: vec![
                (Kind::Deployment, "web".to_owned()),
                (Kind::Service, "web".to_owned()),
            ],
        };
        assert_eq!(read.unwrap(), expected);
    }

    #[test]
    fn manifests_of_nothing_or_of_several_namespaces_are_refused() {
        let nothing = of("kind: ConfigMap\nmetadata: {name: web}\n").unwrap_err();
        assert!(
            nothing
                .to_string()
                .contains("nothing that can be waited for")
        );
        let two = "{kind: Pod, metadata: {name: a, namespace: one}}\n---\n{kind: Pod, metadata: {name: b, namespace: two}}\n";
        assert!(
            of(two)
                .unwrap_err()
                .to_string()
                .contains("several namespaces")
        );
    }
}
