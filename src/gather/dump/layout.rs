//! What the place of a file in a dump says about it.
//!
//! A path only says what the file would be if this were such a dump. That it is one, its content and
//! its neighbours have to show; see [`super::coverage`].

use super::logs::LogOf;
use crate::snapshot::Kind;
use std::path::{Component, Path, PathBuf};

/// What a file is, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layout {
    /// Nothing is known of it.
    Unknown,
    /// The whole list of a kind: of one namespace, or of a cluster-scoped kind.
    List {
        kind: Kind,
        namespace: Option<String>,
    },
    /// One of the files that are all objects of a cluster-scoped kind together.
    One { kind: Kind },
    /// The whole list of a kind in one namespace, if `root` is a cluster-info dump.
    ClusterInfo {
        root: PathBuf,
        kind: Kind,
        namespace: String,
    },
    /// The nodes of a cluster-info dump, if `root` is one.
    Nodes { root: PathBuf },
    /// The log of a container, or of all of a pod, which marks then part.
    Log(Option<LogOf>),
    /// The API server's answers where a support bundle could not list a kind.
    Errors { kind: Kind },
}

impl Layout {
    /// The layout that a path speaks of.
    pub(super) fn of(path: &Path) -> Layout {
        let words: Vec<&str> = path
            .components()
            .filter_map(|component| match component {
                Component::Normal(word) => word.to_str(),
                _ => None,
            })
            .collect();
        log(&words)
            .or_else(|| must_gather(&words))
            .or_else(|| support_bundle(&words))
            .or_else(|| cluster_info(path, &words))
            .unwrap_or(Layout::Unknown)
    }

    /// The kind of the objects in the file, where they do not say it.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Layout::Unknown | Layout::Log(_) => None,
            Layout::Nodes { .. } => Some(Kind::Node),
            Layout::List { kind, .. }
            | Layout::One { kind }
            | Layout::ClusterInfo { kind, .. }
            | Layout::Errors { kind } => Some(*kind),
        }
    }
}

/// A file's name without what marks its format.
fn stem(name: &str) -> Option<&str> {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let (stem, suffix) = name.rsplit_once('.')?;
    let suffixes = ["json", "yaml", "yml"];
    suffixes
        .iter()
        .any(|known| suffix.eq_ignore_ascii_case(known))
        .then_some(stem)
}

/// The kind that a file may hold by its name alone: that which it names, or any.
pub(super) fn of_name(path: &Path) -> Option<Kind> {
    let stem = stem(path.file_name()?.to_str()?)?;
    Some(kind_of(stem).unwrap_or(Kind::Pod))
}

/// `pods`, `pvcs`, `storage-classes`
fn kind_of(word: &str) -> Option<Kind> {
    if word == "storage" {
        // `storage-errors.json` stands beside `storage-classes.json`
        return Some(Kind::StorageClass);
    }
    let word = word.replace('-', "");
    Kind::of_argument(&word).or_else(|| Kind::of_argument(word.strip_suffix('s')?))
}

/// The logs of containers, where the dumps that hold them have them.
fn log(words: &[&str]) -> Option<Layout> {
    let of = |namespace: &str, pod: &str, container: &str, previous| {
        Layout::Log(Some(LogOf {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            container: container.to_owned(),
            previous,
        }))
    };
    match words {
        [
            ..,
            "namespaces",
            namespace,
            "pods",
            pod,
            container,
            _,
            "logs",
            name,
        ] => {
            let previous = match *name {
                "current.log" => false,
                "previous.log" => true,
                _ => return None,
            };
            Some(of(namespace, pod, container, previous))
        }
        // replicatedhq/troubleshoot and rancher/support-bundle-kit `pkg/manager/logs.go`
        [.., "logs", namespace, pod, name] => {
            let container = name.strip_suffix(".log")?;
            let earlier = container.strip_suffix("-previous");
            Some(of(
                namespace,
                pod,
                earlier.unwrap_or(container),
                earlier.is_some(),
            ))
        }
        // vmware-tanzu/sonobuoy `pkg/discovery/queries.go`
        [.., "podlogs", namespace, pod, "logs", name] => {
            let container = name.strip_suffix(".txt")?;
            Some(of(namespace, pod, container, false))
        }
        [.., _, _, "logs.txt"] => Some(Layout::Log(None)),
        _ => None,
    }
}

/// openshift/oc `pkg/cli/admin/inspect/resource.go`: `namespaces/<ns>/<group>/<plural>.yaml` are lists,
/// `cluster-scoped-resources/<group>/<plural>/<name>.yaml` are objects. Namespaces are those that were
/// asked for, and never prove that there are no others.
fn must_gather(words: &[&str]) -> Option<Layout> {
    match words {
        [.., "namespaces", namespace, group, name] => {
            let kind = kind_of(stem(name)?).filter(|kind| kind.namespaced())?;
            let folder = match kind.group() {
                "" => "core",
                group => group,
            };
            if *group != folder {
                return None;
            }
            Some(Layout::List {
                kind,
                namespace: Some((*namespace).to_owned()),
            })
        }
        [.., "cluster-scoped-resources", _, plural, name] => {
            stem(name)?;
            let kind = kind_of(plural).filter(|kind| !kind.namespaced())?;
            (kind != Kind::Namespace).then_some(Layout::One { kind })
        }
        _ => None,
    }
}

/// replicatedhq/troubleshoot `pkg/collect/cluster_resources.go`: `cluster-resources/<word>.json` and
/// `cluster-resources/<word>/<ns>.json`, with what was refused in `<word>-errors.json`.
fn support_bundle(words: &[&str]) -> Option<Layout> {
    match words {
        [.., "cluster-resources", name] => {
            let word = stem(name)?;
            if let Some(word) = word.strip_suffix("-errors") {
                return Some(Layout::Errors {
                    kind: kind_of(word)?,
                });
            }
            let kind = kind_of(word).filter(|kind| !kind.namespaced())?;
            let namespace = None;
            Some(Layout::List { kind, namespace })
        }
        [.., "cluster-resources", word, name] => {
            let kind = kind_of(word).filter(|kind| kind.namespaced())?;
            let namespace = Some(stem(name)?.to_owned());
            Some(Layout::List { kind, namespace })
        }
        _ => None,
    }
}

/// k8s.io/kubectl `pkg/cmd/clusterinfo/clusterinfo_dump.go`: `nodes.json` and, for each namespace, these.
fn cluster_info(path: &Path, words: &[&str]) -> Option<Layout> {
    let name = words.last()?;
    if stem(name)? == "nodes" {
        let root = path.parent()?.to_owned();
        return Some(Layout::Nodes { root });
    }
    let [.., namespace, _] = words else {
        return None;
    };
    let word = stem(name).filter(|word| {
        matches!(
            *word,
            "events"
                | "replication-controllers"
                | "services"
                | "daemonsets"
                | "deployments"
                | "replicasets"
                | "pods"
        )
    })?;
    Some(Layout::ClusterInfo {
        root: path.parent()?.parent()?.to_owned(),
        kind: kind_of(word)?,
        namespace: (*namespace).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Layout {
        Layout::of(Path::new(path))
    }

    fn list(kind: Kind, namespace: Option<&str>) -> Layout {
        Layout::List {
            kind,
            namespace: namespace.map(str::to_owned),
        }
    }

    #[test]
    fn a_must_gather_keeps_lists_by_namespace_and_group() {
        let root = "/tmp/must-gather.local.1/quay-io-x/";
        assert_eq!(
            of(&format!("{root}namespaces/shop/core/pods.yaml")),
            list(Kind::Pod, Some("shop"))
        );
        assert_eq!(
            of(&format!(
                "{root}cluster-scoped-resources/core/nodes/n1.yaml"
            )),
            Layout::One { kind: Kind::Node }
        );
        assert_eq!(
            of(&format!(
                "{root}namespaces/shop/policy/poddisruptionbudgets.yaml"
            )),
            list(Kind::PodDisruptionBudget, Some("shop"))
        );
        assert_eq!(
            of(&format!("{root}namespaces/shop/apps/jobs.yaml")),
            Layout::Unknown
        );
        assert_eq!(
            of(&format!("{root}namespaces/shop/pods/web/web.yaml")),
            Layout::Unknown
        );
        assert_eq!(
            of(&format!(
                "{root}cluster-scoped-resources/core/namespaces/shop.yaml"
            )),
            Layout::Unknown
        );
    }

    #[test]
    fn a_support_bundle_has_words_of_its_own() {
        assert_eq!(
            of("b/cluster-resources/pvcs/shop.json"),
            list(Kind::PersistentVolumeClaim, Some("shop"))
        );
        assert_eq!(
            of("b/cluster-resources/storage-classes.json"),
            list(Kind::StorageClass, None)
        );
        assert_eq!(
            of("b/cluster-resources/pods-errors.json"),
            Layout::Errors { kind: Kind::Pod }
        );
        assert_eq!(
            of("b/cluster-resources/storage-errors.json"),
            Layout::Errors {
                kind: Kind::StorageClass
            }
        );
        assert_eq!(
            of("b/cluster-resources/pods/logs/shop/x.json"),
            Layout::Unknown
        );
    }

    #[test]
    fn a_cluster_info_dump_has_a_folder_for_each_namespace() {
        assert_eq!(
            of("dump/shop/replication-controllers.json"),
            Layout::ClusterInfo {
                root: "dump".into(),
                kind: Kind::ReplicationController,
                namespace: "shop".into()
            }
        );
        assert_eq!(of("dump/shop/web/logs.txt"), Layout::Log(None));
    }
}
