//! Why a volume rejects a node, as data of the report.

use super::FilterFailureReport;
use crate::kubernetes::node_terms::NodeRequirement;
use crate::scheduler::{NoVolume, VolumeFailure};

/// Fills in what this failure knows.
pub(super) fn report(report: &mut FilterFailureReport, failure: &VolumeFailure) {
    let about = Some(failure.about().to_owned());
    match failure {
        VolumeFailure::Disk { holder, .. } => {
            report.volume = about;
            report.holder = Some(holder.clone());
        }
        VolumeFailure::InUse { holder, .. } => {
            report.claim = about;
            report.holder = Some(holder.clone());
        }
        VolumeFailure::AttachLimit {
            attached,
            new,
            limit,
            ..
        } => {
            report.driver = about;
            report.asked = Some(new.to_string());
            report.free = Some((limit - attached).to_string());
            report.allocatable = Some(limit.to_string());
        }
        VolumeFailure::NoDriver { .. } => report.driver = about,
        VolumeFailure::Elsewhere {
            volume,
            wanted,
            found,
            ..
        } => {
            report.claim = about;
            report.volume = Some(volume.clone());
            report.wanted = Some(wanted.clone());
            report.found.clone_from(found);
        }
        VolumeFailure::Zone {
            volume,
            key,
            wanted,
            found,
            ..
        } => {
            report.claim = about;
            report.volume = Some(volume.clone());
            report.wanted = Some(NodeRequirement::one_of(key, wanted).into());
            let found = found.iter().map(|found| (key.clone(), found.clone()));
            report.found = found.collect();
        }
        VolumeFailure::NoSpace { asked, free, .. } => {
            report.claim = about;
            report.asked = Some(asked.to_string());
            report.free = free.map(|free| free.to_string());
        }
        VolumeFailure::Gone { volume, .. } => {
            report.claim = about;
            report.volume = Some(volume.clone());
        }
        VolumeFailure::Unavailable { why, .. } => {
            report.claim = about;
            match why {
                NoVolume::Topology(nodes) => report.wanted = Some(nodes.clone()),
                NoVolume::ForNode(node) => report.node = Some(node.clone()),
                NoVolume::ByHand => {}
            }
        }
        VolumeFailure::Claim { .. } => report.claim = about,
    }
}
