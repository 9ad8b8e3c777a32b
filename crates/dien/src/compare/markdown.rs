//! A summary as a Markdown table.

use std::fmt::Write as _;

use super::{Difference, MeanStd, Row, Summary};
use crate::html::thousands;

impl Summary {
    /// The tables under a heading.
    pub fn to_markdown(&self) -> String {
        format!("### {}\n\n{}", self.set, self.tables())
    }

    /// The table of what was measured, and the one of what it cost; the best mean AUC stands in bold.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "| | test AUC | less {} [95 %] | p | GAUC | log loss | validation AUC | seeds |",
            self.reference
        );
        text += "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
        let best = self.best();
        for row in &self.rows {
            let auc = spread(row.auc);
            let auc = if Some(row.auc.mean) == best { format!("**{auc}**") } else { auc };
            let (difference, p) = match row.difference {
                Some(difference) => said(difference),
                None if row.other_targets => ("other targets".into(), String::new()),
                None => (String::new(), String::new()),
            };
            let optional = |s: Option<MeanStd>| s.map_or(String::new(), |s| format!("{:.4}", s.mean));
            let _ = writeln!(
                text,
                "| {} | {auc} | {difference} | {p} | {} | {:.4} | {} | {} |",
                row.variant,
                optional(row.gauc),
                row.logloss.mean,
                optional(row.validation),
                row.seeds.len(),
            );
        }
        let [targets, clicked] = self.targets;
        let _ = write!(text, "\n{targets} test targets, {clicked} of them clicked.");
        if self.rows.iter().all(|row| row.variant != self.reference) {
            let _ = write!(text, " The reference, {}, is not trained yet.", self.reference);
        }
        if self.missing > 0 {
            let _ = write!(
                text,
                " {} not trained yet.",
                if self.missing == 1 { "1 run is".into() } else { format!("{} runs are", self.missing) }
            );
        }
        text +=
            "\n\n| | parameters | training targets/s | seconds | epochs |\n| --- | --- | --- | --- | --- |\n";
        for row in &self.rows {
            let Row { variant, parameters, samples_per_second, seconds, epochs, .. } = row;
            let (parameters, speed) = (thousands(*parameters), thousands(*samples_per_second as usize));
            let _ = writeln!(text, "| {variant} | {parameters} | {speed} | {seconds:.0} | {epochs:.1} |");
        }
        text
    }
}

/// A mean and its standard deviation, if there is one.
pub(super) fn spread(MeanStd { mean, sd }: MeanStd) -> String {
    sd.map_or(format!("{mean:.4}"), |sd| format!("{mean:.4} ± {sd:.4}"))
}

/// A difference with its interval, and its p.
fn said(Difference { mean, low, high, p }: Difference) -> (String, String) {
    let interval = low.zip(high).map_or(String::new(), |(low, high)| format!(" [{low:+.4}, {high:+.4}]"));
    let p = p.map_or(String::new(), |p| if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") });
    (format!("{mean:+.4}{interval}"), p)
}
