//! What was typed. What it means is decided in [`crate::triage::scope`].

pub mod completion;
pub mod diff;
pub mod explain;
pub mod filters;
pub mod targets;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds out why pods do not run, proves it, and says which layer to check next.
///
/// Without arguments every pod of the current namespace is looked at. Nothing is ever changed:
/// the only verbs used are get and list.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-diagnose",
    bin_name = "kubectl diagnose",
    version,
    args_conflicts_with_subcommands = true,
    after_help = AFTER_HELP,
    max_term_width = 100
)]
pub struct Cli {
    /// Something other than a diagnosis.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What to diagnose.
    #[command(flatten)]
    pub diagnose: DiagnoseArgs,
}

const AFTER_HELP: &str = "\
Examples:
  kubectl diagnose                          every pod of the current namespace
  kubectl diagnose -A                       every pod of the cluster
  kubectl diagnose pod web-7d9c5b-x2k4q     one pod
  kubectl diagnose deploy/web               the pods of a Deployment
  kubectl diagnose -f dump.json             a saved `kubectl get ... -o json`
  kubectl diagnose diff yesterday.json      what is new since a dump or a report
  kubectl diagnose explain host-port-conflict

Exit codes: 0 nothing is stuck, or only what was filtered or silenced; 1 something is stuck;
2 could not diagnose.";

/// What to diagnose, and how to show it.
#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// TYPE NAME..., TYPE/NAME... or NAME (a pod); TYPE is pod, deployment, replicaset, statefulset,
    /// daemonset, job, cronjob or node, or a short name of it.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,

    /// Namespace to look at.
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// Look at all namespaces; wins over --namespace.
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,

    /// Only pods with these labels, like `app=web,tier!=test`.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,

    /// Read a dump instead of a cluster: `kubectl get -o json|yaml`, a directory or stream of
    /// `kubectl cluster-info dump`, a must-gather or support bundle (also .tar.gz), what --dump
    /// wrote, or `-` for standard input.
    #[arg(
        short = 'f',
        long = "filename",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub filename: Vec<PathBuf>,

    /// Write what was read to this file, without secrets, to look at it elsewhere with -f.
    #[arg(long, value_name = "FILE", conflicts_with = "filename")]
    pub dump: Option<PathBuf>,

    /// How to show the report.
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,

    /// What of it to show.
    #[command(flatten)]
    pub filters: filters::FilterArgs,

    /// How to reach the cluster.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// kubectl's own flags, with kubectl's names and meaning.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Path of the kubeconfig file.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig.
    #[arg(long)]
    pub context: Option<String>,
    /// Cluster of the kubeconfig.
    #[arg(long)]
    pub cluster: Option<String>,
    /// User of the kubeconfig.
    #[arg(long)]
    pub user: Option<String>,
    /// Address of the API server.
    #[arg(short = 's', long, value_name = "URL")]
    pub server: Option<String>,
    /// Bearer token.
    #[arg(long)]
    pub token: Option<String>,
    /// User name to impersonate.
    #[arg(long = "as", value_name = "USER")]
    pub as_user: Option<String>,
    /// Group to impersonate; repeatable.
    #[arg(long, value_name = "GROUP")]
    pub as_group: Vec<String>,
    /// UID to impersonate.
    #[arg(long, value_name = "UID")]
    pub as_uid: Option<String>,
    /// File with the certificate authority of the API server.
    #[arg(long, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// File with the client certificate.
    #[arg(long, value_name = "FILE")]
    pub client_certificate: Option<PathBuf>,
    /// File with the client key.
    #[arg(long, value_name = "FILE")]
    pub client_key: Option<PathBuf>,
    /// Name to check the server's certificate against.
    #[arg(long, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// Do not check the server's certificate.
    #[arg(long)]
    pub insecure_skip_tls_verify: bool,
    /// Do not ask for compressed answers.
    #[arg(long)]
    pub disable_compression: bool,
    /// How long one request may take, like 5s or 2m; 0 waits for ever. Without it a request ends after
    /// 30s in which nothing arrives.
    #[arg(long, value_name = "DURATION")]
    pub request_timeout: Option<String>,
}

/// Something other than a diagnosis.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain a cause: what it means, how it is proven, what to do.
    Explain {
        /// The cause, like `host-port-conflict`.
        cause: String,
    },
    /// List every cause that can be found, by layer.
    Causes {
        /// How to show the list.
        #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
        output: ListFormat,
    },
    /// Compare two states: what is new, changed, still stuck, gone.
    ///
    /// What one of the two cannot tell of is neither new nor gone but unknown. Exit codes: 0 nothing is new
    /// or changed, 1 something is, 2 could not compare, or not enough was read to say so.
    Diff(diff::DiffArgs),
    /// Print the completion script of a shell.
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the JSON schema of `-o json`.
    Schema,
    /// Print the version.
    Version,
}

/// How to show a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, 80 columns.
    Text,
    /// For people, with every node and all evidence.
    Wide,
    /// For scripts; the schema is stable.
    Json,
    /// The same as json, as YAML.
    Yaml,
}

/// How to show a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Text,
    /// One name a line.
    Name,
    /// For scripts.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR or TERM=dumb says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
