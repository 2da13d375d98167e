//! Objects of other APIs that make pods themselves and are refused them: of those nothing is read, and events are all there is.

use super::subject::StatusText;
use super::workload::{CREATED, REFUSED, is_retried, is_there};
use super::{Layer, Scope, Standing, Subject};
use crate::snapshot::{Event, ObjectRef, Snapshot, Store};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Reasons with which controllers tell that a pod could not be created: that of Kubernetes' own, which OpenKruise and others took
/// over, and that of Kubeflow's (kubeflow/common `pkg/controller.v1/control/pod_control.go`).
const REFUSALS: [&str; 2] = [REFUSED, "FailedCreatePod"];
/// The same of one that was.
const CREATIONS: [&str; 2] = [CREATED, "SuccessfulCreatePod"];

/// An owner of which Kubernetes itself knows nothing.
#[derive(Debug, Clone, Copy)]
pub struct CustomOwner<'s> {
    /// Its newest refusal.
    event: &'s Event,
}

/// Those that were refused a pod, and have made none since.
pub(super) fn refused<'s>(snapshot: &Snapshot<'s>) -> Vec<CustomOwner<'s>> {
    let mut newest: BTreeMap<&ObjectRef, &Event> = BTreeMap::new();
    for event in snapshot.store().events().iter() {
        let reason = event.reason.as_str();
        let is_told = REFUSALS.contains(&reason) || CREATIONS.contains(&reason);
        if is_told && event.about.known_kind().is_none() && event.about.namespace.is_some() {
            let known = newest.entry(&event.about).or_insert(event);
            if event.last >= known.last {
                *known = event;
            }
        }
    }
    let newest = newest.into_values();
    let refused = newest.filter(|event| event.warning && REFUSALS.contains(&event.reason.as_str()));
    let owners = refused.map(|event| CustomOwner { event });
    owners.filter(|owner| owner.is_refused(snapshot)).collect()
}

impl<'s> CustomOwner<'s> {
    /// Whether it was refused a pod, may be yet to try again, and has made none since. How many it wants nothing tells.
    fn is_refused(self, snapshot: &Snapshot<'_>) -> bool {
        let (event, namespace) = (self.event, self.namespace());
        let records = snapshot.store().pod_records();
        let mut own = records.of_controller(namespace, &event.about.short());
        let has_made = own.any(|pod| pod.started() >= event.last);
        let is_of_pod = event.message.to_ascii_lowercase().contains("pod");
        let is_there = is_there(event, namespace, snapshot);
        is_of_pod && !is_there && !has_made && is_retried(event, snapshot)
    }
}

impl<'s> Subject<'s> for CustomOwner<'s> {
    const LAYERS: &'static [Layer] = &[Layer::Admission];

    fn object(&self) -> ObjectRef {
        (*self.event.about).clone()
    }

    fn uid(self) -> Option<&'s str> {
        self.event.uid.as_deref()
    }

    fn namespace(self) -> &'s str {
        self.event.about.namespace.as_deref().unwrap_or_default()
    }

    fn owner(&self, _: &Store) -> ObjectRef {
        self.object()
    }

    fn is_in(&self, scope: &Scope, _: &Store) -> bool {
        scope.is_scan() && scope.has_namespace(self.namespace())
    }

    fn standing(&self, _: &Snapshot<'_>) -> Standing {
        Standing::Stuck
    }

    fn status(&self, _: &Store) -> String {
        self.event.reason.to_string()
    }

    fn raw_status(&self) -> Vec<StatusText> {
        Vec::new()
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        self.event.first.or(self.event.last)
    }
}
