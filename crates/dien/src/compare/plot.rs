//! A summary as a picture.

use std::fmt::Write as _;

use super::{Row, Summary};

/// Pixels.
const WIDTH: f64 = 900.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 74.0;
const LINE: f64 = 34.0;

const STYLE: &str = "<style>\
    text{font:14px system-ui,sans-serif;fill:#1c2430}.title{font-size:18px;font-weight:600}.muted{fill:#5b6675;font-size:12px}\
    .grid{stroke:#d8dee6}.mark{fill:#0b6bcb;stroke:#0b6bcb}.best{fill:#c2410c;stroke:#c2410c}.page{fill:#fff}\
    @media(prefers-color-scheme:dark){text{fill:#e6ebf2}.muted{fill:#9aa7b8}.grid{stroke:#37414f}.mark{fill:#6cb4ff;stroke:#6cb4ff}\
    .best{fill:#ff9f6b;stroke:#ff9f6b}.page{fill:#141a22}}</style>";

impl Summary {
    /// Test AUC by variant, mean and standard deviation over the seeds, as SVG. The best mean has another colour.
    pub fn to_svg(&self) -> String {
        let height = TOP + LINE * self.rows.len() as f64 + 56.0;
        let (low, high, step) = self.axis();
        let x = |auc: f64| LEFT + (auc - low) / (high - low) * (WIDTH - LEFT - RIGHT);
        let bottom = TOP + LINE * self.rows.len() as f64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             role=\"img\">{STYLE}<rect class=\"page\" width=\"100%\" height=\"100%\"/>\
             <text class=\"title\" x=\"24\" y=\"34\">{}</text>\
             <text class=\"muted\" x=\"24\" y=\"54\">test AUC, mean and standard deviation over the seeds</text>",
            escaped(&self.set),
        );
        let ticks = ((high - low) / step).round() as usize;
        for i in 0..=ticks {
            let auc = low + step * i as f64;
            let at = x(auc);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
                 <text class=\"muted\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{auc:.*}</text>",
                bottom + 22.0,
                decimals(step),
            );
        }
        let best = self.rows.iter().map(|row| row.auc.mean).fold(f64::NEG_INFINITY, f64::max);
        for (i, row) in self.rows.iter().enumerate() {
            let y = TOP + LINE * (i as f64 + 0.5);
            let Row { variant, auc, .. } = row;
            let class = if auc.mean == best { "best" } else { "mark" };
            let (from, to, at) = (x(auc.mean - auc.sd), x(auc.mean + auc.sd), x(auc.mean));
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
                 <line class=\"{class}\" x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke-width=\"3\"/>\
                 <circle class=\"{class}\" cx=\"{at:.1}\" cy=\"{y:.1}\" r=\"6\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\">{:.4} ± {:.4}</text>",
                LEFT - 16.0,
                y + 5.0,
                escaped(variant),
                WIDTH - RIGHT + 16.0,
                y + 5.0,
                auc.mean,
                auc.sd,
            );
        }
        svg + "</svg>\n"
    }

    /// The axis's ends, and what is between two of its ticks.
    fn axis(&self) -> (f64, f64, f64) {
        let ends = |of: &dyn Fn(&Row) -> f64, fold: fn(f64, f64) -> f64, from: f64| {
            self.rows.iter().map(of).filter(|x| x.is_finite()).fold(from, fold)
        };
        let low = ends(&|row| row.auc.mean - row.auc.sd, f64::min, f64::INFINITY);
        let high = ends(&|row| row.auc.mean + row.auc.sd, f64::max, f64::NEG_INFINITY);
        if !(low.is_finite() && high.is_finite()) {
            return (0.0, 1.0, 0.2);
        }
        let span = (high - low).max(0.004);
        let steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];
        let step = steps.into_iter().find(|step| span / step <= 7.0).unwrap_or(0.2);
        ((low / step).floor() * step, (high / step).floor() * step + step, step)
    }
}

fn decimals(step: f64) -> usize {
    if step < 0.01 {
        3
    } else if step < 0.1 {
        2
    } else {
        1
    }
}

/// A text between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use crate::compare::{Row, Spread, Summary};

    fn summary(auc: &[(f64, f64)]) -> Summary {
        let row = |(i, &(mean, sd)): (usize, &(f64, f64))| Row {
            variant: format!("<model {i}>"),
            seeds: vec![1, 2],
            auc: Spread { mean, sd },
            gauc: None,
            logloss: Spread { mean: 0.5, sd: 0.0 },
            validation: None,
            difference: None,
            parameters: 12_345,
            samples_per_second: 1e4,
            seconds: 3.0,
            epochs: 2.0,
        };
        let rows = auc.iter().enumerate().map(row).collect();
        Summary { set: "a & b".into(), reference: None, targets: [10, 5], rows, missing: 1 }
    }

    #[test]
    fn the_axis_holds_every_mark() {
        for auc in [&[(0.8, 0.01), (0.7, 0.0)][..], &[(0.8123, 0.0)], &[(0.5, 0.2)], &[]] {
            let (low, high, step) = summary(auc).axis();
            assert!(step > 0.0 && (high - low) / step <= 9.0, "{low} {high} {step}");
            assert!(
                auc.iter().all(|(mean, sd)| low - 1e-9 <= mean - sd && mean + sd <= high + 1e-9),
                "{low} {high}"
            );
        }
    }

    #[test]
    fn names_are_texts() {
        let svg = summary(&[(0.8, 0.01)]).to_svg();
        assert!(svg.contains("a &amp; b") && svg.contains("&lt;model 0&gt;") && !svg.contains("<model"));
        assert_eq!(svg.matches("<circle").count(), 1);
    }

    #[test]
    fn the_table_tells_what_is_best_and_what_is_missing() {
        let table = summary(&[(0.8, 0.01), (0.7, 0.0)]).to_markdown();
        assert!(
            table.contains("| <model 0> | **0.8000 ± 0.0100** |") && table.contains("| 12,345 |"),
            "{table}"
        );
        assert!(table.contains("1 cells are not trained yet"));
    }
}
