//! One example for each wording.

use super::MountFailure as F;
use super::*;
use proptest::prelude::*;

fn words(text: &str) -> String {
    text.to_owned()
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| words(name)).collect()
}

#[test]
fn step_and_volume() {
    for (text, step, volume) in [
        (
            "MountVolume.SetUp failed for volume \"conf\" : x",
            Some("MountVolume.SetUp"),
            Some("conf"),
        ),
        (
            "MountVolume.NewMounter initialization failed for volume \"pv-1\" : x",
            Some("MountVolume.NewMounter"),
            Some("pv-1"),
        ),
        (
            "MountVolume.NodeAffinity check failed for volume \"pv-1\" : x",
            Some("MountVolume.NodeAffinity"),
            Some("pv-1"),
        ),
        (
            "AttachVolume.Attach failed for volume \"pv-1\" : x",
            Some("AttachVolume.Attach"),
            Some("pv-1"),
        ),
        (
            "MapVolume.SetUpDevice failed for volume \"pv-1\" : x",
            Some("MapVolume.SetUpDevice"),
            Some("pv-1"),
        ),
        (
            "MountVolume.SetUp failed for volume \"kubernetes.io/configmap/1-conf\" (spec.Name: \"conf\") pod \"1\" (UID: \"1\") with: x",
            Some("MountVolume.SetUp"),
            Some("conf"),
        ),
        (
            "Multi-Attach error for volume \"pv-1\" Volume is already exclusively attached to one node and can't be attached to another",
            None,
            Some("pv-1"),
        ),
        ("hostPath type check failed: /a is not a file", None, None),
    ] {
        let mount = read(text);
        assert_eq!(
            (mount.step.as_deref(), mount.volume.as_deref()),
            (step, volume),
            "{text}"
        );
    }
}

#[test]
fn every_known_error() {
    use ObjectKind::{ConfigMap, Secret};
    for (text, failure) in [
        (
            "configmap \"app\" not found",
            F::ObjectMissing {
                kind: ConfigMap,
                name: words("app"),
            },
        ),
        (
            "configmaps \"app\" not found",
            F::ObjectMissing {
                kind: ConfigMap,
                name: words("app"),
            },
        ),
        (
            "secret \"tls\" not found",
            F::ObjectMissing {
                kind: Secret,
                name: words("tls"),
            },
        ),
        (
            "configmap references non-existent config key: app.conf",
            F::KeyMissing {
                kind: ConfigMap,
                key: words("app.conf"),
            },
        ),
        (
            "references non-existent secret key: tls.key",
            F::KeyMissing {
                kind: Secret,
                key: words("tls.key"),
            },
        ),
        (
            "object \"shop\"/\"kube-root-ca.crt\" not registered",
            F::NotYet {
                name: Some(words("kube-root-ca.crt")),
            },
        ),
        (
            "failed to sync secret cache: timed out waiting for the condition",
            F::NotYet { name: None },
        ),
        (
            "failed to fetch token: serviceaccounts \"web\" not found",
            F::ServiceAccountMissing { name: words("web") },
        ),
        (
            "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name disk.example not found in the list of registered CSI drivers",
            F::CsiDriverMissing {
                driver: words("disk.example"),
            },
        ),
        (
            "timed out waiting for external-attacher of disk.example CSI driver to attach volume h-1",
            F::AttachTimeout {
                driver: Some(words("disk.example")),
            },
        ),
        (
            "volume mode \"Ephemeral\" not supported by driver disk.example (no CSIDriver object)",
            F::ModeUnsupported {
                driver: words("disk.example"),
            },
        ),
        ("volume attachment is being deleted", F::NotAttached),
        (
            "hostPath type check failed: /run/x.sock is not a socket file",
            F::HostPathType {
                path: words("/run/x.sock"),
                expected: words("socket file"),
            },
        ),
        (
            "path \"/mnt/disk\" does not exist",
            F::PathMissing {
                path: words("/mnt/disk"),
            },
        ),
        (
            "stat /mnt/disk: no such file or directory",
            F::PathMissing {
                path: words("/mnt/disk"),
            },
        ),
        (
            "mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs 10.0.0.9:/x /y\nOutput: mount.nfs: access denied by server while mounting 10.0.0.9:/x",
            F::AccessDenied,
        ),
        (
            "mount failed: exit status 32\nOutput: mount.nfs: Connection timed out",
            F::ServerUnreachable,
        ),
        (
            "mount failed: exit status 32\nOutput: mount.nfs: mounting 10.0.0.9:/x failed, reason given by server: No such file or directory",
            F::ExportMissing,
        ),
        (
            "mount failed: exit status 32\nOutput: mount: /y: bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.",
            F::HelperMissing,
        ),
        (
            "mount failed: exit status 32\nOutput: mount: /y: unknown filesystem type 'nfs'.",
            F::HelperMissing,
        ),
        (
            "mount failed: exit status 32\nOutput: mount: /y: wrong fs type, bad option, bad superblock on /dev/x",
            F::BadFilesystem,
        ),
        ("mount failed: exit status 1\nOutput: ?", F::MountCommand),
        (
            "rpc error: code = Internal desc = no such disk",
            F::Driver {
                code: words("Internal"),
                said: words("no such disk"),
            },
        ),
        (
            "rpc error: code = Internal desc = mkdir /x: no space left on device",
            F::DiskFull,
        ),
        (
            "applyFSGroup failed for vol h-1: lstat /x: permission denied",
            F::Permission,
        ),
        (
            "fetching NodeStageSecretRef storage/login failed: kubernetes.io/csi: failed to find the secret login in the namespace storage with error: secrets \"login\" not found",
            F::DriverSecretMissing {
                namespace: words("storage"),
                name: words("login"),
            },
        ),
        (
            "hostPath type check failed, /run/x.sock is not a socket file, unable to determine its type: path \"/run/x.sock\" does not exist",
            F::HostPathType {
                path: words("/run/x.sock"),
                expected: words("socket file"),
            },
        ),
        (
            "conflicting SELinux labels of volume data: \"\" and \":::s0:c1,c2\"",
            F::SelinuxConflict {
                theirs: words(""),
                own: words(":::s0:c1,c2"),
            },
        ),
        (
            "volume uses the ReadWriteOncePod access mode and is already in use by another pod",
            F::OncePod,
        ),
        ("no matching NodeSelectorTerms", F::NodeAffinity),
        (
            "mount failed: exit status 32\nMounting arguments: -t nfs4 a:/b /c\nOutput: mount.nfs4: Connection timed out",
            F::ServerUnreachable,
        ),
        (
            "mount failed: exit status 32\nOutput: mount error(112): Host is down",
            F::ServerUnreachable,
        ),
        (
            "mount failed: exit status 32\nOutput: mount error(2): No such file or directory",
            F::ExportMissing,
        ),
        (
            "'fsck' found errors on device /dev/x but could not correct them",
            F::BadFilesystem,
        ),
        ("mkdir /x: read-only file system", F::ReadOnly),
        ("words of tomorrow", F::Unknown),
    ] {
        assert_eq!(
            read(&format!(
                "MountVolume.SetUp failed for volume \"v\" : {text}"
            ))
            .failure,
            failure,
            "{text}"
        );
    }
}

#[test]
fn held_by_another_node() {
    let text = |rest: &str| format!("Multi-Attach error for volume \"pv-1\" {rest}");
    for (rest, pods) in [
        (
            "Volume is already used by pod(s) web-0, web-1",
            list(&["web-0", "web-1"]),
        ),
        (
            "Volume is already used by pod(s) web-0 and 2 pod(s) in different namespaces",
            list(&["web-0"]),
        ),
        (
            "Volume is already used by 2 pod(s) in different namespaces",
            vec![],
        ),
        (
            "Volume is already exclusively attached to one node and can't be attached to another",
            vec![],
        ),
    ] {
        assert_eq!(read(&text(rest)).failure, F::MultiAttach { pods }, "{rest}");
    }
}

#[test]
fn a_timeout_is_no_cause() {
    for text in [
        "Unable to attach or mount volumes: unmounted volumes=[data conf], unattached volumes=[token], failed to process volumes=[]: timed out waiting for the condition",
        "Unable to attach or mount volumes: unmounted volumes=[data conf], unattached volumes=[], failed to process volumes=[]: context deadline exceeded",
        "Unable to mount volumes for pod \"web_shop(1)\": timeout expired waiting for volumes to attach or mount for pod \"shop\"/\"web\". list of unmounted volumes=[data conf]. list of unattached volumes=[data conf token]",
    ] {
        assert_eq!(
            read(text).failure,
            F::Boilerplate {
                unmounted: list(&["data", "conf"])
            },
            "{text}"
        );
    }
    let told = "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC shop/data: PVC is not bound";
    assert_eq!(read(told).failure, F::Claim);
    let told = "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC shop/data: failed to fetch PVC from API server: persistentvolumeclaims \"data\" is forbidden: User \"system:node:worker-1\" cannot get resource \"persistentvolumeclaims\" in API group \"\" in the namespace \"shop\": node: no relationship found between node 'worker-1' and this object";
    assert_eq!(read(told).failure, F::NotYet { name: None });
    assert_eq!(
        read("Unable to mount volumes for pod \"web_shop(1)\": configmaps \"app\" not found")
            .failure,
        F::ObjectMissing {
            kind: ObjectKind::ConfigMap,
            name: words("app")
        }
    );
}

#[test]
fn a_list_that_says_why_names_the_volume_that_it_is_about() {
    let told = read(
        "Unable to attach or mount volumes: unmounted volumes=[data conf], unattached volumes=[], failed to process volumes=[data]: error processing PVC shop/data: failed to fetch PVC from API server: persistentvolumeclaims \"data\" not found",
    );
    assert_eq!(told.volume.as_deref(), Some("data"));
    assert_eq!(
        told.failure,
        F::ClaimMissing {
            name: words("data")
        }
    );
}

#[test]
fn a_projected_volume_misses_several() {
    let text = "MountVolume.SetUp failed for volume \"all\" : [configmap \"app\" not found, references non-existent secret key: tls.key, secret \"tls\" not found, configmap references non-existent config key: a.conf]";
    assert_eq!(
        missing(text),
        [
            F::ObjectMissing {
                kind: ObjectKind::ConfigMap,
                name: words("app")
            },
            F::KeyMissing {
                kind: ObjectKind::Secret,
                key: words("tls.key")
            },
            F::ObjectMissing {
                kind: ObjectKind::Secret,
                name: words("tls")
            },
            F::KeyMissing {
                kind: ObjectKind::ConfigMap,
                key: words("a.conf")
            },
        ]
    );
    assert_eq!(missing("MountVolume.SetUp failed for volume \"a\" : x"), []);
}

#[test]
fn a_mount_command_is_told_by_what_it_printed() {
    let text = "mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs -o nolock 10.0.0.9:/x /var/lib/kubelet/pods/1/volumes/kubernetes.io~nfs/y\nOutput: mount: /var/lib/kubelet/pods/1/volumes/kubernetes.io~nfs/y: unknown filesystem type 'nfs'.\n       dmesg(1) may have more information after failed mount system call.";
    let printed = words("mount: unknown filesystem type 'nfs'.");
    assert_eq!(command(text), Some(("10.0.0.9:/x", printed)));
    assert_eq!(command("rpc error: code = Internal desc = x"), None);
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,80}") {
        let _ = read(&text);
        let _ = read(&format!("MountVolume.SetUp failed for volume \"{text}\" : {text}"));
        let _ = read(&format!("Volume is already used by pod(s) {text}"));
        let _ = (missing(&text), unmounted(&text), command(&format!("Mounting arguments: {text}Output: {text}")));
    }
}
