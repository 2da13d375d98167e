//! When and by whom the volumes of a StorageClass are made.
//!
//! Sources: pkg/apis/storage/v1/defaults.go, pkg/controller/volume/persistentvolume/pv_controller.go (1.37).

use k8s_openapi::api::storage::v1::StorageClass;

/// The provisioner of classes whose volumes are made by hand.
pub const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// Whether a claim of the class gets its volume once a pod is to use it. The API server fills in that it gets one at once.
pub fn waits_for_consumer(class: &StorageClass) -> bool {
    class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
}

#[cfg(test)]
mod tests {
    use super::*;

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
