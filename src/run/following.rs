//! A cluster that is followed, and what is to be said of it by now: what `--watch`, `--wait` and `export` have in common.

use super::outages::Outages;
use super::{Known, connection};
use crate::cli::DiagnoseArgs;
use crate::diagnose::Verdicts;
use crate::gather::kubeconfig::Environment;
use crate::gather::watch::{Absent, Outage, Pace, Stopwatch, Tidings, Watcher};
use crate::report::Report;
use crate::triage::Scope;
use anyhow::Result;
use std::time::Duration;

/// While something is on its way time alone may change how it stands, and whoever sees how long it lasts sees it go on.
const SOON: Duration = Duration::from_secs(5);
/// How often it is looked at while nothing changes.
const QUIET: Duration = Duration::from_secs(30);
/// Nobody reads faster.
const LEAST: Duration = Duration::from_secs(1);
/// After a look that took long comes so many times as long a pause.
const SHARE: u32 = 3;

/// A cluster that is followed, looked at again and again.
pub(super) struct Following {
    known: Known,
    pub(super) watcher: Watcher,
    verdicts: Verdicts,
    outages: Outages,
    /// What the last look took.
    took: Duration,
    /// All looks so far, and what they took.
    looks: (u64, Duration),
    /// Whether somebody sees it.
    pub(super) is_shown: bool,
}

impl Following {
    /// Begins to follow what is meant.
    pub(super) async fn begin(
        args: &DiagnoseArgs,
        scope: Scope,
        everywhere: bool,
        absent: Absent,
    ) -> Result<Self> {
        let known = Known::of(args)?;
        let environment = Environment::of_process();
        let flags = connection(args)?;
        let (asked, pace) = ((scope, everywhere), Pace::default());
        let watcher = Watcher::begin(&flags, &environment, asked, pace, absent).await?;
        Ok(Following {
            known,
            watcher,
            verdicts: Verdicts::default(),
            outages: Outages::default(),
            took: Duration::ZERO,
            looks: (0, Duration::ZERO),
            is_shown: false,
        })
    }

    /// The report of now, as far as it is to be shown.
    pub(super) fn report(&mut self) -> Report {
        let report = self.whole_report();
        self.to_show(report)
    }

    /// As much of a report as is to be shown.
    pub(super) fn to_show(&self, report: Report) -> Report {
        self.known.shown.apply(report)
    }

    /// The report of now, whatever is to be shown of it.
    pub(super) fn whole_report(&mut self) -> Report {
        let begun = Stopwatch::start();
        let report = self.known.report_again(&self.watcher, &mut self.verdicts);
        let outages = self.watcher.outages();
        self.outages.see(outages, self.watcher.now());
        self.took = begun.elapsed();
        let (looks, took) = self.looks;
        self.looks = (looks + 1, took + self.took);
        report
    }

    /// What could not be followed at the last look and may come back.
    pub(super) fn lost(&self) -> &[Outage] {
        self.outages.lost()
    }

    /// Rests, the longer the more the last look took, and waits until it is worth looking again, after a look that gave this.
    pub(super) async fn changed(&mut self, report: &Report, is_awaited: bool) -> Tidings {
        let pause = LEAST.max(self.took.saturating_mul(SHARE));
        tokio::time::sleep(pause).await;
        let most = if is_awaited {
            LEAST
        } else if report.is_progressing() || self.is_shown {
            SOON
        } else {
            QUIET
        };
        self.watcher.changed(most).await
    }

    /// How often it was looked, what that took, and how often the rules looked at an object.
    pub(super) fn looked(&self) -> (u64, Duration, u64) {
        let (looks, took) = self.looks;
        (looks, took, self.verdicts.looked())
    }
}
