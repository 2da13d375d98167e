//! Which pods on nodes meet the same there, so that what holds for one of them holds for all.
//!
//! A registry that is down or a wrong image keeps every pod of a workload alike: one template, the same states of containers,
//! the same words of kubelets but for the pods' own names, on nodes that are alike. A pod has a look of its own where what is
//! its own may matter: claims, its end or removal, a node that is lost, and whatever comes before its containers are made,
//! which is for its node's network and volumes to tell.

use crate::kubernetes::pod::ContainerState;
use crate::kubernetes::{claims, owners};
use crate::scheduler::Engine;
use crate::snapshot::{ContainerView, Event, PodView, Seen, Snapshot};
use jiff::Timestamp;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What tells the template of a pod from another one of its controller.
const REVISIONS: [&str; 2] = ["pod-template-hash", "controller-revision-hash"];
/// So often and more is many times.
const MANY: u32 = 3;
/// Of so many hexadecimal digits is the id of a container or a sandbox.
const ID: usize = 12;

/// The text that pods share when the same can be said of them; `None` for a pod that must be looked at itself.
pub(in crate::diagnose) fn key(pod: &PodView, engine: &Engine<'_>) -> Option<String> {
    let node = pod.node()?;
    let snapshot = engine.snapshot();
    let meta = &pod.pod().metadata;
    let controller = owners::controller(meta.owner_references.as_deref())?;
    let lives = matches!(pod.phase(), "Pending" | "Running") && !pod.is_terminating();
    let has_begun = pod.containers().any(|container| says_more(&container));
    let has_claims = claims::mounted(pod.name(), pod.spec()).next().is_some();
    if !lives || !has_begun || has_claims || pod.marked_not_ready().is_some() {
        return None;
    }
    let labels = meta.labels.as_ref();
    let revisions = REVISIONS.map(|key| labels.and_then(|labels| labels.get(key)));
    let node = engine.shared(&format!("nodes like {node}"), || node_key(node, snapshot));
    let logs = snapshot.store().logs().iter();
    let mut logs = logs.filter(|log| log.pod == pod.name() && log.namespace == pod.namespace());
    let has_logs = logs.next().is_some();
    let owner = (pod.namespace(), &controller.uid);
    let mut text = format!("{owner:?} {revisions:?} {node} {has_logs}");
    Told { pod, snapshot }.write(&mut text);
    Some(text)
}

/// Whether a container has come so far that its state is not for its node to explain.
fn says_more(container: &ContainerView<'_>) -> bool {
    let reason = container.waiting().map(|_| container.waiting_reason());
    let is_silent = matches!(reason, Some("" | "ContainerCreating" | "PodInitializing"));
    !is_silent && container.status.state.is_some()
}

/// What of a node may bear on the pods that it runs.
fn node_key(name: &str, snapshot: &Snapshot<'_>) -> String {
    let node = match snapshot.nodes().get("", name) {
        Seen::Yes(node) => node,
        Seen::No => return "none".to_owned(),
        Seen::Unknown(_) => return "unknown".to_owned(),
    };
    let conditions = node.conditions.iter();
    let conditions: BTreeSet<_> = conditions.map(|it| (&it.r#type, &it.status)).collect();
    let taints: BTreeSet<_> = node.taints.iter().map(|taint| &taint.key).collect();
    let platform = ["kubernetes.io/arch", "kubernetes.io/os"].map(|key| node.labels.get(key));
    format!(
        "{:?}",
        (
            conditions,
            taints,
            platform,
            node.unschedulable,
            &node.runtime
        )
    )
}

/// What a pod and its events tell.
struct Told<'t> {
    pod: &'t PodView,
    snapshot: &'t Snapshot<'t>,
}

impl Told<'_> {
    fn write(&self, text: &mut String) {
        let status = self.pod.status();
        let message = self.plain(status.message.as_deref());
        let _ = write!(text, "\n{:?} {:?} {message}", status.phase, status.reason);
        for one in status.conditions.iter().flatten() {
            let age = self.age(one.last_transition_time.as_ref().map(|time| time.0));
            let message = self.plain(one.message.as_deref());
            let _ = write!(
                text,
                "\n{} {} {:?} {message} {age}",
                one.type_, one.status, one.reason
            );
        }
        for container in self.pod.containers() {
            self.write_container(&container, text);
        }
        let turned = self.pod.containers().filter_map(|it| newest(&it)).max();
        let events = self.snapshot.store().events();
        let events = events.of(&self.pod.object(), self.pod.uid());
        let events: BTreeSet<String> = events.map(|event| self.event(event, turned)).collect();
        let _ = write!(text, "\n{events:?}");
    }

    fn write_container(&self, container: &ContainerView<'_>, text: &mut String) {
        let status = container.status;
        let restarts = status.restart_count.clamp(0, MANY.cast_signed());
        let spec = container.spec.map(|spec| (&spec.image, &spec.resources));
        let _ = write!(
            text,
            "\n{} {spec:?} {} {:?} {restarts} {}",
            status.name,
            status.ready,
            status.started,
            status.image_id.is_empty()
        );
        for state in [&status.state, &status.last_state].into_iter().flatten() {
            self.write_state(state, text);
        }
    }

    fn write_state(&self, state: &ContainerState, text: &mut String) {
        if let Some(waiting) = &state.waiting {
            let message = self.plain(waiting.message.as_deref());
            let _ = write!(text, " {:?} {message}", waiting.reason);
        }
        if let Some(running) = &state.running {
            let age = self.age(running.started_at.as_ref().map(|time| time.0));
            let _ = write!(text, " runs {age}");
        }
        if let Some(end) = &state.terminated {
            let message = self.plain(end.message.as_deref());
            let [began, ended] = [&end.started_at, &end.finished_at]
                .map(|time| self.age(time.as_ref().map(|time| time.0)));
            let _ = write!(
                text,
                " {} {:?} {:?} {message} {began} {ended}",
                end.exit_code, end.signal, end.reason
            );
        }
    }

    /// An event, and whether it was seen since the containers last turned.
    fn event(&self, event: &Event, turned: Option<Timestamp>) -> String {
        let since = turned
            .zip(event.last)
            .map(|(turned, last)| last.cmp(&turned) != Ordering::Less);
        format!(
            "{:?}",
            (
                &event.reason,
                &event.component,
                &event.field_path,
                event.warning,
                self.plain(Some(&event.message)),
                event.count.min(MANY),
                self.age(event.last),
                since
            )
        )
    }

    /// How often a minute doubles in the time since then: rules ask whether something is older than so many minutes.
    fn age(&self, time: Option<Timestamp>) -> u32 {
        let seconds = time.map(|time| self.snapshot.seconds_since(time));
        let minutes = seconds.map(|seconds| seconds.max(0).cast_unsigned() / 60 + 1);
        minutes.map_or(u32::MAX, u64::ilog2)
    }

    /// A text without what tells a pod from others of its kind: its names and addresses, ids, and how long something lasts.
    fn plain(&self, text: Option<&str>) -> String {
        let mut text = text.unwrap_or_default().to_owned();
        let status = self.pod.status();
        let own = [
            self.pod.uid(),
            Some(self.pod.name()),
            status.pod_ip.as_deref(),
            status.host_ip.as_deref(),
            self.pod.node(),
        ];
        for own in own.into_iter().flatten().filter(|own| !own.is_empty()) {
            if text.contains(own) {
                text = text.replace(own, "~");
            }
        }
        without_ids(&text)
    }
}

/// When a container began or ended last.
fn newest(container: &ContainerView<'_>) -> Option<Timestamp> {
    let states = [&container.status.state, &container.status.last_state];
    let times = states.into_iter().flatten().flat_map(|state| {
        let running = state.running.as_ref();
        let end = state.terminated.as_ref();
        [
            running.and_then(|running| running.started_at.as_ref()),
            end.and_then(|end| end.started_at.as_ref()),
            end.and_then(|end| end.finished_at.as_ref()),
        ]
    });
    times.flatten().map(|time| time.0).max()
}

fn without_ids(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (at, word) in text.split(|c: char| !c.is_ascii_alphanumeric()).enumerate() {
        if at > 0 {
            plain.push(' ');
        }
        let is_id = word.len() >= ID && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.push_str(if is_id || is_duration(word) {
            "#"
        } else {
            word
        });
    }
    plain
}

/// As Go writes one: `5m0s`, `900ms`.
fn is_duration(word: &str) -> bool {
    let begins = word.starts_with(|c: char| c.is_ascii_digit());
    begins
        && word.ends_with('s')
        && word
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'h' | b'm' | b's' | b'u' | b'n'))
}

#[cfg(test)]
mod tests;
