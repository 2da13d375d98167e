//! Why the kubelet or the runtime could not even create a container: [`read`] for CreateContainerConfigError and
//! CreateContainerError.
//!
//! Start errors, which CRI-O reports at this stage too, are read by [`super::start`]; here they are [`ConfigFailure::Unknown`].
//!
//! Sources: kubelet `kuberuntime/kuberuntime_container.go`, `security_context.go`, `kubelet_pods.go` of 1.19 to 1.37; containerd
//! `internal/cri/server/container_create.go` of 1.6 to 2.3; CRI-O `server/container_create.go`.

use super::form::{Captures, Pattern, anywhere};
use super::text;

/// Why a container could not be created.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ConfigFailure {
    /// env or envFrom names a ConfigMap that does not exist.
    ConfigMapMissing {
        /// The ConfigMap.
        name: String,
    },
    /// env or envFrom names a Secret that does not exist.
    SecretMissing {
        /// The Secret.
        name: String,
    },
    /// The object exists, the key does not.
    KeyMissing {
        /// ConfigMap or Secret.
        kind: ObjectKind,
        /// The namespace.
        namespace: String,
        /// The object.
        name: String,
        /// The key.
        key: String,
    },
    /// The kubelet's caches are not filled yet: it heals by itself, or the kubelet may not read the object.
    NotYet,
    /// runAsNonRoot, and the image runs as root.
    RunsAsRoot,
    /// runAsNonRoot, and the image names a user that the kubelet cannot resolve.
    UserNotNumeric {
        /// The user.
        user: String,
    },
    /// runAsNonRoot, and runAsUser is 0.
    RunAsUserIsRoot,
    /// A user or group that the image does not know, or a group without a user.
    User,
    /// A volume to mount is not there.
    VolumeMissing {
        /// The volume.
        volume: String,
    },
    /// subPath cannot be made or used.
    SubPath {
        /// The volume mount, if named.
        mount: Option<String>,
    },
    /// subPathExpr, a command or an argument uses a variable that is not set.
    VariableMissing {
        /// The variable.
        variable: String,
    },
    /// A file that gives environment variables cannot be read or lacks the key.
    EnvFile,
    /// Neither the image nor the pod names a command.
    NoCommand,
    /// An earlier attempt still holds the container's name.
    NameReserved,
    /// A host path that must exist does not.
    PathMissing {
        /// The path.
        path: String,
    },
    /// Hostname or subdomain is no DNS label.
    Hostname,
    /// An ephemeral container's target does not exist.
    TargetMissing {
        /// The container.
        container: String,
    },
    /// The runtime cannot mount read-only recursively, map ids or propagate mounts as asked.
    MountUnsupported,
    /// An image volume cannot be mounted.
    ImageVolume,
    /// The security profile is not on the node.
    ProfileMissing {
        /// The profile.
        profile: String,
    },
    /// A device, real or by CDI, is not on the node.
    Device,
    /// The RuntimeClass' handler is not configured.
    HandlerMissing,
    /// The node's disk is full.
    DiskFull,
    /// The runtime did not answer in time.
    Timeout,
    /// The pod's sandbox is gone.
    SandboxGone,
    /// No known words.
    Unknown,
}

/// Kind of an object that holds keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// Reads the message of a waiting reason or of an event Failed.
pub fn read(message: &str) -> ConfigFailure {
    anywhere(FORMS, &text::bare(message)).unwrap_or(ConfigFailure::Unknown)
}

fn configmap(captures: &Captures<'_>) -> ConfigFailure {
    ConfigFailure::ConfigMapMissing {
        name: captures.own(0),
    }
}

fn secret(captures: &Captures<'_>) -> ConfigFailure {
    ConfigFailure::SecretMissing {
        name: captures.own(0),
    }
}

fn key(kind: ObjectKind, captures: &Captures<'_>) -> ConfigFailure {
    ConfigFailure::KeyMissing {
        kind,
        key: captures.own(0),
        namespace: captures.own(1),
        name: captures.own(2),
    }
}

fn sub_path(captures: &Captures<'_>) -> ConfigFailure {
    ConfigFailure::SubPath {
        mount: Some(captures.own(0)),
    }
}

fn volume(captures: &Captures<'_>) -> ConfigFailure {
    ConfigFailure::VolumeMissing {
        volume: captures.own(0),
    }
}

const FORMS: &[Pattern<ConfigFailure>] = &[
    // kubelet_pods.go: makeEnvironmentVariables
    ("couldn't find key {} in ConfigMap {}/{}", |captures| {
        key(ObjectKind::ConfigMap, captures)
    }),
    ("couldn't find key {} in Secret {}/{}", |captures| {
        key(ObjectKind::Secret, captures)
    }),
    ("configmap \"{}\" not found", configmap),
    ("configmaps \"{}\" not found", configmap),
    ("secret \"{}\" not found", secret),
    ("secrets \"{}\" not found", secret),
    ("couldn't get configMap {}", |_| ConfigFailure::NotYet),
    ("couldn't get secret {}", |_| ConfigFailure::NotYet),
    ("object \"{}\"/\"{}\" not registered", |_| {
        ConfigFailure::NotYet
    }),
    ("failed to sync configmap cache", |_| ConfigFailure::NotYet),
    ("failed to sync secret cache", |_| ConfigFailure::NotYet),
    ("services have not yet been read at least once", |_| {
        ConfigFailure::NotYet
    }),
    ("environment variable key \"{}\" not found in file", |_| {
        ConfigFailure::EnvFile
    }),
    ("couldn't parse env file", |_| ConfigFailure::EnvFile),
    ("referenced by FileKeyRef", |_| ConfigFailure::EnvFile),
    // kuberuntime/security_context.go
    (
        "container has runAsNonRoot and image will run as root",
        |_| ConfigFailure::RunsAsRoot,
    ),
    (
        "image has non-numeric user ({}), cannot verify user is non-root",
        |captures| ConfigFailure::UserNotNumeric {
            user: captures.own(0),
        },
    ),
    ("image has an invalid user id", |_| ConfigFailure::User),
    ("container's runAsUser breaks non-root policy", |_| {
        ConfigFailure::RunAsUserIsRoot
    }),
    (
        "will be regarded as root identity and will break non-root policy",
        |_| ConfigFailure::RunAsUserIsRoot,
    ),
    // kubelet_pods.go: makeMounts; volume/util/subpath
    ("failed to prepare subPath for volumeMount \"{}\"", sub_path),
    (
        "failed to create subPath directory for volumeMount \"{}\"",
        sub_path,
    ),
    ("error SubPath `{}`", |_| ConfigFailure::SubPath {
        mount: None,
    }),
    ("unable to provision SubPath `{}`", |_| {
        ConfigFailure::SubPath { mount: None }
    }),
    ("cannot find volume \"{}\" to mount into container", volume),
    ("cannot find volume \"{}\" to pass into container", volume),
    ("failed to resolve recursive read-only mode", |_| {
        ConfigFailure::MountUnsupported
    }),
    (
        "idmap mounts specified but OCI runtime does not support them",
        |_| ConfigFailure::MountUnsupported,
    ),
    ("but it is not a shared mount", |_| {
        ConfigFailure::MountUnsupported
    }),
    // third_party/forked/golang/expansion
    ("missing value for {}", |captures| {
        ConfigFailure::VariableMissing {
            variable: captures.own(0),
        }
    }),
    ("unable to find target container {}", |captures| {
        ConfigFailure::TargetMissing {
            container: captures.own(0).trim_matches('"').to_owned(),
        }
    }),
    ("is not a valid DNS label", |_| ConfigFailure::Hostname),
    ("hostname for pod \"{}\" was invalid", |_| {
        ConfigFailure::Hostname
    }),
    (
        "create container log directory for container {} failed: {*}no space left on device",
        |_| ConfigFailure::DiskFull,
    ),
    // containerd, CRI-O
    ("no command specified", |_| ConfigFailure::NoCommand),
    ("failed to reserve container name", |_| {
        ConfigFailure::NameReserved
    }),
    ("name \"{}\" is reserved for", |_| {
        ConfigFailure::NameReserved
    }),
    (
        "Kubelet may be retrying requests that are timing out in CRI-O",
        |_| ConfigFailure::NameReserved,
    ),
    ("ImageVolumeMountFailed", |_| ConfigFailure::ImageVolume),
    ("failed to mount image volume", |_| {
        ConfigFailure::ImageVolume
    }),
    ("apparmor profile not found {}", |captures| {
        ConfigFailure::ProfileMissing {
            profile: captures.own(0),
        }
    }),
    ("failed to find runtime handler", |_| {
        ConfigFailure::HandlerMissing
    }),
    ("unresolvable CDI devices {}", |_| ConfigFailure::Device),
    ("cannot mount {}: path does not exist", |captures| {
        ConfigFailure::PathMissing {
            path: captures.own(0),
        }
    }),
    ("failed to mkdir {}: file exists", |captures| {
        ConfigFailure::PathMissing {
            path: captures.own(0),
        }
    }),
    ("no matching entries in passwd file", |_| {
        ConfigFailure::User
    }),
    ("no matching entries in group file", |_| ConfigFailure::User),
    ("no users found", |_| ConfigFailure::User),
    ("user group \"{}\" is specified without user", |_| {
        ConfigFailure::User
    }),
    ("runAsGroup is specified without a runAsUser", |_| {
        ConfigFailure::User
    }),
    ("failed to get sandbox container task", |_| {
        ConfigFailure::SandboxGone
    }),
    ("no space left on device", |_| ConfigFailure::DiskFull),
    ("context deadline exceeded", |_| ConfigFailure::Timeout),
    ("DeadlineExceeded", |_| ConfigFailure::Timeout),
];

#[cfg(test)]
mod tests;
