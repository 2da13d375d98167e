//! Which pods are meant: what was typed, turned into a question that any pod can answer.

use crate::kubernetes::selector::Selector;
use crate::snapshot::{Kind, Role, Snapshot, StuckPod};

/// The pods that a diagnosis is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    /// One namespace, or all of them.
    pub namespace: Option<String>,
    /// `-l`
    pub selector: Option<Selector>,
    /// The objects named; none means every pod.
    pub targets: Vec<Target>,
}

/// An object that was named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// A pod, something that owns pods, or the node they run on.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

impl Scope {
    /// Every pod of every namespace.
    pub fn everything() -> Self {
        Scope::default()
    }

    /// Whether single pods were named, and no more than them.
    pub fn only_pods(&self) -> bool {
        !self.targets.is_empty() && self.targets.iter().all(|target| target.kind == Kind::Pod)
    }

    /// Whether the pod is meant.
    pub fn covers(&self, pod: &StuckPod, snapshot: &Snapshot) -> bool {
        if self
            .namespace
            .as_deref()
            .is_some_and(|wanted| wanted != pod.namespace())
        {
            return false;
        }
        if let Some(selector) = &self.selector {
            let labels = pod.pod().metadata.labels.clone().unwrap_or_default();
            if !selector.matches(&labels) {
                return false;
            }
        }
        self.targets.is_empty()
            || self
                .targets
                .iter()
                .any(|target| target.means(pod, snapshot))
    }
}

impl Target {
    fn means(&self, pod: &StuckPod, snapshot: &Snapshot) -> bool {
        match self.kind {
            Kind::Pod => pod.name() == self.name,
            Kind::Node => pod.node() == Some(self.name.as_str()),
            Kind::PersistentVolumeClaim => claims(pod).any(|claim| claim == self.name),
            Kind::ServiceAccount => {
                pod.spec().service_account_name.as_deref() == Some(self.name.as_str())
            }
            Kind::ConfigMap | Kind::Secret => mentions(pod, self.kind, &self.name),
            kind => snapshot
                .owners(pod)
                .iter()
                .any(|owner| owner.kind == kind.as_str() && owner.name == self.name),
        }
    }
}

fn claims(pod: &StuckPod) -> impl Iterator<Item = &str> {
    pod.spec()
        .volumes
        .iter()
        .flatten()
        .filter_map(|volume| Some(volume.persistent_volume_claim.as_ref()?.claim_name.as_str()))
}

/// Whether a container's environment or a volume names this ConfigMap or Secret.
fn mentions(pod: &StuckPod, kind: Kind, name: &str) -> bool {
    let spec = pod.spec();
    let in_volumes = spec.volumes.iter().flatten().any(|volume| match kind {
        Kind::Secret => volume
            .secret
            .as_ref()
            .is_some_and(|s| s.secret_name.as_deref() == Some(name)),
        _ => volume.config_map.as_ref().is_some_and(|c| c.name == name),
    });
    let in_environment = pod
        .containers()
        .filter(|c| c.role != Role::Init || c.spec.is_some())
        .any(|container| {
            let from = container
                .spec
                .into_iter()
                .flat_map(|spec| spec.env_from.iter().flatten());
            from.into_iter().any(|source| match kind {
                Kind::Secret => source.secret_ref.as_ref().is_some_and(|r| r.name == name),
                _ => source
                    .config_map_ref
                    .as_ref()
                    .is_some_and(|r| r.name == name),
            })
        });
    in_volumes || in_environment
}
