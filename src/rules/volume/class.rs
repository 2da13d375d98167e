//! The StorageClass of a claim, as far as it was read.

use crate::kubernetes::claims;
use crate::kubernetes::storage_class::is_default;
use crate::rules::Case;
use crate::snapshot::Seen;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass;

/// The class of a claim.
pub(super) enum Class<'a> {
    /// The claim asks for a volume without class.
    None,
    /// The claim names no class, and what the default is was read, or not.
    Default(Seen<'a, ()>),
    /// The claim names this class.
    Named(Seen<'a, &'a StorageClass>),
}

impl<'a> Class<'a> {
    /// The class that decides who makes the claim's volume.
    pub(super) fn of(case: &Case<'a>, claim: &PersistentVolumeClaim) -> Class<'a> {
        let classes = case.snapshot.storage_classes();
        match claims::class(claim).map(|(_, name)| name) {
            Some("") => Class::None,
            Some(name) => Class::Named(classes.get("", name)),
            None => Class::Default(
                match (
                    classes.seen().any(|(_, class)| is_default(class)),
                    classes.whole_cluster(),
                ) {
                    (true, _) => Seen::Yes(()),
                    (false, Ok(())) => Seen::No,
                    (false, Err(gap)) => Seen::Unknown(gap),
                },
            ),
        }
    }
}
