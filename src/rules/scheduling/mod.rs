//! Causes of the scheduling layer: why no node takes the pod.
//!
//! One file a cause. What several share lies beside them: `message_only` (what only a scheduler's message tells),
//! `shortage` (resources), `device_claims` and `claim_problem` (a pod's ResourceClaims), `cluster_autoscaler` and `karpenter`
//! (their words), `groups` and `gang_headline` (pods that are placed together), `queues` and `queue_events` (who holds pods
//! back), `holder_relation` (whose pods hold what the pod wants), `topology` (where other pods are), `affinity_peers` and
//! `absent_peers` (the pods that a term means), `anti_affinity_holders` (those that keep others away), `affinity_reason` (what
//! old schedulers say of both), `uneven_spread` (how pods are distributed), `node_labels` and `other_labels` (what nodes
//! carry), `error_advice` and `volumes_late` (what ends a scheduler's errors), `come_since` (what it did not find and is
//! there). What other layers use too is in `rules::shared`, the filters are in `scheduler`, the wording of messages
//! in `messages::scheduler`.

mod absent_peers;
mod affinity_peers;
mod affinity_reason;
mod anti_affinity_holders;
pub mod autoscaler_cannot_help;
mod claim_problem;
mod cluster_autoscaler;
mod come_since;
pub mod cordoned_node;
mod device_claims;
pub mod dra_claim;
mod error_advice;
mod gang_headline;
pub mod gang_incomplete;
mod groups;
mod holder_relation;
pub mod host_port_conflict;
pub mod insufficient_cpu;
pub mod insufficient_ephemeral_storage;
pub mod insufficient_extended_resource;
pub mod insufficient_memory;
mod karpenter;
mod message_only;
pub mod no_nodes;
mod node_labels;
pub mod node_name_mismatch;
pub mod node_selector_or_affinity;
mod other_labels;
pub mod pod_affinity;
pub mod pod_anti_affinity;
pub mod preemption_pending;
pub mod queue_admission;
mod queue_events;
mod queues;
pub mod scheduler_absent;
pub mod scheduler_error;
pub mod scheduler_plugin;
pub mod scheduling_gated;
mod shortage;
pub mod stale_verdict;
pub mod too_many_pods;
mod topology;
pub mod topology_spread;
mod uneven_spread;
pub mod untolerated_taint;
mod volumes_late;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &insufficient_cpu::RULE,
    &insufficient_memory::RULE,
    &insufficient_ephemeral_storage::RULE,
    &insufficient_extended_resource::RULE,
    &too_many_pods::RULE,
    &host_port_conflict::RULE,
    &cordoned_node::RULE,
    &untolerated_taint::RULE,
    &node_selector_or_affinity::RULE,
    &topology_spread::RULE,
    &pod_affinity::RULE,
    &pod_anti_affinity::RULE,
    &scheduling_gated::RULE,
    &scheduler_absent::RULE,
    &no_nodes::RULE,
    &preemption_pending::RULE,
    &stale_verdict::RULE,
    &node_name_mismatch::RULE,
    &queue_admission::RULE,
    &gang_incomplete::RULE,
    &dra_claim::RULE,
    &scheduler_error::RULE,
    &scheduler_plugin::RULE,
    &autoscaler_cannot_help::RULE,
];
