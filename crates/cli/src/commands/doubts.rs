//! What speaks against a training's figures.

use dien::prelude::*;

use super::thousands;

/// A standard error of the AUC above which epochs are hardly told apart.
const LARGE_ERROR: f64 = 0.02;

/// What is doubtful about the best epoch's validation, which chose it by a metric.
pub(super) fn of(validation: &Metrics, monitor: Metric) -> Vec<String> {
    let mut doubts = vec![];
    let Metrics { samples, clicks, .. } = *validation;
    if monitor.of(validation).is_none() {
        let found = match clicks {
            0 => "no click",
            _ if clicks == samples => "clicks alone",
            _ => "no group with what it needs",
        };
        doubts.push(format!(
            "validation has {found}, and so no {monitor}: no epoch was chosen, the last one is kept; hold \
             out more rows, or set `train.monitor`"
        ));
    }
    if let Some(error) = validation.auc_error().filter(|&error| error > LARGE_ERROR) {
        doubts.push(format!(
            "validation is small ({} rows, {} clicks): its AUC has a standard error of about {error:.3}; a \
             larger share held out would choose the epoch better",
            thousands(samples),
            thousands(clicks),
        ));
    }
    let base = validation.base_logloss();
    if clicks > 0 && clicks < samples && validation.logloss > base {
        doubts.push(format!(
            "the validation log loss, {:.4}, is above that of the base rate alone, {base:.4}: scores order \
             rows, but are no probabilities; fewer epochs, a lower `optimizer.lr` or `train.monitor = \
             \"logloss\"` may help",
            validation.logloss,
        ));
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(rows: usize, label: impl Fn(usize) -> bool, logit: impl Fn(usize) -> f32) -> Metrics {
        let labels: Vec<f32> = (0..rows).map(|i| f32::from(u8::from(label(i)))).collect();
        let logits: Vec<f32> = (0..rows).map(logit).collect();
        Metrics::new(&logits, &labels, &vec![0; rows])
    }

    #[test]
    fn each_doubt_is_told_where_it_is_due_alone() {
        let good = metrics(10_000, |i| i % 2 == 0, |i| if i % 2 == 0 { 1.0 } else { -1.0 });
        assert_eq!(of(&good, Metric::Auc), Vec::<String>::new());
        let small = metrics(100, |i| i % 2 == 0, |i| (i * 37 % 100) as f32 / 500.0 - 0.1);
        assert!(matches!(&of(&small, Metric::Auc)[..], [said, ..] if said.contains("100 rows, 50 clicks")));
        let worse = metrics(10_000, |i| i % 2 == 0, |i| if i % 20 < 11 { 9.0 } else { -9.0 });
        assert!(matches!(&of(&worse, Metric::Auc)[..], [said] if said.contains("base rate alone, 0.6931")));
        let single = metrics(10_000, |_| false, |_| -9.0);
        assert!(matches!(&of(&single, Metric::Auc)[..], [said] if said.contains("no click, and so no auc")));
        assert_eq!(of(&single, Metric::LogLoss), Vec::<String>::new());
    }
}
