//! Words for remedies.

use crate::kubernetes::labels::HOSTNAME;
use crate::kubernetes::taints::TaintText;
use crate::rules::shared::failure::pods;
use crate::scheduler::remedy::{
    Action, AffinityRelaxation, AffinityRule, Change, OnePer, RelaxedSpread, RelaxedTerm,
    SpreadRelaxation,
};
use crate::snapshot::{Propagation, TemplateOwner};
use crate::text::{Message, Sentence, say};

/// What a remedy does.
pub(super) fn message(action: &Action, template_owner: &TemplateOwner) -> Message {
    match action {
        Action::Change(changes) => together(changes, template_owner),
        Action::PreferAndReplace(changes) => Message::new(say!(
            "remedy.prefer-and-replace",
            "{changes}, and delete the pods that run, one after the other: each keeps new ones away by the old rule"
        ))
        .fact("changes", phrases(changes)),
        Action::StopOldPodFirst { replicas } => stop_old_pod_first(*replicas),
        Action::FewerReplicas { replicas, one_per } => {
            fewer_replicas(one_per).fact("replicas", *replicas)
        }
    }
}

/// With how many pods serve meanwhile.
fn stop_old_pod_first(replicas: Option<i64>) -> Message {
    let sentence = match replicas {
        Some(..=1) => say!(
            "remedy.stop-only-pod-first",
            "let rolling updates stop an old pod before they start a new one (maxSurge 0, maxUnavailable 1); nothing serves until the new one is ready"
        ),
        Some(_) => say!(
            "remedy.stop-one-of-several-first",
            "let rolling updates stop an old pod before they start a new one (maxSurge 0, maxUnavailable 1); {serving|1 of {replicas} pods serves|{serving} of {replicas} pods serve} meanwhile"
        ),
        None => say!(
            "remedy.stop-old-pod-first",
            "let rolling updates stop an old pod before they start a new one (maxSurge 0, maxUnavailable 1)"
        ),
    };
    let several = replicas.filter(|replicas| *replicas > 1);
    Message::new(sentence)
        .fact_if("serving", several.map(|replicas| replicas - 1))
        .fact_if("replicas", several)
}

fn fewer_replicas(one_per: &OnePer) -> Message {
    match one_per {
        OnePer::Node => Message::new(say!(
            "remedy.fewer-replicas-host-port",
            "run no more replicas than {replicas}: a host port lets each node run one, and no further node can take one"
        )),
        OnePer::Domain { key } if key == HOSTNAME => Message::new(say!(
            "remedy.fewer-replicas-node",
            "run no more replicas than {replicas}: the anti-affinity lets each node run one, and no further node can take one"
        )),
        OnePer::Domain { key } => Message::new(say!(
            "remedy.fewer-replicas-domain",
            "run no more replicas than {replicas}: the anti-affinity lets each value of {key} run one, and no further one can take one"
        ))
        .fact("key", key.as_str()),
        OnePer::Volume(volume) => Message::new(say!(
            "remedy.fewer-replicas-volume",
            "run no more replicas than {replicas}, since only one pod can have {volume}; a StatefulSet gives each pod a claim of its own"
        ))
        .fact("volume", volume.as_str()),
        OnePer::Room => Message::new(say!(
            "remedy.fewer-replicas-room",
            "run no more replicas than {replicas}: there is no room for more of them"
        )),
    }
}

/// One a change, but one for all host ports.
fn phrases(changes: &[Change]) -> Vec<Message> {
    let port = |change: &Change| match change {
        Change::FreePort { port, .. } => Some(port.to_string()),
        _ => None,
    };
    let ports: Vec<String> = changes.iter().filter_map(port).collect();
    let others = changes.iter().filter(|change| port(change).is_none());
    let ports = (!ports.is_empty()).then(|| give_up(ports));
    ports.into_iter().chain(others.map(change)).collect()
}

fn give_up(ports: Vec<String>) -> Message {
    Message::new(say!(
        "remedy.give-up-host-ports",
        "give up host {ports|port|ports} {ports} and reach the pod through a Service"
    ))
    .fact("ports", ports)
}

/// Changes that go together, with what follows for objects that do not change in place.
fn together(changes: &[Change], template_owner: &TemplateOwner) -> Message {
    let sentence = match (consequence(changes, template_owner), changes) {
        (None, [only]) => return change(only),
        (None, _) => say!("remedy.changes", "{changes}"),
        (Some(sentence), _) => sentence,
    };
    Message::new(sentence)
        .fact("changes", phrases(changes))
        .fact("owner", template_owner.object.argument())
}

/// The changes of a pod's spec that does not follow its template by itself.
fn consequence(changes: &[Change], template_owner: &TemplateOwner) -> Option<Sentence> {
    let of_pod = || changes.iter().filter(|change| change.node().is_none());
    let is_pod = template_owner.is_pod();
    // tolerations may be added to a pod that is there
    let tolerates = is_pod && of_pod().all(|change| matches!(change, Change::Tolerate(_)));
    if tolerates || of_pod().next().is_none() {
        return None;
    }
    Some(match template_owner.propagation {
        Propagation::Rollout => return None,
        Propagation::OnDelete => say!(
            "remedy.then-delete-the-pod",
            "{changes}, then delete the pod so that it is made anew"
        ),
        Propagation::NextRun => say!("remedy.next-run", "{changes}; the next run follows it"),
        Propagation::Immutable if is_pod => say!(
            "remedy.create-the-pod-anew",
            "{changes}; the spec of a pod cannot be changed, so save it, delete the pod and create it again"
        ),
        Propagation::Immutable => say!(
            "remedy.create-the-owner-anew",
            "{changes}; the template of {owner} cannot be changed, so save it, delete it and create it again"
        ),
        Propagation::Unknown => say!("remedy.in-the-owner", "{changes}, in {owner}"),
    })
}

/// A change in the infinitive.
fn change(change: &Change) -> Message {
    match change {
        Change::Lower {
            container,
            resource,
            from,
            to,
            ..
        } => Message::new(say!(
            "remedy.lower-request",
            "lower the {resource} request of container {container} from {from} to {to}"
        ))
        .fact("container", container.as_str())
        .fact("resource", resource.as_str())
        .fact("from", from.beside(to, resource))
        .fact("to", to.as_str()),
        Change::Tolerate(taint) => {
            Message::new(say!("remedy.tolerate", "tolerate the taint {taint}"))
                .fact("taint", TaintText(taint).to_string())
        }
        Change::Select { key, from, to } => Message::new(say!(
            "remedy.select-another-value",
            "select {to} in place of {from}"
        ))
        .fact("from", label(key, from))
        .fact("to", label(key, to)),
        Change::Unselect { key, from } => Message::new(say!(
            "remedy.remove-from-selector",
            "remove {label} from the node selector"
        ))
        .fact("label", label(key, from)),
        Change::Accept { key, value, .. } => Message::new(say!(
            "remedy.accept-label",
            "let the node affinity accept {label} as well"
        ))
        .fact("label", label(key, value)),
        Change::Unrequire { wanted, .. } => Message::new(say!(
            "remedy.remove-from-affinity",
            "remove {expression} from the required node affinity"
        ))
        .fact("expression", wanted.clone()),
        Change::FreePort { port, .. } => give_up(vec![port.to_string()]),
        Change::Spread(relaxation) => of_spread(relaxation),
        Change::Affinity(relaxation) => of_affinity(relaxation),
        Change::Uncordon { .. }
        | Change::Untaint { .. }
        | Change::Label { .. }
        | Change::Place { .. } => of_node(change),
    }
}

fn of_node(change: &Change) -> Message {
    let sentence = match change {
        Change::Untaint { .. } => say!(
            "remedy.untaint",
            "remove the taint {taint} from node {node}, which then takes any pod"
        ),
        Change::Label { .. } => say!("remedy.label-node", "label node {node} with {label}"),
        Change::Place { .. } => say!(
            "remedy.label-domain",
            "label node {node} with {label}, if that is where it stands"
        ),
        _ => say!("remedy.uncordon", "uncordon node {node}"),
    };
    let message = Message::new(sentence).fact("node", change.node().unwrap_or_default());
    match change {
        Change::Untaint { taint, .. } => message.fact("taint", TaintText(taint).to_string()),
        Change::Label { key, value, .. } | Change::Place { key, value, .. } => {
            message.fact("label", label(key, value))
        }
        _ => message,
    }
}

fn label(key: &str, value: &str) -> String {
    format!("{key}={value}")
}

fn of_spread(relaxation: &SpreadRelaxation) -> Message {
    let message = match &relaxation.by {
        RelaxedSpread::MaxSkew { from, to } => Message::new(say!(
            "remedy.raise-max-skew",
            "raise maxSkew of the spread over {key} from {from} to {to}"
        ))
        .fact("from", *from)
        .fact("to", *to),
        RelaxedSpread::MinDomains { from, to } => Message::new(say!(
            "remedy.lower-min-domains",
            "lower minDomains of the spread over {key} from {from} to {to}"
        ))
        .fact("from", *from)
        .fact("to", *to),
        RelaxedSpread::HonorTaints => Message::new(say!(
            "remedy.honor-taints",
            "leave tainted and cordoned nodes out of the spread over {key} (nodeTaintsPolicy Honor)"
        )),
        RelaxedSpread::Key { to } => Message::new(say!(
            "remedy.spread-over",
            "spread over {to} in place of {key}"
        ))
        .fact("to", to.as_str()),
        RelaxedSpread::ScheduleAnyway { .. } => Message::new(say!(
            "remedy.schedule-anyway",
            "make the spread over {key} a preference (whenUnsatisfiable ScheduleAnyway)"
        )),
    };
    message.fact("key", relaxation.key.as_str())
}

fn of_affinity(relaxation: &AffinityRelaxation) -> Message {
    let sentence = match (&relaxation.by, relaxation.rule) {
        (RelaxedTerm::Label { key, from, to }, _) => {
            return Message::new(say!(
                "remedy.affinity-label",
                "look for {to} in place of {from} in the affinity"
            ))
            .fact("from", label(key, from))
            .fact("to", label(key, to));
        }
        (RelaxedTerm::Namespace { namespace, .. }, _) => {
            return Message::new(say!(
                "remedy.affinity-namespace",
                "let the affinity to {pods} look in namespace {namespace} as well"
            ))
            .fact("pods", pods(&relaxation.wanted))
            .fact("namespace", namespace.as_str());
        }
        (RelaxedTerm::Preferred { .. }, AffinityRule::Affinity) => say!(
            "remedy.prefer-affinity",
            "make the affinity to {pods} preferred"
        ),
        (RelaxedTerm::Preferred { .. }, AffinityRule::AntiAffinity) => say!(
            "remedy.prefer-anti-affinity",
            "make the anti-affinity to {pods} preferred"
        ),
    };
    Message::new(sentence).fact("pods", pods(&relaxation.wanted))
}
