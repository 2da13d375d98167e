//! `export`: follows the cluster and serves what is stuck as metrics, until it is told to end.

mod holding;
mod serve;

use super::following::Following;
use super::{WELL, scope};
use crate::cli::export::ExportArgs;
use crate::cli::{ColorWhen, Format};
use crate::error::Failure;
use crate::gather::watch::{Absent, interrupted, on_one_thread};
use crate::gather::{ReadError, process};
use crate::render;
use crate::report::{Cost, Metrics};
use crate::snapshot::Kind;
use anyhow::{Context, Error, Result, bail};
use holding::Holding;
use serve::Served;
use std::io::{Write, stderr};
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves until it is interrupted, which is no failure.
pub(super) fn export(args: &ExportArgs) -> Result<u8> {
    consistent(args)?;
    let (scope, everywhere) = scope(&args.diagnose)?;
    let everywhere = everywhere || scope.namespace.is_none();
    on_one_thread(async {
        let listener = TcpListener::bind(args.listen).await.with_context(|| {
            Failure::new(format!("{} cannot be listened at", args.listen))
                .hint("another one: --listen 127.0.0.1:PORT")
        })?;
        let served = Rc::new(Served::default());
        let address = listener.local_addr().unwrap_or(args.listen);
        // nothing depends on whether it could be shown
        let _ = writeln!(stderr(), "serving http://{address}/metrics");
        let follow = async {
            let begun = Following::begin(&args.diagnose, scope, everywhere, Absent::Fails).await;
            let following =
                begun.map_err(|error| if everywhere { narrower(error) } else { error })?;
            keep(following, &served).await
        };
        tokio::select! {
            ended = follow => ended,
            () = serve::serve(listener, Rc::clone(&served)) => Ok(WELL),
            () = interrupted() => Ok(WELL),
        }
    })
}

fn consistent(args: &ExportArgs) -> Result<()> {
    let with = &args.diagnose;
    if !with.filename.is_empty() || !with.targets.is_empty() || with.all {
        bail!(
            Failure::new("export follows a cluster or a namespace, and no more is named")
                .hint("kubectl diagnose export [-n NAMESPACE] [--listen ADDRESS:PORT]")
        );
    }
    let meaningless = [
        (with.watch, "--watch", "it follows the cluster anyway"),
        (with.wait, "--wait", "it goes on until it is told to end"),
        (with.dump.is_some(), "--dump", "it serves metrics alone"),
        (with.output != Format::Text, "-o", "it serves metrics alone"),
        (
            with.color != ColorWhen::Auto,
            "--color",
            "it serves metrics alone",
        ),
    ];
    if let Some((_, flag, why)) = meaningless.iter().find(|(is_given, ..)| *is_given) {
        bail!(
            Failure::new(format!("{flag} has no meaning for export: {why}"))
                .hint(format!("leave {flag} out"))
        );
    }
    Ok(())
}

/// All namespaces are followed unless one is named, whether -A was given or not.
fn narrower(mut error: Error) -> Error {
    let is_refused = matches!(error.downcast_ref(), Some(ReadError::Forbidden { .. }));
    if let Some(failure) = error.downcast_mut::<Failure>()
        && is_refused
    {
        failure.hints =
            vec!["follow one namespace: kubectl diagnose export -n NAMESPACE".to_owned()];
    }
    error
}

/// Keeps what is served true.
async fn keep(mut following: Following, served: &Served) -> Result<u8> {
    let mut metrics = Arc::new(Metrics::default());
    let mut holding = Holding::default();
    loop {
        let report = following.report();
        let cost = cost(&following);
        let watcher = &following.watcher;
        // ages are counted until the report, not until it was made
        let at = report.as_of.parse().unwrap_or_else(|_| watcher.now());
        let now = Metrics::of(&report, at, cost, &metrics);
        metrics = Arc::new(holding.told(now, &metrics, following.lost()));
        let follows_pods = watcher
            .outages()
            .iter()
            .all(|outage| outage.kind != Kind::Pod);
        served.set(render::metrics(Arc::clone(&metrics))?, follows_pods);
        following.changed(&report, false).await;
    }
}

fn cost(following: &Following) -> Cost {
    let (counts, traffic) = (following.watcher.counts(), following.watcher.traffic());
    let (reports, took, looks) = following.looked();
    let resyncs = counts.resyncs.into_iter();
    Cost {
        requests: traffic.requests,
        bytes: traffic.bytes,
        events: counts.events,
        resyncs: resyncs
            .map(|(kind, many)| (kind.as_str().to_owned(), many))
            .collect(),
        reports,
        seconds: took.as_secs_f64(),
        looks,
        memory: process::memory(process::SELF),
        processor: process::processor(process::SELF),
    }
}
