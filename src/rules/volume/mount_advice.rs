//! What is said of a failed mount by what the component that failed has said, and what then helps.
//!
//! Sources: mount(8), mount.nfs(8), mount.cifs(8); kubelet `volume/hostpath/host_path.go` (which says "is not a
//! directory" of what does not exist, too), `volume/local/local.go`, `volume/util/volumehelper` (1.37); CSI spec 1.11,
//! "Error Scheme".

use super::failed_mount::FailedMount;
use crate::messages::mount::MountFailure;
use crate::rules::finding::Who;
use crate::rules::shared::advice::{Advice, says};
use crate::text::say;

pub(super) fn of(failed: &FailedMount<'_>) -> Advice {
    let advice = of_server(failed)
        .or_else(|| of_node(failed))
        .or_else(|| of_claim(failed));
    advice.unwrap_or_else(|| other(failed))
}

/// A file server and what the node asks of it.
fn of_server(failed: &FailedMount<'_>) -> Option<Advice> {
    let advice = match &failed.mount.failure {
        MountFailure::AccessDenied => says(say!(
            "volume-mount.access-denied",
            "the server refuses {what} to {node}: {message}"
        ))
        .change(
            say!(
                "volume-mount.allow-node",
                "let the server export it to the address of {node}, or correct the login that the volume names"
            ),
            Who::Admin,
        ),
        MountFailure::ServerUnreachable => says(say!(
            "volume-mount.server-unreachable",
            "the server of {what} cannot be reached from {node}: {message}"
        ))
        .change(
            say!(
                "volume-mount.reach-server",
                "correct the server's name or address, or let {node} reach it: firewalls and security groups, TCP 2049 for NFS and 445 for SMB"
            ),
            Who::Admin,
        ),
        MountFailure::ExportMissing => says(say!(
            "volume-mount.export-missing",
            "the server does not have the path that {what} names: {message}"
        ))
        .change(
            say!(
                "volume-mount.correct-export",
                "make that path on the server and export it, or correct it in the volume"
            ),
            Who::Owner,
        ),
        MountFailure::HelperMissing => says(say!(
            "volume-mount.helper-missing",
            "{node} has no program or kernel module to mount {what}: {message}"
        ))
        .change(
            say!(
                "volume-mount.install-helper",
                "install it on {node} and on all nodes where such pods may run: nfs-common or nfs-utils for NFS, cifs-utils for SMB"
            ),
            Who::Admin,
        ),
        _ => return None,
    };
    Some(advice)
}

/// What is or is not on the node.
fn of_node(failed: &FailedMount<'_>) -> Option<Advice> {
    let advice = match &failed.mount.failure {
        MountFailure::HostPathType { path, expected } => says(say!(
            "volume-mount.host-path",
            "{path} on {node} is missing or no {expected}, which {what} demands"
        ))
        .fact("path", path.as_str())
        .fact("expected", expected.as_str())
        .why(say!(
            "volume-mount.host-path-why",
            "the kubelet says the same of a path that does not exist, and of one that it cannot see, since it runs in a container itself"
        ))
        .change(
            say!(
                "volume-mount.correct-host-path",
                "make it on {node}, correct the path, or choose another type: DirectoryOrCreate and FileOrCreate make what is missing"
            ),
            Who::Owner,
        ),
        MountFailure::PathMissing { path } => says(say!(
            "volume-mount.path-missing",
            "{path} does not exist on {node}, where {what} has it"
        ))
        .fact("path", path.as_str())
        .change(
            say!(
                "volume-mount.make-path",
                "make the directory or mount the disk there on {node}, or correct the path in the PersistentVolume"
            ),
            Who::Admin,
        ),
        MountFailure::BadFilesystem => says(say!(
            "volume-mount.bad-filesystem",
            "the file system of {what} cannot be read: {message}"
        ))
        .change(
            say!(
                "volume-mount.repair",
                "check and repair it on {node} with fsck, after a snapshot, or correct fsType in the volume"
            ),
            Who::Admin,
        ),
        MountFailure::DiskFull => says(say!(
            "volume-mount.disk-full",
            "no space is left for {what} on {node}: {message}"
        )),
        MountFailure::ReadOnly => says(say!(
            "volume-mount.read-only",
            "{what} cannot be written on {node}: {message}"
        ))
        .change(
            say!(
                "volume-mount.see-read-only",
                "see why it is mounted read-only: a disk with errors is, and one that the pod or its claim asks for so"
            ),
            Who::Admin,
        ),
        MountFailure::Io => says(say!(
            "volume-mount.io",
            "the device of {what} fails on {node}: {message}"
        )),
        MountFailure::SelinuxConflict { .. } | MountFailure::Permission => says(say!(
            "volume-mount.permission",
            "{what} cannot be mounted on {node}, which is not allowed to: {message}"
        )),
        _ => return None,
    };
    Some(advice)
}

/// The claim, and what the pod asks for.
fn of_claim(failed: &FailedMount<'_>) -> Option<Advice> {
    let advice = match &failed.mount.failure {
        MountFailure::ClaimMissing { name } => says(say!(
            "volume-mount.claim-missing",
            "{what} needs claim {claim}, which does not exist"
        ))
        .fact("claim", name.as_str())
        .change(
            say!(
                "volume-mount.make-claim",
                "create the claim {claim}, or correct its name"
            ),
            Who::Owner,
        ),
        MountFailure::Claim | MountFailure::ClaimUnread => says(say!(
            "volume-mount.claim",
            "the claim[ {claim}] of {what} cannot be used: {message}"
        )),
        MountFailure::OncePod => says(say!(
            "volume-mount.once-pod",
            "another pod on {node} has {what}, whose access mode ReadWriteOncePod lets only one"
        ))
        .change(
            say!(
                "volume-mount.end-other-pod",
                "let the other pod end, or give each pod its own claim"
            ),
            Who::Owner,
        ),
        MountFailure::NodeAffinity => says(say!(
            "volume-mount.node-affinity",
            "{what} cannot be reached from {node}: its node affinity admits others only"
        ))
        .why(say!(
            "volume-mount.node-affinity-why",
            "the scheduler would not have chosen this node: the pod names it itself, or the volume or the node's labels were changed since"
        )),
        MountFailure::ServiceAccountMissing { name } => says(say!(
            "volume-mount.service-account",
            "ServiceAccount {account} does not exist, and its token is part of {what}"
        ))
        .fact("account", name.as_str())
        .change(
            say!(
                "volume-mount.make-service-account",
                "create ServiceAccount {account} in namespace {namespace}"
            ),
            Who::Owner,
        ),
        _ => return None,
    };
    Some(advice)
}

fn other(failed: &FailedMount<'_>) -> Advice {
    if failed.of_attach() {
        return says(say!(
            "volume-mount.not-attached",
            "{what} cannot be attached to {node}: {message}"
        ));
    }
    let advice = says(say!(
        "volume-mount.other",
        "{what} cannot be mounted on {node}: {message}"
    ));
    match &failed.mount.failure {
        MountFailure::Driver { code, .. } => advice.fact("code", code.as_str()).change(
            say!(
                "volume-mount.see-driver",
                "clear the driver's error; the log of its node plugin on {node} may tell more"
            ),
            Who::Admin,
        ),
        _ => advice,
    }
}
