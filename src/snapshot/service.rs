//! Services: to which pods they send traffic.

use super::annotations::OwnAnnotations;
use super::workload::controller;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A Service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// `metadata.uid`
    pub uid: Option<String>,
    /// `metadata.creationTimestamp`
    pub created: Option<Timestamp>,
    /// It is being deleted.
    pub terminating: bool,
    /// Kind and name of who makes it, as an operator does beside the pods that it makes.
    pub controller: Option<(String, String)>,
    /// `spec.selector`: the labels of its pods. Empty where somebody else writes its endpoints, and for an ExternalName.
    pub selector: BTreeMap<String, String>,
    /// `spec.type` ExternalName: a name in DNS for something outside.
    pub is_external_name: bool,
    /// What its annotation says of findings that are not to be shown.
    pub silence: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RawService {
    metadata: RawMeta,
    spec: Option<RawSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMeta {
    uid: Option<String>,
    creation_timestamp: Option<Timestamp>,
    annotations: Option<OwnAnnotations>,
    deletion_timestamp: Option<Timestamp>,
    owner_references: Option<Vec<OwnerReference>>,
}

#[derive(Deserialize)]
struct RawSpec {
    r#type: Option<String>,
    selector: Option<BTreeMap<String, String>>,
}

impl RawService {
    pub(super) fn into_service(self) -> Service {
        let is_external_name = |spec: &RawSpec| spec.r#type.as_deref() == Some("ExternalName");
        let is_external_name = self.spec.as_ref().is_some_and(is_external_name);
        // the selector of an ExternalName is ignored (pkg/apis/core/types.go ServiceSpec, 1.37)
        let spec = self.spec.filter(|_| !is_external_name);
        Service {
            uid: self.metadata.uid,
            created: self.metadata.creation_timestamp,
            terminating: self.metadata.deletion_timestamp.is_some(),
            controller: controller(self.metadata.owner_references.as_deref()),
            selector: spec.and_then(|spec| spec.selector).unwrap_or_default(),
            is_external_name,
            silence: self.metadata.annotations.and_then(|own| own.silence),
        }
    }
}
