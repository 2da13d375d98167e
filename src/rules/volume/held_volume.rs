//! What lets a volume go from the node that holds it.
//!
//! Source: the deployment controller's rolloutRecreate (pkg/controller/deployment/recreate.go, 1.37), which ends the
//! old pods first also of a rollout that has begun otherwise.

use super::attachments::{Attached, User};
use crate::kubernetes::{patch, shell};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Risk, Who};
use crate::snapshot::{Kind, ObjectRef, Relation, Seen};
use crate::text::{Sentence, say};
use serde_json::json;

/// A pod that lives uses it: what to do depends on whose it is.
pub(super) fn let_go(case: &Case<'_>, finding: Finding, user: &User<'_>) -> Finding {
    let holder = &user.holder;
    let pod = format!("pod/{}", holder.name);
    let finding = finding.inspect(case.kubectl(["get", &pod, "-o", "wide"]));
    if user.terminating {
        return finding.why(say!(
            "volume-multi-attach.why-terminating",
            "pod {holder} is being deleted; the volume goes to the new node when it is gone"
        ));
    }
    match case.snapshot.relation(case.pod(), &holder.namespace, holder.controller.as_deref()) {
        Relation::PreviousRevision => finding
            .why(say!(
                "volume-multi-attach.why-rollout",
                "a rolling update keeps the old pod until the new one is ready, and the new one waits for what the old one holds"
            ))
            .fix([recreate(case)]),
        Relation::SameOwner => finding
            .why(say!(
                "volume-multi-attach.why-replicas",
                "both are pods of {owner}, which mounts one claim in every replica"
            ))
            .fact("owner", case.subject().argument())
            .fix([Fix::advice(
                say!(
                    "volume-multi-attach.claim-for-each",
                    "run one replica, give each its own claim as a StatefulSet does, or use a volume of access mode ReadWriteMany"
                ),
                Who::Owner,
            )]),
        Relation::Other => finding.fix([Fix::advice(
            say!(
                "volume-multi-attach.let-other-end",
                "let {holder} end, run both pods on {other}, or give them different claims"
            ),
            Who::Owner,
        )]),
    }
}

/// Lets the Deployment end its old pod before it starts a new one.
fn recreate(case: &Case<'_>) -> Fix {
    let owner = case.subject();
    let read = case
        .snapshot
        .workload(&owner.kind, case.namespace(), &owner.name);
    let strategy = read
        .and_then(Seen::yes)
        .and_then(|read| read.strategy.clone());
    // one that is not known may say more than the type, which Recreate may not
    let strategy =
        strategy.unwrap_or_else(|| json!({"type": "RollingUpdate", "rollingUpdate": {}}));
    let before = patch::nested("/spec/strategy", strategy);
    let change = say!(
        "volume-multi-attach.recreate",
        "let the Deployment end its old pod before it starts a new one: strategy Recreate"
    );
    let patch = vec![patch::add("/spec/strategy", json!({"type": "Recreate"}))];
    Fix::edit(change, Who::Owner, owner, patch, &before)
}

/// Nobody can unmount it on a node that is gone: the attachment is stale.
pub(super) fn of_gone_node(
    begin: impl FnOnce(Sentence) -> Finding,
    other: Option<&Attached<'_>>,
) -> Finding {
    let finding = begin(say!(
        "volume-multi-attach.gone",
        "volume {persistent} is still attached to {other}, a node that does not exist any more"
    ));
    let Some(attached) = other else {
        return finding;
    };
    let object: ObjectRef = attached.object();
    let command = shell::cluster(["delete", &object.argument()]);
    finding
        .fact("attachment", attached.name)
        .why(say!(
            "volume-multi-attach.gone-why",
            "the VolumeAttachment {attachment} is left over: nothing on that node can unmount the volume any more"
        ))
        .fix([Fix::command(
            say!(
                "volume-multi-attach.delete-attachment",
                "only if the machine is certainly off: delete the stale VolumeAttachment, so that the driver detaches the volume"
            ),
            Who::Admin,
            object,
            command,
        )
        .risk(Risk::Destroys)])
}

/// A kubelet that does not answer cannot unmount it.
pub(super) fn of_silent_node(
    case: &Case<'_>,
    begin: impl FnOnce(Sentence) -> Finding,
    node: Option<&str>,
) -> Finding {
    const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute";
    let finding = begin(say!(
        "volume-multi-attach.silent",
        "volume {persistent} is still attached to {other}, a node that is not ready"
    ))
    .why(say!(
        "volume-multi-attach.silent-why",
        "only its kubelet can unmount the volume; after six minutes it is detached by force, but not while a pod bound to that node still needs it"
    ));
    let Some(node) = node else { return finding };
    let object = ObjectRef::new(Kind::Node, "", node);
    let ready = case.snapshot.nodes().get("", node).yes();
    let ready = ready.and_then(|node| node.condition("Ready"));
    let quote = ready.map(|ready| {
        let said = format!(
            "{} {}",
            ready.status,
            ready.message.as_deref().unwrap_or_default()
        );
        case.field_of(object.clone(), "status.conditions[Ready]", said.trim())
    });
    let command = shell::cluster(["taint", "node", node, OUT_OF_SERVICE]);
    finding
        .evidence(quote)
        .inspect(shell::cluster(["describe", &object.argument()]))
        .fix([Fix::advice(
            say!("volume-multi-attach.bring-back", "bring {other} back"),
            Who::Admin,
        )])
        .fix([Fix::command(
            say!(
                "volume-multi-attach.taint-out-of-service",
                "only if the machine is certainly off: taint it out-of-service, which deletes its pods by force and detaches their volumes; take the taint away when it is back"
            ),
            Who::Admin,
            object,
            command,
        )
        .risk(Risk::Destroys)])
}
