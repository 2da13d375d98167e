//! `export`: metrics of a cluster that is followed.

use super::DiagnoseArgs;
use clap::Args;
use std::net::SocketAddr;

/// What is served, and where.
#[derive(Debug, Args)]
#[command(
    mut_arg("targets", |it| it.hide(true)),
    mut_arg("filename", |it| it.hide(true)),
    mut_arg("dump", |it| it.hide(true)),
    mut_arg("dump_unmasked", |it| it.hide(true)),
    mut_arg("watch", |it| it.hide(true)),
    mut_arg("wait", |it| it.hide(true)),
    mut_arg("timeout", |it| it.hide(true)),
    mut_arg("patience", |it| it.hide(true)),
    mut_arg("output", |it| it.hide(true)),
    mut_arg("color", |it| it.hide(true)),
    mut_arg("all_pods", |it| it.hide(true)),
)]
pub struct ExportArgs {
    /// The address at which /metrics, /healthz and /readyz are served, without TLS and to whoever can
    /// reach it: other machines only with an address of this one's network, like 0.0.0.0:9911.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9911", value_parser = address)]
    pub listen: SocketAddr,

    /// As of a diagnosis.
    #[command(flatten)]
    pub diagnose: DiagnoseArgs,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let address = text.parse();
    address.map_err(|_| "an IP address and a port are needed, like `--listen 127.0.0.1:9911`")
}
