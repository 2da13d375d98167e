//! Why a webhook gives no answer, in words.

use super::webhook_unreachable::Unasked;
use crate::messages::admission::Unreachable;
use crate::text::{Sentence, say};

impl Unasked<'_, '_> {
    /// What is read now outranks what was said.
    pub(super) fn trouble(&self) -> Sentence {
        let pods = self.backend.as_ref().and_then(|backend| backend.pods);
        if self.is_over() {
            return say!(
                "webhook-unreachable.over",
                "no configuration has it asked by now"
            );
        }
        if self.service_is_absent() {
            return say!(
                "webhook-unreachable.no-service",
                "its Service {service} does not exist"
            );
        }
        match (pods, self.why) {
            (Some((0, _)), _) => say!(
                "webhook-unreachable.no-pods",
                "its Service {service} has no pods"
            ),
            (Some((_, 0)), _) => say!(
                "webhook-unreachable.none-ready",
                "{pods|the only pod|none of the {pods} pods} of its Service {service} is {pods|not ready|ready}"
            ),
            (Some(_), Some(Unreachable::NoEndpoints)) => say!(
                "webhook-unreachable.ready-by-now",
                "its Service {service} had no endpoints, and has {ready} by now"
            ),
            (_, why) => self.said(why),
        }
    }

    /// What the API server said.
    fn said(&self, why: Option<Unreachable>) -> Sentence {
        match why {
            Some(Unreachable::NoEndpoints) => say!(
                "webhook-unreachable.no-endpoints",
                "its Service[ {service}] has no endpoints"
            ),
            Some(Unreachable::ServiceMissing) if self.has_service() => say!(
                "webhook-unreachable.service-by-now",
                "its Service {service} did not exist, and does by now"
            ),
            Some(Unreachable::ServiceMissing) => say!(
                "webhook-unreachable.service-missing",
                "its Service[ {service}] was not found"
            ),
            Some(Unreachable::Refused) => say!(
                "webhook-unreachable.refused",
                "nothing listens where it is said to be"
            ),
            Some(Unreachable::Timeout) => say!(
                "webhook-unreachable.timeout",
                "its time ran out[, with {ready} of {pods} {pods|pod|pods} of its Service {service} ready]"
            ),
            Some(Unreachable::Tls) => say!(
                "webhook-unreachable.certificate",
                "the API server does not accept its certificate[: {certificate}]"
            ),
            Some(Unreachable::Dns) => say!(
                "webhook-unreachable.name",
                "its name does not resolve for the API server"
            ),
            Some(Unreachable::Other) => {
                say!("webhook-unreachable.failed", "the quote gives the error")
            }
            None => say!(
                "webhook-unreachable.broken",
                "what came back cannot be used"
            ),
        }
    }

    fn has_service(&self) -> bool {
        let service = self.backend.as_ref().map(|backend| backend.service);
        service.is_some_and(|service| service.yes().is_some())
    }
}
