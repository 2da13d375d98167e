//! How often the kubelet has tried, and when it does again.
//!
//! Source: kubelet `kubelet.go` (imageBackOffPeriod 10 s, MaxContainerBackOff 300 s) with client-go
//! `util/flowcontrol/backoff.go`: the delay doubles with each failure. Before 1.32 the status says no more than that it waits.

use super::super::failed_pull::FailedPull;
use super::Said;
use crate::snapshot::Event;
use crate::text::{Message, Seconds, say};
use serde::Serialize;

/// The first delay, in seconds.
const FIRST: i64 = 10;
/// The longest.
const LONGEST: i64 = 300;

/// The attempts to pull an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attempts {
    /// What goes on.
    pub progress: Progress,
    /// How many there were, as far as events tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Seconds since the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seconds: Option<i64>,
    /// Seconds until the next one, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_within_seconds: Option<i64>,
    /// The same in a sentence.
    pub said: Said,
}

/// What goes on with a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// It is tried now.
    Trying,
    /// It is tried again after a while.
    BackOff,
    /// It is not tried before something is changed.
    Stopped,
}

/// What is known of the attempts.
pub(super) fn of(failed: &FailedPull<'_>) -> Option<Attempts> {
    if failed.of_sandbox {
        return None;
    }
    let reason = failed.container.waiting_reason();
    let stopped = match reason {
        "InvalidImageName" => Some(say!(
            "image-attempts.name",
            "not tried before the name is changed"
        )),
        "ErrImageNeverPull" => Some(say!(
            "image-attempts.never",
            "never tried: the pull policy is Never"
        )),
        _ => None,
    };
    if let Some(sentence) = stopped {
        return Some(attempts(Progress::Stopped, sentence));
    }
    let newest = |starts: &str| {
        let mut newest_first = failed.case.events().into_iter().rev();
        newest_first.find(|event| is_of(failed, event, starts))
    };
    let pulling = newest("Pulling image ");
    let ended = newest("Failed to pull image ");
    let last = ended.or(pulling);
    let since = |event: Option<&Event>| {
        let seconds = failed.case.seconds_since(event?.last?);
        (seconds >= 0).then_some(seconds)
    };
    // an attempt that began after the last one had ended; times are whole seconds
    let is_running = match (since(pulling), since(ended)) {
        (Some(begun), Some(ended)) => begun < ended && reason != "ImagePullBackOff",
        _ => false,
    };
    let count = pulling
        .into_iter()
        .chain(ended)
        .map(|event| event.count)
        .max();
    if is_running {
        let begun = since(pulling)?;
        let sentence = say!(
            "image-attempts.trying",
            "tried now, for {ago}, after {tries} that failed"
        );
        let tries = ended.map_or(0, |ended| ended.count);
        let message = Message::new(sentence)
            .fact("ago", Seconds(begun))
            .fact("tries", tries);
        return Some(Attempts {
            count,
            last_seconds: Some(begun),
            ..attempts(Progress::Trying, message)
        });
    }
    let ago = since(last)?;
    let tries = count.filter(|count| *count > 0)?;
    let delay = FIRST.saturating_mul(1_i64.checked_shl(tries.saturating_sub(1).min(8))?);
    let next = delay.min(LONGEST).saturating_sub(ago);
    let message = Message::new(say!(
        "image-attempts.back-off",
        "tried {tries} {tries|time|times}, last {ago} ago; again within {next}"
    ))
    .fact("tries", tries)
    .fact("ago", Seconds(ago))
    .fact("next", Seconds(if next > 0 { next } else { LONGEST }));
    Some(Attempts {
        count,
        last_seconds: Some(ago),
        next_within_seconds: Some(if next > 0 { next } else { LONGEST }),
        ..attempts(Progress::BackOff, message)
    })
}

fn attempts(progress: Progress, said: impl Into<Message>) -> Attempts {
    Attempts {
        progress,
        count: None,
        last_seconds: None,
        next_within_seconds: None,
        said: Said::from(said),
    }
}

fn is_of(failed: &FailedPull<'_>, event: &Event, starts: &str) -> bool {
    let is_of_container = event
        .container()
        .is_none_or(|name| name == failed.container.name());
    is_of_container
        && event.message.starts_with(starts)
        && event.message.contains(&format!("\"{}\"", failed.image))
}
