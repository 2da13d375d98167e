//! `diff OLD [NEW]`, from what was typed to an exit code.

use super::{FAILED, Known, STUCK, WELL, asked, cluster, excluding, scope, told_of_dump, write};
use crate::cli::diff::DiffArgs;
use crate::cli::{DiagnoseArgs, Format};
use crate::diagnose::diff;
use crate::error::Failure;
use crate::gather::dump::{Saved, saved};
use crate::kubernetes::field_selector::FieldSelector;
use crate::kubernetes::selector::Selector;
use crate::render::{self, Layout};
use crate::report::{Past, ScopeReport, WhyUnknown};
use crate::snapshot::Kind;
use crate::triage::scope::{Scope, Target};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::Path;

/// Compares, and writes the difference to `out`: 0 when nothing is new or changed, 1 when something is, 2 when that
/// cannot be said.
pub(super) fn compare(args: &DiffArgs, layout: Layout, out: &mut dyn Write) -> Result<u8> {
    let with = &args.diagnose;
    consistent(args)?;
    let known = Known::of(with)?;
    let (before, then) = file(&args.old, with, &known)?;
    let after = match &args.new {
        Some(new) => file(new, with, &known)?.0,
        None => now(with, &known, then, layout)?,
    };
    let diff = diff(&before, &after);
    let text = match with.output {
        Format::Json => render::diff_json(&diff)?,
        Format::Yaml => render::diff_yaml(&diff)?,
        format => render::diff(&diff, format == Format::Wide, layout),
    };
    write(out, &text)?;
    let is_blind = diff
        .unknown
        .iter()
        .any(|one| one.why == WhyUnknown::NotRead);
    Ok(match (diff.new.len() + diff.changed.len(), is_blind) {
        (0, false) => WELL,
        (0, true) => FAILED,
        _ => STUCK,
    })
}

fn consistent(args: &DiffArgs) -> Result<()> {
    let with = &args.diagnose;
    if !with.filename.is_empty() || !with.targets.is_empty() {
        bail!(
            Failure::new("two states are compared, OLD and NEW, and no more is named")
                .hint("kubectl diagnose diff OLD [NEW]; -n and -l narrow it")
        );
    }
    if !matches!(
        with.output,
        Format::Text | Format::Wide | Format::Json | Format::Yaml
    ) {
        bail!(Failure::new("a comparison is text, wide, json or yaml").hint("leave -o out"));
    }
    if with.dump.as_deref() == Some(Path::new("-")) {
        bail!(Failure::new(
            "the comparison and the dump cannot both go to standard output"
        ));
    }
    if with.dump.is_some() && args.new.is_some() {
        bail!(
            Failure::new("--dump writes what was read of a cluster, and NEW is a file")
                .hint("leave NEW or --dump out")
        );
    }
    let stdin = Path::new("-");
    if args.old == stdin && args.new.as_deref() == Some(stdin) {
        bail!(Failure::new(
            "only one of OLD and NEW can be standard input"
        ));
    }
    Ok(())
}

/// What a file tells, and what was asked for when it was written.
fn file(path: &Path, with: &DiagnoseArgs, known: &Known) -> Result<(Past, Scope)> {
    let (scope, everywhere) = scope(with)?;
    let (scope, exclude) = asked(scope, everywhere);
    match saved(path, scope)? {
        Saved::Report(text) => {
            let past = Past::read(&text).with_context(|| {
                Failure::new(format!("{} is no report of this version", path.display()))
                    .hint("a report is what `-o json` or `-o yaml` wrote")
            })?;
            let then = scope_of(&past.scope);
            Ok((past, then))
        }
        Saved::Dump(gathered) => {
            let gathered = excluding(gathered, exclude)?;
            let past = Past::of(&known.report(&gathered))?;
            Ok((past, gathered.scope))
        }
    }
}

/// The cluster, in the scope of what it is compared with unless another one was typed.
fn now(with: &DiagnoseArgs, known: &Known, then: Scope, layout: Layout) -> Result<Past> {
    let (typed, everywhere) = scope(with)?;
    let is_typed = asked(typed.clone(), everywhere).0.is_some();
    let gathered = if is_typed {
        cluster(with, typed, everywhere)?
    } else {
        let everywhere = then.is_everywhere();
        let mut scope = then;
        scope.exclude.extend(typed.exclude);
        cluster(with, scope, everywhere)?
    };
    told_of_dump(&gathered, layout);
    Past::of(&known.report(&gathered))
}

/// The scope that a report says.
fn scope_of(report: &ScopeReport) -> Scope {
    let target = |word: &String| {
        let mut words = word.rsplit('/').map(str::to_owned);
        let (last, kind) = (words.next()?, words.next());
        let (kind, name) = match kind {
            Some(kind) => (kind, Some(last)),
            None => (last, None),
        };
        Some(Target {
            kind: Kind::of_manifest(&kind)?,
            namespace: words.next(),
            name,
        })
    };
    let selector = report.selector.as_deref();
    let fields = report.field_selector.as_deref();
    Scope {
        namespace: report.namespace.clone(),
        selector: selector.and_then(|text| Selector::parse(text).ok()),
        fields: fields.and_then(|text| FieldSelector::parse(text).ok()),
        bare: false,
        targets: report.targets.iter().filter_map(target).collect(),
        exclude: report.exclude_namespaces.iter().cloned().collect(),
    }
}
