//! `export`: follows the cluster and serves what is stuck as metrics, until it is told to end.

mod serve;

use super::following::Following;
use super::{WELL, scope};
use crate::cli::export::ExportArgs;
use crate::error::Failure;
use crate::gather::process;
use crate::gather::watch::{interrupted, on_one_thread};
use crate::render;
use crate::report::{Cost, Metrics};
use crate::snapshot::Kind;
use anyhow::{Context, Result, bail};
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
            let following = Following::begin(&args.diagnose, scope, everywhere).await?;
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
    let asks_for_a_report = with.watch || with.wait || with.dump.is_some();
    if asks_for_a_report || !with.filename.is_empty() || !with.targets.is_empty() {
        bail!(
            Failure::new("export follows a cluster or a namespace, and no more is named")
                .hint("kubectl diagnose export [-n NAMESPACE] [--listen ADDRESS:PORT]")
        );
    }
    Ok(())
}

/// Keeps what is served true.
async fn keep(mut following: Following, served: &Served) -> Result<u8> {
    let mut metrics = Arc::new(Metrics::default());
    loop {
        let report = following.report();
        let cost = cost(&following);
        let watcher = &following.watcher;
        let mut now = Metrics::of(&report, watcher.now(), cost, &metrics);
        let outages = watcher.outages();
        for outage in &outages {
            now.lost(outage.kind.as_str(), outage.namespace.as_deref());
        }
        let follows_pods = outages.iter().all(|outage| outage.kind != Kind::Pod);
        metrics = Arc::new(now);
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
