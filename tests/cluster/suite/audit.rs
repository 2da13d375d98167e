//! What the tool really asked, by the API server's own account.

use super::{Cluster, within};
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

/// The audit log from one moment on.
pub(crate) struct Audit {
    path: PathBuf,
    from: u64,
}

impl Audit {
    /// From now on; nothing where the cluster keeps no audit log that can be read.
    pub(crate) fn from_now(cluster: &Cluster) -> Option<Audit> {
        let path = cluster.audit_log()?.to_owned();
        let from = path.metadata().map(|file| file.len()).unwrap_or_default();
        Some(Audit { path, from })
    }

    /// What the tool asked, of one user or of all.
    pub(crate) fn asked(&self, user: Option<&str>) -> Vec<Value> {
        let mut text = String::new();
        let mut file = File::open(&self.path).expect("the audit log is readable");
        file.seek(SeekFrom::Start(self.from)).expect("it is a file");
        file.read_to_string(&mut text).expect("it is text");
        text.lines()
            // cheap before exact: the components of the cluster say a thousand times more
            .filter(|line| line.contains("\"userAgent\":\"kubectl-diagnose/"))
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|event| user.is_none_or(|user| event["user"]["username"] == user))
            .collect()
    }

    /// The requests of one user as `list events`, sorted, once there are as many as the report counts.
    /// The API server may write them down after it has answered.
    pub(crate) fn requests(&self, user: &str, count: usize) -> Vec<String> {
        within(Duration::from_secs(5), || {
            self.asked(Some(user)).len() >= count
        });
        let mut requests: Vec<String> = self
            .asked(Some(user))
            .iter()
            .map(|event| {
                format!(
                    "{} {}",
                    word(&event["verb"]),
                    word(&event["objectRef"]["resource"])
                )
            })
            .collect();
        requests.sort();
        requests
    }

    /// What must never be asked: anything but get, list and watch, or the value of a Secret.
    pub(crate) fn trespasses(&self) -> Vec<String> {
        self.asked(None).iter().filter_map(trespass).collect()
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn trespass(event: &Value) -> Option<String> {
    let uri = word(&event["requestURI"]);
    let verb = word(&event["verb"]);
    if !matches!(verb, "get" | "list" | "watch") || !event["requestObject"].is_null() {
        return Some(format!("{verb} {uri}"));
    }
    if event["objectRef"]["resource"] != "secrets" {
        return None;
    }
    // the table that kubectl prints, without the objects behind its rows
    let answer = &event["responseObject"];
    let rows = answer["rows"].as_array().into_iter().flatten();
    // who may watch them may read them
    let bare = verb != "watch"
        && uri.contains("includeObject=None")
        && (answer.is_null() || matches!(word(&answer["kind"]), "Table" | "Status"))
        && rows.into_iter().all(|row| row["object"].is_null())
        && answer["items"].is_null();
    (!bare).then(|| format!("{verb} {uri} with the Secrets' content"))
}
