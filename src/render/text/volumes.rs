//! What claims, volumes and their drivers have against nodes, in words.

use super::failure_group::FailureGroup;
use super::values::{STORAGE, free, holders, label, reason};
use crate::render::words::amount;
use crate::report::FilterFailureReport;
use crate::text::{Fact, Message, say};

/// A filter failure, complete by itself; `first` is the first of those that are told as one.
pub(super) fn sentence(group: &FailureGroup<'_>, first: &FilterFailureReport) -> Message {
    match (&first.claim, &first.volume, &first.driver) {
        (Some(claim), Some(volume), _) => of_volume(group, first)
            .fact("claim", claim.as_str())
            .fact("volume", volume.as_str()),
        (Some(claim), None, _) => of_claim(group, first).fact("claim", claim.as_str()),
        (None, Some(disk), _) => Message::new(say!(
            "text.volume.disk-used",
            "disk {disk} used by {holders}"
        ))
        .fact("holders", holders(group))
        .fact("disk", disk.as_str()),
        (None, None, Some(driver)) => of_driver(group, first).fact("driver", driver.as_str()),
        (None, None, None) => reason(first),
    }
}

fn of_volume(group: &FailureGroup<'_>, first: &FilterFailureReport) -> Message {
    if first.wanted.is_some() {
        let sentence = say!(
            "text.volume.elsewhere",
            "volume {volume} of claim {claim} is at {label}"
        );
        Message::new(sentence).fact("label", label(group))
    } else {
        say!(
            "text.volume.gone",
            "volume {volume} of claim {claim} is gone"
        )
        .into()
    }
}

fn of_claim(group: &FailureGroup<'_>, first: &FilterFailureReport) -> Message {
    if first.holder.is_some() {
        let sentence = say!("text.volume.claim-used", "claim {claim} used by {holders}");
        return Message::new(sentence).fact("holders", holders(group));
    }
    let wanted = first.wanted.clone().map(Fact::from);
    let nodes = wanted.or_else(|| first.node.as_deref().map(Fact::from));
    match (&first.asked, &first.free, nodes) {
        (Some(asked), Some(_), _) => Message::new(say!(
            "text.volume.too-small",
            "claim {claim} asks {asked}, {free} available"
        ))
        .fact("free", free(group))
        .fact("asked", amount(asked, STORAGE)),
        (Some(asked), None, _) => Message::new(say!(
            "text.volume.no-capacity",
            "claim {claim} asks {asked}, no capacity reported"
        ))
        .fact("asked", amount(asked, STORAGE)),
        (None, _, Some(nodes)) => Message::new(say!(
            "text.volume.only-on",
            "claim {claim} can get a volume only on {wanted}"
        ))
        .fact("wanted", nodes),
        (None, ..) => Message::new(say!("text.volume.claim", "claim {claim}: {reason}"))
            .fact("reason", reason(first)),
    }
}

fn of_driver(group: &FailureGroup<'_>, first: &FilterFailureReport) -> Message {
    match &first.asked {
        Some(asked) => Message::new(say!(
            "text.volume.attach-limit",
            "attaches {asked} more of {driver}, {free} free"
        ))
        .fact("free", free(group))
        .fact("asked", amount(asked, "")),
        None => say!(
            "text.volume.no-driver",
            "driver {driver} does not run on it"
        )
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::node_terms::{NodeRequirement, NodeTerms};
    use crate::scheduler::Holder;
    use std::collections::BTreeMap;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn zone(zones: &[&str]) -> NodeTerms {
        let zones: Vec<String> = zones.iter().map(ToString::to_string).collect();
        NodeRequirement::one_of("zone", &zones).into()
    }

    fn words(failure: &FilterFailureReport) -> String {
        sentence(&FailureGroup(vec![(1, failure)]), failure).english()
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
            wanted: Some(zone(&["a"])),
            found: BTreeMap::from([("zone".to_owned(), "b".to_owned())]),
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
            wanted: Some(zone(&["a", "b"])),
            ..none()
        };
        let promised = FilterFailureReport {
            claim: some("data"),
            node: some("n2"),
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
                "volume pv-1 of claim data is at zone=a, node has b",
            ),
            (&bound, "volume pv-1 of claim data is gone"),
            (&in_use, "claim data used by shop/db-1"),
            (&disk, "disk gcePersistentDisk data used by shop/db-1"),
            (&small, "claim data asks 10Gi, 2Gi available"),
            (&untold, "claim data asks 10Gi, no capacity reported"),
            (
                &topology,
                "claim data can get a volume only on zone in (a, b)",
            ),
            (&promised, "claim data can get a volume only on n2"),
            (&full, "attaches 2 more of csi.example.com, 1 of 25 free"),
            (&absent, "driver csi.example.com does not run on it"),
        ] {
            assert_eq!(words(failure), expected);
        }
    }
}
