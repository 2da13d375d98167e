//! A volume that is not attached, where the kubelet only lists what is not mounted: the attachment itself tells.

use super::attachments;
use super::failed_mount::FailedMount;
use super::volume_attach::{CLEAR, of_silent, own};
use crate::kubernetes::claims::volume_name;
use crate::kubernetes::shell;
use crate::kubernetes::text::one_line;
use crate::messages::mount::MountFailure;
use crate::messages::quote;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{self, ClaimOfPod};
use crate::text::{Sentence, say};

/// What is known of each volume of the list.
pub(super) fn findings(failed: &FailedMount<'_>) -> Vec<Finding> {
    let MountFailure::Boilerplate { unmounted } = &failed.mount.failure else {
        return Vec::new();
    };
    let case = failed.case;
    let waits = |claim: &ClaimOfPod<'_>| {
        unmounted.is_empty() || unmounted.iter().any(|name| name == claim.volume)
    };
    let claims = claims::of_pod(case).into_iter().filter(waits);
    let finding = |claim: ClaimOfPod<'_>| {
        let persistent = volume_name(claim.seen.yes()?)?;
        let attached = attachments::of_volume(case, persistent);
        let own = own(case, &attached).filter(|it| !it.attachment.attached)?;
        let error = own.attachment.attach_error.as_deref();
        let driver = own.attachment.attacher.as_str();
        let finding = failed
            .finding(if error.is_some() { HEADLINE } else { UNTOLD })
            .fact("persistent", persistent)
            .fact("driver", driver)
            .fact("claim", claim.name)
            .volume(claim.volume)
            .evidence([own.quote(case)])
            .inspect(shell::cluster(["get", "volumeattachments"]));
        Some(match error {
            Some(error) => {
                let message = one_line(quote::gist(error)).into_owned();
                finding
                    .fact("trouble", message.as_str())
                    .fact("message", message)
                    .fix([Fix::advice(CLEAR, Who::Admin)])
            }
            None => of_silent(case, finding, driver).certainty(Certainty::Likely),
        })
    };
    claims.filter_map(finding).collect()
}

const HEADLINE: Sentence = say!(
    "volume-attach.told-by-attachment",
    "volume {persistent} cannot be attached to {node}: {message}"
);
const UNTOLD: Sentence = say!(
    "volume-attach.untold",
    "volume {persistent} is not attached to {node}: the attacher of CSI driver {driver} has not answered"
);
