//! Containers that a runtime could not start, by its message or by an exit code.
//!
//! A start error shows in turns as RunContainerError with the runtime's message, as CrashLoopBackOff
//! without one, and as the last end (StartError, ContainerCannotRun); CRI-O reports it as
//! CreateContainerError. A missing interpreter and a wrong CPU show only after the start, in the
//! log, and so at best in the termination message.

use crate::messages::config::{self, ConfigFailure};
use crate::messages::pull;
use crate::messages::start::{self, StartFailure};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::crash::{Crash, crashes, log};
use crate::rules::shared::template::role_word;
use crate::snapshot::ContainerView;
use crate::snapshot::Evidence;
use crate::text::Sentence;

/// A container that did not start, or not far.
pub(super) struct StartError<'a> {
    /// The container.
    pub(super) container: ContainerView<'a>,
    /// What the message means.
    pub(super) failure: StartFailure,
    /// The message, or the exit code.
    pub(super) proof: Evidence,
    /// Whether a message says it; otherwise only an exit code hints at it.
    pub(super) is_reported: bool,
    /// Whether a process ran: only then there is a log.
    ran: bool,
}

impl StartError<'_> {
    /// A finding about it.
    pub(super) fn finding(&self, case: &Case<'_>, headline: Sentence) -> Finding {
        let exit_code = self.container.last_end().map(|(_, end)| end.exit_code);
        let inspect = if self.ran && exit_code.is_some() {
            log(case, &self.container).into()
        } else {
            case.image_config(self.container.image())
        };
        let certainty = if self.is_reported {
            Certainty::Proven
        } else {
            Certainty::Likely
        };
        Finding::new(case.subject(), headline, self.proof.clone())
            .container(self.container.name())
            .fact("role", role_word(self.container.role))
            .fact("image", self.container.image())
            .fact_if("exitCode", exit_code)
            .certainty(certainty)
            .inspect(inspect)
    }
}

/// Every container of the pod that a runtime could not start.
pub(super) fn start_errors<'a>(case: &Case<'a>) -> Vec<StartError<'a>> {
    let mut found: Vec<StartError<'a>> = Vec::new();
    for container in case.pod().containers() {
        found.extend(waiting(case, container));
    }
    for crash in crashes(case) {
        let known = found
            .iter()
            .any(|error| error.container.name() == crash.container.name());
        if !known {
            found.extend(ended(case, &crash));
        }
    }
    found
}

/// By the message of the waiting state, or of the event where the state has none.
fn waiting<'a>(case: &Case<'a>, container: ContainerView<'a>) -> Option<StartError<'a>> {
    let reason = container.waiting_reason();
    if !matches!(reason, "RunContainerError" | "CreateContainerError") {
        return None;
    }
    let (message, proof) = message(case, &container)?;
    let failure = match start::read(&message) {
        // CRI-O reports errors of the start as errors of creation; those that `config` knows are of creation
        Some(failure) if config::read(&message) == ConfigFailure::Unknown => failure,
        _ if reason == "RunContainerError" => StartFailure::Other,
        _ => return None,
    };
    Some(StartError {
        container,
        failure,
        proof,
        is_reported: true,
        ran: false,
    })
}

/// The message of the waiting state, or else of the newest event Failed that is not of a pull: most kubectls do not
/// describe which container an event is about.
pub(super) fn message(
    case: &Case<'_>,
    container: &ContainerView<'_>,
) -> Option<(String, Evidence)> {
    let message = container
        .waiting()
        .and_then(|waiting| waiting.message.as_deref())
        .filter(|message| !message.is_empty());
    if let Some(message) = message {
        let path = format!("{}.state.waiting.message", container.path());
        return Some((message.to_owned(), case.field(path, message)));
    }
    let event = case.newest_event_of(container.name(), |event| {
        let message = &event.message;
        event.reason == "Failed" && !pull::is_of_pull(message) && !pull::read(message).boilerplate
    })?;
    Some((event.message.to_string(), case.event(event)))
}

fn ended<'a>(case: &Case<'a>, crash: &Crash<'a>) -> Option<StartError<'a>> {
    let code = crash.end.exit_code;
    if code == 0 || crash.reason() == "OOMKilled" {
        return None;
    }
    let words = crash.words();
    let read = start::read(&words).or_else(|| start::shell(&words, code));
    let (failure, is_reported) = match (read, code) {
        (Some(failure), _) => (failure, true),
        (None, 127) => (StartFailure::NotFound { what: None }, crash.never_ran()),
        (None, 126) => (
            StartFailure::NotExecutable { what: None },
            crash.never_ran(),
        ),
        (None, _) if crash.never_ran() => (StartFailure::Other, true),
        _ => return None,
    };
    let said = crash.termination_message(case).or(crash.log_line());
    let proof = match said {
        Some(message) if is_reported => message,
        _ => crash.proof(case),
    };
    Some(StartError {
        container: crash.container,
        failure,
        proof,
        is_reported,
        ran: !crash.never_ran(),
    })
}
