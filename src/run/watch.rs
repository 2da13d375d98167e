//! `--watch`, from what was typed to an exit code.

use super::following::Following;
#[cfg(unix)]
use super::live::{self, is_unread};
use super::{code, scope, still_read};
use crate::cli::{DiagnoseArgs, Format};
use crate::diagnose::Transitions;
use crate::error::Failure;
use crate::gather::watch::{Absent, Tidings, interrupted, on_one_thread};
use crate::render::{self, Layout};
use crate::report::{Interrupted, Interruption, News, Report, WATCH_SCHEMA};
use crate::snapshot::{Kind, ObjectRef, Why};
use anyhow::{Result, bail};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// So many objects that cannot be read are told of one by one.
const SINGLES: usize = 3;

/// Follows the cluster until it is interrupted, and tells what changes: 1 when something is stuck at the end, else 0.
pub(super) fn watch(args: &DiagnoseArgs, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    if !matches!(args.output, Format::Text | Format::Jsonl) {
        bail!(
            Failure::new("a watch tells line by line: text or jsonl")
                .hint("leave -o out, or leave --watch out for one report")
        );
    }
    let (scope, everywhere) = scope(args)?;
    on_one_thread(async {
        let mut telling = Telling {
            following: Following::begin(args, scope, everywhere, Absent::Fails).await?,
            transitions: Transitions::default(),
            is_lost: false,
            resynced: BTreeSet::new(),
            unread: BTreeSet::new(),
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
    pub(super) following: Following,
    transitions: Transitions,
    /// Whether something cannot be followed by now.
    is_lost: bool,
    /// What was listed anew since then.
    resynced: BTreeSet<Kind>,
    /// What was told not to be read, and why.
    unread: BTreeSet<(Kind, &'static str, Option<ObjectRef>)>,
    format: Format,
    layout: Layout,
}

impl Telling {
    async fn go_on(&mut self, out: &mut dyn Write) -> Result<u8> {
        let mut tidings = Tidings::default();
        loop {
            let report = self.report();
            let news = self.news(&report, &tidings);
            let text = self.text(&news)?;
            if is_unread() || !text.is_empty() && !still_read(out, &text)? {
                return Ok(code(&report));
            }
            tidings = self.next(&report).await;
        }
    }

    /// Waits until it is worth looking again, after a look that gave this.
    pub(super) async fn next(&mut self, report: &Report) -> Tidings {
        let is_awaited = self.transitions.is_unsettled();
        self.following.changed(report, is_awaited).await
    }

    pub(super) fn report(&mut self) -> Report {
        self.following.report()
    }

    /// What is to be told by now: nothing while something may come back that cannot be followed.
    pub(super) fn news(&mut self, report: &Report, tidings: &Tidings) -> Vec<News> {
        let at = self.now();
        self.resynced.extend(&tidings.resynced);
        let outage = self.outage();
        let was_lost = std::mem::replace(&mut self.is_lost, outage.is_some());
        if self.is_lost {
            // the first that fails is seldom the last
            let begins = outage.filter(|_| !was_lost);
            return begins.map(News::Interruption).into_iter().collect();
        }
        let mut news = Vec::new();
        if !self.resynced.is_empty() {
            let resynced = std::mem::take(&mut self.resynced);
            let event = interruption(at, Interrupted::Resynced, &resynced, String::new());
            news.push(News::Interruption(event));
        }
        let unread = self.not_read(report, at).into_iter();
        news.extend(unread.map(News::Interruption));
        let transitions = self.transitions.of(report, at).into_iter();
        news.extend(transitions.map(Box::new).map(News::Transition));
        news
    }

    /// What is not read, once: a line a reason, and of a few single objects a line each.
    fn not_read(&mut self, report: &Report, at: Timestamp) -> Vec<Interruption> {
        let missed = report.gaps.iter().filter(|gap| gap.is_missed());
        let missed = missed.filter_map(|gap| {
            let kind = Kind::of_manifest(gap.kind)?;
            let name = gap
                .name
                .as_deref()
                .filter(|_| gap.why == Why::Failed.as_str());
            let namespace = gap.namespace.as_deref().unwrap_or_default();
            let object = name.map(|name| ObjectRef::new(kind, namespace, name));
            Some((kind, gap.why, object))
        });
        let new: Vec<_> = missed
            .filter(|one| self.unread.insert(one.clone()))
            .collect();
        let mut objects: Vec<ObjectRef> = new.iter().filter_map(|(.., one)| one.clone()).collect();
        if objects.len() > SINGLES {
            objects.clear();
        }
        let mut by_reason: BTreeMap<&str, BTreeSet<Kind>> = BTreeMap::new();
        for (kind, why, object) in new {
            if object.is_none_or(|object| !objects.contains(&object)) {
                by_reason.entry(why).or_default().insert(kind);
            }
        }
        let unread =
            |why: &str, kinds| interruption(at, Interrupted::Unread, &kinds, why.to_owned());
        let of_kinds = by_reason.into_iter().map(|(why, kinds)| unread(why, kinds));
        let of_objects = objects.into_iter().map(|object| Interruption {
            object: Some(object.clone()),
            ..unread(
                Why::Failed.as_str(),
                object.known_kind().into_iter().collect(),
            )
        });
        of_kinds.chain(of_objects).collect()
    }

    /// What cannot be followed now.
    pub(super) fn outage(&self) -> Option<Interruption> {
        let outages = self.following.lost();
        let why = outages.first()?.error.to_string();
        let lost = outages.iter().map(|outage| outage.kind).collect();
        let lost = interruption(self.now(), Interrupted::Lost, &lost, why);
        Some(lost)
    }

    /// The time of the cluster.
    pub(super) fn now(&self) -> Timestamp {
        self.following.watcher.now()
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

#[cfg(not(unix))]
fn is_unread() -> bool {
    false
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
        object: None,
        detail,
    }
}
