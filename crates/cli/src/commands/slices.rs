//! How good a model is on slices, as a table.

use dien::slices::{Slice, Slices};

use super::progress::share;
use super::thousands;

/// A line a slice; intervals of 95 % stand behind what they are of.
pub(super) fn table(of: &Slices) -> String {
    let mut rows =
        vec![[&*format!("by {}", of.by), "rows", "clicks", "rate", "AUC", "log loss"].map(String::from)];
    rows.extend(of.slices.iter().map(|slice| line(slice.value.clone().unwrap_or("(missing)".into()), slice)));
    if let Some(other) = &of.other {
        rows.push(line(format!("(other: {} values)", thousands(other.values)), &other.slice));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Numbers end alike; names, and what is before an interval, begin alike.
            let space = " ".repeat(width - cell.chars().count());
            match column {
                0 => text += &format!("{cell}{space}"),
                1..=2 => text += &format!("  {space}{cell}"),
                _ => text += &format!("  {cell}{space}"),
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn line(value: String, slice: &Slice) -> [String; 6] {
    let within = |interval: Option<(f64, f64)>| {
        interval.map_or(String::new(), |(low, high)| format!(" [{low:.4}, {high:.4}]"))
    };
    [
        value,
        thousands(slice.rows),
        thousands(slice.clicks),
        format!("{:.4}{}", slice.base_rate, within(slice.base_rate_interval)),
        format!("{}{}", share(slice.auc), within(slice.auc_interval)),
        format!("{:.4}{}", slice.logloss, within(slice.logloss_interval)),
    ]
}
