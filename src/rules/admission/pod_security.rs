//! The PodSecurity level of the namespace refuses the pods; or a security context constraint (OpenShift) or a pod security
//! policy (up to 1.24) does.
//!
//! Source: `pod-security-admission` (0.37): all checks of a level that a pod violates are named.

use super::pod_security_fixes;
use super::refusal::{Refusal, SEEN_AS};
use crate::kubernetes::shell;
use crate::messages::admission::Denial;
use crate::messages::admission::pod_security::{Level, name};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef, Seen};
use crate::text::{Message, say};

/// `pod-security`
pub static RULE: Rule = Rule {
    cause: "pod-security",
    layer: Layer::Admission,
    title: "the PodSecurity level of the namespace refuses the pods",
    seen_as: SEEN_AS,
    explanation: include_str!("pod_security.md"),
    reads: &[
        Kind::Namespace,
        Kind::ReplicaSet,
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::ReplicationController,
    ],
    refines: &[],
    root: Root::Facts(say!(
        "pod-security.root",
        "PodSecurity level {level} of namespace {namespace} refuses pods"
    )),
    check: Check::Workload(check),
};

/// The label of a namespace by which a level refuses.
pub(super) const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refusal::of(case).and_then(|refusal| match &refusal.refused.denial {
        Denial::PodSecurity { level, violations } => Some(violated(&refusal, level, violations)),
        Denial::SecurityConstraint { of_openshift, said } => {
            Some(constrained(&refusal, *of_openshift, said))
        }
        _ => None,
    });
    finding.into_iter().collect()
}

fn violated(refusal: &Refusal<'_, '_>, told: &str, violations: &[String]) -> Finding {
    let case = refusal.case;
    let level = told.split(':').next().unwrap_or(told);
    let object = ObjectRef::new(Kind::Namespace, "", case.namespace());
    let labels = match case.snapshot.namespaces().get("", case.namespace()) {
        Seen::Yes(namespace) => namespace.metadata.labels.clone(),
        _ => None,
    };
    let enforced = labels.as_ref().and_then(|labels| labels.get(ENFORCE));
    let needed = pod_security_fixes::needed(level, violations);
    let is_lifted = enforced
        .and_then(|now| Level::of(now))
        .is_some_and(|now| needed <= now);
    let headline = if is_lifted {
        say!(
            "pod-security.lifted",
            "PodSecurity level {level} of namespace {namespace} refused {what}, which the namespace admits by now"
        )
    } else {
        say!(
            "pod-security.headline",
            "PodSecurity level {level} of namespace {namespace} refuses {what}: {checks}"
        )
    };
    let checks = violations
        .iter()
        .map(|violation| name(violation).to_owned());
    let label = enforced.map(|now| {
        let path = format!("metadata.labels[{ENFORCE}]");
        case.field_of(object.clone(), path, now.as_str())
    });
    refusal
        .finding(case.subject(), headline)
        .why(say!(
            "pod-security.why",
            "the level is checked on each pod that is made, whatever makes it; {again}"
        ))
        .fact("level", level)
        .fact("checks", checks.collect::<Vec<_>>())
        .evidence(label)
        .fix(pod_security_fixes::of(case, level, violations, is_lifted))
        .inspect(shell::cluster(["get", &object.argument(), "--show-labels"]))
}

/// Which of them there are, and who may use them, is read by nobody here.
fn constrained(refusal: &Refusal<'_, '_>, of_openshift: bool, said: &str) -> Finding {
    let headline = match (of_openshift, said.is_empty()) {
        (true, true) => say!(
            "pod-security.no-constraint",
            "no SecurityContextConstraints that {account} may use admit {what}"
        ),
        (true, false) => say!(
            "pod-security.constraints",
            "the SecurityContextConstraints that {account} may use do not admit {what}"
        ),
        (false, _) => say!(
            "pod-security.policy",
            "no PodSecurityPolicy that {account} may use admits {what}"
        ),
    };
    let grant = if of_openshift {
        say!(
            "pod-security.grant-constraint",
            "let {account} use SecurityContextConstraints that allow what the pods need"
        )
    } else {
        say!(
            "pod-security.grant-policy",
            "let {account} use a PodSecurityPolicy that allows what the pods need, by a Role with the verb use"
        )
    };
    let case = refusal.case;
    let account = account(case);
    let mut grant = Fix::advice(grant, Who::Admin);
    if let Some(account) = account.as_deref().filter(|_| of_openshift) {
        let words = [
            "create",
            "rolebinding",
            "NAME",
            "--clusterrole=system:openshift:scc:SCC",
        ];
        let account = format!("--serviceaccount={}:{account}", case.namespace());
        grant = grant.template(case.kubectl(words.into_iter().chain([account.as_str()])));
    }
    let ask_less = Fix::advice(
        say!(
            "pod-security.ask-less",
            "leave out of the template what the quote names"
        ),
        Who::Owner,
    );
    let named = match account {
        Some(account) => Message::new(say!("pod-security.account", "ServiceAccount {name}"))
            .fact("name", account),
        None => say!("pod-security.their-account", "their ServiceAccount").into(),
    };
    refusal
        .finding(case.subject(), headline)
        .why(say!(
            "pod-security.constraints-why",
            "a pod has to fit at least one that its ServiceAccount or its creator may use; {again}"
        ))
        .fact("account", named)
        .fix([grant])
        .fix((!said.is_empty()).then(|| ask_less.of_template()))
}

/// The ServiceAccount of the template.
fn account(case: &WorkloadCase<'_>) -> Option<String> {
    let template = case.it.workload.template.as_ref()?.fields();
    let account = template.pointer("/spec/serviceAccountName");
    let account = account.and_then(|account| account.as_str());
    Some(account.unwrap_or("default").to_owned())
}
