//! Pods that have succeeded, as so much of each as is asked of one that nobody named: whose it was, and when.
//!
//! A cluster keeps up to 12,500 pods that have ended, most of them of Jobs (kube-controller-manager
//! `--terminated-pod-gc-threshold`, 1.37).

use super::dependency::{Dependency, note};
use super::kind::Kind;
use super::ownership::PodIdentity;
use super::pod::newest;
use super::pod_record::controller;
use crate::kubernetes::label_set::Labels;
use crate::kubernetes::pod::Pod;
use crate::kubernetes::selector::carries;
use jiff::Timestamp;
use std::collections::BTreeMap;

static NO_LABELS: BTreeMap<String, String> = BTreeMap::new();

/// A pod whose phase is Succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedPod {
    /// `metadata.creationTimestamp`
    pub created: Option<Timestamp>,
    /// The newest time that stands in it.
    pub newest: Option<Timestamp>,
    /// It was looked at, and is not kept whole besides.
    is_counted: bool,
    controller: Option<Box<str>>,
    labels: Box<[(Box<str>, Box<str>)]>,
}

impl CompletedPod {
    fn of(pod: &Pod, is_counted: bool) -> Self {
        let labels = pod.metadata.labels.iter().flat_map(|all| all.iter());
        let labels = labels.map(|(key, value)| (key.as_str().into(), value.as_str().into()));
        CompletedPod {
            created: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
            newest: newest(pod),
            is_counted,
            controller: controller(pod).map(|(kind, name)| format!("{kind}/{name}").into()),
            labels: labels.collect(),
        }
    }

    /// Whether it carries all of these labels, and these are any.
    pub fn carries(&self, wanted: &BTreeMap<String, String>) -> bool {
        !wanted.is_empty() && carries(self, wanted)
    }
}

impl Labels for CompletedPod {
    fn value(&self, key: &str) -> Option<&str> {
        let mut labels = self.labels.iter();
        let (_, value) = labels.find(|(own, _)| **own == *key)?;
        Some(value)
    }
}

/// All of them that were read, in order of namespace and name.
#[derive(Debug, Clone, Default)]
pub struct CompletedPods(BTreeMap<(Box<str>, Box<str>), CompletedPod>);

impl CompletedPods {
    pub(super) fn insert(&mut self, namespace: &str, name: &str, pod: &Pod, is_counted: bool) {
        let pod = CompletedPod::of(pod, is_counted);
        self.0.insert((namespace.into(), name.into()), pod);
    }

    pub(super) fn remove(&mut self, namespace: &str, name: &str) {
        self.0.remove(&(namespace.into(), name.into()));
    }

    /// Those of one namespace.
    pub fn in_namespace<'a>(
        &'a self,
        namespace: &str,
    ) -> impl Iterator<Item = &'a CompletedPod> + use<'a> {
        note(|| Dependency::Namespace(Kind::Pod, namespace.to_owned()));
        let namespace: Box<str> = namespace.into();
        let from = self.0.range((namespace.clone(), "".into())..);
        let of_namespace = from.take_while(move |((of, _), _)| *of == namespace);
        of_namespace.map(|(_, pod)| pod)
    }

    /// Those of one controller (`Kind/name`).
    pub fn of_controller<'a>(
        &'a self,
        namespace: &str,
        controller: &'a str,
    ) -> impl Iterator<Item = &'a CompletedPod> {
        let of_namespace = self.in_namespace(namespace);
        of_namespace.filter(move |pod| pod.controller.as_deref() == Some(controller))
    }

    /// Who those are that were looked at and of which no more is kept, but for their labels and nodes.
    pub fn identities(&self) -> impl Iterator<Item = PodIdentity<'_>> {
        note(|| Dependency::Kind(Kind::Pod));
        let counted = self.0.iter().filter(|(_, pod)| pod.is_counted);
        counted.map(|((namespace, name), pod)| PodIdentity {
            namespace,
            name,
            labels: &NO_LABELS,
            controller: pod.controller.as_deref().and_then(|it| it.split_once('/')),
            node: None,
            phase: Some("Succeeded"),
        })
    }
}
