//! An admission webhook that has to be asked gives no answer, or none that can be used.
//!
//! Source: apiserver `pkg/admission/plugin/webhook` and `pkg/util/webhook` (0.37): with failurePolicy Fail, which is the
//! default, what cannot be asked refuses.

use super::refusal::{Refusal, SEEN_AS};
use super::webhook_backend::{Backend, Configured, configured};
use super::webhook_fixes;
use crate::kubernetes::shell;
use crate::messages::admission::{Denial, Unreachable};
use crate::messages::form::search;
use crate::rules::finding::Finding;
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind};
use crate::text::{Message, Sentence, say};

/// `webhook-unreachable`
pub static RULE: Rule = Rule {
    cause: "webhook-unreachable",
    layer: Layer::Admission,
    title: "an admission webhook that has to be asked does not answer",
    seen_as: SEEN_AS,
    explanation: include_str!("webhook_unreachable.md"),
    reads: &[
        Kind::MutatingWebhookConfiguration,
        Kind::ValidatingWebhookConfiguration,
        Kind::Service,
        Kind::ReplicaSet,
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::CronJob,
        Kind::ReplicationController,
    ],
    refines: &[],
    root: Root::Facts(HEADLINE),
    check: Check::Workload(check),
};

const HEADLINE: Sentence = say!(
    "webhook-unreachable.headline",
    "webhook {webhook} gave no answer: {trouble}"
);

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refusal::of(case).and_then(|refusal| {
        let (webhook, service, why) = match &refusal.refused.denial {
            Denial::WebhookUnreachable {
                webhook,
                service,
                why,
            } => (webhook.clone(), service.clone(), Some(*why)),
            Denial::WebhookBroken { webhook } => (webhook.clone(), None, None),
            _ => return None,
        };
        let backend =
            service.map(|(namespace, name)| Backend::of(case.snapshot, &namespace, &name));
        let unasked = Unasked {
            configured: configured(case.snapshot, &webhook),
            refusal,
            webhook,
            backend,
            why,
        };
        Some(unasked.finding())
    });
    finding.into_iter().collect()
}

/// A webhook that could not be asked, with what was read of what stands behind it.
pub(super) struct Unasked<'c, 'a> {
    pub(super) refusal: Refusal<'c, 'a>,
    pub(super) webhook: String,
    pub(super) backend: Option<Backend<'a>>,
    /// Empty where it is in none; none where not all were read.
    pub(super) configured: Option<Vec<Configured>>,
    /// None for an answer that cannot be used.
    pub(super) why: Option<Unreachable>,
}

impl Unasked<'_, '_> {
    fn finding(&self) -> Finding {
        let case = self.refusal.case;
        let service = self.backend.as_ref().map(|backend| &backend.object);
        let service = service.map(|it| {
            format!(
                "{}/{}",
                it.namespace.as_deref().unwrap_or_default(),
                it.name
            )
        });
        let policy = self.configured.iter().flatten().next();
        let pods = self.backend.as_ref().and_then(|backend| backend.pods);
        let certificate = search("x509: {*}", self.refusal.refused.message());
        // the clock of each attempt follows
        let certificate = certificate.map(|it| it.own(0));
        let certificate = certificate
            .as_deref()
            .and_then(|words| words.split(": current time").next());
        let facts = Message::new(self.trouble())
            .fact_if("service", service.clone())
            .fact_if("pods", pods.map(|(pods, _)| pods))
            .fact_if("ready", pods.map(|(_, ready)| ready))
            .fact_if("certificate", certificate);
        self.refusal
            .finding(case.subject(), HEADLINE)
            .why(self.explained())
            .fact("webhook", self.webhook.as_str())
            .fact("trouble", Message::with(facts.sentence, &[&facts.args]))
            .fact_if("service", service)
            .fact_if("policy", policy.map(|it| it.failure_policy.as_str()))
            .evidence(self.read())
            .fix(webhook_fixes::of(self))
            .inspect(self.next())
    }

    /// Whether it refuses nothing any more: it is in no configuration, or no longer has to be asked.
    pub(super) fn is_over(&self) -> bool {
        let configured = self.configured.as_ref();
        configured.is_some_and(|all| all.iter().all(|it| it.failure_policy == "Ignore"))
    }

    pub(super) fn service_is_absent(&self) -> bool {
        let backend = self.backend.as_ref();
        backend.is_some_and(|backend| backend.service.is_absent())
    }

    fn explained(&self) -> Sentence {
        let backend = self.backend.as_ref();
        if self.is_over() {
            return say!(
                "webhook-unreachable.over-why",
                "what cannot be asked refuses, unless its failurePolicy is Ignore; {again}"
            );
        }
        if backend.is_some_and(|backend| backend.is_of(self.refusal.case)) {
            return say!(
                "webhook-unreachable.of-itself",
                "these are the pods that would answer: the webhook refuses {what} for want of themselves, and nothing ends that by itself"
            );
        }
        say!(
            "webhook-unreachable.why",
            "the API server has to ask the webhook about {what}[ (failurePolicy {policy})] and refuses without an answer; {again}"
        )
    }

    /// What of it was read now.
    fn read(&self) -> Vec<Evidence> {
        let case = self.refusal.case;
        let absent = self.backend.as_ref().filter(|_| self.service_is_absent());
        let absent = absent.map(|backend| case.absence(backend.object.clone()));
        let configured = self.configured.iter().flatten().map(|it| {
            let path = format!("webhooks[{}].failurePolicy", self.webhook);
            case.field_of(it.object.clone(), path, it.failure_policy.as_str())
        });
        absent.into_iter().chain(configured).collect()
    }

    /// What shows why nobody answers.
    fn next(&self) -> String {
        let configured = self.configured.iter().flatten().next();
        let of_pods = self
            .backend
            .as_ref()
            .filter(|_| self.why != Some(Unreachable::Tls));
        let of_pods = of_pods.and_then(|it| Some((&it.object, it.selector()?)));
        match (of_pods, configured) {
            (Some((service, selector)), _) => {
                service.kubectl(["get", "pods", "-o", "wide", "-l", &selector])
            }
            (None, Some(it)) => it
                .object
                .kubectl(["get", &it.object.argument(), "-o", "yaml"]),
            (None, None) => shell::cluster(["get", ALL]),
        }
    }
}

const ALL: &str = "validatingwebhookconfigurations,mutatingwebhookconfigurations";
