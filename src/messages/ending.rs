//! What a program said before it ended: which of its last lines tells, and what that line means.
//!
//! The telling line is neither always the last nor the first: behind Python's traceback stands the error, Go's panic stands
//! before its goroutines, Java's innermost cause behind the last "Caused by", and Node.js prints frames around its own. What
//! no form knows is quoted and not understood.
//!
//! Sources: CPython `Lib/traceback.py`; Go `runtime/panic.go`; the JDK's `Throwable.printStackTrace`; Node.js
//! `lib/internal/process/execution.js`; Ruby `error.c`; .NET `Environment.FailFast`; Rust `std/src/panicking.rs`; the others
//! stand with their forms.

mod forms;

use super::form::anywhere;
use crate::kubernetes::text;

/// Why a program ended, by its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Nobody listens where it connects to, or nothing leads there.
    Refused {
        /// The host or address, where one is named.
        host: Option<String>,
        /// The port.
        port: Option<u16>,
    },
    /// It may not read or write this.
    Denied {
        /// The file or directory.
        path: String,
    },
    /// It writes where nothing may be written.
    ReadOnly {
        /// The file or directory.
        path: Option<String>,
    },
    /// There is no room left.
    NoSpace {
        /// The file that was written.
        path: Option<String>,
    },
    /// Somebody listens already where it wants to.
    AddressInUse {
        /// The port.
        port: Option<u16>,
    },
    /// The runtime's own limit of memory is reached.
    HeapFull {
        /// Which runtime.
        runtime: Runtime,
    },
    /// Code that it needs is not in the image.
    ModuleMissing {
        /// The module, class or file of code.
        name: String,
    },
    /// Code that it loads is built for another CPU or system than it runs on.
    ModuleForeign {
        /// The library.
        name: String,
    },
    /// A file that it opens is not there.
    FileMissing {
        /// The file.
        path: String,
    },
    /// Whom it connects to does not accept who it says it is.
    LoginRefused {
        /// The user, where one is named.
        user: Option<String>,
    },
}

/// A runtime with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// `-Xmx`
    Java,
    /// `--max-old-space-size`
    Node,
}

/// So many lines from the end still belong to the end where no trace of a stack marks it.
const LAST: usize = 8;
/// So many lines may stand between an error and its calls, as Node.js lists who required a module.
const NEAR: usize = 12;

/// What the text says of why its program ended. An error that stands far before the end may have been overcome.
pub fn read(text: &str) -> Option<Ending> {
    let line = telling(text)?;
    anywhere(forms::FORMS, &line).or_else(|| anywhere(forms::FORMS, &last(text)))
}

/// The end of a text: the line that tells and the last ones, without the frames of a stack.
pub fn last(text: &str) -> String {
    let lines: Vec<&str> = lines(text).filter(|line| !is_frame(line)).collect();
    let from = lines.len().saturating_sub(LAST);
    let mut last = lines.get(from..).unwrap_or_default().join("\n");
    if let Some(line) = told(text).filter(|line| !last.contains(*line)) {
        last = format!("{line}\n{last}");
    }
    last
}

/// The line that says most, in one line and without a time before it.
pub fn telling(text: &str) -> Option<String> {
    let line = told(text)?;
    let line = of_json(line).unwrap_or_else(|| without_time(line).to_owned());
    Some(text::one_line(&line).into_owned()).filter(|line| !line.is_empty())
}

/// The line that says most, as it stands there.
pub fn told(text: &str) -> Option<&str> {
    let all: Vec<&str> = lines(text).collect();
    of_trace(&all)
        .or_else(|| all.iter().copied().rfind(is_of_failure))
        .or_else(|| all.last().copied())
        .map(str::trim)
}

fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

/// The line that the trace of a stack is about; the last such trace counts.
fn of_trace<'t>(lines: &[&'t str]) -> Option<&'t str> {
    let last = |is: &dyn Fn(&str) -> bool| lines.iter().rposition(|line| is(line));
    let after = |at: usize| lines.get(at + 1..).unwrap_or_default();
    let mut found: Vec<(usize, &'t str)> = Vec::new();
    if let Some(at) = last(&|line| line.contains("Traceback (most recent call last)")) {
        let mut behind = after(at).iter().zip(at + 1..);
        found.extend(
            behind
                .find(|(line, _)| !line.starts_with(char::is_whitespace))
                .map(|(line, at)| (at, *line)),
        );
    }
    // of nested panics the first is the cause; Rust says why on the next line
    if let Some(at) = last(&|line| line.starts_with("panic: ") || line.starts_with("fatal error: "))
    {
        found.extend(lines.get(at).map(|line| (at, *line)));
    }
    if let Some(at) = last(&|line| line.starts_with("thread '") && line.contains(" panicked at ")) {
        let line = lines.get(at).filter(|line| line.contains(" panicked at '"));
        let line = line.or(after(at).first()).or(lines.get(at));
        found.extend(line.map(|line| (at, *line)));
    }
    // Java, .NET and Node.js indent what is called by "at"; causes stand between, the innermost last
    if let Some(end) = last(&is_call) {
        let mut before = lines.iter().enumerate().take(end).rev();
        let head = before.clone().find(|(_, line)| !is_call(line));
        let mut near = before
            .by_ref()
            .filter(|(_, line)| !is_call(line))
            .take(NEAR);
        let named = near.find(|(_, line)| line.contains("Error") || line.contains("Exception"));
        found.extend(named.or(head).map(|(at, line)| (at, *line)));
    }
    // what is written after the trace may be about it, and is no trace itself
    found.into_iter().max().map(|(_, line)| line)
}

/// A line of the calls that led there.
fn is_call(line: &str) -> bool {
    let start = line.trim_start();
    let is_call = start.starts_with("at ") || start.starts_with("... ") && start.ends_with(" more");
    is_call && start.len() < line.len()
}

/// A line that says where, not what.
fn is_frame(line: &str) -> bool {
    let start = line.trim_start();
    let is_indented = start.len() < line.len();
    is_call(line)
        || is_indented
            && (start.starts_with("File \"")
                || start.starts_with("from ") && start.contains(":in ")
                || start.contains(".go:") && start.contains(" +0x"))
}

fn is_of_failure(line: &&str) -> bool {
    const FAILURE: [&str; 14] = [
        "error",
        "fatal",
        "panic",
        "exception",
        "fail",
        "denied",
        "cannot",
        "can't",
        "could not",
        "not found",
        "refused",
        "missing",
        "invalid",
        "unable",
    ];
    let line = line.to_lowercase();
    FAILURE.iter().any(|word| line.contains(word))
}

/// What a line of a structured log says.
fn of_json(line: &str) -> Option<String> {
    let object: serde_json::Value = serde_json::from_str(line).ok()?;
    let word = |name: &&str| {
        let word = object.get(*name)?.as_str()?;
        (!word.is_empty()).then(|| word.to_owned())
    };
    let said = ["message", "msg", "@message", "MESSAGE"]
        .iter()
        .find_map(word);
    let error = ["error", "err", "exception"].iter().find_map(word);
    match (said, error) {
        (Some(said), Some(error)) if !said.contains(&error) => Some(format!("{said}: {error}")),
        (said, error) => said.or(error),
    }
}

/// A line without the time with which it begins: that differs in each run.
fn without_time(line: &str) -> &str {
    let is_time = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let known = |c: char| c.is_ascii_digit() || "-:/.,TZ+[]".contains(c);
        digits >= 4 && word.contains(['-', ':', '/', '.']) && word.chars().all(known)
    };
    let mut rest = line.trim_start();
    while let Some((_, behind)) = rest.split_once(' ').filter(|(word, _)| is_time(word)) {
        rest = behind.trim_start();
    }
    rest
}

#[cfg(test)]
mod tests;
