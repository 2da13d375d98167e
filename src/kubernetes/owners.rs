//! Who owns an object, by its owner references.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

/// The owner that made the object and keeps it as it should be, of which there is one at most (apimachinery
/// `pkg/apis/meta/v1/controller_ref.go` GetControllerOf, 0.37).
pub fn controller(owners: Option<&[OwnerReference]>) -> Option<&OwnerReference> {
    let mut owners = owners.unwrap_or_default().iter();
    owners.find(|owner| owner.controller == Some(true))
}
