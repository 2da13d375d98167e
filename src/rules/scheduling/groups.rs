//! The group with which a pod is placed as a whole, as the pod names it: of Kubernetes itself, of scheduler-plugins, of Volcano.
//!
//! What keeps a group is for `gang_incomplete`; the queues that hold groups are in `queues`.

use crate::rules::Case;
use crate::snapshot::Evidence;

/// Plugins that hold a whole group (scheduler-plugins `pkg/coscheduling`; kube-scheduler, 1.35 and later).
pub(super) const GANGS: [&str; 2] = ["Coscheduling", "GangScheduling"];
/// Labels by which a pod joins a PodGroup (scheduler-plugins `apis/scheduling/v1alpha1`; up to 0.19 the second).
const LABELS: [&str; 2] = [
    "scheduling.x-k8s.io/pod-group",
    "pod-group.scheduling.sigs.k8s.io/name",
];
/// Annotations by which a pod joins a PodGroup of Volcano (volcano.sh/apis `scheduling/v1beta1`).
const ANNOTATIONS: [&str; 2] = [
    "scheduling.k8s.io/group-name",
    "scheduling.volcano.sh/group-name",
];

/// A group that a pod names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group<'a> {
    pub(super) name: &'a str,
    pub(super) by: By,
}

/// Where a pod names its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// `spec.schedulingGroup` (1.35 and later).
    Spec,
    /// A label of scheduler-plugins.
    Label(&'static str),
    /// An annotation of Volcano.
    Annotation(&'static str),
}

impl<'a> Group<'a> {
    /// The group of a pod; of several the one that kube-scheduler heeds.
    pub(super) fn of(case: &Case<'a>) -> Option<Group<'a>> {
        native(case)
            .or_else(|| label(case))
            .or_else(|| Group::of_volcano(case))
    }

    /// The PodGroup that the pod joins in Volcano.
    pub(super) fn of_volcano(case: &Case<'a>) -> Option<Group<'a>> {
        let metadata = &case.pod().pod().metadata;
        ANNOTATIONS.into_iter().find_map(|key| {
            let name = metadata.annotation(key)?;
            Some(Group {
                name,
                by: By::Annotation(key),
            })
        })
    }

    /// The field that names it.
    pub(super) fn evidence(&self, case: &Case<'_>) -> Evidence {
        let path = match self.by {
            By::Spec => "spec.schedulingGroup.podGroupName".to_owned(),
            By::Label(key) => format!("metadata.labels[{key}]"),
            By::Annotation(key) => format!("metadata.annotations[{key}]"),
        };
        case.field(path, self.name)
    }

    /// The resource that kubectl lists such groups by.
    pub(super) fn resource(&self) -> &'static str {
        match self.by {
            By::Spec => "podgroups.scheduling.k8s.io",
            By::Label(_) => "podgroups.scheduling.x-k8s.io",
            By::Annotation(_) => "podgroups.scheduling.volcano.sh",
        }
    }

    /// How many pods of the namespace carry the group's label; nothing when it has none, or they were not all read.
    pub(super) fn members(&self, case: &Case<'_>) -> Option<u32> {
        let By::Label(key) = self.by else {
            return None;
        };
        case.snapshot.pods().whole(case.namespace()).ok()?;
        let pod_records = case.snapshot.pod_records();
        let of_group = pod_records.iter().filter(|pod_record| {
            let labels = &pod_records.footprint(pod_record).labels;
            *pod_record.namespace == *case.namespace()
                && labels.get(key).is_some_and(|group| group == self.name)
        });
        u32::try_from(of_group.count()).ok()
    }
}

fn native<'a>(case: &Case<'a>) -> Option<Group<'a>> {
    let group = case.pod().spec().scheduling_group.as_ref()?;
    let name = group.pod_group_name.as_deref()?;
    Some(Group { name, by: By::Spec })
}

fn label<'a>(case: &Case<'a>) -> Option<Group<'a>> {
    let labels = case.pod().pod().metadata.labels.as_ref()?;
    LABELS.into_iter().find_map(|key| {
        let name = labels.get(key)?.as_str();
        Some(Group {
            name,
            by: By::Label(key),
        })
    })
}
