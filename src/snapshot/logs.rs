//! The last lines of what containers wrote, with `--logs`: beside the pods, cleaned and masked before they came here.
//!
//! Of pods of one controller whose containers ended alike one is read, which speaks for them.

use super::Store;
use super::pod::{ContainerView, PodView};
use super::seen::Why;
use serde::{Deserialize, Serialize};

/// The end of one run's log, or why it was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerLog {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// Its container.
    pub container: String,
    /// Of the run before the present one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub previous: bool,
    /// The last lines; empty where nothing was written, or could be read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Why it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
}

/// Why a log was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    /// The kind of reason, in the word of [`Why`].
    why: String,
    /// The words of who refused it.
    #[serde(default)]
    pub detail: String,
}

impl Unread {
    /// For this reason, in these words.
    pub fn new(why: Why, detail: String) -> Self {
        Unread {
            why: why.as_str().to_owned(),
            detail,
        }
    }

    /// The kind of reason. One that this version does not know is still none to believe in a log.
    pub fn why(&self) -> Why {
        Why::of_word(&self.why).unwrap_or(Why::Failed)
    }
}

impl Store {
    /// Takes in what was read of logs. Nobody follows them: a watch reads none.
    pub fn set_logs(&mut self, mut logs: Vec<ContainerLog>) {
        logs.sort_by(|one, other| key(one).cmp(&key(other)));
        self.logs = logs;
    }

    /// Every log that was asked for, by namespace, pod and container.
    pub fn logs(&self) -> &[ContainerLog] {
        &self.logs
    }

    /// What the container wrote in its last run that ended, or that of a pod beside it that ended alike.
    pub fn log_of_end<'s>(
        &'s self,
        pod: &PodView,
        container: &ContainerView<'_>,
    ) -> Option<&'s ContainerLog> {
        let (_, end) = container.last_end()?;
        let of_end = |log: &&ContainerLog, other: &PodView| {
            let mut containers = other.containers();
            let same = containers.find(|it| it.name() == container.name());
            same.is_some_and(|same| {
                let code = same.last_end().map(|(_, end)| end.exit_code);
                code == Some(end.exit_code) && (log.previous || same.running().is_none())
            })
        };
        self.log(pod, container.name(), of_end)
    }

    /// What the container writes in its present run, or that of a pod beside it that runs as well.
    pub fn log_of_run<'s>(
        &'s self,
        pod: &PodView,
        container: &ContainerView<'_>,
    ) -> Option<&'s ContainerLog> {
        container.running()?;
        self.log(pod, container.name(), |log, other| {
            let mut containers = other.containers();
            let same = containers.find(|it| it.name() == container.name());
            !log.previous && same.is_some_and(|same| same.running().is_some())
        })
    }

    fn log<'s>(
        &'s self,
        pod: &PodView,
        container: &str,
        fits: impl Fn(&&ContainerLog, &PodView) -> bool,
    ) -> Option<&'s ContainerLog> {
        let is_beside = |log: &&ContainerLog| {
            log.namespace == pod.namespace() && log.container == container && !log.text.is_empty()
        };
        let mut beside = self.logs.iter().filter(is_beside);
        beside.find(|log| {
            if log.pod == pod.name() {
                return fits(log, pod);
            }
            let Some(other) = self.whole_pod(&log.namespace, &log.pod) else {
                return false;
            };
            let controller = pod.controller();
            controller.is_some() && other.controller() == controller && fits(log, other)
        })
    }
}

fn key(log: &ContainerLog) -> (&str, &str, &str, bool) {
    (&log.namespace, &log.pod, &log.container, log.previous)
}
