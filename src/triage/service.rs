//! How a Service stands: whether there are pods that its selector matches.

use super::{Because, Layer, Passage, Scope, Standing, Subject};
use crate::snapshot::{Kind, ObjectRef, Service, Snapshot, Store};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Seconds for which a new Service may wait for its pods.
const NEW: i64 = 60;

/// A Service with its name.
#[derive(Debug, Clone, Copy)]
pub struct ServiceSubject<'s> {
    /// Its namespace.
    pub namespace: &'s str,
    /// Its name.
    pub name: &'s str,
    /// The Service.
    pub service: &'s Service,
}

/// The Services that were read. Which labels a Service itself has is not kept, so a label selector means none.
pub(super) fn candidates<'s>(
    snapshot: &Snapshot<'s>,
    scope: &Scope,
) -> impl Iterator<Item = ServiceSubject<'s>> + use<'s> {
    let asked = scope.selector.is_none();
    let services = snapshot.store().services().seen();
    services
        .filter(move |_| asked)
        .map(|((namespace, name), service)| ServiceSubject {
            namespace,
            name,
            service,
        })
}

/// Whether these labels hold every pair of a selector.
pub fn matches(selector: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    selector
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}

impl ServiceSubject<'_> {
    /// How many live pods it has.
    pub fn pods(&self, store: &Store) -> usize {
        let records = store.pod_records();
        let mut pods = records.in_namespace(self.namespace);
        let selector = &self.service.selector;
        let is_its = |labels: &BTreeMap<String, String>| matches(selector, labels);
        pods.by_ref()
            .filter(|record| is_its(&records.footprint(record).labels))
            .count()
    }

    /// A workload whose pods it would have if there were any, as `Kind/name`.
    fn workload(&self, store: &Store) -> Option<String> {
        let mut workloads = Kind::all().filter_map(|kind| Some((kind, store.workloads(kind)?)));
        workloads.find_map(|(kind, catalog)| {
            let mut of_namespace = catalog.seen_in(self.namespace);
            let selector = &self.service.selector;
            let (name, _) =
                of_namespace.find(|(_, workload)| matches(selector, &workload.template_labels))?;
            let workload = ObjectRef::new(kind, self.namespace, name);
            Some(store.outermost(workload).short())
        })
    }
}

impl<'s> Subject<'s> for ServiceSubject<'s> {
    const LAYERS: &'static [Layer] = &[Layer::Service];

    fn object(&self) -> ObjectRef {
        ObjectRef::new(Kind::Service, self.namespace, self.name)
    }

    fn namespace(self) -> &'s str {
        self.namespace
    }

    fn uid(self) -> Option<&'s str> {
        self.service.uid.as_deref()
    }

    fn owner(&self, _: &Store) -> ObjectRef {
        self.object()
    }

    fn is_in(&self, scope: &Scope, _: &Store) -> bool {
        scope.has_namespace(self.namespace)
            && (scope.targets.is_empty() || scope.names(&self.object()))
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        let store = snapshot.store();
        if self.service.selector.is_empty() {
            return Standing::Healthy(Because::NoSelector);
        }
        let pods = self.pods(store);
        // among pods that were not read there may be some
        if pods > 0 || store.pods().whole(self.namespace).is_err() {
            return Standing::Healthy(Because::Selects(pods));
        }
        if let Some(workload) = self.workload(store) {
            return Standing::Healthy(Because::OfWorkload(workload));
        }
        match self.service.created {
            Some(created) if snapshot.seconds_since(created) <= NEW => {
                let until = created.checked_add(SignedDuration::from_secs(NEW));
                Standing::Progressing(Because::NewService, until.ok())
            }
            _ => Standing::Stuck,
        }
    }

    fn status(&self) -> String {
        // what `kubectl get endpoints` shows
        "<none>".to_owned()
    }

    fn raw_status(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        None
    }

    fn passed(&self, _: &Snapshot<'_>, _: Layer, _: Option<Layer>) -> Option<Passage> {
        None
    }
}
