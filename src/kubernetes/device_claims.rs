//! The ResourceClaims that a pod names, and the objects that are made for them.
//!
//! Sources: k8s.io/dynamic-resource-allocation `resourceclaim/claim.go` (1.37).

use super::pod::PodStatus;
use k8s_openapi::api::core::v1::{PodResourceClaim, PodSpec};

/// A claim that a pod names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedClaim<'a> {
    /// Its name in the pod.
    pub name: &'a str,
    /// The ResourceClaim; nothing while it is to be made from a template.
    pub object: Option<&'a str>,
    /// The template.
    pub template: Option<&'a str>,
}

/// The claims that a pod names, with the objects that its status names for them.
pub fn named<'a>(
    spec: &'a PodSpec,
    status: Option<&'a PodStatus>,
) -> impl Iterator<Item = NamedClaim<'a>> {
    let made = move |name: &str| {
        let mut statuses = status?.resource_claim_statuses.iter().flatten();
        let made = statuses.find(|status| status.name == name)?;
        made.resource_claim_name.as_deref()
    };
    let claim = move |claim: &'a PodResourceClaim| NamedClaim {
        name: &claim.name,
        object: claim
            .resource_claim_name
            .as_deref()
            .or_else(|| made(&claim.name)),
        template: claim.resource_claim_template_name.as_deref(),
    };
    spec.resource_claims.iter().flatten().map(claim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::pod::Pod;
    use serde_json::json;

    #[test]
    fn the_object_of_a_template_is_named_in_the_status() {
        let spec: PodSpec = serde_json::from_value(json!({"containers": [], "resourceClaims": [
            {"name": "shared", "resourceClaimName": "gpu"},
            {"name": "own", "resourceClaimTemplateName": "gpu"},
            {"name": "late", "resourceClaimTemplateName": "gpu"},
        ]}))
        .unwrap();
        let pod: Pod =
            serde_json::from_value(json!({"metadata": {}, "status": {"resourceClaimStatuses": [
                {"name": "own", "resourceClaimName": "web-own-x7f2p"},
            ]}}))
            .unwrap();
        let objects: Vec<_> = named(&spec, pod.status.as_ref())
            .map(|claim| claim.object)
            .collect();
        assert_eq!(objects, [Some("gpu"), Some("web-own-x7f2p"), None]);
        assert!(named(&spec, None).all(|claim| claim.template.is_none() || claim.object.is_none()));
    }
}
