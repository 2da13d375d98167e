//! The binary on a terminal of its own, and what somebody would see there.

use crate::BINARY;
use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::process::{Pid, kill_process};
use rustix::termios::{InputModes, LocalModes, OutputModes, tcgetattr};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

pub(super) use rustix::process::Signal;

/// Until what is expected has come, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal with a process on it.
pub(super) struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    seen: Arc<Seen>,
    before: Modes,
}

/// How a terminal treats what comes and goes.
pub(super) type Modes = (InputModes, OutputModes, LocalModes);

#[derive(Default)]
struct Seen {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    /// All that was written.
    bytes: Vec<u8>,
    /// Nobody looks any more.
    is_closed: bool,
}

impl Default for State {
    fn default() -> Self {
        let [rows, columns] = [24, 80].map(|many| NonZeroU16::new(many).unwrap());
        State {
            parser: vt100::Parser::new(rows, columns, 0),
            bytes: Vec::new(),
            is_closed: false,
        }
    }
}

impl Terminal {
    /// Watches what this kubeconfig leads to, on 80 columns and 24 lines.
    pub(super) fn watch(kubeconfig: &Path) -> Self {
        Self::run(command(kubeconfig))
    }

    /// The same where lines can only be written one below the other.
    pub(super) fn watch_on_paper(kubeconfig: &Path) -> Self {
        Self::run(command(kubeconfig).env("TERM", "dumb"))
    }

    /// The same without a keyboard.
    pub(super) fn watch_without_keys(kubeconfig: &Path) -> Self {
        Self::run(command(kubeconfig).stdin(Stdio::null()))
    }

    /// The same as a job of a shell, which says when it has stopped, and calls it back after an Enter.
    pub(super) fn watch_in_a_shell(kubeconfig: &Path) -> Self {
        let script = "set -m; \"$@\"; echo \"stopped: $?\"; read -r on; fg; echo \"ended: $?\"";
        let shell = Command::new("sh").args(["-c", script, "sh", BINARY]);
        Self::run(with_arguments(shell, kubeconfig))
    }

    fn run(command: Command) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let before = modes(&pty);
        let child = command.spawn(pts).unwrap();
        let (pty, seen) = (Arc::new(pty), Arc::<Seen>::default());
        let (from, into) = (Arc::clone(&pty), Arc::clone(&seen));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // an error when nobody holds the other side any more
            while let Ok(length) = (&*from).read(&mut bytes)
                && length > 0
            {
                let mut state = into.state.lock().unwrap();
                if state.is_closed {
                    return;
                }
                state.parser.process(&bytes[..length]);
                state.bytes.extend_from_slice(&bytes[..length]);
                into.changed.notify_all();
            }
        });
        Terminal {
            pty,
            child,
            seen,
            before,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.seen.state.lock().unwrap()
    }

    /// What is on the screen.
    pub(super) fn screen(&self) -> String {
        self.state().parser.screen().contents()
    }

    /// All that was written to it.
    pub(super) fn written(&self) -> String {
        String::from_utf8_lossy(&self.state().bytes).into_owned()
    }

    /// Waits until the screen is so, and gives it.
    pub(super) fn until(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) -> String {
        self.wait(what, |state| holds(state.parser.screen()))
    }

    fn wait(&self, what: &str, holds: impl Fn(&State) -> bool) -> String {
        let begun = Instant::now();
        let mut state = self.state();
        loop {
            let screen = state.parser.screen().contents();
            if holds(&state) {
                return screen;
            }
            let left = PATIENCE.checked_sub(begun.elapsed());
            let left = left.unwrap_or_else(|| panic!("{what}:\n{screen}"));
            (state, _) = self.seen.changed.wait_timeout(state, left).unwrap();
        }
    }

    /// The screen, drawn from nothing.
    pub(super) fn drawn_anew(&self) -> String {
        let times = |state: &State| {
            let written = String::from_utf8_lossy(&state.bytes);
            let is_whole = written.ends_with("\u{1b}[?2026l");
            is_whole.then(|| written.matches("\u{1b}[2J").count())
        };
        let before = self.written().matches("\u{1b}[2J").count();
        self.press("\u{c}");
        self.wait("it is not drawn", |state| {
            times(state).is_some_and(|now| now > before)
        })
    }

    /// Waits until that is seen.
    pub(super) fn shows(&self, words: &str) -> String {
        let what = format!("{words:?} does not come");
        self.until(&what, |screen| screen.contents().contains(words))
    }

    pub(super) fn press(&self, bytes: &str) {
        (&*self.pty).write_all(bytes.as_bytes()).unwrap();
    }

    pub(super) fn resize(&self, columns: u16, rows: u16) {
        let shown = NonZeroU16::new(rows).zip(NonZeroU16::new(columns));
        if let Some((rows, columns)) = shown {
            self.state().parser.screen_mut().set_size(rows, columns);
        }
        self.pty.resize(Size::new(rows, columns)).unwrap();
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until the process has ended, and gives its exit code.
    pub(super) fn ended(&mut self) -> Option<i32> {
        let code = ended(&mut self.child);
        self.until("the other screen stays", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor()
        });
        assert_eq!(self.modes(), self.before);
        code
    }

    pub(super) fn modes(&self) -> Modes {
        modes(&self.pty)
    }

    /// How it was before anything was run on it.
    pub(super) fn before(&self) -> Modes {
        self.before
    }

    /// Takes the terminal away, and gives the exit code.
    pub(super) fn close(mut self) -> Option<i32> {
        self.state().is_closed = true;
        // what is drawn wakes who would hold it
        self.press("\u{c}");
        drop(self.pty);
        ended(&mut self.child)
    }
}

fn ended(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(begun.elapsed() < PATIENCE, "it goes on");
        thread::sleep(Duration::from_millis(10));
    }
}

fn command(kubeconfig: &Path) -> Command {
    with_arguments(Command::new(BINARY), kubeconfig)
}

fn with_arguments(command: Command, kubeconfig: &Path) -> Command {
    let command = command.args(["--watch", "-n", "shop", "--kubeconfig"]);
    command
        .arg(kubeconfig)
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
}

fn modes(pty: &Pty) -> Modes {
    let modes = tcgetattr(pty).unwrap();
    (modes.input_modes, modes.output_modes, modes.local_modes)
}
