//! Objects of other APIs that make pods themselves and are refused them: of those nothing is read, and events are all there is.

use super::subject::StatusText;
use super::workload::{is_retried, pod_of};
use super::{Layer, Scope, Standing, Subject};
use crate::snapshot::{Event, ObjectRef, Snapshot, Store};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Reasons with which controllers tell that a pod could not be created: that of Kubernetes' own, which OpenKruise and others took
/// over, and that of Kubeflow's (kubeflow/common `pkg/controller.v1/control/pod_control.go`).
const REFUSED: [&str; 2] = ["FailedCreate", "FailedCreatePod"];
/// The same of one that was.
const CREATED: [&str; 2] = ["SuccessfulCreate", "SuccessfulCreatePod"];

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
        let is_told = REFUSED.contains(&reason) || CREATED.contains(&reason);
        if is_told && event.about.known_kind().is_none() && event.about.namespace.is_some() {
            let known = newest.entry(&event.about).or_insert(event);
            if event.last >= known.last {
                *known = event;
            }
        }
    }
    let newest = newest.into_values();
    let refused = newest.filter(|event| event.warning && REFUSED.contains(&event.reason.as_str()));
    let owners = refused.map(|event| CustomOwner { event });
    owners.filter(|owner| owner.is_refused(snapshot)).collect()
}

impl<'s> CustomOwner<'s> {
    /// Whether it was refused a pod, may be yet to try again, and has made none since. How many it wants nothing tells.
    fn is_refused(self, snapshot: &Snapshot<'_>) -> bool {
        let records = snapshot.store().pod_records();
        let message = &self.event.message;
        let pod = pod_of(message);
        let is_there = pod.is_some_and(|name| records.get(self.place(), name).is_some());
        let owner = format!("{}/{}", self.event.about.kind, self.event.about.name);
        let mut own = records.of_controller(self.place(), &owner);
        let has_made = own.any(|pod| pod.started >= self.event.last);
        let is_of_pod = message.to_ascii_lowercase().contains("pod");
        is_of_pod && !is_there && !has_made && is_retried(self.event, snapshot)
    }

    fn place(self) -> &'s str {
        self.event.about.namespace.as_deref().unwrap_or_default()
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
        self.place()
    }

    fn owner(&self, _: &Store) -> ObjectRef {
        self.object()
    }

    fn is_in(&self, scope: &Scope, _: &Store) -> bool {
        scope.is_scan() && scope.has_namespace(self.place())
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
