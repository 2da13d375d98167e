//! Why a volume could not be attached or mounted: [`read`] for FailedMount, FailedMapVolume and FailedAttachVolume.
//!
//! The list of unmounted volumes that ends in a timeout is no cause: another event of the same pod holds it.
//!
//! Sources: kubelet and attach-detach controller `volume/util/operationexecutor/operation_generator.go`,
//! `volumemanager/volume_manager.go`, `volume/{configmap,secret,projected,hostpath,local,csi}` of 1.19 to 1.37;
//! mount(8), mount.nfs(8).

mod forms;

use super::config::ObjectKind;
use super::form::{anywhere, every, match_full, search};
use super::text;
use forms::{FORMS, GENERAL, MISSING, MOUNT_COMMAND, OF_DRIVER};

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
    /// The Secret that a volume's driver needs for itself does not exist. No pod names it: the volume or its class does.
    DriverSecretMissing {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The claim does not exist.
    ClaimMissing {
        /// Its name.
        name: String,
    },
    /// Another pod has the volume, whose access mode ReadWriteOncePod lets only one have it.
    OncePod,
    /// Another pod on the node mounts the volume with another SELinux label.
    SelinuxConflict {
        /// The label with which it is mounted.
        theirs: String,
        /// The label that the pod asks for.
        own: String,
    },
    /// The volume's own node affinity does not admit the node.
    NodeAffinity,
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
    /// The kubelet cannot read the claim.
    ClaimUnread,
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
            let unprocessed = search("failed to process volumes=[{}]", text);
            let volume = unprocessed.map(|captures| captures.own(0));
            return (None, volume, captures.last());
        }
    }
    (
        None,
        search("for volume \"{}\"", text).map(|captures| captures.own(0)),
        text,
    )
}

fn failure(said: &str) -> MountFailure {
    anywhere(OF_DRIVER, said)
        .or_else(|| anywhere(MISSING, said))
        .or_else(|| anywhere(FORMS, said))
        .or_else(|| anywhere(MOUNT_COMMAND, said))
        .or_else(|| boilerplate(said))
        .or_else(|| anywhere(GENERAL, said))
        .unwrap_or(MountFailure::Unknown)
}

fn boilerplate(said: &str) -> Option<MountFailure> {
    let unmounted = unmounted(said)?;
    Some(MountFailure::Boilerplate { unmounted })
}

/// What a mount command printed, without the place in the pod's own folder, and what it was to mount (mount-utils
/// `mount_linux.go`; the last two arguments are source and target).
pub fn command(said: &str) -> Option<(&str, String)> {
    let printed = search("Mounting arguments: {*}Output: {*}", said)?;
    let mut arguments = printed.get(0).split_whitespace().rev();
    let output = printed.last().split("dmesg(1)").next().unwrap_or_default();
    let words = output.split_whitespace();
    let words: Vec<&str> = words.filter(|word| !word.contains("/pods/")).collect();
    Some((arguments.nth(1).unwrap_or_default(), words.join(" ")))
}

/// The volumes that the kubelet's list says are not mounted; none where the message is no such list.
pub fn unmounted(message: &str) -> Option<Vec<String>> {
    listed("unmounted volumes=[{*}]", message)
}

/// The volumes whose claims the kubelet's list says it cannot use.
pub fn unprocessed(message: &str) -> Vec<String> {
    listed("failed to process volumes=[{*}]", message).unwrap_or_default()
}

fn listed(form: &'static str, message: &str) -> Option<Vec<String>> {
    let listed = search(form, message)?;
    let names = listed.get(0).split([' ', ',']);
    let names = names.filter(|name| !name.is_empty());
    Some(names.map(str::to_owned).collect())
}

/// Every ConfigMap, Secret and key that a message misses: a projected volume lists one error a source.
pub fn missing(message: &str) -> Vec<MountFailure> {
    let text = text::bare(message);
    let mut found: Vec<(usize, MountFailure)> = MISSING
        .iter()
        .flat_map(|(form, means)| every(form, &text).map(|(place, it)| (place.start, means(&it))))
        .collect();
    found.sort();
    found.dedup_by(|one, other| one.1 == other.1);
    found.into_iter().map(|(_, failure)| failure).collect()
}

#[cfg(test)]
mod tests;
