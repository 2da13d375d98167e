//! The template by which a workload's pods are refused, and what to change in it.

use crate::kubernetes::patch;
use crate::rules::finding::{Fix, Who};
use crate::rules::shared::after_change::{OWNER_ANEW, THEN_RESUME};
use crate::rules::shared::refused::WorkloadCase;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::Message;
use serde_json::Value;

/// Where a pod's spec lists containers that a namespace's rules are for.
const LISTS: [&str; 2] = ["containers", "initContainers"];

/// The template with changes.
pub(super) struct Template<'c, 'a> {
    case: &'c WorkloadCase<'a>,
    /// The object in which the template is written.
    owner: ObjectRef,
    /// The pods' spec as it was read.
    before: Value,
    /// And with the changes.
    pub(super) spec: Value,
    changes: Vec<Value>,
}

impl<'c, 'a> Template<'c, 'a> {
    /// None where it was not read, and of a revision that is not the newest, which a change would not reach.
    pub(super) fn of(case: &'c WorkloadCase<'a>) -> Option<Self> {
        let template = case.it.workload.template.as_ref()?.fields();
        let before = template.get("spec").filter(|spec| spec.is_object())?;
        is_newest(case).then(|| Template {
            case,
            owner: case.subject(),
            before: before.clone(),
            spec: before.clone(),
            changes: Vec::new(),
        })
    }

    /// Each container with the pointer to it in the spec.
    pub(super) fn containers(&self) -> Vec<(String, Value)> {
        let list = |list: &str| {
            let all = self.spec.get(list).and_then(Value::as_array);
            let all = all.into_iter().flatten().enumerate();
            let placed = all.map(|(at, container)| (format!("/{list}/{at}"), container.clone()));
            placed.collect::<Vec<_>>()
        };
        LISTS.into_iter().flat_map(list).collect()
    }

    /// The pointer to the container of this name.
    pub(super) fn place(&self, name: &str) -> Option<String> {
        let mut all = self.containers().into_iter();
        let (place, _) = all.find(|(_, container)| name_of(container) == name)?;
        Some(place)
    }

    /// Sets a value at a pointer into the spec.
    pub(super) fn set(&mut self, pointer: &str, value: impl Into<Value>) {
        let change = patch::set(&self.spec, pointer, value);
        self.change(change);
    }

    /// Takes a value away, if it is there.
    pub(super) fn remove(&mut self, pointer: &str) {
        if self.spec.pointer(pointer).is_some() {
            self.change(patch::remove(pointer));
        }
    }

    fn change(&mut self, change: Value) {
        if let Some(spec) = patch::applied(&self.spec, std::slice::from_ref(&change)) {
            self.spec = spec;
            self.changes.push(change);
        }
    }

    /// The changes as a fix of what holds the template; in words where that cannot be changed, or is of an unknown kind.
    pub(super) fn fix(&self, change: Message) -> Fix {
        let owner = self.owner.clone();
        if owner.known_kind() == Some(Kind::Job) {
            let anew = Message::new(OWNER_ANEW);
            let anew = anew.fact("owner", owner.argument()).fact("change", change);
            return Fix::advice(anew, Who::Owner);
        }
        let pointer = owner.known_kind().and_then(Kind::pod_template);
        let Some(pointer) = pointer.filter(|_| !self.changes.is_empty()) else {
            return Fix::advice(change, Who::Owner).of_template();
        };
        let change = if self.case.snapshot.is_halted(&owner) {
            let resumed = Message::new(THEN_RESUME);
            resumed
                .fact("owner", owner.argument())
                .fact("change", change)
        } else {
            change
        };
        let patch = self.tests().into_iter().chain(self.changes.clone());
        let patch = patch.map(|operation| below(pointer, operation)).collect();
        let before = patch::nested(pointer, &self.before);
        Fix::edit(change, Who::Owner, owner, patch, &before)
    }

    /// That each container which is changed is the one that it was.
    fn tests(&self) -> Vec<Value> {
        let is_changed = |place: &str| {
            let inside = format!("{place}/");
            let mut paths = self
                .changes
                .iter()
                .filter_map(|change| change.get("path")?.as_str());
            paths.any(|path| path.starts_with(&inside))
        };
        let changed = self.containers().into_iter();
        let changed = changed.filter(|(place, _)| is_changed(place));
        changed
            .map(|(place, container)| patch::test(&format!("{place}/name"), name_of(&container)))
            .collect()
    }
}

/// The name of a container.
pub(super) fn name_of(container: &Value) -> &str {
    container
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn below(pointer: &str, mut operation: Value) -> Value {
    let path = operation.get_mut("path");
    if let Some(Value::String(path)) = path {
        path.insert_str(0, pointer);
    }
    operation
}

/// Whether no other ReplicaSet of the same Deployment is of a later revision.
fn is_newest(case: &WorkloadCase<'_>) -> bool {
    let own = case.it.workload;
    let sets = case.snapshot.store().replica_sets();
    let mut others = sets
        .seen_in(case.namespace())
        .filter(|(_, set)| own.controller.is_some() && set.controller == own.controller);
    case.it.kind != Kind::ReplicaSet || others.all(|(_, set)| set.revision <= own.revision)
}
