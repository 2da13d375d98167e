//! The StorageClass of a claim, as far as it was read.

use crate::kubernetes::claims;
use crate::kubernetes::storage_class::is_default;
use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::snapshot::Seen;
use crate::text::{Sentence, say};
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

/// What is to be done with a claim whose class is no use: nothing where all classes were read and there is none.
pub(super) fn make_anew(case: &Case<'_>) -> Option<Fix> {
    let fix = |change: Sentence| Fix::advice(change, Who::Owner);
    let named = say!(
        "class.make-claim-anew-with",
        "make the claim anew with {classes|class|one of the classes} {classes}"
    );
    match all(case) {
        Some(names) if names.is_empty() => None,
        Some(names) if names.len() <= NAMED => Some(fix(named).fact("classes", names)),
        _ => Some(fix(say!(
            "class.make-claim-anew",
            "make the claim anew with a class that exists"
        ))),
    }
}

/// The names of the classes, where all were read.
pub(super) fn all(case: &Case<'_>) -> Option<Vec<String>> {
    let classes = case.snapshot.storage_classes();
    classes.whole_cluster().ok()?;
    Some(classes.seen().map(|((_, name), _)| name.clone()).collect())
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
