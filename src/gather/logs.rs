//! `--logs`: reads the last lines of what failing containers wrote, bounded in number, size and time.
//!
//! What comes back is foreign text that may hold anything: control characters are taken out and what looks like a credential is
//! masked before it is kept, so that no report and no dump holds more.

use super::client::{Accept, Client, path, query_string};
use super::dump::of_log;
use super::plan::{self, LogRead};
use super::read_error::ReadError;
use super::request;
use crate::kubernetes::text;
use crate::snapshot::{ContainerLog, Kind, Store, Unread, Why};
use crate::triage::Scope;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// So many logs are read at all.
pub(super) const MOST: usize = 20;
/// So many at once.
const AT_ONCE: usize = 4;
/// All together; a kubelet that does not answer keeps nobody longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many lines from the end, enough for the trace of a stack with its causes.
const LINES: &str = "100";
/// The fewer lines that are asked for where those were too long: the kubelet counts bytes from the first of them on, so that
/// the end is what is cut off (pkg/kubelet/kuberuntime/logs/logs.go, 1.37).
const FEW_LINES: &str = "10";
/// So many bytes of an answer.
const BYTES: usize = 64 << 10;
/// So many bytes from the end are kept.
pub(super) const KEPT: usize = 16 << 10;

/// The logs that tell something, each with its pod, whose variables may be secret.
pub(super) fn wanted(store: &Store, scope: &Scope) -> Vec<(LogRead, Value)> {
    let with_pod = |read: LogRead| {
        let pod = store.whole_pod(&read.namespace, &read.pod);
        let pod = pod.map(|pod| json!({"spec": pod.spec()}));
        (read, pod.unwrap_or_default())
    };
    let wanted = plan::logs(scope, store).into_iter();
    wanted.map(with_pod).collect()
}

/// Reads them, and says of each that was not read why.
pub(super) async fn read(client: &Client, wanted: Vec<(LogRead, Value)>) -> Vec<ContainerLog> {
    let deadline = Instant::now() + PATIENCE;
    let asked = stream::iter(wanted.into_iter().enumerate()).map(|(at, (read, pod))| async move {
        let answer = if at < MOST {
            timeout_at(deadline, ask(client, &read)).await
        } else {
            let detail = format!("no more than {MOST} logs are read");
            return Some(log(read, Err(Unread::new(Why::Failed, detail))));
        };
        let outcome = match answer {
            Ok(Ok(text)) => Ok(kept(&pod, &text)),
            // the pod is gone by now
            Ok(Err(ReadError::NotFound { .. })) => return None,
            Ok(Err(error)) => Err(Unread::new(request::why(&error), error.to_string())),
            Err(_) => Err(Unread::new(Why::TimedOut, String::new())),
        };
        Some(log(read, outcome))
    });
    let logs: Vec<_> = asked.buffer_unordered(AT_ONCE).collect().await;
    logs.into_iter().flatten().collect()
}

/// A log of this run, or why there is none.
pub(super) fn log(read: LogRead, outcome: Result<String, Unread>) -> ContainerLog {
    let (text, unread) = match outcome {
        Ok(text) => (text, None),
        Err(unread) => (String::new(), Some(unread)),
    };
    ContainerLog {
        namespace: read.namespace,
        pod: read.pod,
        container: read.container,
        previous: read.previous,
        text,
        unread,
    }
}

async fn ask(client: &Client, read: &LogRead) -> Result<String, ReadError> {
    let body = client.get(&address(read, LINES), Accept::Text).await?;
    let body = if body.len() >= BYTES {
        client.get(&address(read, FEW_LINES), Accept::Text).await?
    } else {
        body
    };
    Ok(String::from_utf8_lossy(&body).into_owned())
}

fn address(read: &LogRead, lines: &str) -> String {
    let pod = path(Kind::Pod, Some(&read.namespace), Some(&read.pod));
    let bytes = BYTES.to_string();
    let mut query = vec![
        ("container", read.container.as_str()),
        ("limitBytes", &bytes),
        ("tailLines", lines),
    ];
    if read.previous {
        query.push(("previous", "true"));
    }
    format!("{pod}/log?{}", query_string(&query))
}

/// The end of it, as it may be shown.
pub(super) fn kept(pod: &Value, text: &str) -> String {
    let cleaned = text::clean(text);
    let masked = of_log(pod, &cleaned);
    let mut from = masked.len().saturating_sub(KEPT);
    while !masked.is_char_boundary(from) {
        from += 1;
    }
    let end = masked.get(from..).unwrap_or_default();
    // half a line would be quoted as a whole one
    let whole = match end.split_once('\n') {
        Some((_, rest)) if from > 0 => rest,
        _ => end,
    };
    whole.trim_end().to_owned()
}
