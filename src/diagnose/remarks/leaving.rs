//! What goes as somebody wants it: a pod within its grace period, a node that is taken away or cordoned.

use crate::report::Remark;
use crate::rules::shared::leaving;
use crate::snapshot::{Evidence, Kind, ObjectRef, Snapshot};
use crate::text::{Message, say};

/// What is said of a pod.
pub(super) fn of_pod(pod: &ObjectRef, snapshot: &Snapshot<'_>) -> Option<Remark> {
    let namespace = pod.namespace.as_deref()?;
    let pod = snapshot.store().whole_pod(namespace, &pod.name)?;
    let removal = leaving::of_pod(pod, snapshot).filter(|_| pod.is_terminating())?;
    let words = removal.words();
    // what tells most of it comes last
    let proof = removal.proof.into_iter().next_back()?;
    Some(Remark::new(words, proof))
}

/// What is said of a node.
pub(super) fn of_node(name: &str, snapshot: &Snapshot<'_>) -> Option<Remark> {
    if let Some((leaving, _, mark)) = leaving::of_node(name, snapshot) {
        return Some(Remark::new(leaving::words(leaving).into(), mark));
    }
    let node = snapshot.nodes().get("", name).yes()?;
    let cordoned = || {
        let object = ObjectRef::new(Kind::Node, "", name);
        let proof = Evidence::of_field(object, "spec.unschedulable", "true");
        Remark::new(
            Message::new(say!(
                "remark.cordoned",
                "it is cordoned: no new pod comes to it until somebody uncordons it"
            )),
            proof,
        )
    };
    node.unschedulable.then(cordoned)
}
