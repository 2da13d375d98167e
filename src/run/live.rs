//! `--watch` on a terminal: what is shown changes in place, and somebody looks through it.
//!
//! [`view`] is what is shown and what a key does to it, without any I/O; [`keys`] makes keys of bytes; [`terminal`] is the only
//! file that touches the terminal, and leaves it as it was, however the watch ends. Here they meet: the cluster, the keys and
//! the signals are waited for together, and what changed on the screen is drawn.
//!
//! No library for terminals is used: its lines are laid out by `render`, and setting the terminal takes what `terminal_size`
//! brings anyway. Windows has none of it; there a watch tells line by line, as in a pipe.

mod keys;
mod terminal;
mod view;

use super::watch::Telling;
use super::{MOST_COLUMNS, code};
use crate::cli::{DiagnoseArgs, Format};
use crate::gather::watch::Tidings;
use crate::render::{self, Layout};
use anyhow::{Context, Result};
use keys::Keys;
use std::io::{self, IsTerminal, Write, stderr, stdin, stdout};
use std::ops::ControlFlow;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use terminal::Terminal;
pub(super) use terminal::is_unread;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

pub use keys::Key;
pub use view::{View, Wish};

/// A process that stops itself has stopped by then.
const STOPPING: Duration = Duration::from_millis(200);
/// What belongs to one key comes within this, on a slow line too.
const ONE_KEY: Duration = Duration::from_millis(60);

/// Whether there is a terminal that can be drawn on, and nothing else writes to it.
#[expect(
    clippy::disallowed_methods,
    reason = "main reads the environment, as anstream does for the other variables"
)]
pub(super) fn is_possible(args: &DiagnoseArgs) -> bool {
    let can_move = std::env::var("TERM").is_ok_and(|term| !term.is_empty() && term != "dumb");
    let is_alone = args.verbosity == 0 || !stderr().is_terminal();
    args.output == Format::Text
        && can_move
        && is_alone
        && stdin().is_terminal()
        && stdout().is_terminal()
}

/// Shows the cluster until somebody ends it; a line of how it stood then stays.
pub(super) async fn follow(
    telling: &mut Telling,
    layout: Layout,
    out: &mut dyn Write,
) -> Result<u8> {
    let mut watched = Watched::begin(telling, layout, out)?;
    let ended = watched.go_on(telling).await;
    let report = watched.view.report();
    drop(watched);
    if ended.is_ok() {
        // whoever has closed the terminal by now has no need of it
        let _ = out.write_all(render::verdict(&report, layout).as_bytes());
    }
    Ok(code(&report))
}

/// What is shown, and who may want something of it.
struct Watched<'o> {
    view: View,
    terminal: Terminal<'o>,
    keys: Keys,
    typed: UnboundedReceiver<Vec<u8>>,
    signals: Signals,
}

struct Signals {
    ended: Signal,
    interrupted: Signal,
    hung_up: Signal,
    resized: Signal,
    continued: Signal,
}

/// What somebody wants.
enum Event {
    Pressed(Vec<Key>),
    Resized,
    /// It was stopped, and is called back.
    Continued,
    End,
    /// Nobody sees it any more.
    Gone,
}

/// Nobody sees it any more.
struct Gone;

impl From<io::Error> for Gone {
    fn from(_: io::Error) -> Self {
        Gone
    }
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Signals {
            ended: signal(SignalKind::terminate())?,
            interrupted: signal(SignalKind::interrupt())?,
            hung_up: signal(SignalKind::hangup())?,
            resized: signal(SignalKind::window_change())?,
            continued: signal(SignalKind::from_raw(terminal::continued()))?,
        })
    }
}

impl<'o> Watched<'o> {
    fn begin(telling: &mut Telling, layout: Layout, out: &'o mut dyn Write) -> Result<Self> {
        let signals = Signals::new().context("signals cannot be waited for")?;
        let layout = Layout {
            width: MOST_COLUMNS.into(),
            ..layout
        };
        telling.following.is_shown = true;
        let view = View::new(Rc::new(telling.report()), telling.now(), layout);
        let terminal = Terminal::enter(out).context("the terminal cannot be drawn on")?;
        Ok(Watched {
            view,
            terminal,
            keys: Keys::default(),
            typed: terminal::typed().context("keys cannot be read")?,
            signals,
        })
    }

    /// Until somebody ends it.
    async fn go_on(&mut self, telling: &mut Telling) -> Result<(), Gone> {
        let mut report = self.view.report();
        let mut tidings = Tidings::default();
        loop {
            let news = telling.news(&report, &tidings);
            self.view.tell(news);
            self.view
                .show(Rc::clone(&report), telling.now(), telling.outage());
            self.draw()?;
            let next = telling.next(&report);
            let Some(came) = self.answering_until(next).await? else {
                return Ok(());
            };
            tidings = came;
            report = Rc::new(telling.report());
        }
    }

    /// Answers to whoever wants something until that is over; nothing when somebody ends it before.
    async fn answering_until<T>(
        &mut self,
        over: impl Future<Output = T>,
    ) -> Result<Option<T>, Gone> {
        let mut over = pin!(over);
        loop {
            let event = tokio::select! {
                came = &mut over => return Ok(Some(came)),
                event = self.event() => event,
            };
            if self.answer(event).await?.is_break() {
                return Ok(None);
            }
        }
    }

    /// What somebody wants next. Nothing is lost when it is not waited for to the end.
    async fn event(&mut self) -> Event {
        let signals = &mut self.signals;
        tokio::select! {
            typed = self.typed.recv() => match typed {
                Some(bytes) => Event::Pressed(self.keys.feed(&bytes)),
                None => Event::Gone,
            },
            () = sleep(ONE_KEY), if self.keys.is_unsure() => {
                Event::Pressed(self.keys.settle().into_iter().collect())
            }
            _ = signals.resized.recv() => Event::Resized,
            _ = signals.continued.recv() => Event::Continued,
            _ = signals.ended.recv() => Event::End,
            _ = signals.interrupted.recv() => Event::End,
            _ = signals.hung_up.recv() => Event::Gone,
        }
    }

    async fn answer(&mut self, event: Event) -> Result<ControlFlow<()>, Gone> {
        match event {
            Event::Pressed(keys) => {
                for key in keys {
                    match self.view.press(key) {
                        Some(Wish::End) => return Ok(ControlFlow::Break(())),
                        Some(Wish::Suspend) => self.suspend().await?,
                        Some(Wish::Redraw) => self.terminal.forget(),
                        // the next key may move over what this one has opened
                        None => self.draw()?,
                    }
                }
            }
            Event::Resized => self.terminal.forget(),
            Event::Continued => self.terminal.resume()?,
            Event::End => return Ok(ControlFlow::Break(())),
            Event::Gone => return Err(Gone),
        }
        self.draw()?;
        Ok(ControlFlow::Continue(()))
    }

    /// Leaves the terminal to the shell until it calls back.
    async fn suspend(&mut self) -> Result<(), Gone> {
        self.terminal.leave()?;
        terminal::stop()?;
        // without a shell that could call it back it does not stop
        let _ = timeout(STOPPING, self.signals.continued.recv()).await;
        self.terminal.resume()?;
        Ok(())
    }

    fn draw(&mut self) -> io::Result<()> {
        let (columns, rows) = terminal::size();
        self.view.resize(columns, rows);
        self.terminal.draw(self.view.frame())
    }
}
