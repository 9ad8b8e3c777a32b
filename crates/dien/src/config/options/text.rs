//! Values as people write them.

use toml::Value;

/// A value as TOML has it, on one line; numbers in their shortest form.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Float(x) => number(*x),
        Value::Array(values) => format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A float, which is told from an integer by its point or its exponent.
fn number(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-4 { format!("{x:e}") } else { format!("{x:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_short_and_no_integers() {
        let values = [1.0, -1.0, 0.0, 0.25, 1e-8, 5e-5, 1e300, f64::NAN].map(|x| text(&Value::Float(x)));
        assert_eq!(values, ["1.0", "-1.0", "0.0", "0.25", "1e-8", "5e-5", "1e300", "NaN"]);
        assert_eq!(text(&Value::Array(vec![0.9.into(), 1.into(), "x".into()])), "[0.9, 1, \"x\"]");
    }
}
