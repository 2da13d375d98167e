//! When a dump was taken, of one that does not say it: what stands in it that is written all the time.
//!
//! Kubelets renew their Leases every ten seconds (kubelet `nodeLeaseDurationSeconds` 40, a quarter of it), and collectors write
//! down when they ran: those are clocks. Any other time tells that the dump is not older.

use super::head::Head;
use jiff::Timestamp;
use serde::Deserialize;
use std::path::Path;

/// What is known of when it was taken.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Then, within seconds.
    pub(super) at: Option<Timestamp>,
    /// Not before.
    pub(super) after: Option<Timestamp>,
}

/// The parts of objects that hold times which no rule needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timed {
    metadata: Option<Managed>,
    spec: Option<Lease>,
    timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Managed {
    #[serde(default)]
    managed_fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lease {
    renew_time: Option<Timestamp>,
}

impl Clock {
    /// The later of what two tell.
    pub(super) fn and(self, other: Clock) -> Clock {
        Clock {
            at: self.at.max(other.at),
            after: self.after.max(other.after),
        }
    }

    /// What an object tells.
    pub(super) fn of_object(head: &Head, json: &[u8]) -> Clock {
        let kind = head.kind.as_deref().unwrap_or_default();
        let is_lease = kind == "Lease";
        let is_timed = is_lease || matches!(kind, "PodMetrics" | "NodeMetrics");
        let is_managed = || memchr::memmem::find(json, b"\"managedFields\"").is_some();
        if !is_timed && !is_managed() {
            return Clock::default();
        }
        let Ok(timed) = serde_json::from_slice::<Timed>(json) else {
            return Clock::default();
        };
        let fields = timed
            .metadata
            .into_iter()
            .flat_map(|meta| meta.managed_fields);
        let managed = fields.filter_map(|field| field.time).max();
        let renewed = timed
            .spec
            .and_then(|lease| lease.renew_time)
            .filter(|_| is_lease);
        Clock {
            at: renewed,
            after: managed.max(timed.timestamp.filter(|_| is_timed)),
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
        ] {
            let head = Head::read(json.as_bytes()).unwrap();
            let (at, after) = (at.and_then(time), after.and_then(time));
            assert_eq!(
                Clock::of_object(&head, json.as_bytes()),
                Clock { at, after },
                "{json}"
            );
        }
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
