//! Which options are possible.

use super::ModelConfig;
use crate::ConfigError;

impl ModelConfig {
    /// Checks every option.
    ///
    /// # Errors
    /// Names the first impossible one.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let check =
            |ok: bool, option: &'static str, expected: &'static str, found: &dyn std::fmt::Debug| match ok {
                true => Ok(()),
                false => Err(ConfigError::new(option, expected, format!("{found:?}"))),
            };
        if let Some(custom) = &self.custom {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let is_name = !custom.name.is_empty() && custom.name.chars().all(plain);
            check(is_name, "custom.name", "letters, digits, `-` and `_`", &custom.name)?;
        }
        let positive = |layers: &[usize]| layers.iter().all(|&n| n > 0);
        check(self.hidden > 0, "hidden", "at least 1", &self.hidden)?;
        let layers = &self.attention_layers;
        check(positive(layers), "attention_layers", "sizes of at least 1", layers)?;
        let layers = &self.auxiliary_layers;
        check(positive(layers), "auxiliary_layers", "sizes of at least 1", layers)?;
        check(positive(&self.head_layers), "head_layers", "sizes of at least 1", &self.head_layers)?;
        let alpha = self.auxiliary_weight;
        check(alpha >= 0.0 && alpha.is_finite(), "auxiliary_weight", "a finite number from 0 up", &alpha)?;
        check((0.0..1.0).contains(&self.dropout), "dropout", "a number from 0 up to below 1", &self.dropout)?;
        let l2 = self.embedding_l2;
        check(l2 >= 0.0 && l2.is_finite(), "embedding_l2", "a finite number from 0 up", &l2)?;
        let l2 = self.l2_by_frequency;
        check(l2 >= 0.0 && l2.is_finite(), "l2_by_frequency", "a finite number from 0 up", &l2)?;
        let smoothing = self.label_smoothing;
        check(
            (0.0..1.0).contains(&smoothing),
            "label_smoothing",
            "a number from 0 up to below 1",
            &smoothing,
        )?;
        let init = &self.init;
        let finite = |x: f64| x.is_finite();
        check(
            init.embedding >= 0.0 && finite(init.embedding),
            "init.embedding",
            "0 or more",
            &init.embedding,
        )?;
        check(finite(init.prelu), "init.prelu", "a finite number", &init.prelu)?;
        check(finite(init.dice), "init.dice", "a finite number", &init.dice)?;
        check(finite(init.update_bias), "init.update_bias", "a finite number", &init.update_bias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_options_are_named() {
        assert_eq!(ModelConfig::default().validate(), Ok(()));
        let config = ModelConfig { dropout: 1.0, ..ModelConfig::default() };
        let message = config.validate().unwrap_err().to_string();
        assert_eq!(message, "model option `dropout`: expected a number from 0 up to below 1, found 1.0");
        let config = ModelConfig { head_layers: vec![80, 0], ..ModelConfig::default() };
        assert!(config.validate().unwrap_err().to_string().contains("`head_layers`"));
    }
}
