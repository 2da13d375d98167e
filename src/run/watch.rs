//! `--watch`, from what was typed to an exit code.

#[cfg(unix)]
use super::live;
use super::{Known, code, connection, scope, still_read};
use crate::cli::{DiagnoseArgs, Format};
use crate::diagnose::{Transitions, Verdicts};
use crate::error::Failure;
use crate::gather::kubeconfig::Environment;
use crate::gather::watch::{Pace, Stopwatch, Tidings, Watcher, interrupted, on_one_thread};
use crate::render::{self, Layout};
use crate::report::{Interrupted, Interruption, News, Report, WATCH_SCHEMA};
use crate::snapshot::Kind;
use anyhow::{Result, bail};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

/// While something is stuck or on its way, time alone may change how it stands.
const SOON: Duration = Duration::from_secs(5);
/// How often a quiet cluster is looked at.
const QUIET: Duration = Duration::from_secs(30);
/// Nobody reads faster.
const LEAST: Duration = Duration::from_secs(1);
/// After a look that took long comes so many times as long a pause.
const SHARE: u32 = 3;

/// Follows the cluster until it is interrupted, and tells what changes: 1 when something is stuck at the end, else 0.
pub(super) fn watch(args: &DiagnoseArgs, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    if !matches!(args.output, Format::Text | Format::Jsonl) {
        bail!(
            Failure::new("a watch tells line by line: text or jsonl")
                .hint("leave -o out, or leave --watch out for one report")
        );
    }
    let known = Known::of(args)?;
    let flags = connection(args)?;
    let environment = Environment::of_process();
    let (scope, everywhere) = scope(args)?;
    on_one_thread(async {
        let watcher =
            Watcher::begin(&flags, &environment, scope, everywhere, Pace::default()).await?;
        let mut telling = Telling {
            known,
            watcher,
            transitions: Transitions::default(),
            verdicts: Verdicts::default(),
            lost: BTreeSet::new(),
            format: args.output,
            layout,
        };
        #[cfg(unix)]
        if live::is_possible(args) {
            return live::follow(&mut telling, layout, out).await;
        }
        tokio::select! {
            ended = telling.go_on(out) => ended,
            () = interrupted() => Ok(code(&telling.report())),
        }
    })
}

pub(super) struct Telling {
    known: Known,
    watcher: Watcher,
    transitions: Transitions,
    verdicts: Verdicts,
    /// What cannot be followed by now.
    lost: BTreeSet<Kind>,
    format: Format,
    layout: Layout,
}

impl Telling {
    async fn go_on(&mut self, out: &mut dyn Write) -> Result<u8> {
        let mut tidings = Tidings::default();
        loop {
            let begun = Stopwatch::start();
            let report = self.report();
            let news = self.news(&report, &tidings);
            let text = self.text(&news)?;
            if !text.is_empty() && !still_read(out, &text)? {
                return Ok(code(&report));
            }
            tidings = self.next(&report, begun.elapsed()).await;
        }
    }

    /// Waits until it is worth looking again, after a look that gave this and took so long.
    pub(super) async fn next(&mut self, report: &Report, cost: Duration) -> Tidings {
        let pause = LEAST.max(cost.saturating_mul(SHARE));
        tokio::time::sleep(pause).await;
        let wait = if report.is_quiet() { QUIET } else { SOON };
        let wait = if self.transitions.is_unsettled() {
            LEAST
        } else {
            wait
        };
        self.watcher.changed(wait).await
    }

    pub(super) fn report(&mut self) -> Report {
        self.known.report_again(&self.watcher, &mut self.verdicts)
    }

    /// What is to be told by now. While something cannot be followed nothing is: what is not seen is not solved.
    pub(super) fn news(&mut self, report: &Report, tidings: &Tidings) -> Vec<News> {
        let at = self.watcher.now();
        let mut news = Vec::new();
        if !tidings.resynced.is_empty() {
            let event = interruption(at, Interrupted::Resynced, &tidings.resynced, String::new());
            news.push(News::Interruption(event));
        }
        let outages = self.watcher.outages();
        let lost: BTreeSet<Kind> = outages.iter().map(|outage| outage.kind).collect();
        if !lost.is_subset(&self.lost) {
            news.extend(self.outage().map(News::Interruption));
        }
        self.lost = lost;
        if self.lost.is_empty() {
            let transitions = self.transitions.of(report, at).into_iter();
            news.extend(transitions.map(Box::new).map(News::Transition));
        }
        news
    }

    /// What cannot be followed now.
    pub(super) fn outage(&self) -> Option<Interruption> {
        let outages = self.watcher.outages();
        let why = outages.first()?.error.to_string();
        let lost = outages.iter().map(|outage| outage.kind).collect();
        let lost = interruption(self.now(), Interrupted::Lost, &lost, why);
        Some(lost)
    }

    /// The time of the cluster.
    pub(super) fn now(&self) -> Timestamp {
        self.watcher.now()
    }

    fn text(&self, news: &[News]) -> Result<String> {
        let mut text = String::new();
        for one in news {
            text.push_str(&match self.format {
                Format::Jsonl => render::news_json(one)?,
                _ => render::news(one, self.layout),
            });
        }
        Ok(text)
    }
}

fn interruption(
    at: Timestamp,
    transition: Interrupted,
    kinds: &BTreeSet<Kind>,
    detail: String,
) -> Interruption {
    Interruption {
        schema: WATCH_SCHEMA,
        at: at.to_string(),
        transition,
        kinds: kinds.iter().map(|kind| kind.plural().to_owned()).collect(),
        detail,
    }
}
