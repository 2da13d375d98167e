//! Who said what is quoted, or where it was read.

use crate::messages::reporter::short;
use crate::render::writer::Writer;
use crate::report::Affected;
use crate::snapshot::{Evidence, Origin};
use crate::text::{Fact, Message, Seconds, say};

/// How the scheduler calls itself in events.
const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// Whether the scheduler says it, in an event or in the condition that it writes.
pub(super) fn is_scheduler(evidence: &Evidence) -> bool {
    match &evidence.origin {
        Origin::Event { component, .. } => {
            matches!(component.as_str(), DEFAULT_SCHEDULER | "scheduler")
        }
        Origin::Field { path } => path == "status.conditions[PodScheduled].message",
        Origin::Log { .. }
        | Origin::Absence
        | Origin::Registry { .. }
        | Origin::Computed { .. } => false,
    }
}

/// Who said it, or where it was read.
pub(super) fn origin(writer: &Writer, evidence: &Evidence, pods: &[&Affected]) -> String {
    let of = object(evidence, pods, writer.whole());
    match &evidence.origin {
        Origin::Field { path } if writer.whole() => format!("{of}{path}"),
        Origin::Field { path } => format!("{of}{}", short_path(path)),
        Origin::Event {
            reason,
            component,
            count,
            age_seconds,
        } => {
            let reason = writer.whole().then(|| reason.clone());
            let seen = seen(*count, *age_seconds).map(|seen| writer.says(&seen));
            let details: Vec<String> = reason.into_iter().chain(seen).collect();
            let component = if writer.whole() {
                component
            } else {
                short(component)
            };
            let speaker = writer.language().fact(&speaker(component));
            if details.is_empty() {
                format!("{of}{speaker}")
            } else {
                format!("{of}{speaker} ({})", details.join(", "))
            }
        }
        Origin::Log { container, .. } => {
            let log = Message::new(say!("text.evidence.log", "log of {container}"));
            format!(
                "{of}{}",
                writer.says(&log.fact("container", container.as_str()))
            )
        }
        Origin::Absence => writer.word(say!("text.evidence.looked-up", "looked up")),
        Origin::Registry { host, secret } => {
            let asked = say!(
                "text.evidence.registry",
                "{host}, asked from here[ with Secret {secret}]"
            );
            let asked = Message::new(asked).fact("host", host.as_str());
            writer.says(&asked.fact_if("secret", secret.as_deref()))
        }
        Origin::Computed { by } => {
            let computed = Message::new(say!("text.evidence.computed", "computed ({by})"));
            let by: Fact = match by.as_str() {
                "feasible nodes" => say!("text.evidence.feasible-nodes", "feasible nodes").into(),
                by => by.into(),
            };
            format!("{of}{}", writer.says(&computed.fact("by", by)))
        }
    }
}

/// `12 times, last 95s ago`; nothing of a single event without a time.
fn seen(count: u32, age_seconds: Option<i64>) -> Option<Message> {
    let sentence = match (count > 1, age_seconds) {
        (false, None) => return None,
        (false, Some(_)) => say!("text.evidence.seen", "{age} ago"),
        (true, _) => say!(
            "text.evidence.seen-often",
            "{times} times[, last {age} ago]"
        ),
    };
    let seen = Message::new(sentence).fact("times", count);
    Some(seen.fact_if("age", age_seconds.map(Seconds)))
}

/// The object, where the reader would take it for the pod otherwise.
fn object(evidence: &Evidence, pods: &[&Affected], whole: bool) -> String {
    let object = &evidence.object;
    let is_pod = |pod: &&Affected| {
        object.kind == pod.kind && object.name == pod.name && object.namespace == pod.namespace
    };
    let expected = match pods {
        [pod] => is_pod(pod),
        pods => !whole && pods.iter().any(is_pod),
    };
    if expected {
        String::new()
    } else {
        format!("{} ", object.short())
    }
}

fn speaker(component: &str) -> Fact {
    match component {
        "" => say!("text.evidence.event", "event").into(),
        DEFAULT_SCHEDULER => say!("text.evidence.scheduler", "scheduler").into(),
        other => other.into(),
    }
}

/// `status.…waiting.message` for a path of many parts.
fn short_path(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    match parts.as_slice() {
        [first, _, .., before, last] if !path.contains('"') && !path.contains('\'') => {
            format!("{first}.…{before}.{last}")
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shortened_in_their_middle() {
        for (path, expected) in [
            ("status.reason", "status.reason"),
            (
                "status.conditions[Ready].message",
                "status.conditions[Ready].message",
            ),
            (
                "status.containerStatuses[0].state.waiting.message",
                "status.…waiting.message",
            ),
            (
                "metadata.annotations['a.b/c.d']",
                "metadata.annotations['a.b/c.d']",
            ),
        ] {
            assert_eq!(short_path(path), expected);
        }
    }
}
