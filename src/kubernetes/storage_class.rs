//! When and by whom the volumes of a StorageClass are made, and which claims it is for.
//!
//! Sources: pkg/apis/storage/v1/defaults.go, pkg/controller/volume/persistentvolume/pv_controller.go (1.37).

use k8s_openapi::api::storage::v1::StorageClass;

/// The provisioner of classes whose volumes are made by hand.
pub const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// Marks the class of claims that name none; the second one up to 1.5.
const DEFAULT: [&str; 2] = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];

/// Whether claims that name no class get this one.
pub fn is_default(class: &StorageClass) -> bool {
    let mut annotations = class.metadata.annotations.iter().flatten();
    annotations.any(|(key, value)| DEFAULT.contains(&key.as_str()) && value == "true")
}

/// Whether a claim of the class gets its volume once a pod is to use it. The API server fills in that it gets one at once.
pub fn waits_for_consumer(class: &StorageClass) -> bool {
    class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_makes_a_class_the_default() {
        for (key, value, default) in [
            ("storageclass.kubernetes.io/is-default-class", "true", true),
            (
                "storageclass.beta.kubernetes.io/is-default-class",
                "true",
                true,
            ),
            (
                "storageclass.kubernetes.io/is-default-class",
                "false",
                false,
            ),
            ("example.com/is-default-class", "true", false),
        ] {
            let mut class = StorageClass::default();
            class.metadata.annotations = Some([(key.to_owned(), value.to_owned())].into());
            assert_eq!(is_default(&class), default, "{key}={value}");
        }
        assert!(!is_default(&StorageClass::default()));
    }

    #[test]
    fn a_claim_waits_only_where_the_class_says_so() {
        for (mode, waits) in [
            (Some("WaitForFirstConsumer"), true),
            (Some("Immediate"), false),
            (None, false),
        ] {
            let class = StorageClass {
                volume_binding_mode: mode.map(str::to_owned),
                ..StorageClass::default()
            };
            assert_eq!(waits_for_consumer(&class), waits, "{mode:?}");
        }
    }
}
