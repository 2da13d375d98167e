//! What a volume has against a node, as data of the report.

use super::ObstacleReport;
use crate::scheduler::{NoVolume, VolumeTrouble};

/// Fills in what this trouble knows.
pub(super) fn report(report: &mut ObstacleReport, trouble: &VolumeTrouble) {
    let about = Some(trouble.about().to_owned());
    match trouble {
        VolumeTrouble::Disk { holder, .. } => {
            report.volume = about;
            report.holder = Some(holder.clone());
        }
        VolumeTrouble::InUse { holder, .. } => {
            report.claim = about;
            report.holder = Some(holder.clone());
        }
        VolumeTrouble::AttachLimit {
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
        VolumeTrouble::NoDriver { .. } => report.driver = about,
        VolumeTrouble::Elsewhere {
            volume,
            wanted,
            found,
            ..
        }
        | VolumeTrouble::Zone {
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
        VolumeTrouble::NoSpace { asked, free, .. } => {
            report.claim = about;
            report.asked = Some(asked.to_string());
            report.free = free.map(|free| free.to_string());
        }
        VolumeTrouble::Gone { volume, .. } => {
            report.claim = about;
            report.volume = Some(volume.clone());
        }
        VolumeTrouble::Unavailable { why, .. } => {
            report.claim = about;
            report.wanted = match why {
                NoVolume::Topology(nodes) => Some(nodes.clone()),
                NoVolume::ForNode(node) => Some(node.clone()),
                NoVolume::ByHand => None,
            };
        }
        VolumeTrouble::Claim { .. } => report.claim = about,
    }
}
