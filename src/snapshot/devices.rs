//! Views of device claims: what can be told of them without evaluating expressions.
//!
//! Which devices a node has and which of them fit is written in expressions (CEL) that only the
//! scheduler evaluates; ResourceSlices are therefore not read.

use crate::kubernetes::owners;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::NodeSelector;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde::Deserialize;

/// A ResourceClaim.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceClaim {
    /// `metadata.uid`
    pub uid: Option<String>,
    /// Being deleted.
    pub terminating: bool,
    /// The uid of the pod that it was made for from a template.
    pub made_for: Option<String>,
    /// The device classes of which it asks devices, each once, in order.
    pub classes: Vec<String>,
    /// Devices have been set aside for it.
    pub allocated: bool,
    /// `status.allocation.nodeSelector`: the nodes that reach the devices; absent means all.
    pub nodes: Option<NodeSelector>,
    /// `status.reservedFor`: who may use it now.
    pub reserved_for: Vec<Consumer>,
}

/// Who uses a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Consumer {
    /// `pods`, nearly always.
    #[serde(default)]
    pub resource: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its uid.
    #[serde(default)]
    pub uid: String,
}

/// A DeviceClass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceClass {
    /// `spec.extendedResourceName`: the resource by whose name its devices can be asked for as well.
    pub extended_resource: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RawClaim {
    metadata: Meta,
    spec: Option<ClaimSpec>,
    status: Option<ClaimStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    uid: Option<String>,
    deletion_timestamp: Option<Timestamp>,
    owner_references: Option<Vec<OwnerReference>>,
}

#[derive(Deserialize)]
struct ClaimSpec {
    devices: Option<Devices>,
}

#[derive(Deserialize)]
struct Devices {
    requests: Option<Vec<Request>>,
}

/// Since v1beta2 a request names one class under `exactly`, or several to choose from.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    exactly: Option<OfClass>,
    first_available: Option<Vec<OfClass>>,
    device_class_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfClass {
    device_class_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct ClaimStatus {
    allocation: Option<Allocation>,
    reserved_for: Option<Vec<Consumer>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Allocation {
    node_selector: Option<NodeSelector>,
}

impl Request {
    fn classes(self) -> impl Iterator<Item = String> {
        let named = self.exactly.into_iter();
        named
            .chain(self.first_available.into_iter().flatten())
            .filter_map(|request| request.device_class_name)
            .chain(self.device_class_name)
    }
}

impl RawClaim {
    pub(super) fn into_claim(self) -> ResourceClaim {
        let requests = self.spec.and_then(|spec| spec.devices?.requests);
        let mut classes: Vec<String> = requests
            .into_iter()
            .flatten()
            .flat_map(Request::classes)
            .collect();
        classes.sort();
        classes.dedup();
        let controller = owners::controller(self.metadata.owner_references.as_deref());
        let pod = controller.filter(|owner| owner.kind == "Pod");
        let status = self.status.unwrap_or_default();
        ResourceClaim {
            uid: self.metadata.uid,
            terminating: self.metadata.deletion_timestamp.is_some(),
            made_for: pod.map(|pod| pod.uid.clone()),
            classes,
            allocated: status.allocation.is_some(),
            nodes: status.allocation.and_then(|devices| devices.node_selector),
            reserved_for: status.reserved_for.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawClass {
    spec: Option<ClassSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClassSpec {
    extended_resource_name: Option<String>,
}

impl RawClass {
    pub(super) fn into_class(self) -> DeviceClass {
        DeviceClass {
            extended_resource: self.spec.and_then(|spec| spec.extended_resource_name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claim(object: serde_json::Value) -> ResourceClaim {
        let raw: RawClaim = serde_json::from_value(object).unwrap();
        raw.into_claim()
    }

    #[test]
    fn a_claim_names_its_classes_in_every_version_of_the_api() {
        let read = claim(
            json!({"metadata": {"name": "gpu"}, "spec": {"devices": {"requests": [
                {"name": "a", "exactly": {"deviceClassName": "gpu.example.com"}},
                {"name": "b", "firstAvailable": [{"name": "x", "deviceClassName": "large"}, {"name": "y", "deviceClassName": "gpu.example.com"}]},
                {"name": "c", "deviceClassName": "old"},
            ]}}}),
        );
        assert_eq!(read.classes, ["gpu.example.com", "large", "old"]);
        assert!(!read.allocated && !read.terminating && read.reserved_for.is_empty());
    }

    #[test]
    fn an_allocated_claim_tells_where_its_devices_are_and_who_has_them() {
        let read = claim(json!({
            "metadata": {"name": "gpu", "uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z", "ownerReferences": [
                {"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": "uid-web", "controller": true},
            ]},
            "status": {
                "allocation": {"devices": {}, "nodeSelector": {"nodeSelectorTerms": [
                    {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]},
                ]}},
                "reservedFor": [{"resource": "pods", "name": "web", "uid": "uid-web"}],
            },
        }));
        assert!(read.allocated && read.terminating);
        assert_eq!(read.made_for.as_deref(), Some("uid-web"));
        assert_eq!(read.nodes.unwrap().node_selector_terms.len(), 1);
        let [consumer] = read.reserved_for.as_slice() else {
            panic!("one consumer");
        };
        assert_eq!(
            (consumer.resource.as_str(), consumer.name.as_str()),
            ("pods", "web")
        );
    }

    #[test]
    fn a_class_may_stand_for_a_resource() {
        let raw: RawClass = serde_json::from_value(json!({"metadata": {"name": "gpu"}, "spec": {"extendedResourceName": "example.com/gpu"}})).unwrap();
        assert_eq!(
            raw.into_class().extended_resource.as_deref(),
            Some("example.com/gpu")
        );
    }
}
