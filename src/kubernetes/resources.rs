//! What a pod asks for, what it occupies once bound, and which resources the scheduler counts.
//!
//! Here live the sums over one pod. Whether they fit a node is the scheduler filter's to say.
//!
//! Sources: component-helpers `resource/helpers.go` (v0.37), `PodRequests`; kubernetes
//! `pkg/apis/core/v1/helper/helpers.go` and `pkg/scheduler/util/utils.go` (v1.36) for the names.

use std::collections::BTreeMap;

use super::pod::{ContainerStatus, Pod, PodStatus};
use k8s_openapi::api::core::v1::{Container, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::Quantity;
use super::qualified_name::is_qualified_name;

#[cfg(test)]
mod tests;

/// Amounts by the name of their resource.
pub type Amounts = BTreeMap<String, Quantity>;

type ApiAmounts = BTreeMap<String, ApiQuantity>;

const HUGEPAGES: &str = "hugepages-";
/// Names that hold this belong to Kubernetes itself.
const NATIVE_DOMAIN: &str = "kubernetes.io/";

/// Whether this is a resource of somebody else's domain, such as `example.com/gpu`.
pub fn is_extended(resource: &str) -> bool {
    resource.contains('/')
        && !resource.contains(NATIVE_DOMAIN)
        && !resource.starts_with("requests.")
        && is_qualified_name(&format!("requests.{resource}"))
}

/// Whether this is memory in huge pages of one size, such as `hugepages-2Mi`.
pub fn is_hugepages(resource: &str) -> bool {
    resource.starts_with(HUGEPAGES)
}

/// Whether the NodeResourcesFit filter counts it besides cpu, memory, ephemeral storage and pods. A name
/// that is none of these is ignored by the scheduler.
pub fn is_scalar(resource: &str) -> bool {
    is_extended(resource)
        || is_hugepages(resource)
        || resource.contains(NATIVE_DOMAIN)
        || resource.starts_with("attachable-volumes-")
}

/// What the scheduler looks for when it places a pod of this spec.
pub fn pod_requests(spec: &PodSpec) -> Amounts {
    let mut amounts = aggregate(spec, |container| read(spec_requests(container)));
    let pod_level = spec
        .resources
        .as_ref()
        .and_then(|resources| resources.requests.as_ref());
    replace_pod_level(&mut amounts, read(pod_level));
    add(&mut amounts, &read(spec.overhead.as_ref()));
    amounts
}

/// The same of its limits, as a ResourceQuota counts them; what has none counts as nothing.
pub fn pod_limits(spec: &PodSpec) -> Amounts {
    let of = |container: &Container| {
        let resources = container.resources.as_ref();
        read(resources.and_then(|resources| resources.limits.as_ref()))
    };
    let mut amounts = aggregate(spec, of);
    let pod_level = spec.resources.as_ref().and_then(|it| it.limits.as_ref());
    replace_pod_level(&mut amounts, read(pod_level));
    amounts
}

/// What a bound pod takes from its node. A resize in place counts with the largest of what is wished, granted and in force,
/// and without the wish once the kubelet has called it infeasible.
///
/// The three are summed over the containers first, as 1.37 does; up to 1.36 the largest was taken container by container, which
/// differs while one container grows and another shrinks.
pub fn occupied(pod: &Pod) -> Amounts {
    let Some(spec) = &pod.spec else {
        return Amounts::new();
    };
    match pod.status.as_ref().map(Resize::new) {
        Some(resize) if !resize.is_over(spec) => resize.occupied(spec),
        _ => pod_requests(spec),
    }
}

/// Whether that is what its spec asks, and no resize stands between.
pub fn takes_what_it_requests(pod: &Pod) -> bool {
    let spec = pod.spec.as_ref();
    let resize = pod.status.as_ref().map(Resize::new);
    resize.is_none_or(|resize| spec.is_none_or(|spec| resize.is_over(spec)))
}

/// Whether an init container runs beside the containers for the whole life of the pod.
pub(super) fn is_sidecar(init_container: &Container) -> bool {
    init_container.restart_policy.as_deref() == Some("Always")
}

/// Containers and sidecars run together; each init container runs beside the sidecars declared before it.
/// A pod needs the larger of the two, resource by resource.
fn aggregate(spec: &PodSpec, requests: impl Fn(&Container) -> Amounts) -> Amounts {
    let mut together = Amounts::new();
    for container in &spec.containers {
        add(&mut together, &requests(container));
    }
    let mut sidecars = Amounts::new();
    let mut peak = Amounts::new();
    for init_container in spec.init_containers.iter().flatten() {
        let own = requests(init_container);
        if is_sidecar(init_container) {
            add(&mut together, &own);
            add(&mut sidecars, &own);
            raise(&mut peak, &sidecars);
        } else {
            let mut beside = sidecars.clone();
            add(&mut beside, &own);
            raise(&mut peak, &beside);
        }
    }
    raise(&mut together, &peak);
    together
}

fn spec_requests(container: &Container) -> Option<&ApiAmounts> {
    container.resources.as_ref()?.requests.as_ref()
}

/// A pod that may be in the middle of a resize.
struct Resize<'a> {
    status: &'a PodStatus,
    infeasible: bool,
}

impl<'a> Resize<'a> {
    fn new(status: &'a PodStatus) -> Self {
        let infeasible = resize_is_infeasible(status);
        Resize { status, infeasible }
    }

    fn wished(&self, requests: Option<&ApiAmounts>) -> Amounts {
        if self.infeasible {
            Amounts::new()
        } else {
            read(requests)
        }
    }

    fn of(&self, container: &Container) -> Option<&'a ContainerStatus> {
        let statuses = self.status.container_statuses.iter().flatten();
        let init_statuses = self.status.init_container_statuses.iter().flatten();
        let mut all = statuses.chain(init_statuses);
        all.find(|status| status.name == container.name)
    }

    fn occupied(&self, spec: &PodSpec) -> Amounts {
        let mut amounts = aggregate(spec, |container| self.wished(spec_requests(container)));
        raise(&mut amounts, &self.granted(spec));
        raise(&mut amounts, &self.in_force(spec));
        let pod_level = spec.resources.as_ref().and_then(|r| r.requests.as_ref());
        if let Some(wished) =
            pod_level.filter(|wished| wished.keys().any(|name| is_pod_level(name)))
        {
            replace_pod_level(&mut amounts, self.pod_level(wished));
        }
        add(&mut amounts, &read(spec.overhead.as_ref()));
        amounts
    }

    /// Whether what is wished is granted and in force, word by word, as it is of nearly every pod.
    fn is_over(&self, spec: &PodSpec) -> bool {
        let containers = spec
            .containers
            .iter()
            .chain(spec.init_containers.iter().flatten());
        let mut each = containers.filter_map(|container| {
            let status = self.of(container)?;
            let in_force = status.resources.as_ref();
            let in_force = in_force.and_then(|resources| resources.requests.as_ref());
            let told = [status.allocated_resources.as_deref(), in_force];
            Some((spec_requests(container), told))
        });
        let of_pod = spec.resources.is_some() || self.sums().is_some();
        !of_pod
            && !self.infeasible
            && each.all(|(wished, told)| told.into_iter().flatten().all(|it| Some(it) == wished))
    }

    /// The kubelet's own sums over the containers, granted and in force; it tells both or they are summed here.
    fn sums(&self) -> Option<(&'a ApiAmounts, &'a ApiAmounts)> {
        let granted = self.status.allocated_resources.as_deref()?;
        Some((granted, self.status.resources.as_ref()?.requests.as_ref()?))
    }

    fn granted(&self, spec: &PodSpec) -> Amounts {
        if let Some((granted, _)) = self.sums() {
            return read(Some(granted));
        }
        aggregate(spec, |container| self.granted_to(container))
    }

    fn granted_to(&self, container: &Container) -> Amounts {
        let granted = self
            .of(container)
            .and_then(|status| status.allocated_resources.as_deref());
        match granted {
            Some(granted) => read(Some(granted)),
            None => self.wished(spec_requests(container)),
        }
    }

    fn in_force(&self, spec: &PodSpec) -> Amounts {
        if let Some((_, in_force)) = self.sums() {
            return read(Some(in_force));
        }
        aggregate(spec, |container| {
            let resources = self
                .of(container)
                .and_then(|status| status.resources.as_ref());
            match resources.and_then(|resources| resources.requests.as_ref()) {
                Some(in_force) => read(Some(in_force)),
                None => self.granted_to(container),
            }
        })
    }

    /// What replaces the sums where the pod asks as a whole; a status names more resources than the pod asked for.
    fn pod_level(&self, wished: &ApiAmounts) -> Amounts {
        let Some(in_force) = &self.status.resources else {
            return read(Some(wished));
        };
        let mut amounts = self.wished(Some(wished));
        raise(&mut amounts, &read(in_force.requests.as_ref()));
        raise(
            &mut amounts,
            &read(self.status.allocated_resources.as_deref()),
        );
        amounts
    }
}

/// A condition since 1.33, a field of the status before.
fn resize_is_infeasible(status: &PodStatus) -> bool {
    let pending = status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.type_ == "PodResizePending");
    match pending {
        Some(condition) => condition.reason.as_deref() == Some("Infeasible"),
        None => status.resize.as_deref() == Some("Infeasible"),
    }
}

/// The resources that may be requested for a pod as a whole.
fn is_pod_level(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory") || is_hugepages(resource)
}

fn replace_pod_level(amounts: &mut Amounts, pod_level: Amounts) {
    amounts.extend(
        pod_level
            .into_iter()
            .filter(|(resource, _)| is_pod_level(resource)),
    );
}

/// The API server stores canonical quantities only; what is not one counts as not there.
fn read(amounts: Option<&ApiAmounts>) -> Amounts {
    let parsed = |(resource, amount): (&String, &ApiQuantity)| {
        Some((resource.clone(), amount.try_into().ok()?))
    };
    amounts.into_iter().flatten().filter_map(parsed).collect()
}

fn add(amounts: &mut Amounts, more: &Amounts) {
    for (resource, amount) in more {
        let sum = amounts.entry(resource.clone()).or_default();
        *sum = *sum + *amount;
    }
}

fn raise(amounts: &mut Amounts, at_least: &Amounts) {
    for (resource, amount) in at_least {
        let larger = amounts.entry(resource.clone()).or_insert(*amount);
        *larger = (*larger).max(*amount);
    }
}
