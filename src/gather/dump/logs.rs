//! The logs of containers that dumps hold beside the objects: their ends, until it is known of which pods they tell something.
//!
//! Which of them are looked at, how much is kept and what is masked is the same as with `--logs`.
//!
//! Sources: `kubectl cluster-info dump` (k8s.io/kubectl `pkg/cmd/clusterinfo/clusterinfo_dump.go`), `oc adm inspect`
//! (openshift/oc `pkg/cli/admin/inspect/pod.go`), replicatedhq/troubleshoot `pkg/collect/cluster_resources.go`.

use crate::gather::logs;
use crate::gather::plan;
use crate::snapshot::Store;
use crate::triage::Scope;
use std::collections::BTreeMap;
use std::io::{self, BufRead};

/// Before the log of a container, and behind it, with its name and that of its pod.
pub(super) const START: &str = "==== START logs ";
/// See [`START`].
pub(super) const END: &str = "==== END logs ";

/// So many bytes of all logs together are kept until the pods are known.
const MOST_BYTES: usize = 32 << 20;
/// So many bytes of a line; the rest of it is left out.
const LINE: usize = 4 << 10;

/// Whose log it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogOf {
    /// The pod's namespace.
    pub(super) namespace: String,
    /// The pod.
    pub(super) pod: String,
    /// Its container.
    pub(super) container: String,
    /// Of the run before the present one.
    pub(super) previous: bool,
}

impl LogOf {
    /// `==== START logs for container web of pod shop/web-1 ====`
    pub(super) fn of_mark(rest: &str) -> Option<LogOf> {
        let rest = rest.strip_prefix("for container ")?;
        let (container, pod) = rest.strip_suffix(" ====")?.split_once(" of pod ")?;
        let (namespace, pod) = pod.split_once('/')?;
        Some(LogOf {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            container: container.to_owned(),
            previous: false,
        })
    }
}

/// The ends of the logs of a dump.
#[derive(Debug, Default)]
pub(super) struct Logs {
    ends: BTreeMap<LogOf, String>,
    bytes: usize,
}

impl Logs {
    /// Reads a file that is a log, or several with marks between them.
    pub(super) fn read(&mut self, of: Option<LogOf>, reader: &mut dyn BufRead) -> io::Result<()> {
        let mut open = of;
        let mut end = End::default();
        while let Some(line) = line(reader)? {
            if let Some(rest) = line.strip_prefix(START) {
                self.keep(open.take(), &mut end);
                open = LogOf::of_mark(rest);
            } else if line.starts_with(END) {
                self.keep(open.take(), &mut end);
            } else if open.is_some() {
                end.line(&line);
            }
        }
        self.keep(open, &mut end);
        Ok(())
    }

    /// Keeps the end of a log.
    pub(super) fn keep(&mut self, of: Option<LogOf>, end: &mut End) {
        let text = std::mem::take(end).text;
        let fits = self.bytes + text.len() <= MOST_BYTES && !text.is_empty();
        if let Some(of) = of.filter(|_| fits) {
            self.bytes += text.len();
            self.ends.insert(of, text);
        }
    }

    /// Gives a store those that tell something about it.
    pub(super) fn tell(mut self, store: &mut Store, scope: &Scope) {
        if self.ends.is_empty() || !store.logs().is_empty() {
            return;
        }
        let wanted = logs::wanted(store, scope).into_iter();
        let found = wanted.filter_map(|(read, pod)| {
            let of = |previous| LogOf {
                namespace: read.namespace.clone(),
                pod: read.pod.clone(),
                container: read.container.clone(),
                previous,
            };
            // behind the state that a container is in between two runs stands the log of the last one
            let runs = plan::is_running(store, &read);
            let text = self.ends.remove(&of(read.previous));
            let text = text.or_else(|| self.ends.remove(&of(false)).filter(|_| !runs))?;
            Some(logs::log(read, Ok(logs::kept(&pod, &text))))
        });
        let found = found.take(logs::MOST).collect();
        store.set_logs(found);
    }
}

/// The end of one log.
#[derive(Debug, Default)]
pub(super) struct End {
    text: String,
}

impl End {
    /// One more line, without the time that `--timestamps` writes before it.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(without_time(line));
        self.text.push('\n');
        if self.text.len() > 2 * logs::KEPT {
            let from = self.text.len() - logs::KEPT;
            let from = self
                .text
                .bytes()
                .skip(from)
                .position(|byte| byte == b'\n')
                .map_or(0, |at| from + at + 1);
            self.text.drain(..from);
        }
    }
}

/// `2026-03-02T10:00:00.000000000Z started`
fn without_time(line: &str) -> &str {
    let stamped = line.split_once(' ').filter(|(time, _)| {
        time.len() >= "2026-03-02T10:00:00Z".len() && time.parse::<jiff::Timestamp>().is_ok()
    });
    stamped.map_or(line, |(_, rest)| rest)
}

/// The next line, the beginning of a long one.
fn line(reader: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            let text = String::from_utf8_lossy(&line).into_owned();
            return Ok((!line.is_empty()).then_some(text));
        }
        let end = memchr::memchr(b'\n', buffer);
        let part = end.and_then(|end| buffer.get(..end)).unwrap_or(buffer);
        let room = LINE.saturating_sub(line.len());
        line.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            let text = String::from_utf8_lossy(&line);
            return Ok(Some(text.trim_end_matches('\r').to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(of: Option<LogOf>, text: &str) -> Vec<(String, String)> {
        let mut logs = Logs::default();
        logs.read(of, &mut text.as_bytes()).unwrap();
        let all = logs.ends.into_iter();
        all.map(|(of, text)| {
            (
                format!("{}/{}/{}", of.namespace, of.pod, of.container),
                text,
            )
        })
        .collect()
    }

    #[test]
    fn marks_part_the_logs_of_a_file() {
        let text = "==== START logs for container web of pod shop/web-1 ====\na\nb\n==== END logs for container web of pod shop/web-1 ====\n\
            ==== START logs for container proxy of pod shop/web-1 ====\n==== END logs for container proxy of pod shop/web-1 ====\n";
        let web = ("shop/web-1/web".to_owned(), "a\nb\n".to_owned());
        assert_eq!(read(None, text), [web]);
    }

    #[test]
    fn only_the_end_of_a_log_is_kept_and_without_its_times() {
        let of = LogOf::of_mark("for container web of pod shop/web-1 ====").unwrap();
        let text = "2026-03-02T10:00:00.123456789Z no database\nend";
        let found = read(Some(of.clone()), text);
        assert_eq!(found[0].1, "no database\nend\n");
        let long = "0123456789\n".repeat(10_000) + "last";
        let found = read(Some(of), &long);
        assert!(found[0].1.len() <= 2 * logs::KEPT, "{}", found[0].1.len());
        assert!(found[0].1.starts_with("0123456789\n") && found[0].1.ends_with("\nlast\n"));
    }
}
