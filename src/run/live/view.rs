//! What is shown, and what a key does to it. Nothing here touches a terminal.

use super::keys::Key;
use crate::render::{self, Entry, Frame, Layout, Live, Page};
use crate::report::{Became, Interruption, News, Report};
use jiff::Timestamp;
use std::rc::Rc;

/// As much of what was told is kept.
const KEPT: usize = 500;

/// What is shown.
pub struct View {
    layout: Layout,
    columns: usize,
    rows: usize,
    report: Rc<Report>,
    now: Timestamp,
    /// The oldest first.
    lately: Vec<News>,
    lost: Option<Interruption>,
    /// What the chosen row is known by, so that it stays chosen wherever it goes. Until somebody chooses it is whatever is first.
    chosen: Option<String>,
    /// The first line of the table that is seen.
    top: usize,
    above: Option<Above>,
    /// As it was laid out last: what a key moves over.
    frame: Frame,
}

/// What lies above the table.
struct Above {
    what: What,
    /// The first line of it that is seen.
    top: usize,
}

enum What {
    /// One in full, with the last report that had it.
    Opened(String, Rc<Report>),
    /// What was told.
    Lately,
}

/// What a key asks for that is not a matter of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To go away.
    End,
    /// To stop until it is called back.
    Suspend,
    /// To draw everything, since something else has written on the screen.
    Redraw,
}

impl View {
    /// What is shown of this, on a screen whose size is yet to be told.
    pub fn new(report: Rc<Report>, now: Timestamp, layout: Layout) -> Self {
        View {
            layout,
            columns: 0,
            rows: 0,
            report,
            now,
            lately: Vec::new(),
            lost: None,
            chosen: None,
            top: 0,
            above: None,
            frame: Frame::default(),
        }
    }

    /// The screen is so large.
    pub fn resize(&mut self, columns: usize, rows: usize) {
        (self.columns, self.rows) = (columns, rows);
    }

    /// That is how it stands. While something cannot be followed the last that was known stays.
    pub fn show(&mut self, report: Rc<Report>, now: Timestamp, lost: Option<Interruption>) {
        self.now = now;
        if lost.is_none() {
            self.report = report;
            if let Some(Above {
                what: What::Opened(fingerprint, last),
                ..
            }) = &mut self.above
                && self.report.has(fingerprint)
            {
                *last = Rc::clone(&self.report);
            }
        }
        // since when it is lost the first told
        self.lost = lost.map(|lost| Interruption {
            at: self.lost.take().map_or(lost.at, |before| before.at),
            ..lost
        });
    }

    /// The last that was shown.
    pub(super) fn report(&self) -> Rc<Report> {
        Rc::clone(&self.report)
    }

    /// That was told; what was stuck when it began is no news.
    pub fn tell(&mut self, news: Vec<News>) {
        let is_news =
            |one: &News| !matches!(one, News::Transition(one) if one.transition == Became::Stuck);
        self.lately.extend(news.into_iter().filter(is_news));
        let past = self.lately.len().saturating_sub(KEPT);
        self.lately.drain(..past);
    }

    /// The screen.
    pub fn frame(&mut self) -> &[String] {
        let page = match &self.above {
            None => Page::Table {
                chosen: self.chosen.as_deref(),
                at: self.frame.chosen,
            },
            Some(above) => match &above.what {
                What::Opened(fingerprint, report) => Page::Opened {
                    fingerprint,
                    report,
                },
                What::Lately => Page::Lately,
            },
        };
        let mut frame = render::live(&Live {
            report: &self.report,
            now: self.now,
            lately: &self.lately,
            lost: self.lost.as_ref(),
            page,
            top: self.above.as_ref().map_or(self.top, |above| above.top),
            columns: self.columns,
            rows: self.rows,
            layout: self.layout,
        });
        match &mut self.above {
            Some(above) => {
                above.top = frame.top;
                frame.chosen = self.frame.chosen;
            }
            None => {
                self.top = frame.top;
                let entry = frame.entries.get(frame.chosen);
                let is_it = |chosen: &mut String| {
                    entry.is_some_and(|entry| entry.fingerprints.contains(chosen))
                };
                // it is gone: what stands in its place is chosen from now on
                if self.chosen.take_if(|chosen| !is_it(chosen)).is_some() {
                    self.chosen = entry.and_then(known_by);
                }
            }
        }
        self.frame = frame;
        &self.frame.lines
    }

    /// Somebody pressed that.
    pub fn press(&mut self, key: Key) -> Option<Wish> {
        let is_open = self.above.is_some();
        match key {
            Key::Control('c') => return Some(Wish::End),
            Key::Char('q') if !is_open => return Some(Wish::End),
            Key::Control('z') => return Some(Wish::Suspend),
            Key::Control('l') => return Some(Wish::Redraw),
            Key::Char('q') | Key::Escape | Key::Backspace | Key::Left => self.above = None,
            Key::Enter | Key::Right if !is_open => self.open(),
            Key::Char('l') => {
                let is_lately =
                    matches!(&self.above, Some(above) if matches!(above.what, What::Lately));
                self.above = (!is_lately).then_some(Above {
                    what: What::Lately,
                    top: 0,
                });
            }
            key => {
                if let Some(by) = way(key) {
                    self.go(by);
                }
            }
        }
        None
    }

    fn open(&mut self) {
        let entry = self.frame.entries.get(self.frame.chosen);
        // what was chosen before may be another finding of the same row
        let fingerprint = self.chosen.clone().or_else(|| entry.and_then(known_by));
        if let Some(fingerprint) = fingerprint {
            self.chosen = Some(fingerprint.clone());
            let what = What::Opened(fingerprint, Rc::clone(&self.report));
            self.above = Some(Above { what, top: 0 });
        }
    }

    fn go(&mut self, way: Way) {
        let Frame {
            entries,
            chosen,
            furthest,
            height,
            ..
        } = &self.frame;
        let page = height.saturating_sub(1).max(1);
        let lines = match &mut self.above {
            Some(above) => Some(&mut above.top),
            None if entries.is_empty() => Some(&mut self.top),
            None => None,
        };
        if let Some(top) = lines {
            *top = match way {
                Way::Back => top.saturating_sub(1),
                Way::On => *top + 1,
                Way::PageBack => top.saturating_sub(page),
                Way::PageOn => *top + page,
                Way::First => 0,
                Way::Last => *furthest,
            };
            return;
        }
        let here = entries.get(*chosen).map_or(0, |entry| entry.start);
        let (before, behind) = (chosen.saturating_sub(1), chosen + 1);
        let at = match way {
            Way::Back => before,
            Way::On => behind,
            Way::PageBack => {
                let within = |entry: &Entry| entry.start + page >= here;
                entries
                    .iter()
                    .position(within)
                    .map_or(0, |at| at.min(before))
            }
            Way::PageOn => {
                let within = |entry: &Entry| entry.start <= here + page;
                entries
                    .iter()
                    .rposition(within)
                    .map_or(0, |at| at.max(behind))
            }
            Way::First => 0,
            Way::Last => usize::MAX,
        };
        let at = at.min(entries.len().saturating_sub(1));
        let is_top = matches!(way, Way::First);
        self.chosen = entries.get(at).and_then(known_by).filter(|_| !is_top);
        self.frame.chosen = at;
    }
}

fn known_by(entry: &Entry) -> Option<String> {
    entry.fingerprints.first().cloned()
}

/// Where a key leads.
#[derive(Debug, Clone, Copy)]
enum Way {
    Back,
    On,
    PageBack,
    PageOn,
    First,
    Last,
}

fn way(key: Key) -> Option<Way> {
    Some(match key {
        Key::Up | Key::Char('k') => Way::Back,
        Key::Down | Key::Char('j') => Way::On,
        Key::PageUp => Way::PageBack,
        Key::PageDown | Key::Char(' ') => Way::PageOn,
        Key::Home | Key::Char('g') => Way::First,
        Key::End | Key::Char('G') => Way::Last,
        _ => return None,
    })
}
