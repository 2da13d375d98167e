//! What a pod asks for, what it occupies once bound, and which resources the scheduler counts.
//!
//! Here live the sums over one pod. Whether they fit a node is the scheduler filter's to say.
//!
//! Sources: component-helpers `resource/helpers.go` (v0.36), `PodRequests`; kubernetes
//! `pkg/apis/core/v1/helper/helpers.go` and `pkg/scheduler/util/utils.go` (v1.36) for the names. During a
//! resize in place, v1.37 takes the largest of three sums over the containers where earlier versions sum
//! the largest value of each container; this module sums. The two differ only while several containers
//! of one pod are being resized in opposite directions.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, PodSpec, PodStatus};
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

/// What a bound pod takes from its node. A resize in place counts with the largest of what is wished,
/// granted and in force, and without the wish once the kubelet has called it infeasible.
pub fn occupied(pod: &Pod) -> Amounts {
    let Some(spec) = &pod.spec else {
        return Amounts::new();
    };
    let Some(status) = &pod.status else {
        return pod_requests(spec);
    };
    let infeasible = resize_is_infeasible(status);
    let mut amounts = aggregate(spec, |container| resized(container, status, infeasible));
    let wished = spec
        .resources
        .as_ref()
        .and_then(|resources| resources.requests.as_ref());
    let mut pod_level = pod_level_resized(wished, status, infeasible);
    // the kubelet reports the sum over the containers there as well; only what was asked for replaces
    pod_level.retain(|resource, _| wished.is_some_and(|wished| wished.contains_key(resource)));
    replace_pod_level(&mut amounts, pod_level);
    add(&mut amounts, &read(spec.overhead.as_ref()));
    amounts
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

/// The requests of one container while it may be in the middle of a resize. Plain init containers cannot
/// be resized, and a status without `resources` comes from a kubelet that does not resize.
fn resized(container: &Container, status: &PodStatus, infeasible: bool) -> Amounts {
    let wished = read(spec_requests(container));
    let statuses = status.container_statuses.iter().flatten();
    let init_statuses = status.init_container_statuses.iter().flatten();
    let sidecars = init_statuses.filter(|_| is_sidecar(container));
    let Some(ContainerStatus {
        resources: Some(in_force),
        allocated_resources,
        ..
    }) = statuses
        .chain(sidecars)
        .find(|candidate| candidate.name == container.name)
    else {
        return wished;
    };
    let mut amounts = if infeasible { Amounts::new() } else { wished };
    raise(&mut amounts, &read(in_force.requests.as_ref()));
    raise(&mut amounts, &read(allocated_resources.as_ref()));
    amounts
}

fn pod_level_resized(wished: Option<&ApiAmounts>, status: &PodStatus, infeasible: bool) -> Amounts {
    let Some(in_force) = &status.resources else {
        return read(wished);
    };
    let mut amounts = if infeasible {
        Amounts::new()
    } else {
        read(wished)
    };
    raise(&mut amounts, &read(in_force.requests.as_ref()));
    raise(&mut amounts, &read(status.allocated_resources.as_ref()));
    amounts
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
