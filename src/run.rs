//! From what was typed to an exit code.

mod compare;

use crate::cli::completion;
use crate::cli::explain;
use crate::cli::targets;
use crate::cli::{Cli, ColorWhen, Command, DiagnoseArgs, Format};
use crate::diagnose::{Shown, Silence, diagnose, silence};
use crate::error::Failure;
use crate::gather::kubeconfig::{ConnectionFlags, Environment};
use crate::gather::{self, Gathered};
use crate::kubernetes::duration::parse_go_duration;
use crate::kubernetes::selector::Selector;
use crate::render::{self, Layout};
use crate::report::{Report, Requests};
use crate::triage::scope::Scope;
use anyhow::{Context, Result, bail};
use clap::Parser;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

/// What a report is laid out for when nobody says otherwise.
const COLUMNS: u16 = 80;
/// Lines longer than this are hard to read, however wide the terminal.
const MOST_COLUMNS: u16 = 120;

/// Nothing is stuck.
pub const WELL: u8 = 0;
/// Something is stuck.
pub const STUCK: u8 = 1;
/// A diagnosis was not possible.
pub const FAILED: u8 = 2;

/// The JSON schema of the report, compared with the report's types by a test.
const SCHEMA: &str = include_str!("report/schema.json");

/// Parses the arguments, runs, and gives the exit code: the whole of `kubectl-diagnose`.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let color = match cli.diagnose.color {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => anstream::AutoStream::choice(&stdout()) != anstream::ColorChoice::Never,
    };
    let terminal = stdout()
        .is_terminal()
        .then(terminal_size::terminal_size)
        .flatten();
    let width = terminal.map_or(COLUMNS, |(terminal_size::Width(width), _)| {
        width.clamp(40, MOST_COLUMNS)
    });
    match run(
        &cli,
        Layout {
            color,
            width: width.into(),
            ..Layout::default()
        },
        &mut stdout().lock(),
    ) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // nothing is left to do when even standard error is gone
            let _ = write!(stderr(), "{}", render::error(&error));
            ExitCode::from(FAILED)
        }
    }
}

/// Does what was asked and writes the answer to `out`.
///
/// # Errors
/// When a diagnosis was not possible, with hints on what to do.
pub fn run(cli: &Cli, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    let text = match &cli.command {
        None => return diagnosis(&cli.diagnose, layout, out),
        Some(Command::Diff(args)) => return compare::compare(args, layout, out),
        Some(Command::Explain { cause }) => render::page(&explain::explain(cause)?, layout),
        Some(Command::Causes { output }) => explain::list(*output),
        Some(Command::Completion { shell }) => completion::script(*shell),
        Some(Command::Schema) => SCHEMA.to_owned(),
        Some(Command::Version) => format!("kubectl-diagnose {}\n", env!("CARGO_PKG_VERSION")),
    };
    write(out, &text).map(|()| WELL)
}

fn diagnosis(args: &DiagnoseArgs, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    let known = Known::of(args)?;
    let scope = scope(args)?;
    let gathered = if args.filename.is_empty() {
        cluster(args, scope, args.all_namespaces)?
    } else {
        let (scope, exclude) = asked(args, scope);
        let gathered = gather::dump::read(&args.filename, scope)?;
        excluding(gathered, exclude)?
    };
    let report = known.judged(&gathered);
    write(out, &shown(&report, args.output, layout)?)?;
    let stuck = !report.diagnoses.is_empty() || !report.unexplained.is_empty();
    Ok(if stuck { STUCK } else { WELL })
}

fn cluster(args: &DiagnoseArgs, scope: Scope, everywhere: bool) -> Result<Gathered> {
    let environment = Environment::of_process();
    let dump = args.dump.as_deref();
    gather::cluster::read(&connection(args)?, &environment, scope, everywhere, dump)
}

/// The scope of which a dump is asked, if any is, and what to leave out of that or of the dump's own.
fn asked(args: &DiagnoseArgs, mut scope: Scope) -> (Option<Scope>, BTreeSet<String>) {
    let exclude = std::mem::take(&mut scope.exclude);
    let is_asked = args.all_namespaces || scope != Scope::everything();
    (is_asked.then_some(scope), exclude)
}

fn excluding(mut gathered: Gathered, exclude: BTreeSet<String>) -> Result<Gathered> {
    gathered.scope.exclude.extend(exclude);
    gathered.scope.is_consistent()?;
    Ok(gathered)
}

/// What is to be shown, and what is known.
struct Known {
    shown: Shown,
    silences: Vec<Silence>,
}

impl Known {
    fn of(args: &DiagnoseArgs) -> Result<Self> {
        Ok(Known {
            shown: args.filters.shown()?,
            silences: args.filters.silences(gather::text)?,
        })
    }

    /// The report of what was gathered.
    fn judged(&self, gathered: &Gathered) -> Report {
        let Gathered {
            store,
            scope,
            traffic,
        } = gathered;
        let requests = Requests {
            count: traffic.requests,
            bytes: traffic.bytes,
        };
        let snapshot = store.snapshot();
        let report = diagnose(&snapshot, scope, requests);
        let report = silence(report, &snapshot, &self.silences);
        self.shown.apply(report)
    }
}

fn shown(report: &Report, format: Format, layout: Layout) -> Result<String> {
    let shown = match format {
        Format::Text => Ok(render::text(report, layout)),
        Format::Wide => Ok(render::wide(report, layout)),
        Format::Json => render::json(report),
        Format::Yaml => render::yaml(report),
    };
    shown.context("the report cannot be written")
}

fn scope(args: &DiagnoseArgs) -> Result<Scope> {
    let selector = args.selector.as_deref().map(selector).transpose()?;
    let targets = targets::parse(&args.targets)?;
    if selector.is_some() && !targets.is_empty() {
        bail!(
            Failure::new("a name and a selector cannot be given together")
                .hint("leave the names out, or leave --selector out")
        );
    }
    if args.all_namespaces && !targets.is_empty() && args.filename.is_empty() {
        bail!(
            Failure::new("a name and --all-namespaces cannot be given together")
                .hint("say where it is: -n NAMESPACE")
        );
    }
    Ok(Scope {
        namespace: args.namespace.clone().filter(|_| !args.all_namespaces),
        selector,
        targets,
        exclude: args.filters.excluded(),
    })
}

fn selector(text: &str) -> Result<Selector> {
    Selector::parse(text).with_context(|| {
        Failure::new(format!("`{text}` is not a label selector"))
            .hint("it is written like `app=web,tier!=test` or `tier in (front, back)`")
    })
}

fn connection(args: &DiagnoseArgs) -> Result<ConnectionFlags> {
    let timeout = args
        .connection
        .request_timeout
        .as_deref()
        .map(timeout)
        .transpose()?;
    let from = &args.connection;
    Ok(ConnectionFlags {
        kubeconfig: from.kubeconfig.clone(),
        context: from.context.clone(),
        cluster: from.cluster.clone(),
        user: from.user.clone(),
        namespace: args.namespace.clone(),
        server: from.server.clone(),
        token: from.token.clone(),
        as_user: from.as_user.clone(),
        as_group: from.as_group.clone(),
        as_uid: from.as_uid.clone(),
        certificate_authority: from.certificate_authority.clone(),
        client_certificate: from.client_certificate.clone(),
        client_key: from.client_key.clone(),
        tls_server_name: from.tls_server_name.clone(),
        insecure_skip_tls_verify: from.insecure_skip_tls_verify,
        disable_compression: from.disable_compression,
        request_timeout: timeout,
        ..ConnectionFlags::default()
    })
}

fn timeout(text: &str) -> Result<Duration> {
    parse_go_duration(text).with_context(|| {
        Failure::new(format!("`{text}` is not a duration"))
            .hint("it is written like 5s or 2m; 0 waits for ever")
    })
}

/// A reader that went away (`| head`) is not an error.
fn write(out: &mut dyn Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output cannot be written")
        }
        _ => Ok(()),
    }
}
