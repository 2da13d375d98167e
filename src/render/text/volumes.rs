//! What claims, volumes and their drivers have against nodes, in words.

use super::failures::{STORAGE, free, holders, label, reason};
use super::rows::Alike;
use crate::render::words::amount;
use crate::report::FilterFailureReport;

/// An filter failure, complete by itself; `first` is the first of those that are told as one.
pub(super) fn sentence(alike: &Alike<'_>, first: &FilterFailureReport) -> String {
    let o = first;
    let asked = |unit: &str| o.asked.as_deref().map(|asked| amount(asked, unit));
    match (&o.claim, &o.volume, &o.driver) {
        (Some(claim), Some(volume), _) if o.wanted.is_some() => {
            format!("volume {volume} of claim {claim} is at {}", label(alike))
        }
        (Some(claim), Some(volume), _) => format!("volume {volume} of claim {claim} is gone"),
        (Some(claim), ..) if o.holder.is_some() => {
            format!("claim {claim} used by {}", holders(alike))
        }
        (Some(claim), ..) => match (asked(STORAGE), &o.free, &o.wanted) {
            (Some(asked), Some(_), _) => {
                format!("claim {claim} asks {asked}, {} to make it of", free(alike))
            }
            (Some(asked), None, _) => {
                format!("claim {claim} asks {asked}, and no capacity is told")
            }
            (None, _, Some(wanted)) => format!("claim {claim} can get a volume only on {wanted}"),
            (None, ..) => format!("claim {claim}: {}", reason(first)),
        },
        (None, Some(disk), _) => format!("disk {disk} used by {}", holders(alike)),
        (None, None, Some(driver)) => match asked("") {
            Some(asked) => format!("attaches {asked} more of {driver}, {} free", free(alike)),
            None => format!("driver {driver} does not run on it"),
        },
        (None, None, None) => reason(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Holder;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn words(failure: &FilterFailureReport) -> String {
        sentence(&Alike(vec![(1, failure)]), failure)
    }

    #[test]
    fn each_trouble_has_its_words() {
        let none = FilterFailureReport::default;
        let holder = Some(Holder {
            namespace: "shop".to_owned(),
            name: "db-1".to_owned(),
            controller: None,
        });
        let bound = FilterFailureReport {
            claim: some("data"),
            volume: some("pv-1"),
            ..none()
        };
        let elsewhere = FilterFailureReport {
            wanted: some("zone=a"),
            found: some("zone=b"),
            ..bound.clone()
        };
        let in_use = FilterFailureReport {
            claim: some("data"),
            holder: holder.clone(),
            ..none()
        };
        let disk = FilterFailureReport {
            volume: some("gcePersistentDisk data"),
            holder,
            ..none()
        };
        let small = FilterFailureReport {
            claim: some("data"),
            asked: some("10Gi"),
            free: some("2Gi"),
            ..none()
        };
        let untold = FilterFailureReport {
            free: None,
            ..small.clone()
        };
        let topology = FilterFailureReport {
            claim: some("data"),
            wanted: some("zone in (a, b)"),
            ..none()
        };
        let full = FilterFailureReport {
            driver: some("csi.example.com"),
            asked: some("2"),
            free: some("1"),
            allocatable: some("25"),
            ..none()
        };
        let absent = FilterFailureReport {
            driver: some("csi.example.com"),
            ..none()
        };
        for (failure, expected) in [
            (
                &elsewhere,
                "volume pv-1 of claim data is at zone=a: it is zone=b",
            ),
            (&bound, "volume pv-1 of claim data is gone"),
            (&in_use, "claim data used by shop/db-1"),
            (&disk, "disk gcePersistentDisk data used by shop/db-1"),
            (&small, "claim data asks 10Gi, 2Gi to make it of"),
            (&untold, "claim data asks 10Gi, and no capacity is told"),
            (
                &topology,
                "claim data can get a volume only on zone in (a, b)",
            ),
            (&full, "attaches 2 more of csi.example.com, 1 of 25 free"),
            (&absent, "driver csi.example.com does not run on it"),
        ] {
            assert_eq!(words(failure), expected);
        }
    }
}
