//! How much of what an eviction tells of: what was used, left and allowed, as facts.

use crate::kubernetes::quantity::Quantity;
use crate::messages::eviction::{Consumer, Eviction};
use crate::rules::finding::Finding;
use crate::text::{Fact, Message, say};

/// What the limits of containers and volumes are of.
const STORAGE: &str = "ephemeral-storage";

/// Adds whose they are and how much.
pub(super) fn amounts(finding: Finding, eviction: &Eviction) -> Finding {
    match eviction {
        Eviction::NodePressure {
            resource,
            threshold,
            available,
            consumers,
        } => finding
            .fact("resource", resource.as_str())
            .fact_if(
                "threshold",
                threshold.as_deref().map(|text| amount(text, resource)),
            )
            .fact_if(
                "available",
                available.as_deref().map(|text| amount(text, resource)),
            )
            .fact_if("consumers", used(consumers, resource)),
        Eviction::ContainerLimit { container, limit } => finding
            .container(container)
            .fact("limit", amount(limit, STORAGE)),
        Eviction::PodLimit { limit } => finding.fact("limit", amount(limit, STORAGE)),
        Eviction::EmptyDirLimit { volume, limit } => finding
            .fact("volume", volume.as_str())
            .fact("limit", amount(limit, STORAGE)),
        Eviction::AtAdmission { conditions } => finding.fact("conditions", conditions.clone()),
        _ => finding,
    }
}

/// An amount as the kubelet writes it, in a unit that people read. A threshold may also be a share of the whole.
fn amount(text: &str, resource: &str) -> Fact {
    let amount: Result<Quantity, _> = text.parse();
    amount.map_or_else(|_| text.into(), |amount| Fact::amount(amount, resource))
}

/// What each of them used; `None` if the message names none.
fn used(consumers: &[Consumer], resource: &str) -> Option<Vec<Message>> {
    let used = |consumer: &Consumer| {
        let requested: Quantity = consumer.requested.parse().unwrap_or_default();
        let sentence = if requested.is_zero() {
            say!(
                "evicted.used-without-request",
                "{name} used {used} and requests none"
            )
        } else {
            say!(
                "evicted.used",
                "{name} used {used} of {requested} requested"
            )
        };
        Message::new(sentence)
            .fact("name", consumer.name.as_str())
            .fact("used", amount(&consumer.used, resource))
            .fact("requested", amount(&consumer.requested, resource))
    };
    (!consumers.is_empty()).then(|| consumers.iter().map(used).collect())
}
