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
    assert_eq!(
        read("Unable to mount volumes for pod \"web_shop(1)\": configmaps \"app\" not found")
            .failure,
        F::ObjectMissing {
            kind: ObjectKind::ConfigMap,
            name: words("app")
        }
    );
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,80}") {
        let _ = read(&text);
        let _ = read(&format!("MountVolume.SetUp failed for volume \"{text}\" : {text}"));
        let _ = read(&format!("Volume is already used by pod(s) {text}"));
    }
}
