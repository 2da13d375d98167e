//! `diff OLD [NEW]`: what became of everything since.

use super::DiagnoseArgs;
use clap::Args;
use std::path::PathBuf;

/// What is compared with what.
#[derive(Debug, Args)]
#[command(
    mut_arg("targets", |it| it.hide(true)),
    mut_arg("filename", |it| it.hide(true)),
    mut_arg("all_pods", |it| it.hide(true)),
)]
pub struct DiffArgs {
    /// A dump, or a report that `-o json` wrote; `-` for standard input.
    pub old: PathBuf,

    /// The same, to be compared with it; without it the cluster, in OLD's scope unless flags say
    /// another.
    pub new: Option<PathBuf>,

    /// As of a diagnosis.
    #[command(flatten)]
    pub diagnose: DiagnoseArgs,
}
