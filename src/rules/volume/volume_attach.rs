//! A volume of a bound pod cannot be attached to its node.
//!
//! Sources: kube-controller-manager `volume/attachdetach` and `volume/csi/csi_attacher.go` (1.37), which makes a VolumeAttachment
//! and waits two minutes for the driver's external-attacher; that one writes `status.attached` or `status.attachError`.

use super::attachments::{self, Attached};
use super::failed_mount::{self, FailedMount};
use super::untold_attach;
use crate::kubernetes::shell;
use crate::kubernetes::text::one_line;
use crate::messages::mount::MountFailure;
use crate::messages::quote;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, Sentence, say};

/// `volume-attach`
pub static RULE: Rule = Rule {
    cause: "volume-attach",
    layer: Layer::Volume,
    title: "a volume of the pod is not attached to its node",
    seen_as: &["ContainerCreating", "PodInitializing", "FailedAttachVolume"],
    explanation: include_str!("volume_attach.md"),
    reads: &[Kind::PersistentVolumeClaim, Kind::VolumeAttachment],
    refines: &["volume-mount"],
    root: Root::Facts(say!(
        "volume-attach.root",
        "volumes cannot be attached: {trouble}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let all = failed_mount::all(case);
    let is_attach = |failed: &&FailedMount<'_>| {
        let by_failure = matches!(
            failed.mount.failure,
            MountFailure::AttachTimeout { .. } | MountFailure::NotAttached
        );
        by_failure || failed.of_attach()
    };
    let told: Vec<Finding> = all.iter().filter(is_attach).map(of_event).collect();
    if told.is_empty() {
        return all.iter().flat_map(untold_attach::findings).collect();
    }
    told
}

fn of_event(failed: &FailedMount<'_>) -> Finding {
    let case = failed.case;
    let persistent = failed.persistent().or(failed.name()).unwrap_or_default();
    let attached = attachments::of_volume(case, persistent);
    let own = own(case, &attached);
    let is_done = attachments::is_on(&attached, case.pod().node());
    let attach_error = own.and_then(|it| it.attachment.attach_error.as_deref());
    let driver = match &failed.mount.failure {
        MountFailure::AttachTimeout { driver } => driver.as_deref(),
        _ => None,
    };
    let driver = driver.or(own.map(|it| it.attachment.attacher.as_str()));
    let is_silent = matches!(failed.mount.failure, MountFailure::AttachTimeout { .. });
    let finding = failed.finding(headline(failed, is_done, attach_error.is_some()));
    let message = attach_error.map(|error| one_line(quote::gist(error)).into_owned());
    let finding = finding
        .fact("persistent", persistent)
        .fact_if("driver", driver)
        .evidence(own.map(|it| it.quote(case)))
        .inspect(shell::cluster(["get", "volumeattachments"]));
    let finding = match &message {
        Some(message) => finding.fact("message", message.as_str()),
        None => finding,
    };
    if is_done {
        return finding;
    }
    let finding = match driver.filter(|_| is_silent && attach_error.is_none()) {
        Some(driver) => of_silent(case, finding, driver),
        None => finding.fact("trouble", message.unwrap_or_else(|| failed.error())),
    };
    let says_why = failed.of_attach() && !is_silent || attach_error.is_some();
    let finding = finding.fix(says_why.then(|| Fix::advice(CLEAR, Who::Admin)));
    if failed.mount.failure == MountFailure::NotAttached && attach_error.is_none() {
        return finding.certainty(Certainty::Likely);
    }
    finding.refers_to_quotes()
}

fn headline(failed: &FailedMount<'_>, is_done: bool, is_told: bool) -> Sentence {
    match &failed.mount.failure {
        _ if is_done => say!(
            "volume-attach.by-now",
            "volume {persistent} was not attached to {node}, and is by now"
        ),
        MountFailure::AttachTimeout { driver: Some(_) } if !is_told => say!(
            "volume-attach.silent",
            "nobody attaches volume {persistent} to {node}: the attacher of CSI driver {driver} does not answer"
        ),
        MountFailure::NotAttached | MountFailure::AttachTimeout { .. } if !is_told => say!(
            "volume-attach.not-yet",
            "volume {persistent} is not attached to {node} yet"
        ),
        _ => say!(
            "volume-attach.headline",
            "volume {persistent} cannot be attached to {node}: {message}"
        ),
    }
}

/// The attachment to the pod's own node.
pub(super) fn own<'x, 'a>(
    case: &Case<'_>,
    attached: &'x [Attached<'a>],
) -> Option<&'x Attached<'a>> {
    let node = case.pod().node();
    attached
        .iter()
        .find(|it| Some(it.attachment.node.as_str()) == node)
}

/// The attacher is a part of the driver's controller, not of its node plugin.
pub(super) fn of_silent(case: &Case<'_>, finding: Finding, driver: &str) -> Finding {
    let object = ObjectRef::new(Kind::CsiDriver, "", driver);
    let is_absent = case.snapshot.csi_drivers().get("", driver).is_absent();
    let trouble = Message::new(say!(
        "volume-attach.silent-attacher",
        "the attacher of CSI driver {driver} does not answer"
    ));
    let why = if is_absent {
        say!(
            "volume-attach.not-installed-why",
            "there is no CSIDriver of that name, and nearly every driver has one: it is not installed, or has another name by now"
        )
    } else {
        say!(
            "volume-attach.silent-why",
            "the VolumeAttachment waits for the container csi-attacher of the driver's controller, which does not run, has no right to write it, or waits for its cloud"
        )
    };
    finding
        .fact("trouble", trouble.fact("driver", driver))
        .why(why)
        .evidence(is_absent.then(|| case.absence(object)))
        .fix([Fix::advice(
            say!(
                "volume-attach.see-attacher",
                "see that the controller of CSI driver {driver} runs, and what its container csi-attacher logs"
            ),
            Who::Admin,
        )])
}

pub(super) const CLEAR: Sentence = say!(
    "volume-attach.clear-error",
    "clear what the error names: a right of the driver, a disk that is not there or in another zone, a limit of the machine"
);
