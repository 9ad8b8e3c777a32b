//! A column's contents, for people.

use std::fmt;

use super::ColumnStats;

impl fmt::Display for ColumnStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (distinct, all) = self.distinct();
        let more = if all { "" } else { "at least " };
        write!(f, "{}: ", self.name)?;
        if self.list {
            let of = if self.nested { " lists" } else { "" };
            write!(f, "lists of up to {}{of}, ", self.longest)?;
        }
        write!(f, "{} {}, {more}{distinct} distinct, {} missing", self.cells, noun(self), self.nulls)?;
        match (self.range(), self.bounds.filter(|_| self.integers)) {
            (Some(_), Some((least, most))) => write!(f, ", {least} to {most}")?,
            (Some((least, most)), None) => write!(f, ", {least} to {most}")?,
            (None, _) => {}
        }
        let examples = if self.examples.is_empty() { "" } else { "; such as " };
        writeln!(f, "{examples}{}", self.shown())?;
        for (bin, &count) in self.lengths.iter().enumerate().filter(|(_, n)| **n > 0) {
            let (from, to) = (1usize << bin >> 1, (1usize << bin) - 1);
            let range = if from == to { format!("{from}") } else { format!("{from} to {to}") };
            let rows: u64 = self.lengths.iter().sum();
            let bar = "█".repeat((40 * count).div_ceil(rows) as usize);
            writeln!(f, "  {range:>13} {count:>9} {bar}")?;
        }
        Ok(())
    }
}

fn noun(column: &ColumnStats) -> &'static str {
    match (column.is_integral(), column.range()) {
        (true, _) => "integers",
        (_, Some(_)) => "numbers",
        _ => "texts",
    }
}
