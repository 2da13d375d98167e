//! Disks that a pod names in its own spec rather than by a claim, and when two pods cannot both have one.
//!
//! Here lives the comparison of two disks. Who holds one on which node is for the scheduler's filter.
//!
//! Sources: kube-scheduler `framework/plugins/volumerestrictions` (1.37), `isVolumeConflict`; for what a
//! node attaches, k8s.io/csi-translation-lib `plugins` (1.37). A pod's `csi` volume is made for it alone
//! and neither compared nor counted.

use super::in_tree::{self, Attachment};
use k8s_openapi::api::core::v1::{PodSpec, Volume};
use std::fmt;

/// A disk named in a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Disk {
    /// Which one.
    pub id: DiskId,
    /// Mounted by this pod for reading only.
    pub read_only: bool,
}

/// What tells one disk from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiskId {
    /// `gcePersistentDisk`: its name.
    GcePersistentDisk(String),
    /// `awsElasticBlockStore`: its volume.
    AwsElasticBlockStore(String),
    /// `iscsi`: the name of the target. Portal and unit do not tell two apart.
    Iscsi(String),
    /// `rbd`
    Rbd {
        /// Where the cluster is asked for.
        monitors: Vec<String>,
        /// The pool.
        pool: String,
        /// The image in it.
        image: String,
    },
    /// `azureDisk`: its URI. Any number of pods may name it; a node only attaches so many.
    AzureDisk(String),
    /// `cinder`: its volume; not compared either.
    Cinder(String),
    /// `portworxVolume`: its volume; not compared either.
    Portworx(String),
}

impl Disk {
    /// The disk of a volume, if the volume is one.
    fn of(volume: &Volume) -> Option<Disk> {
        let disk = |id, read_only: Option<bool>| {
            Some(Disk {
                id,
                read_only: read_only.unwrap_or_default(),
            })
        };
        if let Some(gce) = &volume.gce_persistent_disk {
            return disk(
                DiskId::GcePersistentDisk(gce.pd_name.clone()),
                gce.read_only,
            );
        }
        if let Some(ebs) = &volume.aws_elastic_block_store {
            return disk(
                DiskId::AwsElasticBlockStore(ebs.volume_id.clone()),
                ebs.read_only,
            );
        }
        if let Some(iscsi) = &volume.iscsi {
            return disk(DiskId::Iscsi(iscsi.iqn.clone()), iscsi.read_only);
        }
        if let Some(rbd) = &volume.rbd {
            let id = DiskId::Rbd {
                monitors: rbd.monitors.clone(),
                // the API server's default
                pool: rbd.pool.clone().unwrap_or_else(|| "rbd".to_owned()),
                image: rbd.image.clone(),
            };
            return disk(id, rbd.read_only);
        }
        if let Some(azure) = &volume.azure_disk {
            return disk(DiskId::AzureDisk(azure.disk_uri.clone()), azure.read_only);
        }
        if let Some(cinder) = &volume.cinder {
            return disk(DiskId::Cinder(cinder.volume_id.clone()), cinder.read_only);
        }
        let portworx = volume.portworx_volume.as_ref()?;
        disk(
            DiskId::Portworx(portworx.volume_id.clone()),
            portworx.read_only,
        )
    }

    /// Whether the scheduler compares disks of this kind at all.
    pub fn is_compared(&self) -> bool {
        !matches!(
            self.id,
            DiskId::AzureDisk(_) | DiskId::Cinder(_) | DiskId::Portworx(_)
        )
    }

    /// Whether one node cannot serve both.
    pub fn conflicts(&self, other: &Disk) -> bool {
        let both_read = self.read_only && other.read_only;
        match (&self.id, &other.id) {
            (DiskId::GcePersistentDisk(one), DiskId::GcePersistentDisk(two))
            | (DiskId::Iscsi(one), DiskId::Iscsi(two)) => one == two && !both_read,
            // Amazon attaches a volume once, for whatever purpose
            (DiskId::AwsElasticBlockStore(one), DiskId::AwsElasticBlockStore(two)) => one == two,
            (
                DiskId::Rbd {
                    monitors,
                    pool,
                    image,
                },
                DiskId::Rbd {
                    monitors: their_monitors,
                    pool: their_pool,
                    image: their_image,
                },
            ) => {
                let common = monitors.iter().any(|name| their_monitors.contains(name));
                common && pool == their_pool && image == their_image && !both_read
            }
            _ => false,
        }
    }

    /// The disk as a node counts it, where a CSI driver attaches it.
    pub fn attachment(&self) -> Option<Attachment> {
        match &self.id {
            DiskId::GcePersistentDisk(name) => {
                in_tree::gce_handle(name, "").map(|handle| in_tree::GCE_PD.attachment(&handle))
            }
            DiskId::AwsElasticBlockStore(volume) => {
                in_tree::ebs_handle(volume).map(|handle| in_tree::AWS_EBS.attachment(handle))
            }
            DiskId::AzureDisk(uri) => Some(in_tree::AZURE_DISK.attachment(uri)),
            DiskId::Cinder(volume) => Some(in_tree::CINDER.attachment(volume)),
            DiskId::Portworx(volume) => Some(in_tree::PORTWORX.attachment(volume)),
            DiskId::Iscsi(_) | DiskId::Rbd { .. } => None,
        }
    }
}

/// The field of the spec and what stands in it: `iscsi iqn.2001-04.example:disk1`.
impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            DiskId::GcePersistentDisk(name) => write!(f, "gcePersistentDisk {name}"),
            DiskId::AwsElasticBlockStore(volume) => write!(f, "awsElasticBlockStore {volume}"),
            DiskId::Iscsi(iqn) => write!(f, "iscsi {iqn}"),
            DiskId::Rbd { pool, image, .. } => write!(f, "rbd {pool}/{image}"),
            DiskId::AzureDisk(uri) => write!(f, "azureDisk {uri}"),
            DiskId::Cinder(volume) => write!(f, "cinder {volume}"),
            DiskId::Portworx(volume) => write!(f, "portworxVolume {volume}"),
        }
    }
}

/// The disks that a pod names in its own spec, in the order of its volumes.
pub fn inline_disks(spec: &PodSpec) -> Vec<Disk> {
    spec.volumes.iter().flatten().filter_map(Disk::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn disks(volumes: Value) -> Vec<Disk> {
        let spec = json!({"containers": [], "volumes": volumes});
        inline_disks(&serde_json::from_value(spec).unwrap())
    }

    fn disk(source: &Value) -> Disk {
        let mut volume = source.clone();
        volume["name"] = json!("v");
        disks(json!([volume])).remove(0)
    }

    #[test]
    fn conflicts_go_both_ways() {
        let gce = |name, ro| json!({"gcePersistentDisk": {"pdName": name, "readOnly": ro}});
        let ebs = |id, ro| json!({"awsElasticBlockStore": {"volumeID": id, "readOnly": ro}});
        let iscsi = |portal, iqn, ro| json!({"iscsi": {"targetPortal": portal, "iqn": iqn, "lun": 0, "readOnly": ro}});
        let rbd = |monitors: &[&str], pool, image, ro| json!({"rbd": {"monitors": monitors, "pool": pool, "image": image, "readOnly": ro}});
        for (one, other, expected) in [
            (gce("a", false), gce("a", false), true),
            (gce("a", true), gce("a", false), true),
            (gce("a", true), gce("a", true), false),
            (gce("a", false), gce("b", false), false),
            (ebs("a", true), ebs("a", true), true),
            (ebs("a", false), ebs("b", false), false),
            (gce("a", false), ebs("a", false), false),
            (iscsi("x:1", "iqn", false), iscsi("y:1", "iqn", true), true),
            (iscsi("x:1", "iqn", true), iscsi("x:1", "iqn", true), false),
            (
                iscsi("x:1", "one", false),
                iscsi("x:1", "two", false),
                false,
            ),
            (
                rbd(&["a", "b"], "p", "i", false),
                rbd(&["b"], "p", "i", true),
                true,
            ),
            (
                rbd(&["a"], "p", "i", true),
                rbd(&["a"], "p", "i", true),
                false,
            ),
            (
                rbd(&["a"], "p", "i", false),
                rbd(&["b"], "p", "i", false),
                false,
            ),
            (
                rbd(&["a"], "p", "i", false),
                rbd(&["a"], "q", "i", false),
                false,
            ),
            (
                rbd(&["a"], "p", "i", false),
                rbd(&["a"], "p", "j", false),
                false,
            ),
            (
                rbd(&["a"], "rbd", "i", false),
                json!({"rbd": {"monitors": ["a"], "image": "i"}}),
                true,
            ),
            (
                json!({"azureDisk": {"diskName": "d", "diskURI": "u"}}),
                json!({"azureDisk": {"diskName": "d", "diskURI": "u"}}),
                false,
            ),
            (
                json!({"cinder": {"volumeID": "u"}}),
                json!({"cinder": {"volumeID": "u"}}),
                false,
            ),
        ] {
            let (one, other) = (disk(&one), disk(&other));
            assert_eq!(one.conflicts(&other), expected, "{one} and {other}");
            assert_eq!(other.conflicts(&one), expected, "{other} and {one}");
        }
    }

    #[test]
    fn what_a_node_attaches_is_named_as_its_driver_does() {
        for (source, expected) in [
            (
                json!({"awsElasticBlockStore": {"volumeID": "aws://z/vol-1"}}),
                Some("ebs.csi.aws.com/vol-1"),
            ),
            (
                json!({"gcePersistentDisk": {"pdName": "d"}}),
                Some("pd.csi.storage.gke.io/projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d"),
            ),
            (
                json!({"azureDisk": {"diskName": "d", "diskURI": "/sub/d"}}),
                Some("disk.csi.azure.com//sub/d"),
            ),
            (
                json!({"cinder": {"volumeID": "c"}}),
                Some("cinder.csi.openstack.org/c"),
            ),
            (
                json!({"portworxVolume": {"volumeID": "p"}}),
                Some("pxd.portworx.com/p"),
            ),
            (json!({"rbd": {"monitors": ["a"], "image": "i"}}), None),
        ] {
            let attached = disk(&source).attachment().map(|it| it.to_string());
            assert_eq!(attached.as_deref(), expected);
        }
    }

    #[test]
    fn other_volumes_are_no_disks() {
        let volumes = json!([
            {"name": "a", "emptyDir": {}},
            {"name": "b", "persistentVolumeClaim": {"claimName": "b"}},
            {"name": "c", "csi": {"driver": "secrets-store.csi.k8s.io"}},
        ]);
        assert!(disks(volumes).is_empty());
    }
}
