//! Which options are varied, and over what.

use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rand::rngs::ChaCha8Rng;
use toml::Value;
use toml::de::DeTable;

use super::range::Range;
use super::varied::Varied;
use crate::config::options::Renamed;
use crate::config::{Layers, Source};
use crate::error::{Error, Result};

/// Options, and what each is drawn from: any but those that [`options`](crate::config::options) says are
/// `fixed`.
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
    renamed: Vec<Renamed>,
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
        let mut space = Space { file: path.to_path_buf(), options: vec![], renamed: vec![] };
        for (key, _) in places.get_ref() {
            let name = key.get_ref().to_string();
            if let Some(range) = ranges.swap_remove(&name) {
                let (varied, renamed) = Varied::new(name, path, line(key.span().start), range)?;
                space.options.push(varied);
                space.renamed.extend(renamed);
            }
        }
        if space.options.is_empty() {
            return Err(Error::file(path, "no option", "one at least"));
        }
        for (i, varied) in space.options.iter().enumerate() {
            varied.check(&space.options[..i])?;
        }
        Ok(space)
    }

    /// Options that are varied by names which they had before.
    pub fn renamed(&self) -> &[Renamed] {
        &self.renamed
    }

    /// That the source reads what is varied.
    pub(super) fn check_read_with(&self, source: &Source) -> Result<()> {
        for varied in &self.options {
            if let Some(option) = varied.options().find(|option| !option.is_read_with(source)) {
                let of = option.scope.words().unwrap_or("other sources");
                let own = option.of_log().map_or(String::new(), |own| format!("; of a log there is `{own}`"));
                return Err(varied.error(format!("`{}` is read of {of} alone{own}", option.key)));
            }
        }
        Ok(())
    }

    /// A value for each option.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<(String, Value)> {
        self.options.iter().map(|varied| (varied.option.clone(), varied.range.draw(rng))).collect()
    }

    /// Sets the options to values that were drawn.
    ///
    /// # Errors
    /// They do not fit each other: with their place in the file.
    pub(super) fn set(&self, layers: &mut Layers, drawn: &[(String, Value)]) -> Result<()> {
        let file = self.file.display().to_string();
        for (varied, (option, value)) in self.options.iter().zip(drawn) {
            let Err(error) = layers.set(&file, option, value.clone()) else { continue };
            let problem = match error {
                Error::Config { problem, .. } => problem,
                other => other.to_string(),
            };
            return Err(varied.error(format!("`{option}` = {value}: {problem}")));
        }
        Ok(())
    }

    /// Says of an impossible option where in the file it is varied, if it is.
    pub(super) fn locate(&self, mut error: Error) -> Error {
        if let Error::Option { origin, option, .. } = &mut error {
            let name = option.split('[').next().unwrap_or(option);
            if let Some(varied) = self.options.iter().find(|varied| varied.sets(name)) {
                *origin = varied.origin();
            }
        }
        error
    }
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
            ("'a' = { choice = [] }", ", line 1: `a`: found { choice = [] }; expected one value at least"),
            (
                "'a' = { log = [0.0, 1.0] }",
                "`a`: found { log = [0.0, 1.0] }; expected two numbers above 0, the lower first",
            ),
            (
                "\n'a' = { uniform = [2.0, 1.0] }",
                ", line 2: `a`: found { uniform = [2.0, 1.0] }; expected two numbers, the lower first",
            ),
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
    fn a_value_that_is_not_possible_is_told_with_its_place() {
        for (text, expected) in [
            (
                "'model.dropout' = { choice = [0.1] }\n'model.hidden' = { uniform = [4.0, 9.0] }",
                ", line 2: `model.hidden` is an integer; for integers there is `{ integer = [LOW, HIGH] }`",
            ),
            (
                "'model.hidden' = { choice = ['wide'] }",
                ", line 1: option `model.hidden`: found \"wide\"; expected an integer of at least 1",
            ),
            (
                "'model.hidden' = { integer = [0, 9] }",
                ", line 1: option `model.hidden`: found 0; expected an integer of at least 1",
            ),
            (
                "\n'model.dropout' = { uniform = [0.1, 1.0] }",
                ", line 2: option `model.dropout`: found 1.0; expected a number from 0 to below 1",
            ),
            (
                "'model.dropuot' = { uniform = [0.1, 0.9] }",
                ", line 1: unknown option `model.dropuot`; did you mean `model.dropout`?",
            ),
            (
                "model = { choice = [{ hidden = 4 }, { hidden = 0 }] }",
                ", line 1: option `model.hidden`: found 0; expected an integer of at least 1",
            ),
        ] {
            let message = load(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn what_the_source_does_not_read_is_refused() {
        let space = load("\n'data.max_history' = { integer = [1, 9] }").unwrap();
        assert!(space.check_read_with(&Source::Folder("x".into())).is_ok());
        let message = space.check_read_with(&Source::Schema("x".into())).unwrap_err().to_string();
        assert!(message.contains(", line 2: `data.max_history` is read of behaviours"), "{message}");
    }

    #[test]
    fn a_former_name_varies_the_option_of_now() {
        for (text, former) in [
            ("'train.average' = { choice = [0.5] }", "train.average"),
            ("train = { choice = [{ average = 0.5 }] }", "train.average"),
            (
                "\n'model.init' = { choice = [{ dice = 0.5 }] }\n'train.average' = { choice = [0.5] }",
                "train.average",
            ),
        ] {
            let space = load(text).unwrap();
            let mut layers = Layers::new();
            space.set(&mut layers, &space.draw(&mut ChaCha8Rng::seed_from_u64(1))).unwrap();
            assert_eq!(layers.config().unwrap().train.ema_decay, 0.5);
            let [renamed] = space.renamed() else { panic!("{:?}", space.renamed()) };
            assert_eq!((renamed.former.as_str(), renamed.key), (former, "train.ema_decay"));
            assert!(layers.renamed().is_empty());
        }
    }

    #[test]
    fn an_option_is_varied_once() {
        for (text, expected) in [
            (
                "'data.bucket' = { choice = [1, 2] }\n'data.bucket_batches' = { choice = [3] }",
                ", line 2: found `data.bucket_batches` and, in line 1, `data.bucket`, which both vary \
                 `data.bucket_batches`; expected one of them",
            ),
            (
                "data = { choice = [{ bucket = 1 }] }\n'data.bucket_batches' = { choice = [3] }",
                ", line 2: found `data.bucket_batches` and, in line 1, `data`, which both vary",
            ),
            (
                "\ndata = { choice = [{ bucket = 1, bucket_batches = 2 }] }",
                ", line 2: found `data.bucket` and `data.bucket_batches`, which is its name now; expected",
            ),
        ] {
            let message = load(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn values_that_do_not_fit_each_other_are_told_with_their_place() {
        let space =
            load("\n'optimizer.schedule' = { choice = [{ kind = 'step-decay', period = 3 }] }").unwrap();
        let mut layers = Layers::new();
        space.set(&mut layers, &space.draw(&mut ChaCha8Rng::seed_from_u64(1))).unwrap();
        let message = space.locate(layers.config().unwrap_err()).to_string();
        assert!(message.contains(", line 2: option `optimizer.schedule.factor`: found none;"), "{message}");
    }
}
