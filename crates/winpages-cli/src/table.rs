//! Tables for people.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

/// To which side a column's cells are pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table whose columns are as wide as their widest cell.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: impl Into<Vec<(&'static str, Align)>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; control characters in its cells, which could drive the terminal, are escaped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| printable(&cell)).collect());
    }

    /// The table as lines of text. Wide characters, such as Chinese ones, count for two columns.
    pub fn render(&self) -> String {
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(column, (title, _))| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells
                    .map(|cell| cell.width())
                    .fold(title.width(), usize::max)
            })
            .collect();
        let titles: Vec<String> = self
            .columns
            .iter()
            .map(|(title, _)| (*title).to_owned())
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&titles).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, (_, align)), width) in row.iter().zip(&self.columns).zip(&widths) {
                let padding = " ".repeat(width - cell.width());
                match align {
                    Align::Left => line.extend([cell, padding.as_str()]),
                    Align::Right => line.extend([padding.as_str(), cell]),
                }
                line.push_str("  ");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// `text` with its control characters escaped.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

/// A size for people: the largest unit in which it is at least 1, with one decimal unless that is
/// 0.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["", " K", " M", " G", " T"];
    let mut unit = 0;
    while unit + 1 < UNITS.len() && bytes >> (10 * (unit + 1)) != 0 {
        unit += 1;
    }
    let one = 1_u64 << (10 * unit);
    let mut text = (bytes / one).to_string();
    let tenths = u128::from(bytes % one) * 10 / u128::from(one);
    if tenths != 0 {
        let _ = write!(text, ".{tenths}");
    }
    text + UNITS[unit]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_what_a_terminal_shows() {
        let mut table = Table::new([("Name", Align::Left), ("Size", Align::Right)]);
        table.row(["共享内存".to_owned(), "4 K".to_owned()]);
        table.row(["Memory".to_owned(), "1023 M".to_owned()]);
        assert_eq!(
            table.render(),
            "Name        Size\n\
             共享内存     4 K\n\
             Memory    1023 M\n"
        );
    }

    #[test]
    fn a_name_cannot_drive_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }

    #[test]
    fn sizes_keep_what_matters() {
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (4096, "4 K"),
            (5000, "4.8 K"),
            (3 << 20, "3 M"),
            (u64::MAX, "16777215.9 T"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
