//! Calibration of the best epoch.

use dien_model::{Calibration, CalibrationMethod};
use dien_serving::params;

use super::Trainer;
use crate::error::{Error, Origin, Result};

impl Trainer {
    /// That there is something to fit a calibration on, if one is asked for.
    pub(super) fn check_calibration(&self) -> Result<()> {
        if self.config.train.calibration == CalibrationMethod::None || !self.dataset.validation().is_empty() {
            return Ok(());
        }
        Err(Error::Option {
            origin: Origin::Default,
            option: "train.calibration".into(),
            found: "a calibration, and nothing that validates".into(),
            expected: "rows or users that are held out for validation, to fit it on".into(),
        })
    }

    /// Fits the best epoch's logits to what validates, and writes its model anew if it may say something else
    /// of them; what becomes of them, if anything does.
    pub(super) fn calibrate(&mut self, resumed: bool) -> Result<Option<Calibration>> {
        let method = self.config.train.calibration;
        if self.progress.best.is_none() {
            return Ok(None);
        }
        self.scorer.calibration = Calibration::default();
        let fitted = match method {
            CalibrationMethod::None => None,
            _ => {
                let (mut logits, mut labels, mut weights) = (vec![], vec![], vec![]);
                self.scorer.evaluate_with(&self.dataset.validation(), |_, batch, of| {
                    logits.extend_from_slice(of);
                    labels.extend_from_slice(&batch.targets.label);
                    weights.extend_from_slice(&batch.targets.weight);
                    Ok(())
                })?;
                Calibration::fit(method, &logits, &labels, &weights)
            }
        };
        let rate = self.config.train.negative_sampling_rate;
        self.scorer.calibration = fitted.unwrap_or_default().with_negative_sampling_rate(rate);
        let is_identity = self.scorer.calibration.is_identity();
        if let Some(run) = self.run.as_ref().filter(|_| resumed || !is_identity) {
            let step = params::step(&run.model_path()?)?;
            self.save_model(run, &self.scorer.params, step)?;
        }
        Ok((!is_identity).then(|| self.scorer.calibration.clone()))
    }
}
