//! The tables of [`super::read`]: what each component writes of a volume.

use super::MountFailure;
use crate::messages::config::ObjectKind;
use crate::messages::form::{Captures, Pattern};

/// What a driver lacks for itself: the words that it quotes are those of a volume's own object.
pub(super) const OF_DRIVER: &[Pattern<MountFailure>] = &[
    // volume/csi/csi_util.go: getCredentialsFromSecret
    (
        "failed to find the secret {} in the namespace {} with error",
        |captures| MountFailure::DriverSecretMissing {
            namespace: captures.own(1),
            name: captures.own(0),
        },
    ),
];

/// Words that decide wherever they stand.
pub(super) const FORMS: &[Pattern<MountFailure>] = &[
    // operation_generator.go: reportMultiAttachError
    ("Volume is already used by pod(s) {*}", pods),
    (
        "Volume is already used by {} pod(s) in different namespaces",
        nobody,
    ),
    ("Volume is already exclusively attached to one node", nobody),
    ("Multi-Attach error for volume", nobody),
    // volume/configmap, volume/secret: the kubelet's own cache
    ("object \"{}\"/\"{}\" not registered", |captures| {
        MountFailure::NotYet {
            name: Some(captures.own(1)),
        }
    }),
    ("failed to sync configmap cache", |_| MountFailure::NotYet {
        name: None,
    }),
    ("failed to sync secret cache", |_| MountFailure::NotYet {
        name: None,
    }),
    // plugin/pkg/auth/authorizer/node: what it knows of a node's pods comes a moment later
    ("no relationship found between node", |_| {
        MountFailure::NotYet { name: None }
    }),
    (
        "failed to fetch token: serviceaccounts \"{}\" not found",
        |captures| MountFailure::ServiceAccountMissing {
            name: captures.own(0),
        },
    ),
    // volume/csi
    (
        "driver name {} not found in the list of registered CSI drivers",
        |captures| MountFailure::CsiDriverMissing {
            driver: captures.own(0),
        },
    ),
    (
        "timed out waiting for external-attacher of {} CSI driver to attach volume",
        |captures| MountFailure::AttachTimeout {
            driver: Some(captures.own(0)),
        },
    ),
    ("not supported by driver {}", |captures| {
        MountFailure::ModeUnsupported {
            driver: captures.own(0),
        }
    }),
    ("volume attachment is being deleted", |_| {
        MountFailure::NotAttached
    }),
    ("is not attached for volume attachment", |_| {
        MountFailure::NotAttached
    }),
    ("has GET error for volume attachment", |_| {
        MountFailure::NotAttached
    }),
    ("Volume not attached according to node status", |_| {
        MountFailure::NotAttached
    }),
    (
        "Volume has not been added to the list of VolumesInUse",
        |_| MountFailure::NotAttached,
    ),
    // volume/hostpath, volume/local; up to 1.23, then
    (
        "hostPath type check failed, {} is not a {*}, unable to",
        |captures| MountFailure::HostPathType {
            path: captures.own(0),
            expected: captures.own(1),
        },
    ),
    ("hostPath type check failed: {} is not a {*}", |captures| {
        MountFailure::HostPathType {
            path: captures.own(0),
            expected: captures.own(1),
        }
    }),
    ("path \"{}\" does not exist", |captures| {
        MountFailure::PathMissing {
            path: captures.own(0),
        }
    }),
    // operation_generator.go: checkNodeAffinity
    ("no matching NodeSelectorTerms", |_| {
        MountFailure::NodeAffinity
    }),
    // volumemanager/cache: desired_state_of_world.go, actual_state_of_world.go (1.37)
    (
        "conflicting SELinux labels of volume {}: \"{*}\" and \"{*}\"",
        |captures| MountFailure::SelinuxConflict {
            theirs: captures.own(1),
            own: captures.own(2),
        },
    ),
    ("volume uses the ReadWriteOncePod access mode", |_| {
        MountFailure::OncePod
    }),
    // volumemanager: desired_state_of_world_populator.go
    ("persistentvolumeclaim \"{}\" not found", |captures| {
        MountFailure::ClaimMissing {
            name: captures.own(0),
        }
    }),
    ("persistentvolumeclaims \"{}\" not found", |captures| {
        MountFailure::ClaimMissing {
            name: captures.own(0),
        }
    }),
    ("PVC is being deleted", |_| MountFailure::Claim),
    ("PVC is not bound", |_| MountFailure::Claim),
    ("failed to fetch PVC from API server", |_| {
        MountFailure::ClaimUnread
    }),
];

/// What is not there of what the pod's own volumes name.
pub(super) const MISSING: &[Pattern<MountFailure>] = &[
    // volume/configmap/configmap.go, volume/secret/secret.go: MakePayload
    ("references non-existent config key: {}", |captures| {
        key(ObjectKind::ConfigMap, captures)
    }),
    ("references non-existent secret key: {}", |captures| {
        key(ObjectKind::Secret, captures)
    }),
    // volume/configmap, volume/secret, volume/projected
    ("configmap \"{}\" not found", |captures| {
        object(ObjectKind::ConfigMap, captures)
    }),
    ("configmaps \"{}\" not found", |captures| {
        object(ObjectKind::ConfigMap, captures)
    }),
    ("secret \"{}\" not found", |captures| {
        object(ObjectKind::Secret, captures)
    }),
    ("secrets \"{}\" not found", |captures| {
        object(ObjectKind::Secret, captures)
    }),
];

/// What mount(8) and its helpers print.
pub(super) const MOUNT_COMMAND: &[Pattern<MountFailure>] = &[
    ("access denied by server", |_| MountFailure::AccessDenied),
    ("mount error(13): Permission denied", |_| {
        MountFailure::AccessDenied
    }),
    // mount.nfs(8); mount.nfs4 and EFS's helper print the same
    ("mount.nfs: Connection timed out", unreachable),
    ("mount.nfs: Connection refused", unreachable),
    ("mount.nfs: No route to host", unreachable),
    ("mount.nfs4: Connection timed out", unreachable),
    ("mount.nfs4: Connection refused", unreachable),
    ("mount.nfs4: No route to host", unreachable),
    ("Failed to resolve server", unreachable),
    (
        "Failed to resolve \"{}\" - check that your file system ID is correct",
        unreachable,
    ),
    // mount.cifs(8): errno in parentheses
    ("could not resolve address for", unreachable),
    ("mount error(110)", unreachable),
    ("mount error(111)", unreachable),
    ("mount error(112)", unreachable),
    ("mount error(113)", unreachable),
    ("mount error(115)", unreachable),
    ("mount error(2): No such file or directory", |_| {
        MountFailure::ExportMissing
    }),
    (
        "mount.nfs: mounting {} failed, reason given by server: No such file or directory",
        |_| MountFailure::ExportMissing,
    ),
    (
        "mount.nfs4: mounting {} failed, reason given by server: No such file or directory",
        |_| MountFailure::ExportMissing,
    ),
    ("mount.nfs: No such file or directory", |_| {
        MountFailure::ExportMissing
    }),
    ("mount.nfs4: No such file or directory", |_| {
        MountFailure::ExportMissing
    }),
    ("you might need a /sbin/mount.", |_| {
        MountFailure::HelperMissing
    }),
    ("unknown filesystem type", |_| MountFailure::HelperMissing),
    ("exec: \"mount.{}\": executable file not found", |_| {
        MountFailure::HelperMissing
    }),
    // mount-utils: checkAndRepairFilesystem
    ("'fsck' found errors on device", |_| {
        MountFailure::BadFilesystem
    }),
    ("wrong fs type, bad option, bad superblock", |_| {
        MountFailure::BadFilesystem
    }),
    ("mount failed: exit status {}", |_| {
        MountFailure::MountCommand
    }),
];

/// Words that decide when nothing more telling stands beside them.
pub(super) const GENERAL: &[Pattern<MountFailure>] = &[
    ("no space left on device", |_| MountFailure::DiskFull),
    ("read-only file system", |_| MountFailure::ReadOnly),
    ("input/output error", |_| MountFailure::Io),
    ("rpc error: code = {} desc = {*}", |captures| {
        MountFailure::Driver {
            code: captures.own(0),
            said: captures.own(1),
        }
    }),
    ("stat {}: no such file or directory", |captures| {
        MountFailure::PathMissing {
            path: captures.own(0),
        }
    }),
    ("permission denied", |_| MountFailure::Permission),
    ("operation not permitted", |_| MountFailure::Permission),
    ("timed out waiting for the condition", |_| {
        MountFailure::Boilerplate {
            unmounted: Vec::new(),
        }
    }),
];

fn object(kind: ObjectKind, captures: &Captures<'_>) -> MountFailure {
    MountFailure::ObjectMissing {
        kind,
        name: captures.own(0),
    }
}

fn key(kind: ObjectKind, captures: &Captures<'_>) -> MountFailure {
    MountFailure::KeyMissing {
        kind,
        // the last of a list
        key: captures.get(0).trim_end_matches(']').to_owned(),
    }
}

fn pods(captures: &Captures<'_>) -> MountFailure {
    let listed = captures.get(0).split(" and ").next().unwrap_or_default();
    MountFailure::MultiAttach {
        pods: listed
            .split(", ")
            .map(str::trim)
            .filter(|pod| !pod.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

fn nobody(_: &Captures<'_>) -> MountFailure {
    MountFailure::MultiAttach { pods: Vec::new() }
}

fn unreachable(_: &Captures<'_>) -> MountFailure {
    MountFailure::ServerUnreachable
}
