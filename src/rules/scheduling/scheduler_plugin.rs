//! A plugin or an extender that is no part of Kubernetes refuses the pod, with a reason that no filter of Kubernetes uses.

use super::groups::GANGS;
use super::{message_only, scheduler_error};
use crate::messages::autoscaler::{self, Autoscaler};
use crate::messages::form::contains;
use crate::messages::scheduler::{Clause, Form, Message, Reason};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::snapshot::DEFAULT_SCHEDULER;
use crate::text::say;

/// `scheduler-plugin`
pub static RULE: Rule = Rule {
    cause: "scheduler-plugin",
    layer: Layer::Scheduling,
    title: "a plugin or an extender of the scheduler refuses the pod",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("scheduler_plugin.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// The plugins of the default profile (pkg/scheduler/apis/config/v1/default_plugins.go, 1.19 to 1.37), and the pseudo
/// name of extenders.
const IN_TREE: [&str; 28] = [
    "PrioritySort",
    "SchedulingGates",
    "NodeUnschedulable",
    "NodeName",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "EBSLimits",
    "GCEPDLimits",
    "AzureDiskLimits",
    "CinderLimits",
    "NodeVolumeLimits",
    "VolumeBinding",
    "VolumeZone",
    "PodTopologySpread",
    "InterPodAffinity",
    "DynamicResources",
    "NodeDeclaredFeatures",
    "DefaultPreemption",
    "NodeResourcesBalancedAllocation",
    "ImageLocality",
    "DefaultBinder",
    "NodeLabel",
    "ServiceAffinity",
    "NodePreferAvoidPods",
    "GangScheduling",
];

/// Parts of rare reasons of in-tree plugins that say too little for a cause (`framework/plugins/noderesources`,
/// `interpodaffinity`, `volumezone`, `nodevolumelimits`, `nodeaffinity`, `schedule_one.go` of 1.19 to 1.37).
const IN_TREE_REASONS: [&str; 11] = [
    "Pod has a restartable init container",
    "parsing pod: ",
    "VolumeBindingMode not set for StorageClass",
    "PersistentVolume had no name",
    "PersistentVolumeClaim had no name",
    "looking up PVC ",
    "invalid node affinity",
    "All PostFilter plugins are skipped",
    "nodeinfo not found",
    "error getting PVC",
    "all pods in a single pod group should have the same",
];

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some(only) = message_only::find_clause(case, is_foreign) else {
        return Vec::new();
    };
    if !is_of_framework(case, &only.latest_message.message)
        || autoscaler::read(&only.clause.text) != Autoscaler::Unknown
        // a known reason that was cut off reads like an unknown one
        || only.latest_message.message.cut
    {
        return Vec::new();
    }
    let (headline, plugin) = match &only.clause.reason {
        // a group that is held is a cause of its own
        Reason::PermitTimeout { plugin } => (
            say!(
                "scheduler-plugin.permit-timeout",
                "the scheduler's plugin {plugin} held the pod until its time was up"
            ),
            Some(plugin.clone()),
        ),
        Reason::ExcludedByPlugins(plugins) => (
            say!(
                "scheduler-plugin.leaves-out",
                "the scheduler's plugin[ {plugin}] leaves out {share}"
            ),
            plugins.iter().find(|plugin| !is_in_tree(plugin)).cloned(),
        ),
        _ if only.clause.count.is_none() => (
            say!(
                "scheduler-plugin.refuses-the-pod",
                "a plugin or an extender of the scheduler refuses the pod: {reason}"
            ),
            None,
        ),
        _ => (
            say!(
                "scheduler-plugin.refuses-nodes",
                "a plugin or an extender of the scheduler refuses {share}: {reason}"
            ),
            None,
        ),
    };
    vec![
        only.finding(case, headline)
            .fact("scheduler", case.pod().scheduler())
            .fact_if("plugin", plugin)
            .why(say!("scheduler-plugin.why", "no filter of Kubernetes says this, so what it takes is known to those who added it to the scheduler {scheduler}"))
            .fix([Fix::advice(
                say!("scheduler-plugin.ask", "ask those who run the scheduler {scheduler} which plugin or extender says this, and what it takes"),
                Who::Admin,
            )])
            .inspect(scheduler_error::scheduler_log(case)),
    ]
}

/// Whether no filter of Kubernetes gives this reason.
fn is_foreign(clause: &Clause) -> bool {
    match &clause.reason {
        Reason::Other => !IN_TREE_REASONS
            .iter()
            .any(|reason| contains(&clause.text, reason)),
        Reason::PermitTimeout { plugin } => !GANGS.contains(&plugin.as_str()),
        Reason::ExcludedByPlugins(plugins) => plugins.iter().any(|plugin| !is_in_tree(plugin)),
        _ => false,
    }
}

fn is_in_tree(plugin: &str) -> bool {
    IN_TREE.contains(&plugin)
}

/// Whether the message is of kube-scheduler's framework, which takes plugins. What a reason of another scheduler means cannot be
/// told from it.
fn is_of_framework(case: &Case<'_>, message: &Message) -> bool {
    let headed = matches!(message.form, Form::Histogram | Form::Sentence);
    let known = |reason: &Reason| reason.plugin().is_some();
    headed
        && (case.pod().scheduler() == DEFAULT_SCHEDULER
            || message.preemption.is_some()
            || message.clauses.iter().any(|clause| {
                known(&clause.reason)
                    || matches!(
                        clause.reason,
                        Reason::PermitTimeout { .. } | Reason::ExcludedByPlugins(_)
                    )
            }))
}
