//! What to do about a pull secret that is not there: name another, copy it from a namespace that has it, or make it.

use super::failed_pull::FailedPull;
use super::pull_secrets::{self, PullSecret};
use super::{image_edit, login};
use crate::kubernetes::nearest::nearest;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::say;

/// Best first, and where the Secret is in another namespace.
pub(super) fn with_fixes(
    failed: &FailedPull<'_>,
    finding: Finding,
    named: &[PullSecret<'_>],
    secret: &str,
) -> Finding {
    let case = failed.case;
    let candidates = pull_secrets::at_hand(case);
    let unnamed = candidates
        .into_iter()
        .filter(|candidate| pull_secrets::of_name(named, candidate).is_none());
    let meant = nearest(secret, unnamed).map(|meant| {
        image_edit::set_pull_secret(
            case,
            say!(
                "image-pull-secret-missing.name-nearest",
                "name Secret {offered} instead, if that is meant"
            ),
            Some(secret),
            meant,
        )
    });
    let elsewhere = elsewhere(case, secret);
    let create = Fix::advice(
        say!(
            "image-pull-secret-missing.create",
            "make Secret {secret} with a login to {server}"
        ),
        Who::Owner,
    )
    .fact("server", login::server(failed))
    .template(login::creation(failed, secret));
    let copy = elsewhere.as_ref().map(|other| {
        Fix::advice(
            say!("image-pull-secret-missing.copy", "copy it from namespace {otherNamespace}: a pod can only name Secrets of its own namespace"),
            Who::Owner,
        )
        .fact("otherNamespace", other.namespace.clone().unwrap_or_default())
    });
    let by_account = pull_secrets::of_name(named, secret).is_some_and(|named| named.by_account);
    let anew = (by_account && meant.is_some()).then(|| {
        image_edit::restart(
            case,
            say!(
                "image-pull-secret-missing.restart",
                "make the pods anew: only new ones take the account's list"
            ),
        )
        .follows()
    });
    let there = elsewhere.map(|other| there(case, other));
    finding
        .evidence(there)
        .fix(meant)
        .fix(anew)
        .fix(copy)
        .fix([create])
}

/// A Secret of that name in another namespace.
fn elsewhere(case: &Case<'_>, secret: &str) -> Option<ObjectRef> {
    let mut seen = case.snapshot.secrets().seen();
    let ((namespace, name), _) =
        seen.find(|((namespace, name), _)| name == secret && namespace != case.namespace())?;
    Some(ObjectRef::new(Kind::Secret, namespace, name))
}

fn there(case: &Case<'_>, object: ObjectRef) -> Evidence {
    let name = object.name.clone();
    case.field_of(object, "metadata.name", name)
}
