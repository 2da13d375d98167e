//! Small clusters for the tests of this room.

use super::{View, judge};
use crate::scope::Scope;
use crate::snapshot::{Intake, Keep, Kind, Reach, Snapshot, StuckPod, Why};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// An object in the making.
#[derive(Debug, Clone)]
pub(super) struct Object {
    kind: Kind,
    json: Value,
}

/// A pod with one container that asks for nothing.
pub(super) fn pod(name: &str) -> Object {
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
pub(super) fn node(name: &str, cpu: &str, memory: &str) -> Object {
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
pub(super) fn object(kind: Kind, json: Value) -> Object {
    Object { kind, json }
}

impl Object {
    /// Sets the value at a JSON pointer whose parents exist.
    pub(super) fn set(mut self, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        self.json.pointer_mut(parent).unwrap()[key] = value;
        self
    }

    /// Binds a pod.
    pub(super) fn on(self, node: &str) -> Self {
        self.set("/spec/nodeName", json!(node)).phase("Running")
    }

    pub(super) fn phase(self, phase: &str) -> Self {
        self.set("/status/phase", json!(phase))
    }

    /// Lets the container ask for something.
    pub(super) fn asks(self, resource: &str, amount: &str) -> Self {
        let pointer = "/spec/containers/0/resources/requests/";
        self.set(
            &format!("{pointer}{}", resource.replace('/', "~1")),
            json!(amount),
        )
    }

    /// Gives the container its only port.
    pub(super) fn host_port(self, port: u16, protocol: &str, ip: &str) -> Self {
        let port =
            json!({"containerPort": port, "hostPort": port, "protocol": protocol, "hostIP": ip});
        self.set("/spec/containers/0/ports", json!([port]))
    }

    /// Names its controller.
    pub(super) fn of(self, kind: &str, name: &str) -> Self {
        let owner = json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": format!("uid-{name}"), "controller": true});
        self.set("/metadata/ownerReferences", json!([owner]))
    }

    pub(super) fn pod(&self) -> Pod {
        serde_json::from_value(self.json.clone()).unwrap()
    }

    pub(super) fn stuck(&self) -> StuckPod {
        StuckPod::new(self.pod())
    }
}

/// A cluster in the making, of which nodes and pods are read whole until said otherwise.
#[derive(Debug)]
pub(super) struct Cluster {
    intake: Intake,
}

impl Cluster {
    pub(super) fn new() -> Self {
        let mut cluster = Cluster::unread();
        for kind in Kind::all() {
            cluster.intake.record(kind, Reach::Everywhere, Ok(()));
        }
        cluster
    }

    /// Nothing is known to be read whole.
    pub(super) fn unread() -> Self {
        Cluster {
            intake: Intake::new(Why::Forbidden),
        }
    }

    pub(super) fn read(mut self, kind: Kind) -> Self {
        self.intake.record(kind, Reach::Everywhere, Ok(()));
        self
    }

    pub(super) fn with(mut self, object: Object) -> Self {
        let json = object.json.to_string();
        self.intake
            .object(object.kind, json.as_bytes(), Keep::Suspects)
            .unwrap();
        self
    }

    pub(super) fn seal(self) -> Snapshot {
        self.intake.seal(&Scope::everything())
    }
}

/// `Filter: reason` of every obstacle that the pod meets on the node among the others.
pub(super) fn found(pod: &Object, node: &Object, others: &[Object]) -> Vec<String> {
    let cluster = Cluster::new().with(node.clone());
    let cluster = others.iter().cloned().fold(cluster, Cluster::with).seal();
    let judged = judge(&pod.pod(), &View::of(&cluster)).nodes;
    judged
        .iter()
        .flat_map(|node| &node.obstacles)
        .map(|obstacle| format!("{}: {}", obstacle.filter.as_str(), obstacle.reason))
        .collect()
}
