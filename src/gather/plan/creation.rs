//! What keeps the containers of a bound pod from being created: its events name it, and say whether a read is worth it.

use super::scheduling::ON_NODE;
use super::{LIVE, Read, SINGLES, get, list, records, storage, workload_of};
use crate::kubernetes::claims::volume_name;
use crate::messages::config::ObjectKind;
use crate::messages::mount::{self, MountFailure};
use crate::messages::sandbox::{self, SandboxFailure};
use crate::snapshot::{Kind, PodView, Store};
use crate::triage::creation;
use crate::triage::scope::Scope;
use crate::triage::{Standing, Subject};
use std::collections::BTreeSet;

/// The third wave.
pub(super) fn of_events(pod: &PodView, scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    let Some(node) = pod.node().filter(|_| creation::is_uncreated(pod)) else {
        return;
    };
    if Subject::standing(&pod, &store.snapshot()) != Standing::Stuck {
        return;
    }
    let is_whole = scope.selector.is_none() && scope.fields.is_none() && !scope.has_names();
    let pods_on_node = pods_on(node, is_whole && scope.namespace.is_none());
    let of_volumes = creation::of_volumes(store.events(), pod);
    for event in &of_volumes {
        let failure = mount::read(&event.message).failure;
        let missing = mount::missing(&event.message);
        missing
            .iter()
            .for_each(|missing| object(pod, missing, reads));
        match failure {
            MountFailure::CsiDriverMissing { .. } | MountFailure::ModeUnsupported { .. } => {
                reads.insert(get(Kind::CsiNode, "", node));
                reads.insert(list(Kind::CsiDriver, None));
                reads.extend(pods_on_node.clone());
            }
            MountFailure::MultiAttach { .. } => {
                reads.extend(pods_of(pod.namespace(), is_whole));
                workload_of(pod, reads);
            }
            MountFailure::AttachTimeout { .. } => {
                reads.insert(list(Kind::CsiDriver, None));
            }
            MountFailure::SelinuxConflict { .. } => reads.extend(pods_on_node.clone()),
            MountFailure::Boilerplate { .. } | MountFailure::NotYet { .. } => objects(pod, reads),
            _ => {}
        }
        if missing.is_empty() {
            claims(pod, reads);
        }
    }
    if of_volumes.is_empty() && creation::may_lack_volumes(store.events(), pod) {
        objects(pod, reads);
    }
    for event in creation::of_sandbox(store.events(), pod) {
        match sandbox::read(&event.message) {
            SandboxFailure::PauseImage { .. } => {}
            SandboxFailure::HandlerMissing { .. } | SandboxFailure::RuntimeClassMissing { .. } => {
                reads.insert(list(Kind::RuntimeClass, None));
                reads.insert(get(Kind::Node, "", node));
            }
            _ => {
                reads.insert(get(Kind::Node, "", node));
                reads.extend(pods_on_node.clone());
            }
        }
    }
}

/// The pods of a node, where not all are read already.
fn pods_on(node: &str, already: bool) -> Option<Read> {
    (!already).then(|| Read::List {
        kind: Kind::Pod,
        namespace: None,
        fields: format!("{ON_NODE}{node},{LIVE}"),
        labels: String::new(),
        records_only: false,
    })
}

/// Of the nodes whose pods are read the first few: where more fail, it is not the agent of one of them.
pub(super) fn few_nodes(reads: &mut BTreeSet<Read>) {
    let mut nodes = 0_usize;
    reads.retain(|read| match read {
        Read::List { kind, fields, .. } if *kind == Kind::Pod && fields.starts_with(ON_NODE) => {
            nodes += 1;
            nodes <= SINGLES
        }
        _ => true,
    });
}

/// The pods of a namespace.
pub(super) fn pods_of(namespace: &str, already: bool) -> Option<Read> {
    (!already).then(|| records(Some(namespace), "", ""))
}

/// What the kubelet missed: of an object its neighbours, too, one of which may be meant.
fn object(pod: &PodView, missing: &MountFailure, reads: &mut BTreeSet<Read>) {
    match missing {
        MountFailure::ObjectMissing { kind, .. } => {
            reads.insert(list(kind_of(*kind), Some(pod.namespace())));
        }
        MountFailure::KeyMissing { kind, key } => {
            let kind = kind_of(*kind);
            let named = pod.volume_objects().into_iter();
            let named = named.filter(|object| {
                object.is_secret == (kind == Kind::Secret)
                    && object.keys.iter().any(|(name, _)| name == key)
            });
            reads.extend(named.map(|object| get(kind, pod.namespace(), object.name)));
        }
        _ => {}
    }
}

fn kind_of(kind: ObjectKind) -> Kind {
    match kind {
        ObjectKind::ConfigMap => Kind::ConfigMap,
        ObjectKind::Secret => Kind::Secret,
    }
}

/// All that the volumes need, where no event says which of it is missing.
fn objects(pod: &PodView, reads: &mut BTreeSet<Read>) {
    let named = pod.volume_objects().into_iter();
    let needed = named.filter(|object| !object.optional);
    reads.extend(needed.map(|object| {
        let kind = if object.is_secret {
            Kind::Secret
        } else {
            Kind::ConfigMap
        };
        get(kind, pod.namespace(), object.name)
    }));
}

/// The claims, by which an event's PersistentVolume is known, and where all volumes are attached.
fn claims(pod: &PodView, reads: &mut BTreeSet<Read>) {
    let claims = storage::claims(pod);
    if !claims.is_empty() {
        reads.insert(list(Kind::VolumeAttachment, None));
    }
    let claims = claims.iter();
    reads.extend(claims.map(|claim| get(Kind::PersistentVolumeClaim, pod.namespace(), claim)));
}

/// The fourth wave: the volumes, and the nodes that hold what another one waits for.
pub(super) fn of_attachments(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    let of_volumes = creation::of_volumes(store.events(), pod);
    let is_held = of_volumes.iter().any(|event| {
        let failure = mount::read(&event.message).failure;
        matches!(failure, MountFailure::MultiAttach { .. })
    });
    if !is_held {
        return;
    }
    let names = storage::claims(pod);
    let claims = names
        .iter()
        .filter_map(|claim| store.claims().get(pod.namespace(), claim).yes());
    let volumes: BTreeSet<&str> = claims.filter_map(volume_name).collect();
    reads.extend(
        volumes
            .iter()
            .map(|volume| get(Kind::PersistentVolume, "", volume)),
    );
    let attachments = store.attachments().seen().map(|(_, it)| it);
    let of_pod = attachments.filter(|it| {
        let volume = it.volume.as_deref();
        volume.is_some_and(|volume| volumes.contains(volume))
    });
    let records = store.pod_records();
    let users = records.in_namespace(pod.namespace()).filter(|record| {
        let mut used = records.claims_of(record);
        used.any(|name| names.iter().any(|claim| *claim == name))
    });
    let users = users.filter_map(|record| record.node.as_deref());
    let nodes: BTreeSet<&str> = of_pod.map(|it| it.node.as_str()).chain(users).collect();
    let others = nodes.into_iter().filter(|node| pod.node() != Some(node));
    reads.extend(others.map(|node| get(Kind::Node, "", node)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pods_of_a_few_nodes_are_read() {
        let nodes = ["a", "b", "c", "d", "e"];
        let mut reads: BTreeSet<Read> = nodes
            .iter()
            .filter_map(|node| pods_on(node, false))
            .collect();
        reads.extend(nodes.map(|node| get(Kind::Node, "", node)));
        reads.extend(pods_of("shop", false));
        few_nodes(&mut reads);
        let pods = |read: &&Read| read.kind() == Kind::Pod;
        assert_eq!(reads.iter().filter(pods).count(), SINGLES + 1);
        assert_eq!(reads.len(), SINGLES + 1 + nodes.len());
        assert_eq!(pods_on("a", true), None);
    }
}
