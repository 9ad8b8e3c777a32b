//! Which options are varied, and over what.

use std::fs;
use std::path::Path;

use indexmap::IndexMap;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use serde::Deserialize;
use toml::Value;

use crate::error::{Error, Result};

/// Options, and what each is drawn from.
///
/// ```toml
/// "optimizer.lr" = { log = [0.0005, 0.01] }     # uniform in the logarithm
/// "model.dropout" = { uniform = [0.0, 0.5] }
/// "model.hidden" = { choice = [18, 36, 64] }
/// "data.targets_per_history" = { integer = [1, 8] }
/// ```
#[derive(Clone, Debug, Deserialize)]
pub struct Space(IndexMap<String, Range>);

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Range {
    Choice(Vec<Value>),
    Uniform([f64; 2]),
    Log([f64; 2]),
    Integer([i64; 2]),
}

impl Space {
    /// Reads a space.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML, or a range is empty.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io(path, "read"))?;
        let space: Space = toml::from_str(&text).map_err(|e| {
            let line = e.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            let expected =
                "`\"section.option\" = { choice = […] }`, or `uniform`, `log`, `integer` with two bounds";
            Error::file(path, format!("line {line}: {}", e.message()), expected)
        })?;
        if space.0.is_empty() {
            return Err(Error::file(path, "no option", "one at least"));
        }
        for (option, range) in &space.0 {
            if let Some(expected) = range.wrong() {
                return Err(Error::file(path, format!("`{option}`: {range:?}"), expected));
            }
        }
        Ok(space)
    }

    /// A value for each option.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<(String, Value)> {
        self.0.iter().map(|(option, range)| (option.clone(), range.draw(rng))).collect()
    }
}

impl Range {
    /// What it should be, if it is not.
    fn wrong(&self) -> Option<&'static str> {
        let ascends = |low: f64, high: f64| low < high && low.is_finite() && high.is_finite();
        match *self {
            Range::Choice(ref values) => values.is_empty().then_some("one value at least"),
            Range::Uniform([low, high]) => (!ascends(low, high)).then_some("two numbers, the lower first"),
            Range::Log([low, high]) => {
                (!(ascends(low, high) && low > 0.0)).then_some("two numbers above 0, the lower first")
            }
            Range::Integer([low, high]) => (low >= high).then_some("two integers, the lower first"),
        }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> Value {
        match *self {
            Range::Choice(ref values) => values[rng.random_range(0..values.len())].clone(),
            Range::Uniform([low, high]) => rounded(rng.random_range(low..high)).into(),
            Range::Log([low, high]) => rounded(rng.random_range(low.ln()..high.ln()).exp()).into(),
            Range::Integer([low, high]) => rng.random_range(low..=high).into(),
        }
    }
}

/// Four digits: no more matter, and people read them.
fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().expect("a number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn load(text: &str) -> Result<Space> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Space::load(file.path())
    }

    #[test]
    fn draws_are_within_bounds_and_repeat() {
        let text = "'optimizer.lr' = { log = [1e-4, 1e-2] }\n'model.dropout' = { uniform = [0.1, 0.5] }\n\
                    'model.hidden' = { choice = [18, 36] }\n'train.patience' = { integer = [1, 3] }";
        let space = load(text).unwrap();
        let draw = |seed| space.draw(&mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(draw(3), draw(3));
        let (mut small, mut seen) = (0, std::collections::HashSet::new());
        for seed in 0..200 {
            let drawn = draw(seed);
            let [lr, dropout] = [0, 1].map(|i| drawn[i].1.as_float().unwrap());
            assert!((1e-4..=1e-2).contains(&lr) && (0.1..=0.5).contains(&dropout));
            small += usize::from(lr < 1e-3);
            seen.insert((drawn[2].1.as_integer(), drawn[3].1.as_integer()));
        }
        assert!((70..130).contains(&small), "half of the logarithms are below the middle: {small}");
        assert_eq!(seen.len(), 6);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, expected) in [
            ("", "no option; expected one at least"),
            ("'a' = { choice = [] }", "`a`: Choice([]); expected one value at least"),
            ("'a' = { log = [0.0, 1.0] }", "expected two numbers above 0, the lower first"),
            ("'a' = { uniform = [2.0, 1.0] }", "expected two numbers, the lower first"),
            ("\n'a' = { normal = [2.0, 1.0] }", "line 2: unknown variant `normal`"),
        ] {
            let message = load(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
