//! What was typed. What it means is decided in [`crate::triage::scope`].

pub mod completion;
pub mod diff;
pub mod explain;
pub mod export;
pub mod filters;
mod subcommand;
pub mod targets;

use crate::error::Failure;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Finds out why pods do not run, proves it, and says which layer to check next.
///
/// Without arguments every pod of the current namespace is looked at. Nothing is ever changed:
/// the only verbs used are get and list, and watch with --watch, --wait and export. Nobody but the API
/// server is asked, unless --check-registry asks registries.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-diagnose",
    bin_name = "kubectl diagnose",
    version,
    args_conflicts_with_subcommands = true,
    // as with kubectl, the last of a repeated flag counts: aliases and scripts rely on it
    args_override_self = true,
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
  kubectl diagnose web-7d9c5b-x2k4q         one pod, or the workload of that name
  kubectl diagnose deploy/web               a Deployment with its pods
  kubectl diagnose deploy,sts               all Deployments and StatefulSets
  kubectl diagnose -o name | xargs kubectl describe
  kubectl diagnose -f dump.json             a saved `kubectl get ... -o json`
  kubectl diagnose diff yesterday.json      what is new since a dump or a report
  kubectl diagnose explain CrashLoopBackOff

Exit codes: 0 nothing is stuck, or only what was filtered or silenced; 1 something is stuck, or has
ended and is kept; 2 could not diagnose; 3 with --wait: the time is over.";

/// What was typed, with the level of `-v 6` and `-v6` behind an equals sign: alone `-v` takes none, so that what follows
/// it may be a name.
pub fn arguments(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    subcommand::first(levelled(words))
}

fn levelled(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut words = words.peekable();
    let is_level = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    while let Some(word) = words.next() {
        if word == "--" {
            arguments.push(word);
            arguments.extend(words);
            break;
        }
        let text = word.to_str().unwrap_or_default();
        let level = match text {
            "-v" | "--v" => words.next_if(|next| next.to_str().is_some_and(is_level)),
            _ => text
                .strip_prefix("-v")
                .filter(|it| is_level(it))
                .map(OsString::from),
        };
        arguments.push(match level {
            Some(level) => OsString::from(format!("--v={}", level.to_string_lossy())),
            None => word,
        });
    }
    arguments
}

/// The last `-o` among the arguments, however they were written; also where they cannot be parsed.
pub fn output_format(arguments: &[OsString]) -> Option<&str> {
    let mut found = None;
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        found = match word {
            "--" => break,
            "-o" | "--output" => words.next(),
            _ => {
                let short = word.strip_prefix("-o");
                let value = word.strip_prefix("--output=").or(short);
                value.map(|value| value.trim_start_matches('=')).or(found)
            }
        };
    }
    found
}

/// Formats with a template are kubectl's: here JSON goes to what reads it.
pub fn of_kubectl_alone(format: &str) -> Option<Failure> {
    let name = format.split_once('=').map_or(format, |(name, _)| name);
    let templates = [
        "jsonpath",
        "jsonpath-as-json",
        "jsonpath-file",
        "go-template",
        "go-template-file",
        "custom-columns",
        "custom-columns-file",
    ];
    templates.contains(&name).then(|| {
        Failure::new(format!("`-o {name}` is not known here"))
            .hint("fields are picked from JSON: -o json | jq -r '.diagnoses[] | [.cause, .headline] | @tsv'")
            .hint("names for other commands: -o name")
    })
}

/// What to diagnose, and how to show it.
#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// TYPE NAME..., TYPE/NAME..., TYPE or TYPE,TYPE (all of them) or NAME (a pod, or else a workload); TYPE is
    /// pod, deployment, replicaset, statefulset, daemonset, job, cronjob, replicationcontroller, node,
    /// service, persistentvolumeclaim (the pods that mount it) or namespace, or a short name of it.
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

    /// Only pods with these fields, like `spec.nodeName=worker-1,status.phase!=Running`; also
    /// metadata.name and metadata.namespace.
    #[arg(long, value_name = "SELECTOR")]
    pub field_selector: Option<String>,

    /// All of what is named by its kind; without names that is so anyway.
    #[arg(long, hide = true)]
    pub all: bool,

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

    /// Write what was read to this file, to look at it elsewhere with -f; `-` is standard output, in
    /// place of the report. Values of Secrets and ConfigMaps are left out; environment values, probe
    /// headers, foreign annotations and what looks like a credential are masked.
    #[arg(long, value_name = "FILE", conflicts_with = "filename")]
    pub dump: Option<PathBuf>,

    /// Mask nothing in the dump; values of Secrets and ConfigMaps are left out all the same.
    #[arg(long, requires = "dump")]
    pub dump_unmasked: bool,

    /// Follow the cluster: on a terminal a table that stays true, where Enter opens a row and q ends;
    /// elsewhere, on a dumb terminal, on Windows and with -v, a line for what becomes stuck, changes its
    /// cause, and is solved.
    #[arg(short = 'w', long, conflicts_with_all = ["filename", "dump"])]
    pub watch: bool,

    /// Wait until what is named, or what the manifests given with -f name, runs, and of workloads all pods
    /// are of the newest revision; what does not exist yet is waited for too. Ends with 1 and the diagnosis
    /// as soon as something will not come by itself, and with 3 when the time is over. Filters narrow only
    /// what is shown.
    #[arg(long, conflicts_with_all = ["watch", "dump"])]
    pub wait: bool,

    /// How long to wait; 0 for ever.
    #[arg(long, value_name = "DURATION", default_value = "5m", requires = "wait")]
    pub timeout: String,

    /// How long what somebody else may still bring (a node, a ConfigMap, a volume) may take.
    #[arg(long, value_name = "DURATION", default_value = "2m", requires = "wait")]
    pub patience: String,

    /// Ask the registries about the images that cannot be pulled, from this machine: whether repository, tag
    /// and platform are there, which login is accepted, how many pulls are left, whose the certificate is.
    /// For this alone the pods' own pull secrets are read, kept in memory, and sent to their registry and
    /// nobody else; a dump holds none, so its images are asked for without a login. Takes 20s at most.
    #[arg(long, conflicts_with_all = ["watch", "wait"])]
    pub check_registry: bool,

    /// File with further certificate authorities of registries.
    #[arg(long, value_name = "FILE", requires = "check_registry")]
    pub registry_ca: Option<PathBuf>,

    /// Read the last lines of containers that crashed or are not ready, 20 logs in 20s at most, for what the
    /// program itself says. What looks like a credential is masked.
    #[arg(long, conflicts_with_all = ["watch", "wait"])]
    pub logs: bool,

    /// How to show the report.
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,

    /// Show each request on standard error, with its status, time and bytes, from level 6 on as kubectl
    /// does; without a level it is 6.
    #[arg(
        short = 'v',
        long = "v",
        value_name = "LEVEL",
        num_args = 0..=1,
        require_equals = true,
        default_value_t = 0,
        default_missing_value = "6",
        hide_default_value = true
    )]
    pub verbosity: u8,

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
    /// Explain causes: what they mean, how they are proven, what to do.
    Explain {
        /// A cause like `host-port-conflict`, a layer like `volume`, or the word that kubectl or an event
        /// shows, like `CrashLoopBackOff`.
        #[arg(required = true, value_name = "CAUSE|LAYER|STATUS")]
        words: Vec<String>,
        /// How to show it.
        #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
        output: PageFormat,
    },
    /// List every cause that can be found, by layer.
    Causes {
        /// Only those of these layers.
        #[arg(value_name = "LAYER")]
        layers: Vec<String>,
        /// How to show the list.
        #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
        output: ListFormat,
    },
    /// Compare two states: what is new, changed, still stuck, gone.
    ///
    /// What one of the two cannot tell of is neither new nor gone but unknown. Exit codes: 0 nothing is new
    /// or changed, 1 something is, 2 could not compare, or not enough was read to say so.
    Diff(diff::DiffArgs),
    /// Follow the cluster and serve metrics of what is stuck, for Prometheus.
    ///
    /// All namespaces are looked at unless -n names one. Ends with 0 when it is told to.
    Export(export::ExportArgs),
    /// Print the script with which a shell completes calls without kubectl.
    Completion {
        /// The shell.
        shell: completion::Shell,
    },
    /// Print a JSON schema.
    Schema {
        /// Of which documents.
        #[arg(default_value = "report")]
        of: Documents,
    },
    /// Print the version.
    Version,
}

/// The documents that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Documents {
    /// `-o json`: a report, or why there is none.
    Report,
    /// `diff -o json`.
    Diff,
    /// `--watch -o jsonl`: a document a line.
    Watch,
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
    /// What is stuck as `pod/NAME`, one a line, as kubectl names it.
    Name,
    /// A diagnosis a line, for logs.
    Jsonl,
    /// For an issue or $GITHUB_STEP_SUMMARY.
    Markdown,
    /// One file for a browser or paper.
    Html,
    /// Annotations of a GitHub workflow.
    Github,
    /// Test results for a CI server.
    Junit,
    /// For code scanning.
    Sarif,
}

/// How to show pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// For people.
    Text,
    /// For scripts.
    Json,
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    fn parse(text: &str) -> Cli {
        let arguments = arguments(words(&format!("kubectl-diagnose {text}")).into_iter());
        Cli::try_parse_from(arguments).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_level_stands_behind_v_in_each_way_of_kubectl() {
        for (text, level, targets) in [
            ("", 0, &[][..]),
            ("-v", 6, &[]),
            ("-v web", 6, &["web"]),
            ("-v=6", 6, &[]),
            ("-v 7 web", 7, &["web"]),
            ("-v8", 8, &[]),
            ("--v=9", 9, &[]),
            ("--v 6", 6, &[]),
            ("-v=2 -v=6", 6, &[]),
            ("-- -v", 0, &["-v"]),
        ] {
            let parsed = parse(text).diagnose;
            assert_eq!(parsed.verbosity, level, "{text}");
            assert_eq!(parsed.targets, targets, "{text}");
        }
    }

    #[test]
    fn the_last_of_a_repeated_flag_counts() {
        let last = parse("-n a -o json -A -l x=1 --context c -n b -o yaml -A -l x=2 --context d");
        let last = last.diagnose;
        assert_eq!(last.namespace.as_deref(), Some("b"));
        assert_eq!(last.output, Format::Yaml);
        assert_eq!(last.selector.as_deref(), Some("x=2"));
        assert_eq!(last.connection.context.as_deref(), Some("d"));
        let several = parse("-f a -f b --as-group x --as-group y").diagnose;
        assert_eq!(several.filename.len(), 2, "what adds up still does");
        assert_eq!(several.connection.as_group.len(), 2);
    }

    #[test]
    fn the_format_is_known_before_anything_is_parsed() {
        for (text, expected) in [
            ("", None),
            ("-o json", Some("json")),
            ("-ojson web", Some("json")),
            ("-o=yaml", Some("yaml")),
            ("--output=json --nonsense", Some("json")),
            ("-o json --output text", Some("text")),
            ("-- -o json", None),
        ] {
            assert_eq!(output_format(&words(text)), expected, "{text}");
        }
    }

    #[test]
    fn formats_with_a_template_lead_to_json() {
        for format in [
            "jsonpath={.items}",
            "go-template={{.x}}",
            "custom-columns=A:.b",
        ] {
            let failure = of_kubectl_alone(format).unwrap();
            assert!(failure.hints[0].contains("-o json | jq"), "{format}");
        }
        assert!(of_kubectl_alone("json").is_none());
    }

    #[test]
    fn help_names_every_kind_to_start_from() {
        let help = Cli::command().render_long_help().to_string();
        for kind in targets::KINDS {
            let word = kind.as_str().to_ascii_lowercase();
            assert!(help.contains(&word), "{word}");
        }
    }
}
