//! Takes objects in, in any order, and seals them into a [`Snapshot`].
//!
//! Both the API server's answers and a dump's files pass through here, byte for byte the same way:
//! that is why `-f` on what `--dump` wrote gives the same report.

use super::catalog::{Catalog, ReadScope};
use super::devices::{RawClaim, RawClass};
use super::event::{self, Event, Events};
use super::kind::Kind;
use super::node;
use super::objects::{RawBudget, RawKeyed, RawWorkload};
use super::pod::PodView;
use super::seen::{Gap, Why};
use super::slim;
use super::storage::{self, RawAttachment, RawCapacity, RawCsiDriver, RawCsiNode, RawVolume};
use super::{Clock, Snapshot};
use crate::triage::scope::Scope;
use crate::triage::{Standing, standing};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// How much of a pod is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of it, unless it is plainly well.
    Suspects,
    /// Only what it occupies: it is outside the scope.
    PodRecord,
}

/// Why an object was not taken in.
#[derive(Debug, thiserror::Error)]
#[error("{kind} cannot be decoded: {source}")]
pub struct Undecodable {
    /// What it was announced to be.
    pub kind: Kind,
    /// What is wrong with it.
    #[source]
    pub source: serde_json::Error,
}

/// A snapshot in the making.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) snapshot: Snapshot,
    suspects: BTreeMap<(String, String), PodView>,
    newest: Option<Timestamp>,
}

impl Store {
    /// An empty intake. What nobody reads stays unknown for the reason `unread`.
    pub fn new(unread: Why) -> Self {
        Store {
            snapshot: Snapshot::empty(unread),
            suspects: BTreeMap::new(),
            newest: None,
        }
    }

    /// Takes one object in.
    ///
    /// # Errors
    /// When the bytes are not the JSON of such an object.
    pub fn object(&mut self, kind: Kind, json: &[u8], keep: Keep) -> Result<(), Undecodable> {
        self.take(kind, json, keep)
            .map_err(|source| Undecodable { kind, source })
    }

    fn take(&mut self, kind: Kind, json: &[u8], keep: Keep) -> Result<(), serde_json::Error> {
        match kind {
            Kind::Pod => return self.pod(json, keep),
            Kind::Event => {
                let event = serde_json::from_slice::<event::Raw>(json)?.into_event();
                self.saw(event.last);
                self.snapshot.events.insert(event);
            }
            Kind::Node => {
                let node = serde_json::from_slice::<node::Raw>(json)?.into_node();
                for condition in &node.conditions {
                    self.saw(
                        condition
                            .last_heartbeat_time
                            .max(condition.last_transition_time),
                    );
                }
                let name = node.name.clone();
                self.snapshot.nodes.insert("", &name, node);
            }
            Kind::ConfigMap | Kind::Secret => self.keyed(kind, json)?,
            Kind::Service => {}
            other => self.plain(other, json)?,
        }
        Ok(())
    }

    /// A kind of which only its view is kept.
    fn plain(&mut self, kind: Kind, json: &[u8]) -> Result<(), serde_json::Error> {
        let to = &mut self.snapshot;
        match kind {
            Kind::PersistentVolumeClaim => put(&mut to.claims, json, storage::trimmed),
            Kind::PersistentVolume => put(&mut to.volumes, json, RawVolume::into_volume),
            Kind::StorageClass => put(&mut to.storage_classes, json, |it| it),
            Kind::CsiNode => put(&mut to.csi_nodes, json, RawCsiNode::into_csi_node),
            Kind::CsiDriver => put(&mut to.csi_drivers, json, RawCsiDriver::into_csi_driver),
            Kind::CsiStorageCapacity => {
                put(&mut to.storage_capacities, json, RawCapacity::into_capacity)
            }
            Kind::VolumeAttachment => {
                put(&mut to.attachments, json, RawAttachment::into_attachment)
            }
            Kind::ResourceClaim => put(&mut to.resource_claims, json, RawClaim::into_claim),
            Kind::DeviceClass => put(&mut to.device_classes, json, RawClass::into_class),
            Kind::PodDisruptionBudget => put(&mut to.budgets, json, RawBudget::into_budget),
            Kind::ServiceAccount => put(&mut to.service_accounts, json, |it| it),
            Kind::Namespace => put(&mut to.namespaces, json, |it| it),
            workload => match to.workloads.get_mut(&workload) {
                Some(catalog) => put(catalog, json, |raw: RawWorkload| {
                    raw.into_workload(workload)
                }),
                None => Ok(()),
            },
        }
    }

    fn keyed(&mut self, kind: Kind, json: &[u8]) -> Result<(), serde_json::Error> {
        let (namespace, name) = name_of(json)?;
        // without `data` an object is either empty or was read by its metadata alone, which says so
        let whole = kind_of(json)?.is_none_or(|word| word != "PartialObjectMetadata");
        let keyed = serde_json::from_slice::<RawKeyed>(json)?.into_keyed(whole);
        let catalog = match kind {
            Kind::Secret => &mut self.snapshot.secrets,
            _ => &mut self.snapshot.config_maps,
        };
        catalog.insert(&namespace, &name, keyed);
        Ok(())
    }

    fn pod(&mut self, json: &[u8], keep: Keep) -> Result<(), serde_json::Error> {
        let slim = slim::decode(json)?;
        self.saw_pod(&slim);
        if keep == Keep::PodRecord {
            self.snapshot.pod_records.insert(&slim);
            return Ok(());
        }
        let pod = PodView::new(slim);
        let key = (pod.namespace().to_owned(), pod.name().to_owned());
        self.suspects.remove(&key);
        let healthy = plainly_well(&pod);
        let live = pod.phase() != "Succeeded";
        let containers = u16::try_from(pod.spec().containers.len()).unwrap_or(u16::MAX);
        self.snapshot
            .pod_records
            .record(pod.pod(), (healthy && live).then_some(containers));
        match (healthy, live) {
            (true, true) => {}
            (true, false) => {
                self.suspects.insert(key, pod);
            }
            (false, _) => {
                self.suspects
                    .insert(key, PodView::new(serde_json::from_slice::<Pod>(json)?));
            }
        }
        Ok(())
    }

    fn saw_pod(&mut self, pod: &Pod) {
        self.saw(pod.metadata.creation_timestamp.as_ref().map(|time| time.0));
        let status = pod.status.as_ref();
        for condition in status
            .and_then(|s| s.conditions.as_ref())
            .into_iter()
            .flatten()
        {
            self.saw(condition.last_transition_time.as_ref().map(|time| time.0));
        }
        for container in status
            .and_then(|s| s.container_statuses.as_ref())
            .into_iter()
            .flatten()
        {
            let state = container.state.as_ref();
            let running = state.and_then(|s| s.running.as_ref());
            self.saw(
                running
                    .and_then(|r| r.started_at.as_ref())
                    .map(|time| time.0),
            );
            let ended = state.and_then(|s| s.terminated.as_ref());
            self.saw(
                ended
                    .and_then(|t| t.finished_at.as_ref())
                    .map(|time| time.0),
            );
        }
    }

    fn saw(&mut self, time: Option<Timestamp>) {
        self.newest = self.newest.max(time);
    }

    /// Records that a read reached its end, or what became of it.
    pub fn record(&mut self, kind: Kind, read_scope: ReadScope, outcome: Result<(), Gap>) {
        self.snapshot.record(kind, read_scope, outcome);
    }

    /// Says why what nobody read is unknown, when a dump tells it better than [`Store::new`] could.
    pub fn unread(&mut self, why: Why) {
        self.snapshot.set_unread(why);
    }

    /// Sets the time of the snapshot, from the API server's own clock or from the dump that says it.
    pub fn at(&mut self, time: Timestamp) {
        self.snapshot.clock = Clock {
            at: time,
            exact: true,
        };
    }

    /// The pods that are not plainly well, as far as read.
    pub fn suspects(&self) -> impl Iterator<Item = &PodView> {
        self.suspects
            .values()
            .filter(|pod| pod.phase() != "Succeeded")
    }

    /// Whether no pod was taken in.
    pub fn is_empty(&self) -> bool {
        self.suspects.is_empty() && self.snapshot.pod_records.is_empty()
    }

    /// What was taken in so far.
    pub fn so_far(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Closes the snapshot: partitions the pods of the scope, puts everything in order. Nothing is read after this.
    pub fn seal(self, scope: &Scope) -> Snapshot {
        let Store {
            mut snapshot,
            suspects,
            newest,
        } = self;
        if !snapshot.clock.exact {
            snapshot.clock.at = newest.unwrap_or(Timestamp::UNIX_EPOCH);
        }
        snapshot.events.sort();
        snapshot.pod_records.seal();
        snapshot.place_healthy(scope);
        for (_, pod) in suspects {
            if !scope.covers(&pod.identity(), &snapshot) {
                continue;
            }
            let failing = creation_fails(&snapshot.events, &pod);
            let standing = standing(&pod, snapshot.clock.at, failing);
            snapshot.place(pod, standing);
        }
        snapshot
    }
}

/// Whether a pod is well whatever the time is: nothing more of it is kept.
fn plainly_well(pod: &PodView) -> bool {
    // health does not depend on the time; only the patience with what is not healthy does
    let healthy = matches!(standing(pod, Timestamp::MIN, false), Standing::Healthy(_));
    healthy && !may_be_between_crashes(pod)
}

/// Restarted often: whether it has recovered depends on the time.
fn may_be_between_crashes(pod: &PodView) -> bool {
    pod.containers().any(|c| c.status.restart_count > 0)
}

/// Whether a warning that repeats keeps the pod's containers from being created.
fn creation_fails(events: &Events, pod: &PodView) -> bool {
    let object = pod.object();
    let hinders = |event: &Event| {
        event.warning
            && matches!(
                event.reason.as_str(),
                "FailedMount"
                    | "FailedAttachVolume"
                    | "FailedMapVolume"
                    | "FailedCreatePodSandBox"
                    | "FailedCreatePodContainer"
                    | "FailedPrepareDynamicResources"
                    | "NetworkNotReady"
            )
    };
    let mut newest_first = events.of(&object, pod.uid()).rev();
    newest_first
        .find(|event| {
            hinders(event)
                || matches!(
                    event.reason.as_str(),
                    "Pulling" | "Pulled" | "Created" | "Started"
                )
        })
        .is_some_and(hinders)
}

#[derive(Deserialize)]
struct Named {
    kind: Option<String>,
    metadata: Meta,
}

#[derive(Deserialize)]
struct Meta {
    namespace: Option<String>,
    name: String,
}

fn name_of(json: &[u8]) -> Result<(String, String), serde_json::Error> {
    let named: Named = serde_json::from_slice(json)?;
    Ok((
        named.metadata.namespace.unwrap_or_default(),
        named.metadata.name,
    ))
}

fn kind_of(json: &[u8]) -> Result<Option<String>, serde_json::Error> {
    Ok(serde_json::from_slice::<Named>(json)?.kind)
}

fn put<R: DeserializeOwned, T>(
    catalog: &mut Catalog<T>,
    json: &[u8],
    view: impl FnOnce(R) -> T,
) -> Result<(), serde_json::Error> {
    let (namespace, name) = name_of(json)?;
    catalog.insert(&namespace, &name, view(serde_json::from_slice(json)?));
    Ok(())
}
