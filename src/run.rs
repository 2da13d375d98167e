//! From what was typed to an exit code.

mod compare;
mod export;
mod following;
#[cfg(unix)]
pub(crate) mod live;
mod outages;
mod wait;
mod watch;

use crate::cli::completion;
use crate::cli::explain;
use crate::cli::targets::{self, Place, Typed};
use crate::cli::{self, Cli, ColorWhen, Command, DiagnoseArgs, Documents, Format, PageFormat};
use crate::diagnose::{Shown, Silence, Verdicts, diagnose, diagnose_again, silence};
use crate::error::Failure;
use crate::gather::dump::Extent;
use crate::gather::kubeconfig::{ConnectionFlags, Environment};
use crate::gather::registry::RegistryCheck;
use crate::gather::watch::Watcher;
use crate::gather::{self, Gathered, Traffic};
use crate::kubernetes::duration::parse_go_duration;
use crate::kubernetes::field_selector::{Field, FieldSelector};
use crate::kubernetes::selector::Selector;
use crate::render::{self, Layout};
use crate::report::{Report, Requests, Verdict};
use crate::snapshot::Snapshot;
use crate::triage::scope::{Scope, Target};
use anyhow::{Context, Result, bail};
use clap::Parser;
use std::collections::BTreeSet;
use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

/// What a report is laid out for when nobody says otherwise.
const COLUMNS: u16 = 80;
/// Lines longer than this are hard to read, however wide the terminal.
const MOST_COLUMNS: u16 = 120;

/// Nothing is stuck.
pub const WELL: u8 = 0;
/// Something is stuck, or has ended for good and is kept.
pub const STUCK: u8 = 1;
/// A diagnosis was not possible, or not of everything.
pub const FAILED: u8 = 2;

/// Logs are asked for of a dump that has none.
const NO_LOGS: &str =
    "the dump holds no logs: a cluster gives them, and --dump with --logs keeps them\n";

/// The time for waiting is over.
pub const WAITED: u8 = 3;

/// The JSON schema of what is written, compared with its types by a test.
fn schema(of: Documents) -> &'static str {
    match of {
        Documents::Report => include_str!("report/schema.json"),
        Documents::Diff => include_str!("report/diff-schema.json"),
        Documents::Watch => include_str!("report/watch-schema.json"),
    }
}

/// Parses the arguments, runs, and gives the exit code: the whole of `kubectl-diagnose`.
pub fn main() -> ExitCode {
    let arguments = cli::arguments(std::env::args_os());
    if let Some(words) = completion::asked(&arguments) {
        let candidates = completion::candidates(&words, &Environment::of_process());
        // a shell that stopped listening is no concern of ours
        let _ = stdout().write_all(candidates.as_bytes());
        return ExitCode::from(WELL);
    }
    let for_scripts = matches!(cli::output_format(&arguments), Some("json" | "yaml"));
    if let Some(failure) = cli::output_format(&arguments).and_then(cli::of_kubectl_alone) {
        return failed(&failure.into(), for_scripts);
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            if for_scripts && error.use_stderr() {
                said_as_json(&usage(&error));
            }
            // nothing is left to do when even standard error is gone
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED));
        }
    };
    let layout = Layout {
        color: is_coloured(cli.diagnose.color),
        width: columns().into(),
        ..Layout::default()
    };
    match run(&cli, layout, &mut stdout().lock()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => failed(&error, for_scripts),
    }
}

fn failed(error: &anyhow::Error, for_scripts: bool) -> ExitCode {
    if for_scripts {
        said_as_json(error);
    }
    // nothing is left to do when even standard error is gone
    let _ = write!(stderr(), "{}", render::error(error));
    ExitCode::from(FAILED)
}

/// How wide to lay out: as the terminal is, and in a pipe as `COLUMNS` says, which a shell exports only when it is told to.
#[expect(
    clippy::disallowed_methods,
    reason = "main reads the environment, as anstream does for the other variables"
)]
fn columns() -> u16 {
    let terminal = stdout()
        .is_terminal()
        .then(terminal_size::terminal_size)
        .flatten()
        .map(|(terminal_size::Width(width), _)| width);
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal.or_else(told);
    width.map_or(COLUMNS, |width| width.clamp(40, MOST_COLUMNS))
}

/// Whether to colour. `NO_COLOR` outweighs what forces colour; a pipe is not coloured for being in CI, since what is written
/// into a file or a variable there should hold no colour: CI that shows colour sets `FORCE_COLOR` or `CLICOLOR_FORCE`.
#[expect(
    clippy::disallowed_methods,
    reason = "main reads the environment, as anstream does for the other variables"
)]
fn is_coloured(when: ColorWhen) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto if is_set("FORCE_COLOR") && !is_set("NO_COLOR") => true,
        ColorWhen::Auto => anstream::AutoStream::choice(&stdout()) != anstream::ColorChoice::Never,
    }
}

/// Who reads JSON finds the failure where the report would be.
fn said_as_json(error: &anyhow::Error) {
    let _ = render::error_json(error).map(|json| stdout().write_all(json.as_bytes()));
}

/// What clap says, without what it adds for a terminal.
fn usage(error: &clap::Error) -> anyhow::Error {
    let text = error.render().to_string();
    let mut parts = text.split("\n\n").map(str::trim);
    let message = parts.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let tips = parts.filter_map(|part| part.strip_prefix("tip: "));
    tips.fold(Failure::new(message), Failure::hint).into()
}

/// Does what was asked and writes the answer to `out`.
///
/// # Errors
/// When a diagnosis was not possible, with hints on what to do.
pub fn run(cli: &Cli, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    let text = match &cli.command {
        None => return diagnosis(&cli.diagnose, layout, out),
        Some(Command::Diff(args)) => return compare::compare(args, layout, out),
        Some(Command::Export(args)) => return export::export(args),
        Some(Command::Explain { words, output }) => match output {
            PageFormat::Text => render::page(&explain::explain(words)?, layout),
            PageFormat::Json => explain::explain_json(words)?,
        },
        Some(Command::Causes { layers, output }) => explain::list(layers, *output)?,
        Some(Command::Completion { shell }) => shell.script().to_owned(),
        Some(Command::Schema { of }) => schema(*of).to_owned(),
        Some(Command::Version) => format!("kubectl-diagnose {}\n", env!("CARGO_PKG_VERSION")),
    };
    write(out, &text).map(|()| WELL)
}

fn diagnosis(args: &DiagnoseArgs, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    if args.watch {
        return watch::watch(args, layout, out);
    }
    if args.wait {
        return wait::wait(args, layout, out);
    }
    let known = Known::of(args)?;
    let (scope, everywhere) = scope(args)?;
    let gathered = if args.filename.is_empty() {
        cluster(args, scope, everywhere)?
    } else {
        let (scope, exclude) = asked(scope, everywhere);
        let gathered = gather::dump::read(&args.filename, scope)?;
        let mut gathered = excluding(gathered, exclude)?;
        if args.logs && gathered.store.logs().is_empty() {
            // the report is as good as without, whether that could be said or not
            let _ = stderr().write_all(NO_LOGS.as_bytes());
        }
        if let Some(check) = registry_check(args, &Environment::of_process())? {
            check.of_dump(&mut gathered)?;
        }
        gathered
    };
    let mut report = known.report(&gathered);
    let code = code(&report);
    let is_for_scripts = matches!(args.output, Format::Json | Format::Yaml | Format::Jsonl);
    if is_for_scripts && !args.filters.all_pods {
        report.shorten();
    }
    let dumped = gathered.dumped.as_ref();
    let is_shown = dumped.is_none_or(|dumped| dumped.path.is_some());
    if is_shown {
        write(out, &shown(&report, args.output, layout)?)?;
    }
    told_of_dump(&gathered, layout);
    Ok(code)
}

/// That all is well is a claim, which nobody makes of what was not read.
fn code(report: &Report) -> u8 {
    match report.verdict() {
        Verdict::Stuck => STUCK,
        Verdict::Unknown => FAILED,
        Verdict::Clear => WELL,
    }
}

/// Says what was dumped, and where.
fn told_of_dump(gathered: &Gathered, layout: Layout) {
    let Some(dumped) = &gathered.dumped else {
        return;
    };
    let path = dumped.path.as_ref().map(|path| path.display().to_string());
    let layout = Layout {
        color: false,
        ..layout
    };
    let masked = dumped.extent == Extent::Masked;
    let said = render::dumped(
        path.as_deref(),
        dumped.objects,
        dumped.bytes,
        masked,
        layout,
    );
    // the dump is there, whether that could be said or not
    let _ = stderr().write_all(said.as_bytes());
}

fn cluster(args: &DiagnoseArgs, scope: Scope, everywhere: bool) -> Result<Gathered> {
    let environment = Environment::of_process();
    let extent = if args.dump_unmasked {
        Extent::Unmasked
    } else {
        Extent::Masked
    };
    let dump = args.dump.as_deref().map(|path| (path, extent));
    let check = registry_check(args, &environment)?;
    let flags = connection(args)?;
    gather::cluster::read(
        &flags,
        &environment,
        scope,
        everywhere,
        dump,
        check.as_ref(),
        args.logs,
    )
}

fn registry_check(args: &DiagnoseArgs, environment: &Environment) -> Result<Option<RegistryCheck>> {
    let new = || RegistryCheck::new(args.registry_ca.as_deref(), environment, args.verbosity);
    args.check_registry.then(new).transpose()
}

/// The scope of which a dump is asked, if any is, and what to leave out of that or of the dump's own.
fn asked(mut scope: Scope, everywhere: bool) -> (Option<Scope>, BTreeSet<String>) {
    let exclude = std::mem::take(&mut scope.exclude);
    let is_asked = everywhere || scope != Scope::everything();
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
    fn report(&self, gathered: &Gathered) -> Report {
        let snapshot = gathered.store.snapshot();
        let report = diagnose(&snapshot, &gathered.scope, requests(gathered.traffic));
        self.to_show(report, &snapshot)
    }

    /// The whole report of what is known now of a cluster that is followed, without what is silenced.
    fn report_again(&self, watcher: &Watcher, verdicts: &mut Verdicts) -> Report {
        let changes = watcher.take_changes();
        let store = watcher.store();
        let (snapshot, scope) = (store.snapshot(), watcher.scope());
        let requests = requests(watcher.traffic());
        let report = diagnose_again(&snapshot, scope, requests, verdicts, &changes);
        silence(report, &snapshot, &self.silences)
    }

    fn to_show(&self, report: Report, snapshot: &Snapshot<'_>) -> Report {
        self.shown.apply(silence(report, snapshot, &self.silences))
    }
}

fn requests(traffic: Traffic) -> Requests {
    Requests {
        count: traffic.requests,
        bytes: traffic.bytes,
    }
}

fn shown(report: &Report, format: Format, layout: Layout) -> Result<String> {
    let shown = match format {
        Format::Text => Ok(render::text(report, layout)),
        Format::Wide => Ok(render::wide(report, layout)),
        Format::Json => render::json(report),
        Format::Yaml => render::yaml(report),
        Format::Name => Ok(render::name(report)),
        Format::Jsonl => render::jsonl(report),
        Format::Markdown => Ok(render::markdown(report, layout)),
        Format::Html => Ok(render::html(report, layout)),
        Format::Github => Ok(render::github(report, layout)),
        Format::Junit => Ok(render::junit(report, layout)),
        Format::Sarif => render::sarif(report, layout),
    };
    shown.context("the report cannot be written")
}

/// What is meant, and whether in all namespaces.
fn scope(args: &DiagnoseArgs) -> Result<(Scope, bool)> {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let Typed {
        targets,
        bare,
        place,
    } = targets::parse(&args.targets)?;
    let (namespace, everywhere) = match place {
        Some(Place::Namespace(namespace)) => (Some(namespace), false),
        Some(Place::Everywhere) => (None, true),
        None => (text(&args.namespace), args.all_namespaces),
    };
    let namespace = namespace.filter(|_| !everywhere);
    namespace.as_deref().map_or(Ok(()), targets::namespace)?;
    let scope = Scope {
        namespace,
        selector: text(&args.selector).as_deref().map(selector).transpose()?,
        fields: text(&args.field_selector)
            .as_deref()
            .map(fields)
            .transpose()?,
        targets,
        bare,
        exclude: args.filters.excluded(),
    };
    consistent(args, &scope, everywhere)?;
    Ok((scope, everywhere))
}

/// What kubectl refuses together is refused.
fn consistent(args: &DiagnoseArgs, scope: &Scope, everywhere: bool) -> Result<()> {
    if scope.has_names() && (scope.selector.is_some() || scope.fields.is_some()) {
        bail!(
            Failure::new("a name and a selector cannot be given together")
                .hint("leave the names out, or leave the selector out")
        );
    }
    if scope.fields.is_some() && !scope.targets.is_empty() {
        bail!(
            Failure::new("a field selector is for pods alone")
                .hint("leave the other kinds out, or leave --field-selector out")
        );
    }
    if scope.has_names() && args.all {
        bail!(
            Failure::new("a name and --all cannot be given together")
                .hint("leave the names out, or leave --all out")
        );
    }
    let in_a_namespace = |target: &Target| target.name.is_some() && target.kind.namespaced();
    let is_of_dump = !args.filename.is_empty() && !args.wait;
    if everywhere && !is_of_dump && scope.targets.iter().any(in_a_namespace) {
        bail!(
            Failure::new("a name and --all-namespaces cannot be given together")
                .hint("say where it is: -n NAMESPACE")
        );
    }
    Ok(())
}

fn fields(text: &str) -> Result<FieldSelector> {
    let known = Field::ALL.map(Field::as_str).join(", ");
    FieldSelector::parse(text).with_context(|| {
        Failure::new(format!("`{text}` is not a field selector"))
            .hint("it is written like `spec.nodeName=worker-1,status.phase!=Running`")
            .hint(format!("the fields are {known}"))
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
        verbosity: args.verbosity,
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
    still_read(out, text).map(|_| ())
}

/// The same; says whether somebody reads on.
fn still_read(out: &mut dyn Write, text: &str) -> Result<bool> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).context("standard output cannot be written"),
    }
}
