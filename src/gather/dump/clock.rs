//! When a dump was taken, of one that does not say it: what stands in it that is written all the time.
//!
//! Kubelets renew their Leases every ten seconds (kubelet `nodeLeaseDurationSeconds` 40, a quarter of it), and collectors write
//! down when they ran: those are clocks. Any other time tells that the dump is not older, that of a file in an archive only
//! where it can be the collector's ([`Written`]).

use super::head::{Head, Meta};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// What is known of when it was taken.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Then, within seconds.
    pub(super) at: Option<Timestamp>,
    /// Not before.
    pub(super) after: Option<Timestamp>,
}

impl Clock {
    /// The later of what two tell.
    pub(super) fn and(self, other: Clock) -> Clock {
        Clock {
            at: self.at.max(other.at),
            after: self.after.max(other.after),
        }
    }

    /// What an object of this kind tells.
    pub(super) fn of_object(kind: &str, head: &Head) -> Clock {
        let renewed = head.spec.as_ref().and_then(|spec| spec.renew_time);
        let changed = head.metadata.as_ref().and_then(Meta::changed);
        let is_metrics = matches!(kind, "PodMetrics" | "NodeMetrics");
        Clock {
            at: renewed.filter(|_| kind == "Lease"),
            after: changed.max(head.timestamp.filter(|_| is_metrics)),
        }
    }

    /// What a file tells that a collector writes beside the objects: `timestamp` of a must-gather (openshift/oc
    /// `pkg/cli/admin/mustgather/mustgather.go`), `metadata.yaml` of a bundle (rancher/support-bundle-kit `pkg/types`).
    pub(super) fn of_file(path: &Path, head: &[u8]) -> Clock {
        let of_line = match path.file_name().and_then(|name| name.to_str()) {
            Some("timestamp") => of_go,
            Some("metadata.yaml") => of_bundle,
            _ => return Clock::default(),
        };
        let text = String::from_utf8_lossy(head);
        Clock {
            at: text.lines().filter_map(of_line).max(),
            after: None,
        }
    }
}

/// When files of archives were written, of those that hold objects. A collector writes down at once what it reads; who
/// checks the files out, or packs them anew from a copy, gives them later times, and some packers give all the same.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Written {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    files: usize,
}

/// A collector needs no longer from the newest thing that it finds to its last file; what is later may be of another's making.
const COLLECTING: SignedDuration = SignedDuration::from_hours(24);

impl Written {
    /// One more file; without a time it lies in no archive.
    pub(super) fn file(&mut self, time: Option<Timestamp>) {
        if time.is_some() {
            self.first = self.first.map_or(time, |first| time.min(Some(first)));
            self.last = self.last.max(time);
            self.files += 1;
        }
    }

    /// The dump, whose newest time this is, was not taken before; `None` where the times are not those of its collector.
    pub(super) fn not_before(self, newest: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let last = self.last.filter(|last| *last <= now)?;
        let after = last.duration_since(newest?);
        let is_given = self.files > 1 && self.first == self.last;
        (!is_given && !after.is_negative() && after <= COLLECTING).then_some(last)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "no file of a dump was written in the future"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

fn of_bundle(line: &str) -> Option<Timestamp> {
    let time = line.strip_prefix("bundlecreatedat:")?;
    time.trim_matches([' ', '"', '\'']).parse().ok()
}

/// As Go prints a time: `2026-01-02 03:04:05.123456789 +0000 UTC m=+0.1`.
fn of_go(line: &str) -> Option<Timestamp> {
    let mut words = line.split_whitespace();
    let (day, time, zone) = (words.next()?, words.next()?, words.next()?);
    let (hours, minutes) = zone.split_at_checked(3)?;
    format!("{day}T{time}{hours}:{minutes}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    #[test]
    fn what_is_written_all_the_time_is_a_clock() {
        for (json, at, after) in [
            (
                r#"{"kind": "Lease", "metadata": {"name": "n1"}, "spec": {"renewTime": "2026-01-01T00:00:10.000000Z"}}"#,
                Some("2026-01-01T00:00:10Z"),
                None,
            ),
            (
                r#"{"kind": "PodMetrics", "metadata": {"name": "web"}, "timestamp": "2026-01-01T00:00:10Z"}"#,
                None,
                Some("2026-01-01T00:00:10Z"),
            ),
            (
                r#"{"kind": "ConfigMap", "metadata": {"name": "x", "managedFields": [{"time": "2026-01-01T00:00:10Z"}, {"manager": "x"}]}}"#,
                None,
                Some("2026-01-01T00:00:10Z"),
            ),
            (
                r#"{"kind": "ConfigMap", "timestamp": "2026-01-01T00:00:10Z"}"#,
                None,
                None,
            ),
            (
                r#"{"kind": "Lease", "metadata": {"name": "n1", "managedFields": "none"}, "spec": {"renewTime": 7}}"#,
                None,
                None,
            ),
        ] {
            let head = Head::read(json.as_bytes()).unwrap();
            let (at, after) = (at.and_then(time), after.and_then(time));
            let kind = head.kind.as_deref().unwrap();
            assert_eq!(Clock::of_object(kind, &head), Clock { at, after }, "{json}");
        }
    }

    #[test]
    fn a_file_of_an_archive_tells_the_time_only_where_it_can_be_that_of_the_collector() {
        let newest = "2026-01-01T00:00:00Z";
        let day = "2026-02-01T00:00:00Z";
        for (files, found) in [
            (&["2026-01-01T00:10:00Z"][..], Some("2026-01-01T00:10:00Z")),
            (
                &["2026-01-01T00:10:00Z", "1980-01-01T00:00:00Z"],
                Some("2026-01-01T00:10:00Z"),
            ),
            // all alike, by who packed them
            (&["2026-01-01T00:10:00Z", "2026-01-01T00:10:00Z"], None),
            (&["1970-01-01T00:00:00Z"], None),
            // checked out later
            (&["2026-01-09T00:00:00Z"], None),
            (&["2026-02-01T00:00:01Z"], None),
            (&[], None),
        ] {
            let mut written = Written::default();
            files.iter().for_each(|file| written.file(time(file)));
            let not_before = written.not_before(time(newest), time(day).unwrap());
            assert_eq!(not_before, found.and_then(time), "{files:?}");
            assert_eq!(written.not_before(None, time(day).unwrap()), None);
        }
        let mut future = Written::default();
        future.file(time("2026-01-01T00:10:00Z"));
        assert_eq!(future.not_before(time(newest), time(newest).unwrap()), None);
    }

    #[test]
    fn collectors_write_down_when_they_ran() {
        for (name, text, at) in [
            (
                "must-gather/timestamp",
                "2026-01-02 03:04:05.123456789 +0000 UTC m=+0.1\n2026-01-02 05:06:00.5 +0200 CEST m=+61\n",
                "2026-01-02T03:06:00.5Z",
            ),
            (
                "bundle/metadata.yaml",
                "projectname: x\nbundlecreatedat: \"2026-01-02T03:04:05Z\"\n",
                "2026-01-02T03:04:05Z",
            ),
        ] {
            let clock = Clock::of_file(Path::new(name), text.as_bytes());
            assert_eq!(clock.at, time(at), "{name}");
            assert_eq!(
                Clock::of_file(Path::new("other"), text.as_bytes()),
                Clock::default()
            );
        }
    }
}
