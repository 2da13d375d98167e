//! What stands left of a line: the name of a part, or the bar of what is quoted and computed.

use crate::render::line::Line;
use crate::render::style::Style;

/// Columns of the names of parts.
pub(super) const LABEL: usize = 8;
/// Columns of the bar.
pub(super) const BAR: usize = 4;

/// The start of a part: its name, in a column of its own.
pub(super) fn label(name: &str) -> Line {
    Line::new()
        .plain("  ")
        .with(Style::Label, name)
        .column(LABEL)
}

/// The bar to the left of everything quoted or computed.
pub(super) fn bar() -> Line {
    Line::new().plain("  ").with(Style::Faint, "│ ")
}
