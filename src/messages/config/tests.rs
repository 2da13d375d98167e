//! One example for each wording.

use super::ConfigFailure as F;
use super::*;
use proptest::prelude::*;

fn words(text: &str) -> String {
    text.to_owned()
}

#[test]
fn objects_and_keys() {
    let key = |kind, key: &str| F::KeyMissing {
        kind,
        namespace: words("shop"),
        name: words("db"),
        key: words(key),
    };
    for (text, failure) in [
        (
            "configmap \"web\" not found",
            F::ConfigMapMissing { name: words("web") },
        ),
        (
            "Error: configmap \"web\" not found",
            F::ConfigMapMissing { name: words("web") },
        ),
        (
            "(combined from similar events): Error: secret \"db\" not found",
            F::SecretMissing { name: words("db") },
        ),
        (
            "secrets \"db\" not found",
            F::SecretMissing { name: words("db") },
        ),
        (
            "Error: couldn't find key user in Secret shop/db",
            key(ObjectKind::Secret, "user"),
        ),
        (
            "couldn't find key app.conf in ConfigMap shop/db",
            key(ObjectKind::ConfigMap, "app.conf"),
        ),
        (
            "failed to sync configmap cache: timed out waiting for the condition",
            F::NotYet,
        ),
        ("object \"shop\"/\"db\" not registered", F::NotYet),
        (
            "services have not yet been read at least once, cannot construct envvars",
            F::NotYet,
        ),
        (
            "environment variable key \"A\" not found in file \"/x\"",
            F::EnvFile,
        ),
    ] {
        assert_eq!(read(text), failure, "{text}");
    }
}

#[test]
fn users() {
    for (text, failure) in [
        (
            "container has runAsNonRoot and image will run as root (pod: \"web_shop(1)\", container: app)",
            F::RunsAsRoot,
        ),
        (
            "Error: container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root (pod: \"web_shop(1)\", container: app)",
            F::UserNotNumeric { user: words("www") },
        ),
        (
            "container's runAsUser breaks non-root policy (pod: \"web_shop(1)\", container: app)",
            F::RunAsUserIsRoot,
        ),
        (
            "container has runAsNonRoot and image has an invalid user id (-1)",
            F::User,
        ),
        (
            "container's runAsUserName (ContainerAdministrator) which will be regarded as root identity and will break non-root policy",
            F::RunAsUserIsRoot,
        ),
        (
            "failed to generate container \"12ab\" spec: unable to find user www: no matching entries in passwd file",
            F::User,
        ),
    ] {
        assert_eq!(read(text), failure, "{text}");
    }
}

#[test]
fn everything_else() {
    for (text, failure) in [
        (
            "cannot find volume \"data\" to mount into container \"app\"",
            F::VolumeMissing {
                volume: words("data"),
            },
        ),
        (
            "failed to prepare subPath for volumeMount \"data\" of container \"app\"",
            F::SubPath {
                mount: Some(words("data")),
            },
        ),
        (
            "failed to create subPath directory for volumeMount \"data\" of container \"app\"",
            F::SubPath {
                mount: Some(words("data")),
            },
        ),
        (
            "error SubPath `/a` must not be an absolute path",
            F::SubPath { mount: None },
        ),
        (
            "missing value for POD_IP",
            F::VariableMissing {
                variable: words("POD_IP"),
            },
        ),
        (
            "unable to find target container \"app\"",
            F::TargetMissing {
                container: words("app"),
            },
        ),
        (
            "hostname for pod \"web\" was invalid: \"web_1\"",
            F::Hostname,
        ),
        (
            "create container log directory for container app failed: mkdir /x: no space left on device",
            F::DiskFull,
        ),
        (
            "failed to resolve recursive read-only mode: volume \"v\" requested recursive read-only mode, but it is not supported by the runtime",
            F::MountUnsupported,
        ),
        (
            "failed to generate container \"12ab\" spec: failed to generate spec: no command specified",
            F::NoCommand,
        ),
        (
            "failed to apply OCI options: no command specified",
            F::NoCommand,
        ),
        (
            "failed to reserve container name \"app_web\": name \"app_web\" is reserved for \"12ab\"",
            F::NameReserved,
        ),
        (
            "cannot mount /data/x: path does not exist and will cause issues as a directory",
            F::PathMissing {
                path: words("/data/x"),
            },
        ),
        (
            "path \"/data\" is mounted on \"/\" but it is not a shared mount",
            F::MountUnsupported,
        ),
        (
            "failed to mount image volume: ImageVolumeMountFailed: no",
            F::ImageVolume,
        ),
        (
            "failed to generate apparmor spec opts: apparmor profile not found tight",
            F::ProfileMissing {
                profile: words("tight"),
            },
        ),
        (
            "failed to find runtime handler kata from runtime list map[]",
            F::HandlerMissing,
        ),
        (
            "failed to get sandbox container task: no running task found: task 12ab not found: not found",
            F::SandboxGone,
        ),
        (
            "failed to create containerd container: mkdir /x: no space left on device",
            F::DiskFull,
        ),
        ("context deadline exceeded", F::Timeout),
        (
            "container create failed: time=\"x\" level=error msg=\"no\"",
            F::Unknown,
        ),
        ("", F::Unknown),
    ] {
        assert_eq!(read(text), failure, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,80}") {
        let _ = read(&text);
    }
}
