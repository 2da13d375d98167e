//! `--wait`, from what was typed to an exit code.

use super::following::Following;
use super::{STUCK, WAITED, WELL, scope, shown, timeout, write};
use crate::cli::DiagnoseArgs;
use crate::diagnose::{Wait, wait as stands};
use crate::error::Failure;
use crate::gather::manifests::{self, Named};
use crate::gather::watch::{Stopwatch, on_one_thread};
use crate::render::{self, Layout};
use crate::report::Report;
use crate::triage::scope::{Scope, Target};
use anyhow::{Result, bail};
use std::io::{Write, stderr};
use std::path::PathBuf;
use std::time::Duration;

/// What is waited for is told anew at most so often.
const TOLD: Duration = Duration::from_secs(5);

/// Waits until everything runs (0), something will not come by itself (1), or the time is over (3), and writes the
/// report of then.
pub(super) fn wait(args: &DiagnoseArgs, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    let (mut scope, everywhere) = scope(args)?;
    if !args.filename.is_empty() {
        named_by(&args.filename, &mut scope)?;
    }
    let (limit, patience) = (timeout(&args.timeout)?, timeout(&args.patience)?);
    let (report, code) = on_one_thread(async {
        let mut following = Following::begin(args, scope, everywhere).await?;
        let begun = Stopwatch::start();
        let mut progress = Progress::new(layout);
        loop {
            let (report, wait) = look(&mut following, patience, begun.elapsed());
            let is_late = !limit.is_zero() && begun.elapsed() >= limit;
            match wait {
                Wait::Over => return Ok((report, WELL)),
                Wait::InVain => return Ok((report, STUCK)),
                Wait::On if is_late => return Ok((report, WAITED)),
                Wait::On => progress.tell(&report),
            }
            // time alone may change how something stands
            following.changed(&report, true).await;
        }
    })?;
    write(out, &shown(&report, args.output, layout)?)?;
    Ok(code)
}

/// Means what the manifests name.
fn named_by(paths: &[PathBuf], scope: &mut Scope) -> Result<()> {
    let Named { namespace, objects } = manifests::named(paths)?;
    if !scope.targets.is_empty() {
        bail!(
            Failure::new("names and manifests cannot be given together")
                .hint("leave one of them out")
        );
    }
    let objects = objects.into_iter();
    scope.targets = objects
        .map(|(kind, name)| Target::new(kind, name))
        .collect();
    if let (Some(typed), Some(written)) = (&scope.namespace, &namespace)
        && typed != written
    {
        bail!(Failure::new(format!(
            "the manifests are of namespace {written}, not {typed}"
        )));
    }
    scope.namespace = scope.namespace.take().or(namespace);
    Ok(())
}

fn look(following: &mut Following, patience: Duration, waited: Duration) -> (Report, Wait) {
    let mut report = following.report();
    let watcher = &following.watcher;
    let store = watcher.store();
    let wait = stands(
        &mut report,
        &store.snapshot(),
        watcher.scope(),
        patience,
        waited,
    );
    (report, wait)
}

/// A line on standard error when what is waited for has changed.
struct Progress {
    layout: Layout,
    told: String,
    at: Option<Stopwatch>,
}

impl Progress {
    fn new(layout: Layout) -> Self {
        Progress {
            layout: Layout {
                color: false,
                ..layout
            },
            told: String::new(),
            at: None,
        }
    }

    fn tell(&mut self, report: &Report) {
        let is_soon = self.at.is_some_and(|at| at.elapsed() < TOLD);
        let lines = render::awaited(report, self.layout);
        if is_soon || lines == self.told {
            return;
        }
        // nothing depends on whether it could be shown
        let _ = stderr().write_all(lines.as_bytes());
        self.told = lines;
        self.at = Some(Stopwatch::start());
    }
}
