//! Volume plugins that were once part of Kubernetes, and the CSI drivers that took their place.
//!
//! Here lives what a driver's name, handle and topology key are for a volume that is still written the old
//! way. Who counts the volumes is for the scheduler's filters.
//!
//! Sources: k8s.io/csi-translation-lib `plugins` (1.37); which of them the scheduler follows:
//! kube-scheduler `framework/plugins/nodevolumelimits/utils.go` (1.37). vSphere and Azure Files are
//! translated by the library, but not followed by the scheduler: of those only the driver is here.

use super::labels::{OLD_REGION, OLD_ZONE, REGION, ZONE};
use k8s_openapi::api::core::v1::{NodeSelector, NodeSelectorRequirement, NodeSelectorTerm};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A plugin that a CSI driver has replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InTree {
    /// The name in a class's `provisioner`.
    pub plugin: &'static str,
    /// The driver that does its work now.
    pub driver: &'static str,
    /// The node label that the driver uses for zones; absent where topology is left as it is written.
    pub topology_key: Option<&'static str>,
}

/// A volume as a node attaches it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attachment {
    /// The CSI driver.
    pub driver: String,
    /// The driver's name for the volume.
    pub handle: String,
}

impl Attachment {
    /// A volume of a driver.
    pub fn new(driver: &str, handle: &str) -> Self {
        Attachment {
            driver: driver.to_owned(),
            handle: handle.to_owned(),
        }
    }
}

impl fmt::Display for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.driver, self.handle)
    }
}

/// Amazon EBS.
pub const AWS_EBS: InTree = InTree {
    plugin: "kubernetes.io/aws-ebs",
    driver: "ebs.csi.aws.com",
    topology_key: Some("topology.ebs.csi.aws.com/zone"),
};

/// Google Compute Engine's persistent disks.
pub const GCE_PD: InTree = InTree {
    plugin: "kubernetes.io/gce-pd",
    driver: "pd.csi.storage.gke.io",
    topology_key: Some("topology.gke.io/zone"),
};

/// Azure disks.
pub const AZURE_DISK: InTree = InTree {
    plugin: "kubernetes.io/azure-disk",
    driver: "disk.csi.azure.com",
    topology_key: None,
};

/// OpenStack's Cinder.
pub const CINDER: InTree = InTree {
    plugin: "kubernetes.io/cinder",
    driver: "cinder.csi.openstack.org",
    topology_key: Some("topology.cinder.csi.openstack.org/zone"),
};

/// Portworx.
pub const PORTWORX: InTree = InTree {
    plugin: "kubernetes.io/portworx-volume",
    driver: "pxd.portworx.com",
    topology_key: None,
};

/// Those that csi-translation-lib translates and the scheduler does not count.
const UNCOUNTED: [(&str, &str); 2] = [
    ("kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"),
    ("kubernetes.io/azure-file", "file.csi.azure.com"),
];

const ALL: [InTree; 5] = [AWS_EBS, GCE_PD, AZURE_DISK, CINDER, PORTWORX];

/// Between the zones of one volume in the value of a label.
pub const ZONES: &str = "__";

impl InTree {
    /// The volume of this plugin, as its driver would name it.
    pub fn attachment(&self, handle: &str) -> Attachment {
        Attachment::new(self.driver, handle)
    }
}

/// Every plugin that was replaced, and its driver.
fn replaced() -> impl Iterator<Item = (&'static str, &'static str)> {
    let counted = ALL.iter().map(|known| (known.plugin, known.driver));
    counted.chain(UNCOUNTED)
}

/// The driver that makes the volumes of a plugin.
pub fn successor(plugin: &str) -> Option<&'static str> {
    let mut replaced = replaced();
    replaced.find_map(|(known, driver)| (known == plugin).then_some(driver))
}

/// Whether a driver has taken the place of a plugin. Each of these comes with a `CSIDriver`, which others need not.
pub fn is_successor(driver: &str) -> bool {
    replaced().any(|(_, known)| known == driver)
}

/// The driver of a class, as the scheduler counts its volumes: its provisioner, or what took the provisioner's place.
pub fn driver_of(provisioner: &str) -> &str {
    ALL.iter()
        .find(|known| known.plugin == provisioner)
        .map_or(provisioner, |known| known.driver)
}

/// `aws://eu-west-1a/vol-1` and `vol-1` are the same volume. `None` when it is neither.
pub fn ebs_handle(volume: &str) -> Option<&str> {
    let Some(path) = volume.strip_prefix("aws://") else {
        return Some(volume);
    };
    let (_, id) = path.split_once('/')?;
    let id = id.trim_matches('/');
    (id.starts_with("vol-") && !id.contains('/')).then_some(id)
}

/// The handle of a persistent disk, of which the zones are known by the value of a volume's label at most.
/// `None` when the zones are not of one region.
pub fn gce_handle(disk: &str, zones: &str) -> Option<String> {
    const OPEN: &str = "UNSPECIFIED";
    let all: Vec<&str> = zones.split(ZONES).collect();
    let place = match all.as_slice() {
        [] | [""] => format!("zones/{OPEN}"),
        [zone] => format!("zones/{zone}"),
        [first, others @ ..] => {
            let region = region_of(first)?;
            if others.iter().any(|zone| region_of(zone) != Some(region)) {
                return None;
            }
            format!("regions/{region}")
        }
    };
    Some(format!("projects/{OPEN}/{place}/disks/{disk}"))
}

/// `europe-west1-b` is of `europe-west1`.
fn region_of(zone: &str) -> Option<&str> {
    let (region, _) = zone.rsplit_once('-')?;
    (zone.split('-').count() == 3).then_some(region)
}

/// The nodes that reach a volume, by the labels that the driver with this key knows: zones as written for the plugin,
/// in the affinity or else in the volume's labels, become zones of the driver. `None` when there is nothing to say.
pub fn driver_affinity(
    affinity: Option<&NodeSelector>,
    labels: &BTreeMap<String, String>,
    key: &str,
) -> Option<NodeSelector> {
    let written = |key: &str| affinity.is_some_and(|affinity| names(affinity, key));
    let old = [
        written(ZONE),
        written(OLD_ZONE),
        labels.contains_key(ZONE),
        labels.contains_key(OLD_ZONE),
    ]
    .iter()
    .position(|is_there| *is_there)
    .is_some_and(|at| at % 2 == 1);
    let zone = if old { OLD_ZONE } else { ZONE };
    let mut translated = affinity.cloned();
    match (&mut translated, labels.get(zone)) {
        (Some(affinity), _) if names(affinity, zone) => rename(affinity, zone, key),
        (_, Some(zones)) => {
            let zones = zones
                .split(ZONES)
                .map(str::trim)
                .filter(|zone| !zone.is_empty());
            let zones: BTreeSet<&str> = zones.collect();
            if !zones.is_empty() {
                require(translated.get_or_insert_default(), key, &zones);
            }
        }
        (_, None) => {}
    }
    if let (true, Some(affinity)) = (old, &mut translated) {
        rename(affinity, OLD_REGION, REGION);
    }
    translated
}

/// Whether a term names values for the key.
fn names(affinity: &NodeSelector, key: &str) -> bool {
    let terms = affinity.node_selector_terms.iter();
    let mut expressions = terms.flat_map(|term| term.match_expressions.iter().flatten());
    expressions.any(|one| one.key == key && one.values.as_ref().is_some_and(|all| !all.is_empty()))
}

fn rename(affinity: &mut NodeSelector, from: &str, to: &str) {
    let terms = affinity.node_selector_terms.iter_mut();
    for expression in terms.flat_map(|term| term.match_expressions.iter_mut().flatten()) {
        if expression.key == from {
            to.clone_into(&mut expression.key);
        }
    }
}

/// Adds the zones to every term.
fn require(affinity: &mut NodeSelector, key: &str, zones: &BTreeSet<&str>) {
    if affinity.node_selector_terms.is_empty() {
        affinity
            .node_selector_terms
            .push(NodeSelectorTerm::default());
    }
    for term in &mut affinity.node_selector_terms {
        let expressions = term.match_expressions.get_or_insert_default();
        expressions.push(NodeSelectorRequirement {
            key: key.to_owned(),
            operator: "In".to_owned(),
            values: Some(zones.iter().map(|zone| (*zone).to_owned()).collect()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_provisioner_that_was_replaced_gives_its_driver() {
        for (provisioner, driver) in [
            ("kubernetes.io/aws-ebs", "ebs.csi.aws.com"),
            ("kubernetes.io/gce-pd", "pd.csi.storage.gke.io"),
            ("kubernetes.io/azure-disk", "disk.csi.azure.com"),
            ("kubernetes.io/cinder", "cinder.csi.openstack.org"),
            ("kubernetes.io/portworx-volume", "pxd.portworx.com"),
            (
                "kubernetes.io/vsphere-volume",
                "kubernetes.io/vsphere-volume",
            ),
            ("rancher.io/local-path", "rancher.io/local-path"),
        ] {
            assert_eq!(driver_of(provisioner), driver);
        }
        for (plugin, driver) in [
            ("kubernetes.io/aws-ebs", Some("ebs.csi.aws.com")),
            (
                "kubernetes.io/vsphere-volume",
                Some("csi.vsphere.vmware.com"),
            ),
            ("kubernetes.io/azure-file", Some("file.csi.azure.com")),
            ("rancher.io/local-path", None),
        ] {
            assert_eq!(successor(plugin), driver);
            assert!(driver.is_none_or(is_successor));
        }
    }

    #[test]
    fn a_volume_of_amazon_is_known_in_each_of_its_forms() {
        for (written, handle) in [
            ("vol-1", Some("vol-1")),
            ("aws://eu-west-1a/vol-1", Some("vol-1")),
            ("aws:///vol-1", Some("vol-1")),
            ("aws://eu-west-1a/snap-1", None),
            ("aws://vol-1", None),
            ("anything", Some("anything")),
        ] {
            assert_eq!(ebs_handle(written), handle, "{written}");
        }
    }

    #[test]
    fn zones_become_those_of_the_driver() {
        let key = "topology.gke.io/zone";
        let expression =
            |key: &str, values: &[&str]| json!({"key": key, "operator": "In", "values": values});
        let terms = |all: serde_json::Value| json!({"nodeSelectorTerms": all});
        for (affinity, labels, expected) in [
            (json!(null), json!({}), json!(null)),
            (
                terms(
                    json!([{"matchExpressions": [expression(ZONE, &["a"]), expression("disk", &["ssd"])]}]),
                ),
                json!({ZONE: "ignored"}),
                terms(
                    json!([{"matchExpressions": [expression(key, &["a"]), expression("disk", &["ssd"])]}]),
                ),
            ),
            (
                terms(
                    json!([{"matchExpressions": [expression(OLD_ZONE, &["a"]), expression(OLD_REGION, &["r"])]}]),
                ),
                json!({}),
                terms(
                    json!([{"matchExpressions": [expression(key, &["a"]), expression(REGION, &["r"])]}]),
                ),
            ),
            (
                json!(null),
                json!({OLD_ZONE: "b__a"}),
                terms(json!([{"matchExpressions": [expression(key, &["a", "b"])]}])),
            ),
            (
                terms(json!([{"matchExpressions": [expression("disk", &["ssd"])]}])),
                json!({ZONE: "a"}),
                terms(
                    json!([{"matchExpressions": [expression("disk", &["ssd"]), expression(key, &["a"])]}]),
                ),
            ),
        ] {
            let affinity: Option<NodeSelector> = serde_json::from_value(affinity).unwrap();
            let labels = serde_json::from_value(labels).unwrap();
            let expected: Option<NodeSelector> = serde_json::from_value(expected).unwrap();
            assert_eq!(driver_affinity(affinity.as_ref(), &labels, key), expected);
        }
    }

    #[test]
    fn a_persistent_disk_is_of_a_zone_or_of_a_region() {
        for (zones, handle) in [
            ("", Some("projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d")),
            (
                "europe-west1-b",
                Some("projects/UNSPECIFIED/zones/europe-west1-b/disks/d"),
            ),
            (
                "europe-west1-b__europe-west1-c",
                Some("projects/UNSPECIFIED/regions/europe-west1/disks/d"),
            ),
            ("europe-west1-b__us-east1-c", None),
            ("b__c", None),
        ] {
            assert_eq!(gce_handle("d", zones).as_deref(), handle, "{zones}");
        }
    }
}
