//! A summary as a picture.

use super::Summary;
use super::markdown::spread;
use crate::html::scale::{Scale, bounds, labels, ticks};
use crate::html::svg::{Anchor, Svg, width};

/// Pixels.
const WIDTH: f64 = 900.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 74.0;
const LINE: f64 = 34.0;

const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#1c2430}\
    .title{font-size:17px;font-weight:600}.soft{fill:#5b6675}\
    .grid{stroke:#d8dee6}.mark{fill:#0b6bcb;stroke:#0b6bcb;stroke-width:3}\
    .best{fill:#c2410c;stroke:#c2410c;stroke-width:3}.paper{fill:#fff}\
    @media(prefers-color-scheme:dark){text{fill:#e6ebf2}.soft{fill:#9aa7b8}\
    .grid{stroke:#37414f}.mark{fill:#6cb4ff;stroke:#6cb4ff}\
    .best{fill:#ff9f6b;stroke:#ff9f6b}.paper{fill:#141a22}}";

impl Summary {
    /// Test AUC by variant, mean and standard deviation over the seeds, as SVG. The best mean has another
    /// colour.
    pub fn to_svg(&self) -> String {
        let bottom = TOP + LINE * self.rows.len() as f64;
        let (left, scale) = (self.left(), self.scale());
        let mut svg = Svg::new(WIDTH, bottom + 56.0);
        svg.rect("paper", (0.0, 0.0), (WIDTH, bottom + 56.0), "");
        svg.text("title", Anchor::Start, (24.0, 34.0), &self.set);
        let note = "test AUC, mean and standard deviation over the seeds";
        svg.text("soft", Anchor::Start, (24.0, 54.0), note);
        let marks = ticks(scale.domain, 8);
        for (mark, label) in marks.iter().zip(labels(&marks)) {
            let x = scale.at(*mark);
            svg.line("grid", (x, TOP), (x, bottom));
            svg.text("soft", Anchor::Middle, (x, bottom + 22.0), &label);
        }
        let best = self.best();
        for (i, row) in self.rows.iter().enumerate() {
            let y = TOP + LINE * (i as f64 + 0.5);
            let class = if Some(row.auc.mean) == best { "best" } else { "mark" };
            let sd = row.auc.sd.unwrap_or(0.0);
            let [from, at, to] = [-sd, 0.0, sd].map(|by| scale.at(row.auc.mean + by));
            svg.text("", Anchor::End, (left - 16.0, y + 5.0), &row.variant);
            svg.line(class, (from, y), (to, y));
            svg.circle(class, (at, y), 5.0, "");
            svg.text("", Anchor::Start, (WIDTH - RIGHT + 16.0, y + 5.0), &spread(row.auc));
        }
        svg.alone(&format!("Test AUC by variant: {}", self.set), STYLE)
    }

    /// Where the plot begins, right of the names.
    fn left(&self) -> f64 {
        self.rows.iter().map(|row| width(&row.variant)).fold(80.0, f64::max) + 40.0
    }

    /// From AUC to pixels.
    fn scale(&self) -> Scale {
        let ends = self.rows.iter().flat_map(|row| {
            let sd = row.auc.sd.unwrap_or(0.0);
            [row.auc.mean - sd, row.auc.mean + sd]
        });
        Scale { domain: bounds(ends), range: (self.left(), WIDTH - RIGHT) }
    }
}

#[cfg(test)]
mod tests {
    use super::{RIGHT, WIDTH};
    use crate::compare::{MeanStd, Row, Summary};

    fn summary(auc: &[(f64, f64)]) -> Summary {
        let row = |(i, &(mean, sd)): (usize, &(f64, f64))| Row {
            variant: format!("<model {i}>"),
            seeds: vec![1, 2],
            auc: MeanStd { mean, sd: Some(sd) },
            gauc: None,
            logloss: MeanStd { mean: 0.5, sd: None },
            validation: None,
            difference: None,
            other_targets: false,
            parameters: 12_345,
            samples_per_second: 1e4,
            seconds: 3.0,
            epochs: 2.0,
        };
        let rows = auc.iter().enumerate().map(row).collect();
        Summary { set: "a & b".into(), reference: "dien".into(), targets: [10, 5], rows, missing: 1 }
    }

    #[test]
    fn the_axis_holds_every_mark() {
        for auc in [&[(0.8, 0.01), (0.7, 0.0)][..], &[(0.8123, 0.0)], &[(0.5, 0.2)], &[]] {
            let summary = summary(auc);
            let (left, scale) = (summary.left(), summary.scale());
            let at = auc.iter().flat_map(|(mean, sd)| [mean - sd, mean + sd]).map(|x| scale.at(x));
            // What lies outside would stand at an end.
            assert!(at.into_iter().all(|x| left < x && x < WIDTH - RIGHT), "{scale:?}");
        }
    }

    #[test]
    #[should_panic(expected = "a & b: an AUC of NaN")]
    fn nan_is_not_the_best() {
        summary(&[(0.8, 0.01), (f64::NAN, 0.0)]).tables();
    }

    #[test]
    fn long_names_have_room() {
        let mut summary = summary(&[(0.8, 0.01)]);
        summary.rows[0].variant = "attention=bilinear, sigmoid, and whatever else goes with it".into();
        assert!(summary.left() - 16.0 > super::width(&summary.rows[0].variant));
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
        assert!(
            table.contains("The reference, dien, is not trained yet. 1 run is not trained yet."),
            "{table}"
        );
    }
}
