//! A summary as a picture.

use std::fmt::Write as _;

use super::{Row, Summary};
use crate::page::escape;
use crate::page::scale::{Scale, bounds, labels, ticks};

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
        let scale = self.scale();
        let x = |auc: f64| scale.at(auc);
        let bottom = TOP + LINE * self.rows.len() as f64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             role=\"img\">{STYLE}<rect class=\"page\" width=\"100%\" height=\"100%\"/>\
             <text class=\"title\" x=\"24\" y=\"34\">{}</text>\
             <text class=\"muted\" x=\"24\" y=\"54\">test AUC, mean and standard deviation over the seeds</text>",
            escape(&self.set),
        );
        let marks = ticks(scale.domain, 8);
        for (mark, label) in marks.iter().zip(labels(&marks)) {
            let at = x(*mark);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
                 <text class=\"muted\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                bottom + 22.0,
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
                escape(variant),
                WIDTH - RIGHT + 16.0,
                y + 5.0,
                auc.mean,
                auc.sd,
            );
        }
        svg + "</svg>\n"
    }

    /// From AUC to pixels.
    fn scale(&self) -> Scale {
        let ends = self.rows.iter().flat_map(|row| [row.auc.mean - row.auc.sd, row.auc.mean + row.auc.sd]);
        Scale { domain: bounds(ends), range: (LEFT, WIDTH - RIGHT) }
    }
}

#[cfg(test)]
mod tests {
    use super::{LEFT, RIGHT, WIDTH};
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
            let scale = summary(auc).scale();
            let at = auc.iter().flat_map(|(mean, sd)| [mean - sd, mean + sd]).map(|x| scale.at(x));
            // What lies outside would stand at an end.
            assert!(at.into_iter().all(|x| LEFT < x && x < WIDTH - RIGHT), "{scale:?}");
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
