//! How a Service stands: whether there are pods that its selector matches.

use super::subject::StatusText;
use super::{Because, Layer, Scope, Standing, Subject};
use crate::kubernetes::labels::is_set_by_controller;
use crate::kubernetes::selector::carries;
use crate::snapshot::{
    Kind, ObjectRef, PodIdentity, PodRecord, Seen, Service, Snapshot, Store, Workload,
};
use jiff::Timestamp;
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
    let asked = scope.selector.is_none() && scope.fields.is_none();
    let services = snapshot.store().services().seen();
    services
        .filter(move |_| asked)
        .map(|((namespace, name), service)| ServiceSubject {
            namespace,
            name,
            service,
        })
}

impl<'s> ServiceSubject<'s> {
    /// How many live pods it has.
    pub fn pods(&self, store: &Store) -> usize {
        let alike = store.pod_records().alike_in(self.namespace);
        let own = alike.filter(|(footprint, _)| self.selects(&footprint.labels));
        own.map(|(_, pods)| pods).sum()
    }

    /// How many pods would be its own if they had not ended, as far as they were read.
    fn ended(&self, store: &Store) -> usize {
        let pods = store.whole_pods_in(self.namespace);
        pods.filter(|pod| matches!(pod.phase(), "Succeeded" | "Failed"))
            .filter(|pod| self.selects(pod.identity().labels))
            .count()
    }

    fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        carries(labels, &self.service.selector)
    }

    /// The workloads of its namespace that were read. A ReplicaSet keeps what its Deployment's template was once, so of those
    /// whose Deployment was read that one counts.
    pub fn workloads<'a>(&self, store: &'a Store) -> impl Iterator<Item = (ObjectRef, &'a Workload)>
    where
        's: 'a,
    {
        let namespace = self.namespace;
        let all = store.workload_catalogs().flat_map(move |(kind, catalog)| {
            let seen = catalog.seen_in(namespace);
            seen.map(move |(name, workload)| (ObjectRef::new(kind, namespace, name), workload))
        });
        all.filter(move |(_, workload)| {
            let controller = workload.controller.as_ref();
            controller.is_none_or(|(kind, name)| {
                let seen = store.workload(kind, namespace, name);
                kind != Kind::Deployment.as_str() || !matches!(seen, Some(Seen::Yes(_)))
            })
        })
    }

    /// Why nothing is wrong with it, if so.
    fn healthy_because(&self, store: &Store) -> Option<Because> {
        if self.service.is_external_name {
            return Some(Because::ExternalName);
        }
        if self.service.selector.is_empty() {
            return Some(Because::NoSelector);
        }
        let pods = self.pods(store);
        if pods > 0 {
            return Some(Because::Selects(pods));
        }
        match self.ended(store) {
            0 if store.pods().whole(self.namespace).is_err() => Some(Because::PodsUnread),
            0 => {
                let of_workload = self.workload(store).map(Because::OfWorkload);
                of_workload.or_else(|| self.untaken_role(store).map(Because::RoleUntaken))
            }
            ended => Some(Because::PodsEnded(ended)),
        }
    }

    /// The label that keeps its selector from the only pod that could be meant, when it stands for a role: operators say by such
    /// labels which pod is the primary, and make a Service for each role whether or not there are pods enough.
    fn untaken_role(&self, store: &Store) -> Option<String> {
        let records = store.pod_records();
        let selector = &self.service.selector;
        let role = selector.iter().find(|(key, _)| {
            let mut others = selector.clone();
            others.remove(*key);
            let has_role = |record: &&PodRecord| {
                let labels = &records.footprint(record).labels;
                labels.contains_key(*key) && carries(labels, &others)
            };
            let mut pods = records.in_namespace(self.namespace).filter(has_role);
            let only = pods.next().filter(|_| pods.next().is_none());
            only.is_some_and(|pod| self.is_set_while_running(key, records.identity(pod), store))
        });
        role.map(|(key, value)| format!("{key}={value}"))
    }

    /// Whether the label comes from no template: the one of the pod's controller lacks it, or the Service's own controller is one
    /// that makes pods without any.
    fn is_set_while_running(&self, key: &str, pod: PodIdentity<'_>, store: &Store) -> bool {
        let Some((kind, name)) = pod.controller else {
            return false;
        };
        match store.workload(kind, pod.namespace, name) {
            Some(Seen::Yes(workload)) => !workload.template_labels.contains_key(key),
            Some(_) => false,
            None => {
                let own = self.service.controller.as_ref();
                own.is_some_and(|own| (own.0.as_str(), own.1.as_str()) == (kind, name))
            }
        }
    }

    /// A workload whose pods it would have if there were any.
    fn workload(&self, store: &Store) -> Option<ObjectRef> {
        let mut workloads = self.workloads(store);
        // labels that a controller gives each pod are in no template
        let selector = &self.service.selector;
        let written = selector
            .iter()
            .filter(|(key, _)| !is_set_by_controller(key));
        let written: BTreeMap<String, String> = written
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let is_its = |workload: &Workload| {
            !written.is_empty() && carries(&workload.template_labels, &written)
        };
        let (workload, _) = workloads.find(|(_, workload)| is_its(workload))?;
        Some(store.outermost(workload))
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
        if let Some(because) = self.healthy_because(store) {
            return Standing::Healthy(because);
        }
        if self.service.terminating {
            return Standing::Progressing(Because::Deleting, None);
        }
        // without a clock a Service is as old as what was written last, which may be the Service itself
        let created = self.service.created.filter(|_| snapshot.clock().exact);
        match created {
            Some(created) => Standing::within(Because::NewService, created, NEW, snapshot.clock()),
            None => Standing::Stuck,
        }
    }

    fn status(&self) -> String {
        // kubectl has no word for it; `kubectl describe` shows `Endpoints: <none>`
        "no endpoints".to_owned()
    }

    fn raw_status(&self) -> Vec<StatusText> {
        Vec::new()
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{ReadScope, Retention, Why};
    use crate::triage::{Scope, triage};
    use serde_json::{Value, json};

    /// How the Service `web` stands beside these objects, an hour after it was made.
    fn standing(service: &Value, beside: &[(Kind, Value)], pods_read: bool) -> Option<Standing> {
        standing_at(Some("2026-01-01T01:00:00Z"), service, beside, pods_read)
    }

    fn standing_at(
        time: Option<&str>,
        service: &Value,
        beside: &[(Kind, Value)],
        pods_read: bool,
    ) -> Option<Standing> {
        let mut store = Store::new(Why::NotInDump);
        if let Some(time) = time {
            store.set_time(time.parse().unwrap());
        }
        let meta = |name: &str| json!({"name": name, "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"});
        let web = json!({"metadata": meta("web"), "spec": service});
        let all = std::iter::once(&(Kind::Service, web))
            .chain(beside)
            .cloned()
            .collect::<Vec<_>>();
        for (kind, mut object) in all {
            let labels = object["metadata"]["labels"].clone();
            let name = if kind == Kind::Service {
                "web"
            } else {
                "web-1"
            };
            object["metadata"] = meta(name);
            object["metadata"]["labels"] = labels;
            store
                .insert(kind, object.to_string().as_bytes(), Retention::Whole)
                .unwrap();
        }
        if pods_read {
            store.record(Kind::Pod, ReadScope::Everywhere, Ok(()));
        }
        let targets = vec![crate::triage::scope::Target::new(Kind::Service, "web")];
        let scope = Scope {
            namespace: Some("shop".to_owned()),
            targets,
            ..Scope::default()
        };
        let snapshot = store.snapshot();
        let triage = triage(&snapshot, &scope);
        let stuck = triage.services.stuck.first().map(|_| Standing::Stuck);
        stuck.or_else(|| Some(triage.services.named.first()?.1.clone()))
    }

    fn pod(phase: &str, app: &str) -> (Kind, Value) {
        let pod = json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": []}, "status": {"phase": phase}});
        (Kind::Pod, pod)
    }

    #[test]
    fn a_service_is_new_by_a_clock_alone() {
        let web = json!({"selector": {"app": "web"}});
        let api = [pod("Running", "api")];
        let at = |time| standing_at(time, &web, &api, true);
        let soon = at(Some("2026-01-01T00:00:30Z"));
        assert!(
            matches!(soon, Some(Standing::Progressing(Because::NewService, _))),
            "{soon:?}"
        );
        // it is itself the newest in the dump, and that says nothing of its age
        assert_eq!(at(None), Some(Standing::Stuck));
    }

    #[test]
    fn a_service_is_stuck_when_no_pod_is_or_would_be_its_own() {
        let web = json!({"selector": {"app": "web"}});
        let deployment = json!({"metadata": {}, "spec": {"replicas": 0, "template": {"metadata": {"labels": {"app": "web"}}}}});
        let deployment = (Kind::Deployment, deployment);
        let of_workload = Because::OfWorkload(ObjectRef::new(Kind::Deployment, "shop", "web-1"));
        for (service, beside, pods_read, expected) in [
            (json!({}), vec![], true, Because::NoSelector),
            (
                json!({"type": "ExternalName", "selector": {"app": "web"}}),
                vec![],
                true,
                Because::ExternalName,
            ),
            (
                web.clone(),
                vec![pod("Running", "web")],
                true,
                Because::Selects(1),
            ),
            (
                web.clone(),
                vec![pod("Failed", "web")],
                true,
                Because::PodsEnded(1),
            ),
            (
                web.clone(),
                vec![pod("Running", "api")],
                false,
                Because::PodsUnread,
            ),
            (web.clone(), vec![deployment], true, of_workload),
        ] {
            let found = standing(&service, &beside, pods_read);
            assert_eq!(
                found,
                Some(Standing::Healthy(expected)),
                "{service} {beside:?}"
            );
        }
        assert_eq!(
            standing(&web, &[pod("Running", "api")], true),
            Some(Standing::Stuck)
        );
    }
}
