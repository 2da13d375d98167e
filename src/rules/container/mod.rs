//! Causes of the container layer: a container cannot be configured, created or started, or does not stay up.
//!
//! What rules share stands in `start_failure` (containers that a runtime could not start), `reference` (what a
//! container takes its environment from) and `missing_object` (what of that is not there), `program_words` and `refused`
//! (what a program says before it ends). Topics of one rule are `memory_limit` and `node_oom` (of `oom_killed`),
//! `awaited_service` (of `init_container_running` and `refused`), `cluster_dns` (of `dns_in_pod`), `likely_program` (of
//! `command_not_found`), `probe_suspected` (of `crash_app_error`) and `start_advice` (of `runtime_error`).

pub mod command_not_executable;
pub mod command_not_found;
pub mod container_config_error;
pub mod container_create_error;
pub mod crash_app_error;
pub mod crash_exit_zero;
pub mod crash_segfault;
mod crash_signals;
pub mod deadline_exceeded;
pub mod dns_in_pod;
pub mod exec_format;
pub mod init_container_failing;
pub mod init_container_running;
pub mod job_sidecar;
pub mod missing_configmap;
pub mod missing_key;
pub mod missing_secret;
pub mod oom_killed;
pub mod post_start_hook;
pub mod run_as_non_root;
pub mod runtime_error;

mod awaited_service;
mod cluster_dns;
mod likely_program;
mod memory_limit;
mod missing_object;
mod node_oom;
mod probe_suspected;
mod program_words;
mod reference;
mod refused;
mod start_advice;
mod start_failure;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &missing_configmap::RULE,
    &missing_secret::RULE,
    &missing_key::RULE,
    &run_as_non_root::RULE,
    &container_config_error::RULE,
    &container_create_error::RULE,
    &command_not_found::RULE,
    &command_not_executable::RULE,
    &exec_format::RULE,
    &runtime_error::RULE,
    &post_start_hook::RULE,
    &init_container_failing::RULE,
    &init_container_running::RULE,
    &deadline_exceeded::RULE,
    &job_sidecar::RULE,
    &oom_killed::RULE,
    &crash_segfault::RULE,
    &crash_exit_zero::RULE,
    &crash_app_error::RULE,
    &dns_in_pod::RULE,
];
