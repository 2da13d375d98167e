//! The terminal, which is left as it was.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, kill_current_process_group};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fmt::Write as _;
use std::io::{self, Write, stderr};
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use terminal_size::{Height, Width, terminal_size};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The other screen, without a cursor; a line that is too long ends at the edge.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// What stands between these is shown at once, where a terminal can; where it cannot, it is drawn as it comes.
const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";

/// Whether whoever reads standard output has gone away, which a pipe tells before anything is written.
pub(in crate::run) fn is_unread() -> bool {
    let stdout = stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let told = poll(&mut asked, Some(&Timespec::default()));
    let mut asked = asked.iter();
    told.is_ok() && asked.any(|one| one.revents().contains(PollFlags::ERR))
}

/// A terminal that shows the view. Dropping it leaves the view, whatever the reason.
pub(super) struct Terminal<'o> {
    out: &'o mut dyn Write,
    before: Termios,
    /// What it shows by now; nothing while the view is left.
    shown: Option<Vec<String>>,
    /// What a panic says, which would be lost on the other screen.
    said: Arc<Mutex<String>>,
}

impl<'o> Terminal<'o> {
    /// Shows the view.
    ///
    /// # Errors
    /// When the terminal cannot be set.
    pub(super) fn enter(out: &'o mut dyn Write) -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let said: Arc<Mutex<String>> = Arc::default();
        let kept = Arc::clone(&said);
        panic::set_hook(Box::new(move |panic| {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
        }));
        let mut terminal = Terminal {
            out,
            before,
            shown: None,
            said,
        };
        terminal.resume()?;
        Ok(terminal)
    }

    /// Shows the view again; everything has to be drawn anew.
    ///
    /// # Errors
    /// When the terminal cannot be set.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        set(&raw)?;
        self.shown = Some(Vec::new());
        self.out.write_all(ENTER.as_bytes())?;
        self.out.flush()
    }

    /// Draws what differs from what it shows.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        let Some(shown) = &mut self.shown else {
            return Ok(());
        };
        let mut text = String::new();
        if shown.len() != lines.len() {
            text.push_str("\x1b[2J");
            *shown = vec![String::new(); lines.len()];
        }
        for (at, (line, old)) in lines.iter().zip(shown.iter_mut()).enumerate() {
            if line != old {
                // no line reaches the last column, so the cursor stands behind it
                let _ = write!(text, "\x1b[{};1H{line}\x1b[K", at + 1);
                old.clone_from(line);
            }
        }
        if text.is_empty() {
            return Ok(());
        }
        self.out
            .write_all(format!("{BEGIN}{text}{END}").as_bytes())?;
        self.out.flush()
    }

    /// Forgets what it shows, since somebody else has written on it or its size has changed.
    pub(super) fn forget(&mut self) {
        self.shown = self.shown.take().map(|_| Vec::new());
    }

    /// Leaves the view.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        if self.shown.take().is_none() {
            return Ok(());
        }
        // each is tried, whatever becomes of the other
        let left = self
            .out
            .write_all(LEAVE.as_bytes())
            .and_then(|()| self.out.flush());
        set(&self.before).and(left)
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        // nothing is left to do when the terminal is gone
        let _ = self.leave();
        if thread::panicking() {
            let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = writeln!(stderr(), "{said}");
        } else {
            drop(panic::take_hook());
        }
    }
}

/// Sets it; one in the background has to wait until it is in front again.
fn set(termios: &Termios) -> io::Result<()> {
    loop {
        match tcsetattr(stdin(), OptionalActions::Now, termios) {
            Err(rustix::io::Errno::INTR) => {}
            done => return Ok(done?),
        }
    }
}

/// Its columns and lines.
pub(super) fn size() -> (usize, usize) {
    let (Width(columns), Height(rows)) = terminal_size().unwrap_or((Width(80), Height(24)));
    (columns.into(), rows.into())
}

/// Stops this process and those that belong to it, as Ctrl-Z does.
///
/// # Errors
/// None that are known.
pub(super) fn stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::TSTP)?)
}

/// The number of the signal that calls a stopped process back.
pub(super) fn continued() -> i32 {
    Signal::CONT.as_raw()
}

/// What is typed, until the terminal is gone.
///
/// # Errors
/// When there can be no other thread.
pub(super) fn typed() -> io::Result<UnboundedReceiver<Vec<u8>>> {
    let (sender, receiver) = unbounded_channel();
    let read = move || {
        let mut bytes = [0; 256];
        loop {
            match rustix::io::read(stdin(), &mut bytes) {
                Ok(0) => return,
                Ok(length) => {
                    let typed = bytes.get(..length).unwrap_or_default().to_vec();
                    if sender.send(typed).is_err() {
                        return;
                    }
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    };
    thread::Builder::new().name("keys".to_owned()).spawn(read)?;
    Ok(receiver)
}
