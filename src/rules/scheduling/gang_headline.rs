//! What keeps a group of pods from being placed, as the headline of `gang_incomplete` says it.

use super::message_only::MessageOnly;
use crate::messages::gang::Gang;
use crate::text::{Sentence, say};

/// By what the scheduler says of the group; `has_waited` where it gave up after a time that it names.
pub(super) fn of(says: &Gang, has_waited: bool) -> Sentence {
    match says {
        Gang::TooFew { .. } => say!(
            "gang-incomplete.too-few",
            "the pod's group[ {group}] has {present} of the {wanted} pods that it needs"
        ),
        Gang::Wants { wanted: 0 | 1 } => say!(
            "gang-incomplete.wants-one",
            "the pod's group[ {group}], for which one pod is enough, has not been placed"
        ),
        Gang::Wants { .. } => say!(
            "gang-incomplete.wants",
            "the pod's group[ {group}] needs {wanted} pods that can be placed at once, and has fewer"
        ),
        Gang::OtherFails { .. } => say!(
            "gang-incomplete.other-fails",
            "another pod of the group[ {group}] fits no node, and none is placed without it"
        ),
        Gang::Preempting => say!(
            "gang-incomplete.preempting",
            "the pod's group[ {group}] waits until the pods that give way to it are gone"
        ),
        Gang::Partly { .. } => say!(
            "gang-incomplete.partly",
            "{running} of the {wanted} pods that the group[ {group}] needs {running|runs|run}, and this one is not placed"
        ),
        Gang::Waits if has_waited => say!(
            "gang-incomplete.waited",
            "the scheduler waited {waited} for the other pods of the group[ {group}] and gave up"
        ),
        Gang::Waits | Gang::Unknown => say!(
            "gang-incomplete.waits",
            "fewer pods of the group[ {group}] exist or fit a node than it needs"
        ),
    }
}

/// `5m0s` of "rejected due to timeout after waiting 5m0s at plugin GangScheduling"
pub(super) fn waited<'m>(only: &MessageOnly<'m>) -> Option<&'m str> {
    let (_, rest) = only.clause.text.split_once("after waiting ")?;
    rest.split_whitespace().next()
}
