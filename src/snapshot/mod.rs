//! What was read of the cluster.
//!
//! A [`Store`] takes objects in and out. A [`Snapshot`] is a borrowed store and a time: it has no client and no environment, the
//! same snapshot gives the same report, byte for byte. Neither knows what was asked for nor how anything stands.
//!
//! What does not belong here: requests (`gather`), what needs an explanation (`triage`), causes (`rules`), and what the
//! scheduler would say (`scheduler`).

mod annotations;
mod autoscaler;
mod catalog;
mod changes;
mod completed;
mod dependency;
mod devices;
mod edit;
mod encoded;
mod endpoints;
mod event;
mod evidence;
mod footprint;
mod images;
mod kind;
mod label_index;
mod lease;
mod limit_range;
mod logs;
mod network_policy;
mod node;
mod node_leaving;
mod object;
mod objects;
mod ownership;
mod pod;
mod pod_index;
mod pod_record;
mod quota;
mod registry;
mod revision;
mod route;
mod seen;
mod service;
mod sharing;
mod slim;
mod specs;
mod storage;
mod store;
mod template_owner;
#[cfg(test)]
pub(crate) mod testing;
mod webhook;
mod workload;

pub use annotations::{DESCRIBED, is_described};
pub use autoscaler::Autoscaler;
pub use catalog::{Catalog, ObjectKey, ReadScope};
pub use changes::Changes;
pub use dependency::{Dependencies, Dependency, note};
pub use devices::ResourceClaim;
pub use encoded::Encoded;
pub use endpoints::EndpointSlice;
pub use event::{Event, Events};
pub use evidence::{Evidence, Origin};
pub use footprint::Footprint;
pub use kind::Kind;
pub use lease::NODE_LEASES;
pub use limit_range::{Limit, LimitRange};
pub use logs::{ContainerLog, Unread};
pub use network_policy::NetworkPolicy;
pub use node::{Condition, Node};
pub use node_leaving::Leaving;
pub use object::ObjectRef;
pub use objects::{Keyed, PodDisruptionBudget, PriorityClass, ServiceAccount};
pub use ownership::{PodIdentity, Relation};
pub use pod::{ContainerView, DEFAULT_SCHEDULER, HAS_IMAGE_OR_NO_TURN, LATELY, PodView, Role};
pub use pod_record::{PodRecord, PodRecords, Pods};
pub use quota::ResourceQuota;
pub use registry::{
    CertificateFault, Issued, LoginState, NoLogin, Presence, RateLimit, RegistryAnswer,
    RegistryAnswers, Said, Shown, Unasked, View, WhyUnasked,
};
pub use revision::{ByRevision, PodNumbers, PodTemplate, REVISION_HASH, TEMPLATE_HASH};
pub use route::{Backend, BackendPort, Refusal, Route};
pub use seen::{Gap, Seen, Why};
pub use service::{Service, ServicePort, TargetPort};
pub use slim::occupant;
pub use storage::{ClaimRef, CsiNode, CsiStorageCapacity, Volume, VolumeAttachment};
pub use store::{Retention, Store};
pub use template_owner::{Propagation, TemplateOwner};
pub use webhook::WebhookConfiguration;
pub use workload::{Schedule, Workload, WorkloadCondition};

use jiff::Timestamp;
use std::ops::Deref;

/// The time of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// When it was taken.
    pub at: Timestamp,
    /// Whether that is known; otherwise `at` is the newest time found in the objects, and the
    /// snapshot was taken then or later.
    pub exact: bool,
}

/// What was read, at a time. Everything that a [`Store`] tells can be asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'s> {
    store: &'s Store,
    clock: Clock,
}

impl<'s> Snapshot<'s> {
    /// The same at another time.
    #[must_use]
    pub fn at(self, clock: Clock) -> Self {
        Snapshot { clock, ..self }
    }

    /// What was read.
    pub fn store(&self) -> &'s Store {
        self.store
    }

    /// When it was taken.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Seconds from `time` until the snapshot was taken; zero when that lies in the future.
    pub fn seconds_since(&self, time: Timestamp) -> i64 {
        (self.clock.at.as_second() - time.as_second()).max(0)
    }
}

impl Deref for Snapshot<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store
    }
}
