//! `--wait`, from what was typed to an exit code.

use super::following::Following;
use super::{STUCK, WAITED, WELL, consistent, scope, shown, timeout, write};
use crate::cli::DiagnoseArgs;
use crate::diagnose::{Wait, is_of_nothing, wait as stands};
use crate::error::Failure;
use crate::gather::manifests::{self, Named};
use crate::gather::watch::{Absent, Stopwatch, on_one_thread};
use crate::render::{self, Layout};
use crate::report::Report;
use crate::triage::scope::{Scope, Target};
use anyhow::{Result, bail};
use std::io::{Write, stderr};
use std::time::Duration;

/// What is waited for is told anew at most so often.
const TOLD: Duration = Duration::from_secs(5);

/// Waits until everything runs (0), something will not come by itself (1), or the time is over (3), and writes the
/// report of then.
pub(super) fn wait(args: &DiagnoseArgs, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    let (mut scope, everywhere) = scope(args)?;
    if !args.filename.is_empty() {
        named_by(args, &mut scope, layout)?;
        consistent(args, &scope, everywhere)?;
    }
    let (limit, patience) = (timeout(&args.timeout)?, timeout(&args.patience)?);
    let (report, code) = on_one_thread(async {
        let mut following = Following::begin(args, scope, everywhere, Absent::IsAwaited).await?;
        let begun = Stopwatch::start();
        let mut progress = Progress::new(layout);
        for namespace in following.watcher.absent_namespaces().await {
            progress.write(&render::no_namespace(&namespace, progress.layout));
        }
        loop {
            let (report, wait) = look(&mut following, patience, begun).await;
            let is_late = !limit.is_zero() && begun.elapsed() >= limit;
            let code = match wait {
                Wait::Over => Some(WELL),
                Wait::InVain => Some(STUCK),
                Wait::On | Wait::OnForAny => is_late.then_some(WAITED),
            };
            if let Some(code) = code {
                return Ok((following.to_show(report), code));
            }
            progress.tell(&report, wait);
            // time alone may change how something stands
            following.changed(&report, true).await;
        }
    })?;
    write(out, &shown(&report, args.output, layout)?)?;
    Ok(code)
}

/// Means what the manifests name.
fn named_by(args: &DiagnoseArgs, scope: &mut Scope, layout: Layout) -> Result<()> {
    if !scope.targets.is_empty() {
        bail!(
            Failure::new("names and manifests cannot be given together")
                .hint("leave one of them out")
        );
    }
    let Named {
        objects,
        passed_over,
    } = manifests::named(&args.filename)?;
    if !passed_over.is_empty() {
        Progress::new(layout).write(&render::passed_over(&passed_over, layout));
    }
    if objects.is_empty() {
        bail!(
            Failure::new("the manifests name nothing that can be waited for")
                .hint("workloads, pods and Services are")
        );
    }
    if let Some(typed) = &scope.namespace {
        let mut written = objects
            .iter()
            .filter_map(|object| object.namespace.as_ref());
        if let Some(other) = written.find(|written| *written != typed) {
            bail!(Failure::new(format!(
                "the manifests are of namespace {other}, not {typed}"
            )));
        }
    }
    // what says no namespace is of the one that was typed, or else of the context, as `kubectl apply` has it
    let targets = objects.into_iter().map(|object| Target {
        namespace: object.namespace,
        ..Target::new(object.kind, object.name)
    });
    scope.targets = targets.collect();
    Ok(())
}

/// Judges the whole report: what is not to be shown is waited for all the same.
async fn look(following: &mut Following, patience: Duration, begun: Stopwatch) -> (Report, Wait) {
    let mut report = following.whole_report();
    let watcher = &following.watcher;
    let has_succeeded_pods =
        is_of_nothing(&report, watcher.scope()) && watcher.has_succeeded_pods().await;
    let store = watcher.store();
    let wait = stands(
        &mut report,
        &store.snapshot(),
        watcher.scope(),
        patience,
        begun.elapsed(),
        has_succeeded_pods,
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

    /// Nothing depends on whether it could be shown.
    fn write(&self, lines: &str) {
        let _ = stderr().write_all(lines.as_bytes());
    }

    fn tell(&mut self, report: &Report, wait: Wait) {
        let is_soon = self.at.is_some_and(|at| at.elapsed() < TOLD);
        let lines = match wait {
            Wait::OnForAny => render::none_yet(report, self.layout),
            _ => render::awaited(report, self.layout),
        };
        if is_soon || lines == self.told {
            return;
        }
        self.write(&lines);
        self.told = lines;
        self.at = Some(Stopwatch::start());
    }
}
