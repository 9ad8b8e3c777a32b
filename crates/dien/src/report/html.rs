//! A report as a page.

use std::path::Path;

use super::{Calibration, RunReport, Tested};
use crate::error::Result;
use crate::html::bars::{Bar, Bars, Column, Row};
use crate::html::lines::{Axis, Lines, Point, Series};
use crate::html::thousands;
use crate::html::{Page, Picture, WIDTH};
use crate::train::Epoch;

impl RunReport {
    /// Writes the [page](Self::html) under another name, and then renames it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_html(&self, path: &Path) -> Result<()> {
        Ok(dien_serving::files::write_to(path, self.html().as_bytes())?)
    }

    /// One self-contained HTML file.
    pub fn html(&self) -> String {
        let model = &self.model;
        let other = self.tested_on.as_ref().map_or(String::new(), |other| format!(", tested on {other}"));
        let title = format!("{model} on {}{other}", self.name);
        let best = self.best_epoch.map_or("No epoch has ended yet.".into(), |epoch| {
            let last = "the last: there is no validation AUC";
            let why = if self.is_chosen() { "which validated best" } else { last };
            format!("The model is that of epoch {epoch} of {}, {why}.", self.epochs.len())
        });
        let mut page = Page::new(&title, &best);
        page.figures(self.figures());
        if !self.epochs.is_empty() {
            let note = "The mean over each epoch's steps. The total is what was minimised.";
            page.section("Losses", note, self.losses().picture(WIDTH));
        }
        match self.validation() {
            Some(lines) => {
                let note = "On the validation users after each epoch. GAUC is the AUC by user, weighted \
                    by the user's targets.";
                page.section("Validation", note, lines.picture(WIDTH));
            }
            None => page.section("Validation", "No epoch has a validation AUC.", Picture::none()),
        }
        match &self.test {
            Some(test) => tested(&mut page, test),
            None => page.section("Test", "The data has no test targets.", Picture::none()),
        }
        // What was read from TOML can be written as it.
        page.folded("Options of the run", &toml::to_string(&self.config).unwrap_or_default());
        page.html()
    }

    fn figures(&self) -> Vec<(&'static str, String)> {
        let share = |x: Option<f64>| x.map_or("–".to_owned(), |x| format!("{x:.4}"));
        let mut figures = vec![("trained numbers", thousands(self.parameters))];
        if let Some(Tested { metrics, calibration, .. }) = &self.test {
            figures.extend(self.tested_on.iter().map(|other| ("tested on", other.clone())));
            figures.push(("test AUC", share(metrics.auc)));
            figures.push(("test GAUC", share(metrics.gauc)));
            figures.push(("test log loss", share(Some(metrics.logloss))));
            figures.push(("calibration error", share(Some(calibration.error))));
            figures.push(("test targets", thousands(metrics.samples)));
        }
        if let Some(validation) = self.best().and_then(|e| e.validation) {
            figures.push(("validation AUC", share(validation.auc)));
        }
        figures.push(("steps", thousands(self.epochs.iter().map(|e| e.steps).sum())));
        figures
            .push(("seconds in steps", format!("{:.1}", self.epochs.iter().map(|e| e.seconds).sum::<f64>())));
        figures
    }

    fn losses(&self) -> Lines {
        let mut series = vec![self.series("targets", 0, |e| Some(e.target_loss))];
        if self.epochs.iter().any(|e| e.auxiliary_loss.is_some()) {
            series.push(self.series("auxiliary, unweighted", 1, |e| e.auxiliary_loss));
        }
        if self.epochs.iter().any(|e| e.total_loss != e.target_loss) {
            series.push(self.series("total", 3, |e| Some(e.total_loss)));
        }
        Lines { name: "Losses by epoch".into(), x: self.epoch_axis(), y: axis("loss"), series, equal: false }
    }

    fn validation(&self) -> Option<Lines> {
        let mut auc = self.series("AUC", 0, |e| e.validation?.auc);
        let best = self.best_epoch.map(|epoch| epoch as f64);
        for point in auc.points.iter_mut().filter(|p| Some(p.x) == best) {
            point.radius = 6.0;
            point.mark = Some((0, format!("best: {:.4}", point.y)));
        }
        let gauc = self.series("GAUC", 2, |e| e.validation?.gauc);
        let series = [auc, gauc].into_iter().filter(|s| !s.points.is_empty()).collect::<Vec<_>>();
        let name = "Validation AUC and GAUC by epoch".into();
        (!series.is_empty()).then(|| Lines {
            name,
            x: self.epoch_axis(),
            y: axis("AUC"),
            series,
            equal: false,
        })
    }

    fn epoch_axis(&self) -> Axis {
        // A little room at the ends, but no epoch 0.
        let last = self.epochs.last().map_or(1.0, |e| e.epoch as f64);
        let room = (0.03 * last).min(0.5);
        Axis { whole: true, bounds: Some((1.0 - room, last + room)), ..axis("epoch") }
    }

    fn series(&self, name: &str, colour: usize, of: impl Fn(&Epoch) -> Option<f64>) -> Series {
        let point = |e: &Epoch| {
            let y = of(e)?;
            Some(Point { title: format!("epoch {}: {y:.4}", e.epoch), ..Point::at(e.epoch as f64, y) })
        };
        let points = self.epochs.iter().filter_map(point).collect();
        Series { name: name.into(), colour, points, ..Series::default() }
    }
}

fn axis(label: &str) -> Axis {
    Axis { label: label.into(), ..Axis::default() }
}

fn tested(page: &mut Page, test: &Tested) {
    let Calibration { predicted, observed, .. } = test.calibration;
    let note = format!(
        "Test targets by predicted probability, in ten bins. On the dashed line predictions are what \
        comes; whiskers are 95 % intervals (Wilson). Of all targets {:.1} % are clicks, {:.1} % are \
        predicted.",
        100.0 * observed,
        100.0 * predicted
    );
    let curve = calibration(&test.calibration).picture(0.62 * WIDTH);
    page.section("Calibration", &note, curve.beside(counts(&test.calibration).picture(0.36 * WIDTH)));
    let note = "Test targets by how many past behaviours they look back on (in the first sequence, if there \
        are several). Bars begin at 0.5, where scores are of no use; whiskers are 95 % intervals \
        (Newcombe).";
    page.section("AUC by length of history", note, by_history(test).picture(WIDTH));
}

fn calibration(calibration: &Calibration) -> Lines {
    let ideal = Series {
        name: "predicted = observed".into(),
        points: vec![Point::at(0.0, 0.0), Point::at(1.0, 1.0)],
        dashed: true,
        ..Series::default()
    };
    let points = calibration.bins.iter().filter_map(|bin| {
        let (x, y) = (bin.predicted?, bin.observed?);
        let title = format!("{x:.3} predicted, {y:.3} observed, {} targets", thousands(bin.targets));
        Some(Point { range: bin.interval(), title, radius: 4.0, ..Point::at(x, y) })
    });
    let found = Series { name: "test targets".into(), points: points.collect(), ..Series::default() };
    let whole = |label| Axis { bounds: Some((0.0, 1.0)), ..axis(label) };
    Lines {
        name: "Observed share of clicks by predicted probability".into(),
        x: whole("mean predicted probability"),
        y: whole("observed share of clicks"),
        series: vec![ideal, found],
        equal: false,
    }
}

fn counts(calibration: &Calibration) -> Bars {
    let row = |bin: &super::Bin| Row { name: format!("{:.1} to {:.1}", bin.from, bin.to), ..Row::default() };
    let bar = |bin: &super::Bin| Bar {
        value: Some(bin.targets as f64),
        range: None,
        words: thousands(bin.targets),
    };
    Bars {
        name: "Test targets by predicted probability".into(),
        rows: calibration.bins.iter().map(row).collect(),
        columns: vec![Column {
            title: "targets by predicted probability".into(),
            bars: calibration.bins.iter().map(bar).collect(),
            ..Column::default()
        }],
    }
}

fn by_history(test: &Tested) -> Bars {
    let row = |bucket: &super::Bucket| {
        let name = match bucket.to {
            Some(to) if to == bucket.from => to.to_string(),
            Some(to) => format!("{} to {to}", bucket.from),
            None => format!("{} or more", bucket.from),
        };
        Row { name: format!("{name} events"), note: format!("{} targets", thousands(bucket.targets)) }
    };
    let bar = |bucket: &super::Bucket| Bar {
        value: bucket.auc,
        range: bucket.interval(),
        words: bucket.auc.map_or("one label alone".into(), |auc| format!("{auc:.4}")),
    };
    Bars {
        name: "Test AUC by length of history".into(),
        rows: test.by_history.iter().map(row).collect(),
        columns: vec![Column {
            title: "AUC".into(),
            colour: 0,
            below: 1,
            from: 0.5,
            bounds: Some((0.5, 1.0)),
            bars: test.by_history.iter().map(bar).collect(),
        }],
    }
}
