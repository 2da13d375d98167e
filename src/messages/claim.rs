//! Why a PersistentVolumeClaim is not bound: [`read`] for the events of the claim, many of which are of type Normal.
//!
//! Sources: kube-controller-manager `volume/persistentvolume/pv_controller.go`, `volume/events`; external-provisioner
//! `sig-storage-lib-external-provisioner/controller.go`.

use super::form::{Captures, Pattern, anywhere};
use super::text;

/// What an event of a claim says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ClaimEvent {
    /// No volume fits, and the claim names no class while none is the default.
    NoVolumeAndNoClass,
    /// The volume that the claim names belongs to another claim.
    VolumeTaken {
        /// The volume.
        volume: String,
    },
    /// The volume that the claim names does not suit it.
    VolumeMismatch {
        /// The volume.
        volume: String,
        /// What does not suit.
        why: String,
    },
    /// Waits for a pod that uses it; normal until one is scheduled.
    WaitsForConsumer,
    /// Waits for these pods to be scheduled.
    WaitsForPods {
        /// The pods.
        pods: Vec<String>,
    },
    /// The class does not exist.
    StorageClassMissing {
        /// The class.
        name: String,
    },
    /// The provisioner tried and failed.
    ProvisioningFailed {
        /// The class, if named.
        class: Option<String>,
        /// Its error.
        error: String,
    },
    /// Waits for an external provisioner: if that is all, it is absent or silent.
    WaitsForProvisioner {
        /// The provisioner.
        driver: String,
    },
    /// The provisioner is at work.
    Provisioning,
    /// The volume vanished after binding.
    Lost,
    /// Two claims are bound to one volume.
    Misbound,
    /// No known words.
    Unknown,
}

/// Reads the message of an event.
pub fn read(message: &str) -> ClaimEvent {
    anywhere(FORMS, &text::bare(message)).unwrap_or(ClaimEvent::Unknown)
}

fn failed(captures: &Captures<'_>) -> ClaimEvent {
    ClaimEvent::ProvisioningFailed {
        class: Some(captures.own(0)),
        error: captures.own(1),
    }
}

fn error(said: &str) -> ClaimEvent {
    ClaimEvent::ProvisioningFailed {
        class: None,
        error: said.to_owned(),
    }
}

const FORMS: &[Pattern<ClaimEvent>] = &[
    (
        "no persistent volumes available for this claim and no storage class is set",
        |_| ClaimEvent::NoVolumeAndNoClass,
    ),
    (
        "volume \"{}\" already bound to a different claim",
        |captures| ClaimEvent::VolumeTaken {
            volume: captures.own(0),
        },
    ),
    ("Cannot bind to requested volume \"{}\": {*}", |captures| {
        ClaimEvent::VolumeMismatch {
            volume: captures.own(0),
            why: captures.own(1),
        }
    }),
    (
        "waiting for first consumer to be created before binding",
        |_| ClaimEvent::WaitsForConsumer,
    ),
    ("waiting for pod {} to be scheduled", |captures| {
        ClaimEvent::WaitsForPods {
            pods: vec![captures.own(0)],
        }
    }),
    ("waiting for pods {} to be scheduled", |captures| {
        ClaimEvent::WaitsForPods {
            pods: captures.get(0).split(',').map(str::to_owned).collect(),
        }
    }),
    // both provisioners wrap their error in one of these; the class' absence comes bare
    (
        "failed to provision volume with StorageClass \"{}\": {*}",
        failed,
    ),
    ("storageclass.storage.k8s.io \"{}\" not found", |captures| {
        ClaimEvent::StorageClassMissing {
            name: captures.own(0),
        }
    }),
    (
        "error generating accessibility requirements: {*}",
        |captures| error(captures.get(0)),
    ),
    (
        "Mount options are not supported by the provisioner but StorageClass \"{}\" {*}",
        failed,
    ),
    ("failed to create provisioner: {*}", |captures| {
        error(captures.get(0))
    }),
    ("failed to get target node: {*}", |captures| {
        error(captures.get(0))
    }),
    ("either by the external provisioner '{}'", |captures| {
        ClaimEvent::WaitsForProvisioner {
            driver: captures.own(0),
        }
    }),
    // up to 1.26
    ("either by external provisioner \"{}\"", |captures| {
        ClaimEvent::WaitsForProvisioner {
            driver: captures.own(0),
        }
    }),
    (
        "External provisioner is provisioning volume for claim",
        |_| ClaimEvent::Provisioning,
    ),
    ("Bound claim has lost its PersistentVolume", |_| {
        ClaimEvent::Lost
    }),
    ("Bound claim has lost reference to PersistentVolume", |_| {
        ClaimEvent::Lost
    }),
    ("has lost reference to PersistentVolume", |_| {
        ClaimEvent::Lost
    }),
    ("Two claims are bound to the same volume", |_| {
        ClaimEvent::Misbound
    }),
];

#[cfg(test)]
mod tests {
    use super::ClaimEvent as C;
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn every_known_event() {
        for (text, event) in [
            (
                "no persistent volumes available for this claim and no storage class is set",
                C::NoVolumeAndNoClass,
            ),
            (
                "volume \"pv-1\" already bound to a different claim.",
                C::VolumeTaken {
                    volume: words("pv-1"),
                },
            ),
            (
                "Cannot bind to requested volume \"pv-1\": requested PV is too small",
                C::VolumeMismatch {
                    volume: words("pv-1"),
                    why: words("requested PV is too small"),
                },
            ),
            (
                "waiting for first consumer to be created before binding",
                C::WaitsForConsumer,
            ),
            (
                "waiting for pod web-0 to be scheduled",
                C::WaitsForPods {
                    pods: vec![words("web-0")],
                },
            ),
            (
                "waiting for pods web-0,web-1 to be scheduled",
                C::WaitsForPods {
                    pods: vec![words("web-0"), words("web-1")],
                },
            ),
            (
                "storageclass.storage.k8s.io \"fast\" not found",
                C::StorageClassMissing {
                    name: words("fast"),
                },
            ),
            (
                "failed to provision volume with StorageClass \"fast\": rpc error: code = ResourceExhausted desc = full",
                C::ProvisioningFailed {
                    class: Some(words("fast")),
                    error: words("rpc error: code = ResourceExhausted desc = full"),
                },
            ),
            (
                "Failed to provision volume with StorageClass \"fast\": no",
                C::ProvisioningFailed {
                    class: Some(words("fast")),
                    error: words("no"),
                },
            ),
            (
                "error generating accessibility requirements: no topology key found on CSINode a",
                C::ProvisioningFailed {
                    class: None,
                    error: words("no topology key found on CSINode a"),
                },
            ),
            (
                "Waiting for a volume to be created either by the external provisioner 'disk.example' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
                C::WaitsForProvisioner {
                    driver: words("disk.example"),
                },
            ),
            (
                "waiting for a volume to be created, either by external provisioner \"disk.example\" or manually created by system administrator",
                C::WaitsForProvisioner {
                    driver: words("disk.example"),
                },
            ),
            (
                "External provisioner is provisioning volume for claim \"shop/data\"",
                C::Provisioning,
            ),
            (
                "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
                C::Lost,
            ),
            (
                "Two claims are bound to the same volume, this one is bound incorrectly",
                C::Misbound,
            ),
            ("words of tomorrow", C::Unknown),
        ] {
            assert_eq!(read(text), event, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = read(&text);
        }
    }
}
