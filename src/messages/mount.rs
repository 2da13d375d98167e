//! Why a volume could not be attached or mounted: [`read`] for FailedMount, FailedMapVolume and FailedAttachVolume.
//!
//! The list of unmounted volumes that ends in a timeout is no cause: another event of the same pod holds it.
//!
//! Sources: kubelet and attach-detach controller `volume/util/operationexecutor/operation_generator.go`,
//! `volumemanager/volume_manager.go`, `volume/{configmap,secret,projected,hostpath,local,csi}` of 1.19 to 1.37;
//! mount(8), mount.nfs(8).

use super::config::ObjectKind;
use super::form::{Captures, Pattern, anywhere, match_full, search};
use super::text;

/// What an event about a volume says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The volume: a PersistentVolume's name, or the pod's own name for an inline volume.
    pub volume: Option<String>,
    /// The step that failed, as `MountVolume.SetUp`.
    pub step: Option<String>,
    /// Why.
    pub failure: MountFailure,
}

/// Why a volume is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MountFailure {
    /// The ConfigMap or Secret does not exist.
    ObjectMissing {
        /// ConfigMap or Secret.
        kind: ObjectKind,
        /// Its name.
        name: String,
    },
    /// The ConfigMap or Secret lacks the key.
    KeyMissing {
        /// ConfigMap or Secret.
        kind: ObjectKind,
        /// The key.
        key: String,
    },
    /// The kubelet's cache does not have the object yet; usually heals.
    NotYet {
        /// The object, if named.
        name: Option<String>,
    },
    /// The token's ServiceAccount does not exist.
    ServiceAccountMissing {
        /// The ServiceAccount.
        name: String,
    },
    /// The volume is attached to another node.
    MultiAttach {
        /// Pods of the same namespace that use it.
        pods: Vec<String>,
    },
    /// The CSI driver is not registered on the node.
    CsiDriverMissing {
        /// The driver.
        driver: String,
    },
    /// Nobody attached the volume: the driver's attacher is absent or slow.
    AttachTimeout {
        /// The driver, if named.
        driver: Option<String>,
    },
    /// The volume is not attached yet, or is being detached.
    NotAttached,
    /// The CSI driver does not serve volumes of this mode.
    ModeUnsupported {
        /// The driver.
        driver: String,
    },
    /// A hostPath is not of the type that the pod asks for; also when there is nothing at all.
    HostPathType {
        /// The path.
        path: String,
        /// What it should be.
        expected: String,
    },
    /// A local path does not exist on the node.
    PathMissing {
        /// The path.
        path: String,
    },
    /// The server refuses the mount.
    AccessDenied,
    /// The server cannot be reached.
    ServerUnreachable,
    /// The server does not export that path.
    ExportMissing,
    /// The node lacks the program or kernel module for this kind of file system.
    HelperMissing,
    /// The file system cannot be read.
    BadFilesystem,
    /// The mount command failed with other words.
    MountCommand,
    /// A CSI driver's answer.
    Driver {
        /// The gRPC code.
        code: String,
        /// Its words.
        said: String,
    },
    /// The claim is not bound, is being deleted or is gone.
    Claim,
    /// Not allowed.
    Permission,
    /// The node's disk is full.
    DiskFull,
    /// The file system is read-only.
    ReadOnly,
    /// The device fails.
    Io,
    /// Only that it takes too long: never a cause.
    Boilerplate {
        /// The volumes that wait.
        unmounted: Vec<String>,
    },
    /// No known words.
    Unknown,
}

/// Reads the message of an event.
pub fn read(message: &str) -> Mount {
    let text = text::bare(message);
    let (step, volume, said) = frame(&text);
    let failure = failure(said);
    Mount {
        volume,
        step,
        failure,
    }
}

/// Step, volume and error.
fn frame(text: &str) -> (Option<String>, Option<String>, &str) {
    // up to 1.8 the pod's own name for the volume stands in brackets
    if let Some(captures) = match_full(
        "{} failed for volume \"{}\" (spec.Name: \"{}\") {*} with: {*}",
        text,
    ) {
        return (
            Some(captures.own(0)),
            Some(captures.own(2)),
            captures.last(),
        );
    }
    if let Some(captures) = search("Multi-Attach error for volume \"{}\"", text) {
        return (None, Some(captures.own(0)), text);
    }
    // two words: `MountVolume.NodeAffinity check`, `MountVolume.NewMounter initialization`
    for form in [
        "{} failed for volume \"{}\" : {*}",
        "{} check failed for volume \"{}\" : {*}",
        "{} initialization failed for volume \"{}\" : {*}",
    ] {
        if let Some(captures) = match_full(form, text) {
            return (
                Some(captures.own(0)),
                Some(captures.own(1)),
                captures.last(),
            );
        }
    }
    for form in [
        "Unable to attach or mount volumes: {*}",
        "Unable to mount volumes for pod \"{}\": {*}",
    ] {
        if let Some(captures) = match_full(form, text) {
            return (None, None, captures.last());
        }
    }
    (
        None,
        search("for volume \"{}\"", text).map(|captures| captures.own(0)),
        text,
    )
}

fn failure(said: &str) -> MountFailure {
    anywhere(FORMS, said)
        .or_else(|| anywhere(MOUNT_COMMAND, said))
        .or_else(|| boilerplate(said))
        .or_else(|| anywhere(GENERAL, said))
        .unwrap_or(MountFailure::Unknown)
}

fn boilerplate(said: &str) -> Option<MountFailure> {
    let unmounted = search("unmounted volumes=[{*}]", said)?;
    let names = unmounted
        .get(0)
        .split([' ', ','])
        .filter(|name| !name.is_empty());
    Some(MountFailure::Boilerplate {
        unmounted: names.map(str::to_owned).collect(),
    })
}

fn object(kind: ObjectKind, captures: &Captures<'_>) -> MountFailure {
    MountFailure::ObjectMissing {
        kind,
        name: captures.own(0),
    }
}

fn key(kind: ObjectKind, captures: &Captures<'_>) -> MountFailure {
    MountFailure::KeyMissing {
        kind,
        key: captures.own(0),
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

/// Words that decide wherever they stand.
const FORMS: &[Pattern<MountFailure>] = &[
    // operation_generator.go: reportMultiAttachError
    ("Volume is already used by pod(s) {*}", pods),
    (
        "Volume is already used by {} pod(s) in different namespaces",
        nobody,
    ),
    ("Volume is already exclusively attached to one node", nobody),
    ("Multi-Attach error for volume", nobody),
    // volume/configmap, volume/secret, volume/projected
    ("references non-existent config key: {}", |captures| {
        key(ObjectKind::ConfigMap, captures)
    }),
    ("references non-existent secret key: {}", |captures| {
        key(ObjectKind::Secret, captures)
    }),
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
    // volume/hostpath, volume/local
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
    // volumemanager: desired_state_of_world_populator.go
    ("PVC is being deleted", |_| MountFailure::Claim),
    ("PVC is not bound", |_| MountFailure::Claim),
    ("failed to fetch PVC from API server", |_| {
        MountFailure::Claim
    }),
];

/// What mount(8) and its helpers print.
const MOUNT_COMMAND: &[Pattern<MountFailure>] = &[
    ("access denied by server", |_| MountFailure::AccessDenied),
    ("mount error(13): Permission denied", |_| {
        MountFailure::AccessDenied
    }),
    ("mount.nfs: Connection timed out", |_| {
        MountFailure::ServerUnreachable
    }),
    ("mount.nfs: Connection refused", |_| {
        MountFailure::ServerUnreachable
    }),
    ("mount.nfs: No route to host", |_| {
        MountFailure::ServerUnreachable
    }),
    ("Failed to resolve server", |_| {
        MountFailure::ServerUnreachable
    }),
    ("mount error(110)", |_| MountFailure::ServerUnreachable),
    (
        "mount.nfs: mounting {} failed, reason given by server: No such file or directory",
        |_| MountFailure::ExportMissing,
    ),
    ("mount.nfs: No such file or directory", |_| {
        MountFailure::ExportMissing
    }),
    ("you might need a /sbin/mount.", |_| {
        MountFailure::HelperMissing
    }),
    ("unknown filesystem type", |_| MountFailure::HelperMissing),
    ("wrong fs type, bad option, bad superblock", |_| {
        MountFailure::BadFilesystem
    }),
    ("mount failed: exit status {}", |_| {
        MountFailure::MountCommand
    }),
];

/// Words that decide when nothing more telling stands beside them.
const GENERAL: &[Pattern<MountFailure>] = &[
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

#[cfg(test)]
mod tests;
