//! `kubectl diagnose`: parse, run, exit code.

use clap::Parser;
use kubectl_diagnose::cli::{Cli, ColorWhen};
use kubectl_diagnose::render::Layout;
use kubectl_diagnose::run::{FAILED, run};
use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;

/// What a report is laid out for when nobody says otherwise.
const COLUMNS: u16 = 80;
/// Lines longer than this are hard to read, however wide the terminal.
const MOST_COLUMNS: u16 = 120;

fn main() -> ExitCode {
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
        },
        &mut stdout().lock(),
    ) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // nothing is left to do when even standard error is gone
            let _ = write!(stderr(), "{}", kubectl_diagnose::render::error(&error));
            ExitCode::from(FAILED)
        }
    }
}
