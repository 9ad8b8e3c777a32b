//! Which options are possible.

use super::{ModelConfig, ranges};
use crate::ConfigError;

impl ModelConfig {
    /// Checks every option.
    ///
    /// # Errors
    /// Names the first impossible one.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if let Some(custom) = &self.custom {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if custom.name.is_empty() || !custom.name.chars().all(plain) {
                let found = format!("{:?}", custom.name);
                return Err(ConfigError::new("custom.name", "letters, digits, `-` and `_`", found));
            }
        }
        if !ranges::HIDDEN.contains(self.hidden as u64) {
            return Err(ConfigError::new("hidden", ranges::HIDDEN.to_string(), self.hidden.to_string()));
        }
        for (option, layers) in [
            ("attention_layers", &self.attention_layers[..]),
            ("auxiliary_layers", &self.auxiliary_layers),
            ("head_layers", &self.head_layers),
        ] {
            if !layers.iter().all(|&n| ranges::LAYERS.contains(n as u64)) {
                return Err(ConfigError::new(option, ranges::LAYERS.of("integers"), format!("{layers:?}")));
            }
        }
        let init = &self.init;
        for (range, option, x) in [
            (ranges::AUXILIARY_WEIGHT, "auxiliary_weight", self.auxiliary_weight),
            (ranges::DROPOUT, "dropout", self.dropout),
            (ranges::EMBEDDING_L2, "embedding_l2", self.embedding_l2),
            (ranges::L2_BY_FREQUENCY, "l2_by_frequency", self.l2_by_frequency),
            (ranges::LABEL_SMOOTHING, "label_smoothing", self.label_smoothing),
            (ranges::INIT_EMBEDDING, "init.embedding", init.embedding),
            (ranges::INIT_SLOPE, "init.prelu", init.prelu),
            (ranges::INIT_SLOPE, "init.dice", init.dice),
            (ranges::INIT_UPDATE_BIAS, "init.update_bias", init.update_bias),
        ] {
            if !range.contains(x) {
                return Err(ConfigError::new(option, range.to_string(), format!("{x:?}")));
            }
        }
        Ok(())
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
        assert_eq!(message, "model option `dropout`: expected a number from 0 to below 1, found 1.0");
        let config = ModelConfig { head_layers: vec![80, 0], ..ModelConfig::default() };
        assert!(config.validate().unwrap_err().to_string().contains("`head_layers`"));
    }
}
