//! How a namespace stands that was deleted: whether it is given the time that this takes.

use super::subject::StatusText;
use super::{Because, Layer, Scope, Standing, Subject};
use crate::messages::namespace::CONDITIONS;
use crate::snapshot::{Kind, ObjectRef, Snapshot, Store};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition};

/// Seconds that its controller may take to empty it, after the last of its pods had to be gone: it looks again at growing
/// intervals.
const EMPTYING: i64 = 300;

/// A namespace that was deleted and is still there.
#[derive(Debug, Clone, Copy)]
pub struct NamespaceSubject<'s> {
    /// Its name.
    pub name: &'s str,
    /// The namespace.
    pub namespace: &'s Namespace,
    deleted: Timestamp,
}

/// Those that were read. What narrows a scan is about what is in them.
pub(super) fn candidates<'s>(
    snapshot: &Snapshot<'s>,
    scope: &Scope,
) -> impl Iterator<Item = NamespaceSubject<'s>> + use<'s> {
    let is_scan = scope.is_scan();
    let read = snapshot.store().namespaces().seen();
    read.filter(move |_| is_scan)
        .filter_map(|(_, namespace)| NamespaceSubject::of(namespace))
}

impl<'s> NamespaceSubject<'s> {
    /// A namespace that was deleted; none of another.
    pub fn of(namespace: &'s Namespace) -> Option<Self> {
        let meta = &namespace.metadata;
        Some(NamespaceSubject {
            name: meta.name.as_deref()?,
            namespace,
            deleted: meta.deletion_timestamp.as_ref()?.0,
        })
    }

    /// Its finalizers, those of its content apart.
    pub fn finalizers(self) -> &'s [String] {
        let spec = self.namespace.spec.as_ref();
        let finalizers = spec.and_then(|spec| spec.finalizers.as_deref());
        finalizers.unwrap_or_default()
    }

    /// Those besides that of its controller, and those that any object may have.
    pub fn own_finalizers(self) -> Vec<&'s str> {
        let others = self.finalizers().iter().filter(|one| *one != "kubernetes");
        let meta = self.namespace.metadata.finalizers.iter().flatten();
        others.chain(meta).map(String::as_str).collect()
    }

    /// What keeps it, as its controller says: the conditions that are True, what tells most first.
    pub fn left(self) -> Vec<&'s NamespaceCondition> {
        let status = self.namespace.status.as_ref();
        let conditions = status.and_then(|status| status.conditions.as_deref());
        let conditions = conditions.unwrap_or_default();
        let stands = |kind: &&str| {
            let mut all = conditions.iter();
            all.find(|one| one.type_ == **kind && one.status == "True")
        };
        CONDITIONS.iter().filter_map(stands).collect()
    }
}

impl<'s> Subject<'s> for NamespaceSubject<'s> {
    const LAYERS: &'static [Layer] = &[Layer::Removal];

    fn object(&self) -> ObjectRef {
        ObjectRef::new(Kind::Namespace, "", self.name)
    }

    fn uid(self) -> Option<&'s str> {
        self.namespace.metadata.uid.as_deref()
    }

    fn namespace(self) -> &'s str {
        ""
    }

    fn owner(&self, _: &Store) -> ObjectRef {
        self.object()
    }

    fn is_in(&self, scope: &Scope, _: &Store) -> bool {
        scope.has_namespace(self.name)
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        let records = snapshot.store().pod_records();
        let graces = records
            .in_namespace(self.name)
            .filter_map(|pod| pod.gone_by());
        let from = graces.fold(self.deleted, Timestamp::max);
        Standing::within(Because::Deleting, from, EMPTYING, snapshot.clock())
    }

    fn status(&self, _: &Store) -> String {
        "Terminating".to_owned()
    }

    fn raw_status(&self) -> Vec<StatusText> {
        let left = self.left().into_iter();
        let text = left.filter_map(|condition| {
            let path = format!("status.conditions[{}].message", condition.type_);
            Some(StatusText::new(path, condition.message.as_deref()?))
        });
        text.collect()
    }

    fn is_terminating(&self) -> bool {
        true
    }

    fn since(&self, _: &Snapshot<'_>) -> Option<Timestamp> {
        Some(self.deleted)
    }
}
