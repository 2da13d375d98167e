//! Containers that ended and should not have, and what their end says.
//!
//! The states of a crashing container alternate: CrashLoopBackOff, Error, running until the next
//! crash. What counts is therefore how it ended last, whichever field holds that now. Ends that are
//! no crash are left out: of deleted pods, of pods that the kubelet or a controller ended
//! (`status.reason`), and ends that nobody saw (`ContainerStatusUnknown`, pkg/kubelet/kubelet_pods.go).

use crate::kubernetes::pod::ContainerStateTerminated;
use crate::messages::ending;
use crate::messages::start::{ExitMeaning, exit_code};
use crate::rules::Case;
use crate::rules::finding::Finding;
use crate::rules::shared::template::role_word;
use crate::snapshot::{ContainerLog, ContainerView, Evidence, Kind, ObjectRef, Origin, Role};
use crate::text::{Fact, Message, Seconds, Sentence, say};
use crate::triage;
use std::borrow::Cow;

/// A container that crashed, and how it ended last.
pub(in crate::rules) struct Crash<'a> {
    /// The container.
    pub(in crate::rules) container: ContainerView<'a>,
    /// Its last end.
    pub(in crate::rules) end: &'a ContainerStateTerminated,
    field: &'static str,
    /// Of that run, where logs were read and no message was left.
    log: Option<&'a ContainerLog>,
}

/// Every container of the pod that crashed.
pub(in crate::rules) fn crashes<'a>(case: &Case<'a>) -> Vec<Crash<'a>> {
    if ended_from_outside(case) {
        return Vec::new();
    }
    let crash = |container: ContainerView<'a>| {
        let (field, end) = container.last_end()?;
        let crashed = is_down(case, &container) && is_real(end) && should_not_end(case, &container);
        if !crashed {
            return None;
        }
        let is_silent = end.message.as_deref().unwrap_or_default().trim().is_empty();
        let store = case.snapshot.store();
        let log = store.log_of_end(case.pod(), &container);
        Some(Crash {
            container,
            end,
            field,
            log: log.filter(|_| is_silent),
        })
    };
    case.pod().containers().filter_map(crash).collect()
}

/// Whether the containers ended because the pod was to end.
fn ended_from_outside(case: &Case<'_>) -> bool {
    let disrupted = case
        .pod()
        .condition("DisruptionTarget")
        .is_some_and(|condition| condition.status == "True");
    let reason = case.pod().status().reason.as_deref().unwrap_or_default();
    disrupted || !reason.is_empty() || case.pod().is_terminating()
}

/// Whether the container is down because of its last end, or up only until the next one.
fn is_down(case: &Case<'_>, container: &ContainerView<'_>) -> bool {
    if container.terminated().is_some() {
        return true;
    }
    if container.running().is_some() {
        // its present run is no better than the last
        return triage::between_crashes(case.pod(), container, case.snapshot)
            || triage::was_killed_starting(case.pod(), container);
    }
    matches!(
        container.waiting_reason(),
        "CrashLoopBackOff" | "RunContainerError" | "PostStartHookError"
    )
}

fn is_real(end: &ContainerStateTerminated) -> bool {
    !matches!(
        end.reason.as_deref(),
        Some("ContainerStatusUnknown" | "RestartingAllContainers")
    )
}

/// An init container may end well, a main container when it is not started again; a sidecar ends
/// with its pod.
fn should_not_end(case: &Case<'_>, container: &ContainerView<'_>) -> bool {
    let failed = container
        .last_end()
        .is_some_and(|(_, end)| end.exit_code != 0 || end.reason.as_deref() == Some("OOMKilled"));
    match container.role {
        Role::Init => failed,
        Role::Sidecar => case.pod().phase() != "Failed",
        Role::Main => failed || restarts_always(case),
    }
}

fn restarts_always(case: &Case<'_>) -> bool {
    case.pod()
        .spec()
        .restart_policy
        .as_deref()
        .unwrap_or("Always")
        == "Always"
}

impl<'a> Crash<'a> {
    /// `terminated.reason`, empty when there is none.
    pub(in crate::rules) fn reason(&self) -> &'a str {
        self.end.reason.as_deref().unwrap_or_default()
    }

    /// The termination message, empty when there is none.
    pub(in crate::rules) fn message(&self) -> &'a str {
        self.end.message.as_deref().unwrap_or_default().trim()
    }

    /// What the program said before it ended: the termination message, or the end of its log.
    pub(in crate::rules) fn words(&self) -> Cow<'a, str> {
        match self.log {
            Some(log) => Cow::Owned(ending::last(&log.text)),
            None => Cow::Borrowed(self.message()),
        }
    }

    /// All that is known of what it said.
    pub(in crate::rules) fn said(&self) -> &'a str {
        self.log.map_or(self.message(), |log| &log.text)
    }

    /// The line of the log that tells, as evidence.
    pub(in crate::rules) fn log_line(&self) -> Option<Evidence> {
        self.log.and_then(log_line)
    }

    /// Whether the container never ran: its end is the runtime's failure to start it.
    pub(in crate::rules) fn never_ran(&self) -> bool {
        matches!(self.reason(), "StartError" | "ContainerCannotRun")
    }

    /// Seconds from start to end.
    pub(in crate::rules) fn lasted(&self) -> Option<i64> {
        let started = self.end.started_at.as_ref()?.0;
        let finished = self.end.finished_at.as_ref()?.0;
        Some((finished.as_second() - started.as_second()).max(0))
    }

    /// The path of the end in the pod.
    pub(in crate::rules) fn path(&self) -> String {
        format!("{}.{}", self.container.path(), self.field)
    }

    /// The end as proof.
    pub(in crate::rules) fn proof(&self, case: &Case<'_>) -> Evidence {
        let mut quote = format!("exitCode {}", self.end.exit_code);
        if let Some(signal) = self.end.signal.filter(|signal| *signal != 0) {
            quote.push_str(&format!(", signal {signal}"));
        }
        if !self.reason().is_empty() {
            quote.push_str(&format!(", reason {}", self.reason()));
        }
        case.field(self.path(), quote)
    }

    /// The termination message as evidence.
    pub(in crate::rules) fn termination_message(&self, case: &Case<'_>) -> Option<Evidence> {
        let path = format!("{}.message", self.path());
        (!self.message().is_empty()).then(|| case.field(path, self.message()))
    }

    /// The state that keeps the container down now, unless it is the end itself.
    pub(in crate::rules) fn waiting(&self, case: &Case<'_>) -> Option<Evidence> {
        let waiting = self.container.waiting()?;
        let reason_and_message = [
            self.container.waiting_reason(),
            waiting.message.as_deref().unwrap_or_default(),
        ];
        let path = format!("{}.state.waiting", self.container.path());
        Some(case.field(path, reason_and_message.join(": ").trim_end_matches(": ")))
    }

    /// A finding about this crash, with what every one of them gives.
    pub(in crate::rules) fn finding(&self, case: &Case<'_>, headline: Sentence) -> Finding {
        let restarts = self.container.status.restart_count;
        let mut finding = Finding::new(case.subject(), headline, self.proof(case))
            .container(self.container.name())
            .fact("role", role_word(self.container.role))
            .fact("exitCode", self.end.exit_code)
            .fact("restarts", restarts)
            .evidence(self.termination_message(case))
            .evidence(self.log_line())
            .evidence(self.waiting(case).filter(|_| self.said().is_empty()))
            .inspect(self.inspect(case));
        if let Some(lasted) = self.lasted() {
            finding = finding
                .fact("lastedSeconds", lasted)
                .fact("lasted", self::lasted(lasted));
        }
        finding
    }

    /// The log of the run that ended. Behind the present run or back-off it is the previous one.
    pub(in crate::rules) fn inspect(&self, case: &Case<'_>) -> String {
        log(case, &self.container)
    }
}

/// The line of a log that tells, as evidence.
pub(in crate::rules) fn log_line(log: &ContainerLog) -> Option<Evidence> {
    Some(Evidence {
        object: ObjectRef::new(Kind::Pod, &log.namespace, &log.pod),
        origin: Origin::Log {
            container: log.container.clone(),
            previous: log.previous,
        },
        quote: ending::told(&log.text)?.to_owned(),
    })
}

/// How long a run took, as a sentence gives it.
fn lasted(seconds: i64) -> Fact {
    match seconds {
        0 => Fact::Word(say!("crash.under-a-second", "less than a second")),
        _ => Fact::Seconds(Seconds(seconds)),
    }
}

/// The command for the log of a container's last run that ended.
pub(in crate::rules) fn log(case: &Case<'_>, container: &ContainerView<'_>) -> String {
    let previous = container.terminated().is_none() && container.status.restart_count > 0;
    let pod = case.object().argument();
    let words = ["logs", &pod, "-c", container.name()];
    case.kubectl(words.into_iter().chain(previous.then_some("--previous")))
}

/// What an exit code means, in a few words.
pub(in crate::rules) fn meaning(code: i32) -> Fact {
    Fact::Word(match exit_code(code) {
        ExitMeaning::Success => say!("exit.success", "success"),
        ExitMeaning::Program => say!(
            "exit.program",
            "a code of the program's own, and it leaves no message"
        ),
        ExitMeaning::UsageOrPanic => say!("exit.usage-or-panic", "wrong usage, or a panic in Go"),
        ExitMeaning::NotExecutable => {
            say!("exit.not-executable", "a command could not be executed")
        }
        ExitMeaning::NotFound => say!("exit.not-found", "a command was not found"),
        ExitMeaning::StartError => {
            say!("exit.start-error", "not started, or an invalid exit code")
        }
        ExitMeaning::Signal { number: 9, .. } => {
            say!("exit.sigkill", "killed from outside by SIGKILL")
        }
        ExitMeaning::Signal { number: 15, .. } => say!("exit.sigterm", "asked to stop by SIGTERM"),
        ExitMeaning::Signal { name, .. } => {
            return Message::new(say!("exit.signal", "ended by {signal}"))
                .fact("signal", name)
                .into();
        }
        ExitMeaning::StateLost => {
            say!("exit.state-lost", "exit(-1), or the runtime lost its state")
        }
        ExitMeaning::AccessViolation => say!("exit.access-violation", "access violation"),
        ExitMeaning::DllMissing => say!("exit.dll-missing", "a DLL was not found"),
        ExitMeaning::ControlC => say!("exit.control-c", "ended by Ctrl-C"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::ENGLISH;

    #[test]
    fn codes_have_meanings() {
        let english = |code| ENGLISH.fact(&meaning(code));
        assert_eq!(
            english(3),
            "a code of the program's own, and it leaves no message"
        );
        assert_eq!(english(139), "ended by SIGSEGV");
        assert!(english(137).contains("SIGKILL"));
    }
}
