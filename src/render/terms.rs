//! The words of the catalogue for what a report holds as a known value.

use crate::report::StandingReport;
use crate::rules::Layer;
use crate::rules::finding::Certainty;
use crate::rules::shared::agreement::why_not_read;
use crate::snapshot::Why;
use crate::text::{Fact, Sentence, say};

/// The layer's name.
pub(super) fn layer(layer: Layer) -> Sentence {
    match layer {
        Layer::Admission => say!("text.layer.admission", "admission"),
        Layer::Scheduling => say!("text.layer.scheduling", "scheduling"),
        Layer::Node => say!("text.layer.node", "node"),
        Layer::Volume => say!("text.layer.volume", "volume"),
        Layer::Network => say!("text.layer.network", "network"),
        Layer::Image => say!("text.layer.image", "image"),
        Layer::Container => say!("text.layer.container", "container"),
        Layer::Health => say!("text.layer.health", "health"),
        Layer::Service => say!("text.layer.service", "service"),
        Layer::Removal => say!("text.layer.removal", "removal"),
    }
}

/// How sure a diagnosis is; nothing is said of a proven one.
pub(super) fn certainty(certainty: Certainty) -> Option<Sentence> {
    match certainty {
        Certainty::Proven => None,
        Certainty::Likely => Some(say!("text.certainty.likely", "likely")),
        Certainty::Possible => Some(say!("text.certainty.possible", "possible")),
    }
}

/// How something that is not stuck stands.
pub(super) fn standing(standing: StandingReport) -> Sentence {
    match standing {
        StandingReport::Healthy => say!("text.standing.healthy", "healthy"),
        StandingReport::Progressing => say!("text.standing.progressing", "progressing"),
        StandingReport::Unknown => say!("text.standing.unknown", "progressing or late"),
        StandingReport::Ended => say!("text.standing.ended", "ended"),
    }
}

/// Why something was not read, of the word that the report has for it.
pub(super) fn not_read(why: &str) -> Fact {
    Why::of_word(why).map_or_else(|| why.into(), |why| why_not_read(why).into())
}
