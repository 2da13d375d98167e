//! Columns that stay aligned whatever script the names are written in.

use super::line::Line;
use super::style::Style;
use super::wrap::wrap;

/// Between two columns.
const GAP: usize = 2;
/// A last column narrower than this is not worth wrapping into.
const NARROW: usize = 24;

/// Rows of cells under titles.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    titles: Vec<String>,
    rows: Vec<Vec<Line>>,
}

impl Table {
    /// A table with these titles.
    pub(super) fn new(titles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Table {
            titles: titles.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row with a cell for each title.
    pub(super) fn row(&mut self, cells: Vec<Line>) {
        self.rows.push(cells);
    }

    /// Whether every row fits into so many columns without wrapping.
    pub(super) fn fits(&self, room: usize) -> bool {
        let widths = self.widths();
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) <= room
    }

    /// The columns that are left for the last one.
    pub(super) fn left_for_last(&self, room: usize) -> usize {
        let mut widths = self.widths();
        widths.pop();
        let taken: usize = widths.iter().map(|width| width + GAP).sum();
        room.saturating_sub(taken)
    }

    /// The table in at most so many columns: the last column is wrapped when there is too little
    /// room, and when there is hardly any, each cell goes below the first.
    pub(super) fn lines(&self, room: usize) -> Vec<Line> {
        let (titles, rows) = self.apart(room);
        titles
            .into_iter()
            .chain(rows.into_iter().flatten())
            .collect()
    }

    /// The same with the lines of each row apart; there are no titles where cells go below each other.
    pub(super) fn apart(&self, room: usize) -> (Option<Line>, Vec<Vec<Line>>) {
        let mut widths = self.widths();
        if !self.fits(room) {
            let last = widths.pop().unwrap_or_default();
            let left = self.left_for_last(room);
            if left < NARROW || self.longest_word() > left {
                return (None, self.stacked(room));
            }
            widths.push(last.min(left));
        }
        let titles = self
            .titles
            .iter()
            .map(|title| Line::of(Style::Label, title));
        let titles = across(&titles.collect::<Vec<_>>(), &widths);
        let rows = self.rows.iter().map(|row| across(row, &widths));
        (titles.into_iter().next(), rows.collect())
    }

    fn widths(&self) -> Vec<usize> {
        let cells = |index: usize| self.rows.iter().filter_map(move |row| row.get(index));
        let title = |title: &String| Line::new().plain(title).width();
        self.titles
            .iter()
            .enumerate()
            .map(|(index, text)| cells(index).map(Line::width).fold(title(text), usize::max))
            .collect()
    }

    /// The widest word of the last column, which cannot be wrapped into less.
    fn longest_word(&self) -> usize {
        let last = self.rows.iter().filter_map(|row| row.last());
        let widest = last
            .flat_map(|cell| wrap(cell, 0, 0))
            .map(|word| word.width());
        widest.max().unwrap_or_default()
    }

    fn stacked(&self, room: usize) -> Vec<Vec<Line>> {
        let mut rows = Vec::new();
        for row in &self.rows {
            let mut lines = Vec::new();
            for (index, (cell, title)) in row.iter().zip(&self.titles).enumerate() {
                if cell.is_blank() {
                    continue;
                }
                let named = Line::of(Style::Faint, &format!("{title} ")).append(cell);
                let (indent, cell) = if index == 0 { (0, cell) } else { (GAP, &named) };
                let left = room.saturating_sub(indent);
                let hanging = room.saturating_sub(indent + GAP);
                for (line, words) in wrap(cell, left, hanging).iter().enumerate() {
                    let blanks = indent + if line == 0 { 0 } else { GAP };
                    lines.push(Line::new().pad(blanks).append(words));
                }
            }
            rows.push(lines);
        }
        rows
    }
}

/// One row; as many lines as its last cell needs.
fn across(cells: &[Line], widths: &[usize]) -> Vec<Line> {
    let Some((last, before)) = cells.split_last() else {
        return Vec::new();
    };
    let mut start = Line::new();
    let mut column = 0;
    for (cell, width) in before.iter().zip(widths) {
        column += width + GAP;
        start = start.append(cell).pad(column);
    }
    let room = widths.last().copied().unwrap_or_default();
    let mut wrapped = wrap(last, room, room).into_iter();
    let mut lines = vec![start.append(&wrapped.next().unwrap_or_default())];
    lines.extend(wrapped.map(|line| Line::new().pad(column).append(&line)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let cell = |text: &str| Line::new().plain(text);
        let mut table = Table::new(["NODE", "HELD BY"]);
        table.row(vec![cell("워커-1"), cell("shop/web")]);
        table.row(vec![
            cell("worker-10"),
            cell("ingress/haproxy of a DaemonSet that holds it"),
        ]);
        table
    }

    fn text(room: usize) -> Vec<String> {
        table().lines(room).iter().map(Line::text).collect()
    }

    #[test]
    fn columns_align_with_wide_characters() {
        assert_eq!(
            text(80),
            [
                "NODE       HELD BY",
                "워커-1     shop/web",
                "worker-10  ingress/haproxy of a DaemonSet that holds it",
            ]
        );
    }

    #[test]
    fn the_last_column_wraps() {
        assert_eq!(
            text(40),
            [
                "NODE       HELD BY",
                "워커-1     shop/web",
                "worker-10  ingress/haproxy of a",
                "           DaemonSet that holds it",
            ]
        );
    }

    #[test]
    fn without_room_cells_go_below_each_other() {
        assert_eq!(
            text(30),
            [
                "워커-1",
                "  HELD BY shop/web",
                "worker-10",
                "  HELD BY ingress/haproxy of a",
                "    DaemonSet that holds it",
            ]
        );
    }
}
