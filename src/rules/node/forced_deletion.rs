//! What takes the pods of a lost node away without its kubelet, which cannot say whether they have ended.

use crate::kubernetes::shell;
use crate::rules::Case;
use crate::rules::finding::{Fix, Risk, Who};
use crate::snapshot::{Node, ObjectRef};
use crate::text::{Sentence, say};
use crate::triage::NodeSubject;

/// The case of a node.
pub(super) type NodeCase<'a> = Case<'a, NodeSubject<'a>>;

/// Lets the pods of a node that is off be deleted by force and their volumes be detached (non-graceful node shutdown, 1.28).
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// Deletes the pods of a node that is gone: with the command for one pod; for several, how it looks.
pub(super) fn delete_pods(change: Sentence, pods: &[ObjectRef]) -> Fix {
    let words = |pod: &str| ["delete", pod, "--grace-period=0", "--force"].map(str::to_owned);
    match pods {
        [pod] => {
            let command = pod.kubectl(words(&pod.argument()));
            Fix::command(change, Who::Admin, pod.clone(), command)
        }
        _ => {
            let template = shell::kubectl("NAMESPACE", words("pod/POD"));
            Fix::advice(change, Who::Admin).template(template)
        }
    }
    .risk(Risk::Destroys)
}

/// Deletes the pods of a node that is off, and detaches their volumes. For pods that nobody may start twice: a StatefulSet
/// waits until the old one is gone.
pub(super) fn out_of_service(case: &NodeCase<'_>, node: &Node) -> Option<Fix> {
    let records = case.snapshot.pod_records();
    let mut on_node = records.on_node(case.it.name);
    let waits = on_node.any(|pod| {
        let controller = pod.controller.as_deref().unwrap_or_default();
        controller.starts_with("StatefulSet/") || records.claims_of(pod).next().is_some()
    });
    let is_tainted = node.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE);
    if !waits || is_tainted {
        return None;
    }
    let taint = format!("{OUT_OF_SERVICE}=nodeshutdown:NoExecute");
    let command = shell::cluster(["taint", "node", case.it.name, &taint]);
    let change = say!(
        "node-lost.taint-out-of-service",
        "only if the machine is certainly off: taint it out-of-service, which deletes its pods by force and detaches their volumes; take the taint away when it is back"
    );
    Some(Fix::command(change, Who::Admin, case.object(), command).risk(Risk::Destroys))
}

/// Deletes the node, and so its pods.
pub(super) fn delete_node(case: &NodeCase<'_>) -> Fix {
    let command = shell::cluster(["delete", &case.object().argument()]);
    let change = say!(
        "node-lost.delete-node",
        "if it will not come back and is certainly off: delete the node, so that its pods are deleted and made anew elsewhere"
    );
    Fix::command(change, Who::Admin, case.object(), command).risk(Risk::Destroys)
}
