//! Small clusters for the tests of this room.

use super::{Filter, FilterFailure, View, VolumeFailure, What, run_filters};
use crate::kubernetes::pod::Pod;
use crate::snapshot::{Kind, PodView, ReadScope, Retention, Snapshot, Store, Why};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An object in the making.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    kind: Kind,
    json: Value,
}

/// A pod with one container that asks for nothing.
pub(crate) fn pod(name: &str) -> Object {
    Object {
        kind: Kind::Pod,
        json: json!({
            "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}")},
            "spec": {"schedulerName": "default-scheduler", "containers": [{"name": "app", "image": "registry.example/app:1", "resources": {"requests": {}}}]},
            "status": {"phase": "Pending"},
        }),
    }
}

/// A ready node that takes 110 pods.
pub(crate) fn node(name: &str, cpu: &str, memory: &str) -> Object {
    Object {
        kind: Kind::Node,
        json: json!({
            "metadata": {"name": name, "labels": {}},
            "spec": {},
            "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": "110"}},
        }),
    }
}

/// Any other object.
pub(crate) fn object(kind: Kind, json: Value) -> Object {
    Object { kind, json }
}

/// A claim of this class that asks for 10Gi and has no volume.
pub(crate) fn claim(name: &str, class: &str) -> Object {
    let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}, "storageClassName": class});
    let meta =
        json!({"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "annotations": {}});
    object(
        Kind::PersistentVolumeClaim,
        json!({"metadata": meta, "spec": spec, "status": {"phase": "Pending"}}),
    )
}

/// A free volume of this class with 10Gi that a CSI driver attaches.
pub(crate) fn volume(name: &str, class: &str) -> Object {
    let csi = json!({"driver": "csi.example.com", "volumeHandle": format!("handle-{name}")});
    let spec = json!({"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "10Gi"}, "storageClassName": class, "csi": csi});
    object(
        Kind::PersistentVolume,
        json!({"metadata": {"name": name, "labels": {}, "annotations": {}}, "spec": spec, "status": {"phase": "Available"}}),
    )
}

/// A class whose volumes this driver makes.
pub(crate) fn class(name: &str, provisioner: &str, mode: &str) -> Object {
    object(
        Kind::StorageClass,
        json!({"metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode}),
    )
}

impl Object {
    /// Binds a claim to a volume.
    pub(crate) fn bound_to(self, volume: &str) -> Self {
        self.set("/spec/volumeName", json!(volume))
            .set(
                "/metadata/annotations/pv.kubernetes.io~1bind-completed",
                json!("yes"),
            )
            .set("/status/phase", json!("Bound"))
    }

    /// Gives a volume to a claim.
    pub(crate) fn given_to(self, claim: &str) -> Self {
        let claim = json!({"namespace": "shop", "name": claim, "uid": format!("uid-{claim}")});
        self.set("/spec/claimRef", claim)
            .set("/status/phase", json!("Bound"))
    }

    /// Lets only nodes with this label reach a volume.
    pub(crate) fn reached_from(self, key: &str, value: &str) -> Self {
        let expression = json!({"key": key, "operator": "In", "values": [value]});
        let terms = json!([{"matchExpressions": [expression]}]);
        self.set(
            "/spec/nodeAffinity",
            json!({"required": {"nodeSelectorTerms": terms}}),
        )
    }

    /// Labels anything.
    pub(crate) fn label(self, key: &str, value: &str) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        self.set(&format!("/metadata/labels/{key}"), json!(value))
    }

    /// Lets a pod mount claims.
    pub(crate) fn mounts(self, claims: &[&str]) -> Self {
        let volumes = claims.iter().enumerate().map(|(at, claim)| {
            json!({"name": format!("v{at}"), "persistentVolumeClaim": {"claimName": claim}})
        });
        self.set("/spec/volumes", volumes.collect())
    }

    /// Lets a pod mount a volume that is made for it alone: its claim is `<pod>-own`.
    pub(crate) fn mounts_own(self) -> Self {
        let template = json!({"volumeClaimTemplate": {"spec": {}}});
        self.set(
            "/spec/volumes",
            json!([{"name": "own", "ephemeral": template}]),
        )
    }

    /// Sets the value at a JSON pointer whose parents exist.
    pub(crate) fn set(mut self, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        self.json.pointer_mut(parent).unwrap()[key] = value;
        self
    }

    /// Binds a pod.
    pub(crate) fn on(self, node: &str) -> Self {
        self.set("/spec/nodeName", json!(node)).phase("Running")
    }

    pub(crate) fn phase(self, phase: &str) -> Self {
        self.set("/status/phase", json!(phase))
    }

    /// Lets the container ask for something.
    pub(crate) fn asks(self, resource: &str, amount: &str) -> Self {
        let pointer = "/spec/containers/0/resources/requests/";
        self.set(
            &format!("{pointer}{}", resource.replace('/', "~1")),
            json!(amount),
        )
    }

    /// Gives the container its only port.
    pub(crate) fn host_port(self, port: u16, protocol: &str, ip: &str) -> Self {
        let port =
            json!({"containerPort": port, "hostPort": port, "protocol": protocol, "hostIP": ip});
        self.set("/spec/containers/0/ports", json!([port]))
    }

    /// Names its controller.
    pub(crate) fn of(self, kind: &str, name: &str) -> Self {
        let owner = json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": format!("uid-{name}"), "controller": true});
        self.set("/metadata/ownerReferences", json!([owner]))
    }

    pub(crate) fn pod(&self) -> Pod {
        serde_json::from_value(self.json.clone()).unwrap()
    }

    pub(crate) fn stuck(&self) -> PodView {
        PodView::new(self.pod())
    }
}

/// A cluster in the making, of which nodes and pods are read whole until said otherwise.
#[derive(Debug)]
pub(crate) struct Cluster {
    store: Store,
}

impl Cluster {
    pub(crate) fn new() -> Self {
        let mut cluster = Cluster::unread();
        for kind in Kind::all() {
            cluster.store.record(kind, ReadScope::Everywhere, Ok(()));
        }
        cluster
    }

    /// Nothing is known to be read whole.
    pub(crate) fn unread() -> Self {
        Cluster {
            store: Store::new(Why::Forbidden),
        }
    }

    /// Nothing of these kinds could be read.
    pub(crate) fn but(kinds: &[Kind]) -> Self {
        let read = Kind::all().filter(|kind| !kinds.contains(kind));
        read.fold(Cluster::unread(), Cluster::read)
    }

    pub(crate) fn all(self, objects: impl IntoIterator<Item = Object>) -> Self {
        objects.into_iter().fold(self, Cluster::with)
    }

    pub(crate) fn read(mut self, kind: Kind) -> Self {
        self.store.record(kind, ReadScope::Everywhere, Ok(()));
        self
    }

    /// The pods of this node were, of a pod's own namespace, and those that have none.
    pub(crate) fn read_on(mut self, node: &str) -> Self {
        let nodes = [node, ""].map(|node| ReadScope::Node(node.to_owned()));
        let own = ReadScope::Namespace("shop".to_owned());
        for scope in nodes.into_iter().chain([own]) {
            self.store.record(Kind::Pod, scope, Ok(()));
        }
        self
    }

    pub(crate) fn with(mut self, object: Object) -> Self {
        self.put(object);
        self
    }

    /// As it is now.
    pub(crate) fn put(&mut self, object: Object) {
        let json = object.json.to_string();
        let taken = self
            .store
            .insert(object.kind, json.as_bytes(), Retention::Whole);
        taken.unwrap();
    }

    /// While it goes on.
    pub(crate) fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// What was read. It is given away for good, so that a test needs no name for the store behind it.
    pub(crate) fn snapshot(self) -> Snapshot<'static> {
        Box::leak(Box::new(self.store)).snapshot()
    }
}

/// What one filter finds for a pod.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Filtered {
    /// Why the pod is refused as a whole.
    pub(crate) before: Vec<String>,
    /// What rejects it on each node.
    pub(crate) nodes: BTreeMap<String, Vec<FilterFailure>>,
    /// What could not be read.
    pub(crate) unread: Vec<Kind>,
}

impl Filtered {
    pub(crate) fn of(filter: Filter, pod: &Object, cluster: Cluster) -> Filtered {
        let cluster = cluster.snapshot();
        let results = run_filters(&pod.pod(), &View::of(&cluster));
        let before = results
            .before
            .into_iter()
            .filter(|one| one.filter == filter);
        let nodes = results.nodes.into_iter().map(|node| {
            let own = node.failures.iter().filter(|one| one.filter == filter);
            (node.node.to_string(), own.cloned().collect())
        });
        let unread = results.unread.iter().filter(|one| one.filter == filter);
        Filtered {
            before: before.map(|one| one.reason.into_owned()).collect(),
            nodes: nodes.collect(),
            unread: unread.map(|one| one.gap.kind).collect(),
        }
    }

    /// The filter failures of a node.
    pub(crate) fn on(&self, node: &str) -> &[FilterFailure] {
        &self.nodes[node]
    }

    /// The scheduler's reasons for a node.
    pub(crate) fn reasons(&self, node: &str) -> Vec<&str> {
        self.on(node).iter().map(|one| &*one.reason).collect()
    }

    /// What the only filter failure of a node is about.
    pub(crate) fn failure(&self, node: &str) -> &VolumeFailure {
        match self.on(node) {
            [
                FilterFailure {
                    what: What::Volume(failure),
                    ..
                },
            ] => failure,
            other => panic!("not one volume failure: {other:?}"),
        }
    }

    /// Whether nothing rejects any node or the pod.
    pub(crate) fn is_nothing(&self) -> bool {
        self.before.is_empty() && self.nodes.values().all(Vec::is_empty)
    }
}

/// `Filter: reason` of every filter failure that the pod meets on the node among the others.
pub(crate) fn found(pod: &Object, node: &Object, others: &[Object]) -> Vec<String> {
    let cluster = Cluster::new().with(node.clone());
    let cluster = others
        .iter()
        .cloned()
        .fold(cluster, Cluster::with)
        .snapshot();
    let results = run_filters(&pod.pod(), &View::of(&cluster)).nodes;
    results
        .iter()
        .flat_map(|node| node.failures.iter())
        .map(|failure| format!("{}: {}", failure.filter.as_str(), failure.reason))
        .collect()
}
