//! What stands behind a webhook: its configuration, its Service, and the pods that would answer.

use crate::kubernetes::selector::carries;
use crate::rules::shared::refused::WorkloadCase;
use crate::snapshot::{Catalog, Kind, ObjectRef, Seen, Service, Snapshot, WebhookConfiguration};

/// The Service that the API server asks.
pub(super) struct Backend<'a> {
    pub(super) object: ObjectRef,
    pub(super) service: Seen<'a, &'a Service>,
    /// How many pods it has and how many of them are ready, where all were read.
    pub(super) pods: Option<(usize, usize)>,
}

impl<'a> Backend<'a> {
    pub(super) fn of(snapshot: &Snapshot<'a>, namespace: &str, name: &str) -> Self {
        let service = snapshot.store().services().get(namespace, name);
        let selector = service.yes().map(|service| &service.selector);
        let records = snapshot.store().pod_records();
        let is_whole = || snapshot.pods().whole(namespace).is_ok();
        let selector = selector.filter(|selector| !selector.is_empty() && is_whole());
        let pods = selector.map(|selector| {
            let live = records.in_namespace(namespace).filter(|pod| {
                !pod.terminating && carries(&records.footprint(pod).labels, selector)
            });
            live.fold((0, 0), |(all, ready), pod| {
                (all + 1, ready + usize::from(pod.ready))
            })
        });
        Backend {
            object: ObjectRef::new(Kind::Service, namespace, name),
            service,
            pods,
        }
    }

    /// How many pods are ready now, where that is known.
    pub(super) fn ready(&self) -> Option<usize> {
        self.pods.map(|(_, ready)| ready)
    }

    /// Whether the workload's pods are those that would answer.
    pub(super) fn is_of(&self, case: &WorkloadCase<'_>) -> bool {
        let selector = self.service.yes().map(|service| &service.selector);
        let labels = &case.it.workload.template_labels;
        self.object.namespace.as_deref() == Some(case.namespace())
            && selector.is_some_and(|it| !it.is_empty() && carries(labels, it))
    }

    /// `a=b,c=d`, by which its pods are selected.
    pub(super) fn selector(&self) -> Option<String> {
        let selector = &self.service.yes()?.selector;
        let pairs = selector.iter().map(|(key, value)| format!("{key}={value}"));
        let pairs: Vec<String> = pairs.collect();
        (!pairs.is_empty()).then(|| pairs.join(","))
    }
}

/// Where a webhook is configured.
pub(super) struct Configured {
    pub(super) object: ObjectRef,
    /// Its place in the list of webhooks.
    pub(super) place: usize,
    /// The names of all that stand in it.
    pub(super) names: Vec<String>,
    /// `Fail` or `Ignore`.
    pub(super) failure_policy: String,
}

/// Where webhooks of this name are configured; `No` only where all configurations were read. Several may have one name.
pub(super) fn configured<'a>(snapshot: &Snapshot<'a>, webhook: &str) -> Option<Vec<Configured>> {
    let store = snapshot.store();
    let both = [
        (
            Kind::MutatingWebhookConfiguration,
            store.mutating_webhooks(),
        ),
        (
            Kind::ValidatingWebhookConfiguration,
            store.validating_webhooks(),
        ),
    ];
    let found: Vec<Configured> = both
        .iter()
        .flat_map(|(kind, catalog)| of_kind(*kind, catalog, webhook))
        .collect();
    let is_whole = both.iter().all(|(_, catalog)| catalog.whole("").is_ok());
    (is_whole || !found.is_empty()).then_some(found)
}

fn of_kind(kind: Kind, all: &Catalog<WebhookConfiguration>, webhook: &str) -> Vec<Configured> {
    let seen = all.seen().flat_map(|((_, name), configuration)| {
        let named = configuration.webhooks.iter().enumerate();
        let named = named.filter(|(_, one)| one.name == webhook);
        named.map(move |(place, one)| Configured {
            object: ObjectRef::new(kind, "", name),
            place,
            names: configuration
                .webhooks
                .iter()
                .map(|it| it.name.clone())
                .collect(),
            // admissionregistration/v1 defaults.go
            failure_policy: one
                .failure_policy
                .clone()
                .unwrap_or_else(|| "Fail".to_owned()),
        })
    });
    seen.collect()
}
