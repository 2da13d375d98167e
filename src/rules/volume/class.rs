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

/// More classes than this are not named.
const NAMED: usize = 3;

/// The classes that there are, where they are few and all were read.
pub(super) fn existing(case: &Case<'_>) -> Option<Vec<String>> {
    let classes = case.snapshot.storage_classes();
    classes.whole_cluster().ok()?;
    let names: Vec<String> = classes.seen().map(|((_, name), _)| name.clone()).collect();
    (1..=NAMED).contains(&names.len()).then_some(names)
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
