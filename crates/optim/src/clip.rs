//! Clipping by the global norm.

use crate::{ConfigError, ranges};

/// What every gradient is multiplied with so that their norm is at most `clip_norm`; 1 if it is already, or
/// if there is no limit. As PyTorch's `clip_grad_norm_`: min(1, `clip_norm` / (norm + 1e-6)).
pub(crate) fn clip_scale(clip_norm: Option<f64>, norm: f64) -> f64 {
    clip_norm.map_or(1.0, |most| (most / (norm + 1e-6)).min(1.0))
}

/// Checks the option.
pub(crate) fn validate(clip_norm: Option<f64>) -> Result<(), ConfigError> {
    clip_norm.map_or(Ok(()), |most| ConfigError::unless_number(ranges::CLIP_NORM, "clip_norm", most))
}

#[cfg(test)]
mod tests {
    use super::clip_scale;

    #[test]
    fn only_larger_norms_are_scaled_down() {
        assert_eq!(clip_scale(None, 1e9), 1.0);
        assert_eq!(clip_scale(Some(5.0), 4.0), 1.0);
        assert_eq!(clip_scale(Some(5.0), 10.0), 5.0 / (10.0 + 1e-6));
    }
}
