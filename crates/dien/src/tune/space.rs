//! Which options are varied, and over what.

use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use serde::Deserialize;
use toml::Value;
use toml::de::DeTable;

use crate::config::Layers;
use crate::error::{Error, Origin, Result};

/// Options that a search cannot vary, and why; of a section all.
const REFUSED: [(&str, &str); 7] = [
    ("source", "trials on other data cannot be compared"),
    ("data.targets", VALIDATION),
    ("data.valid_fraction", VALIDATION),
    ("data.split_seed", VALIDATION),
    ("data.on_error", VALIDATION),
    ("train.epochs", "the search itself says how long trials train (`--first`, `--keep`, `--epochs`)"),
    ("train.seed", "the best of several seeds had luck, and is no better an option"),
];

const VALIDATION: &str = "it decides which targets validate, by which trials are compared";

/// Options, and what each is drawn from.
///
/// ```toml
/// "optimizer.lr" = { log = [0.0005, 0.01] }     # uniform in the logarithm
/// "model.dropout" = { uniform = [0.0, 0.5] }
/// "model.hidden" = { choice = [18, 36, 64] }
/// "data.targets_per_history" = { integer = [1, 8] }
/// ```
#[derive(Clone, Debug)]
pub struct Space {
    file: PathBuf,
    options: Vec<Varied>,
}

/// An option that is varied.
#[derive(Clone, Debug)]
struct Varied {
    option: String,
    /// Where the file says so, counted from 1.
    line: usize,
    range: Range,
}

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
    /// The file cannot be read, is no TOML, a range is empty, or an option is none that trials can be
    /// compared by.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io(path, "read"))?;
        let line = |at: usize| 1 + text[..at].matches('\n').count();
        let wrong = |e: toml::de::Error| {
            let line = line(e.span().map_or(0, |span| span.start));
            let expected =
                "`\"section.option\" = { choice = […] }`, or `uniform`, `log`, `integer` with two bounds";
            Error::file(path, format!("line {line}: {}", e.message()), expected)
        };
        let mut ranges: IndexMap<String, Range> = toml::from_str(&text).map_err(wrong)?;
        let places = DeTable::parse(&text).map_err(wrong)?;
        let mut space = Space { file: path.to_path_buf(), options: vec![] };
        for (key, _) in places.get_ref() {
            let option = key.get_ref().to_string();
            if let Some(range) = ranges.swap_remove(&option) {
                space.options.push(Varied { option, line: line(key.span().start), range });
            }
        }
        if space.options.is_empty() {
            return Err(Error::file(path, "no option", "one at least"));
        }
        for varied in &space.options {
            let Varied { option, range, .. } = varied;
            if let Some(expected) = range.wrong() {
                return Err(Error::file(path, format!("`{option}`: {range:?}"), expected));
            }
            if let Some((refused, why)) = varied.refused() {
                return Err(space.error(varied, format!("`{refused}` cannot be varied: {why}")));
            }
        }
        Ok(space)
    }

    /// A value for each option.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<(String, Value)> {
        self.options.iter().map(|varied| (varied.option.clone(), varied.range.draw(rng))).collect()
    }

    /// Sets the options to values that were drawn.
    ///
    /// # Errors
    /// There is no such option, or the value is of another type: with its place in the file.
    pub(super) fn set(&self, layers: &mut Layers, drawn: &[(String, Value)]) -> Result<()> {
        let file = self.file.display().to_string();
        for (varied, (option, value)) in self.options.iter().zip(drawn) {
            let Err(error) = layers.set(&file, option, value.clone()) else { continue };
            let problem = match error {
                Error::Config { problem, .. } => problem,
                other => other.to_string(),
            };
            let wants_integers = value.is_float() && layers.set(&file, option, 1_i64).is_ok();
            let hint =
                if wants_integers { "; for integers there is `{ integer = [LOW, HIGH] }`" } else { "" };
            return Err(self.error(varied, format!("`{option}` = {value}: {problem}{hint}")));
        }
        Ok(())
    }

    /// Says of an impossible option where in the file it is varied, if it is.
    pub(super) fn locate(&self, mut error: Error) -> Error {
        if let Error::Option { origin, option, .. } = &mut error {
            let name = option.split('[').next().unwrap_or(option);
            if let Some(varied) = self.options.iter().find(|varied| varied.option == name) {
                *origin = Origin::File(self.file.clone(), varied.line);
            }
        }
        error
    }

    fn error(&self, varied: &Varied, problem: String) -> Error {
        Error::Config { origin: Origin::File(self.file.clone(), varied.line), problem }
    }
}

impl Varied {
    /// The first option that it would vary and cannot, and why.
    fn refused(&self) -> Option<(String, &'static str)> {
        let mut options = vec![self.option.clone()];
        if let Range::Choice(values) = &self.range {
            values.iter().for_each(|value| set_by(&self.option, value, &mut options));
        }
        options.into_iter().find_map(|option| {
            let is_in =
                |section: &str| option.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
            let (_, why) = REFUSED.into_iter().find(|&(refused, _)| option == refused || is_in(refused))?;
            Some((option, why))
        })
    }
}

/// The options that a value sets, if it is a table of them.
fn set_by(option: &str, value: &Value, found: &mut Vec<String>) {
    let Value::Table(table) = value else { return };
    for (key, value) in table {
        let option = format!("{option}.{key}");
        set_by(&option, value, found);
        found.push(option);
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
            ("a.b = { choice = [1] }", "line 1: unknown variant `b`"),
        ] {
            let message = load(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn what_trials_cannot_be_compared_by_is_refused() {
        for (text, expected) in [
            (
                "\n'train.epochs' = { integer = [1, 9] }",
                "line 2: `train.epochs` cannot be varied: the search",
            ),
            ("'train.seed' = { integer = [1, 9] }", "`train.seed` cannot be varied: the best of several"),
            ("'data.valid_fraction' = { uniform = [0.1, 0.3] }", "it decides which targets validate"),
            ("'data.targets' = { choice = ['last', 'real'] }", "`data.targets` cannot be varied"),
            (
                "'source.folder' = { choice = ['a', 'b'] }",
                "`source.folder` cannot be varied: trials on other",
            ),
            ("data = { choice = [{ max_history = 5 }, { split_seed = 2 }] }", "`data.split_seed` cannot be"),
        ] {
            let message = load(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        load("data = { choice = [{ max_history = 5 }] }\n'train.patience' = { integer = [1, 3] }").unwrap();
    }

    #[test]
    fn a_value_of_another_type_is_told_with_its_place() {
        let message = |text: &str| {
            let space = load(text).unwrap();
            let drawn = space.draw(&mut ChaCha8Rng::seed_from_u64(1));
            space.set(&mut Layers::new(), &drawn).unwrap_err().to_string()
        };
        let float =
            message("'model.dropout' = { choice = [0.1] }\n'model.hidden' = { uniform = [4.0, 9.0] }");
        assert!(float.contains(", line 2: `model.hidden` = ") && float.contains("{ integer = ["), "{float}");
        let text = message("'model.hidden' = { choice = ['wide'] }");
        assert!(
            text.contains(", line 1: `model.hidden` = \"wide\": ") && !text.contains("integer = ["),
            "{text}"
        );
    }
}
