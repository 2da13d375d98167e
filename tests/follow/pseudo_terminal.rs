//! The binary on a terminal of its own, and what somebody would see there.

use crate::BINARY;
use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{InputModes, LocalModes, OutputModes, tcgetattr};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

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
}

impl Default for State {
    fn default() -> Self {
        let (rows, columns) = lines(24, 80);
        State {
            parser: vt100::Parser::new(rows, columns, 0),
            bytes: Vec::new(),
        }
    }
}

fn lines(rows: u16, columns: u16) -> (NonZeroU16, NonZeroU16) {
    let [rows, columns] =
        [rows, columns].map(|many| NonZeroU16::new(many).unwrap_or(NonZeroU16::MIN));
    (rows, columns)
}

impl Terminal {
    /// Watches what this kubeconfig leads to, on 80 columns and 24 lines.
    pub(super) fn watch(kubeconfig: &Path, term: &str) -> Self {
        Self::run(Command::new(BINARY).args(arguments(kubeconfig)), term)
    }

    /// The same as a job of a shell, which says so when it has stopped, and calls it back.
    pub(super) fn watch_in_a_shell(kubeconfig: &Path) -> Self {
        let script = "set -m; \"$@\"; echo \"it was stopped: $?\"; read -r go; fg; echo \"it has ended: $?\"";
        let command = Command::new("sh").args(["-c", script, "sh", BINARY]);
        Self::run(command.args(arguments(kubeconfig)), "xterm")
    }

    fn run(command: Command, term: &str) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let before = modes(&pty);
        let command = command.env("TERM", term).env("NO_COLOR", "1");
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
    pub(super) fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        let mut state = self.state();
        loop {
            let screen = state.parser.screen().contents();
            if holds(&screen) {
                return screen;
            }
            let left = PATIENCE.checked_sub(begun.elapsed());
            let left = left.unwrap_or_else(|| panic!("{what}:\n{screen}"));
            (state, _) = self.seen.changed.wait_timeout(state, left).unwrap();
        }
    }

    /// Waits until it is seen.
    pub(super) fn shows(&self, words: &str) -> String {
        self.until(&format!("no {words:?} is shown"), |screen| {
            screen.contains(words)
        })
    }

    pub(super) fn press(&self, bytes: &str) {
        (&*self.pty).write_all(bytes.as_bytes()).unwrap();
    }

    pub(super) fn resize(&self, rows: u16, columns: u16) {
        if rows > 0 && columns > 0 {
            let (rows, columns) = lines(rows, columns);
            self.state().parser.screen_mut().set_size(rows, columns);
        }
        self.pty.resize(Size::new(rows, columns)).unwrap();
    }

    pub(super) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Waits until the process has ended, and gives its exit code.
    pub(super) fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it goes on:\n{}", self.screen());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// That nobody sees that anything has been here.
    pub(super) fn is_as_before(&self) {
        self.until("it shows the other screen", |_| true);
        let begun = Instant::now();
        let is_left = || {
            let state = self.state();
            let screen = state.parser.screen();
            !screen.alternate_screen() && !screen.hide_cursor()
        };
        while !is_left() {
            assert!(begun.elapsed() < PATIENCE, "the view was not left");
            thread::sleep(Duration::from_millis(10));
        }
        assert!(
            self.written().contains("\u{1b}[?7h"),
            "lines are not wrapped any more"
        );
        assert_eq!(modes(&self.pty), self.before);
    }

    /// Whether keys come as they are pressed and nothing of them is shown.
    pub(super) fn is_raw(&self) -> bool {
        modes(&self.pty) != self.before
    }

    /// Closes it.
    pub(super) fn close(self) -> Child {
        self.child
    }
}

fn arguments(kubeconfig: &Path) -> [String; 5] {
    let path = kubeconfig.to_str().unwrap();
    ["--watch", "-n", "shop", "--kubeconfig", path].map(str::to_owned)
}

fn modes(pty: &Pty) -> Modes {
    let modes = tcgetattr(pty).unwrap();
    (modes.input_modes, modes.output_modes, modes.local_modes)
}
