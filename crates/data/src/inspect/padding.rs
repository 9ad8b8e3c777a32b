//! Whether lists are filled up to a length.

use crate::source::{Cells, Column, TextForm};

/// What lists are filled up with.
const PADS: [&str; 6] = ["0", "-1", "<pad>", "[PAD]", "PAD", "<PAD>"];

/// How often lists begin or end with what may fill them.
#[derive(Clone, Debug, Default)]
pub(super) struct PaddingStats {
    lists: u64,
    /// Their length, if it is one.
    length: Option<usize>,
    varied: bool,
    at_start: [u64; PADS.len()],
    at_end: [u64; PADS.len()],
}

impl PaddingStats {
    /// Adds some lists of a block.
    pub fn add(&mut self, column: &Column, rows: &[usize]) {
        if self.varied {
            return;
        }
        let lists = column.lists();
        let cells = Cells::of(lists.values());
        let mut buffer = String::new();
        let mut pad = |at: usize| {
            let token = cells.token(at, TextForm::Typed, &mut buffer)?.trim();
            PADS.iter().position(|pad| *pad == token)
        };
        for &row in rows {
            let range = lists.range(row);
            self.varied |= self.length.is_some_and(|length| length != range.len()) || range.is_empty();
            if self.varied {
                return;
            }
            self.length = Some(range.len());
            self.lists += 1;
            if let Some(which) = pad(range.start) {
                self.at_start[which] += 1;
            }
            if let Some(which) = pad(range.end - 1) {
                self.at_end[which] += 1;
            }
        }
    }

    /// What most lists, all of one length, begin or end with.
    pub fn found(&self) -> Option<&'static str> {
        let most = |counts: &[u64; PADS.len()]| counts.iter().position(|&n| 2 * n >= self.lists.max(1));
        let usual = self.lists > 1 && !self.varied && self.length > Some(1);
        most(&self.at_end).or_else(|| most(&self.at_start)).filter(|_| usual).map(|which| PADS[which])
    }
}
