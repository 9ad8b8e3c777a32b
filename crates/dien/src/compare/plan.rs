//! Comparisons in a file.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{Ablation, Comparison, Variant, file_name};
use crate::config::{Layers, options};
use crate::error::{Error, Origin, Result};

/// A file of comparisons.
///
/// ```toml
/// [[comparison]]
/// data = "amazon-beauty"         # a folder or a schema; without it the built-in synthetic behaviours
/// models = ["all"]
/// seeds = "1..5"
///
/// [[comparison]]
/// name = "amazon-beauty, ablations"
/// data = "amazon-beauty"
/// ablations = ["alpha", "hidden"]
/// set = ["train.epochs=10"]
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Plan {
    /// The comparisons, in the order in which they are made.
    pub comparison: Vec<ComparisonSpec>,
}

/// One comparison of a [`Plan`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ComparisonSpec {
    /// What it is called; the data's name by default.
    pub name: Option<String>,
    /// A folder of behaviours or a schema, relative to the root; the built-in synthetic behaviours by
    /// default.
    pub data: Option<String>,
    /// Names of models, or `all`.
    pub models: Vec<String>,
    /// Names of ablations.
    pub ablations: Vec<String>,
    /// Seeds such as `1..5`; 1 to 3 by default.
    pub seeds: Option<String>,
    /// The variant that the others are tested against; `dien`, if it is there, by default.
    pub against: Option<String>,
    /// Options of all variants.
    pub set: Vec<String>,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// The file cannot be read, or is no plan.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io(path, "read"))?;
        toml::from_str(&text).map_err(|e| {
            let line = e.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Error::file(
                path,
                format!("line {line}: {}", e.message()),
                "`[[comparison]]` with `data`, `models`, `seeds`, …",
            )
        })
    }

    /// Its comparisons; data is relative to `root`.
    ///
    /// # Errors
    /// There is no such model or ablation; seeds are none; an option cannot be set; two comparisons have one
    /// name.
    pub fn comparisons(&self, root: &Path) -> Result<Vec<Comparison>> {
        if self.comparison.is_empty() {
            return Err(wrong("comparison", "none".into(), "one at least"));
        }
        let all = self.comparison.iter().enumerate().map(|(i, entry)| {
            let which = || entry.name.clone().or(entry.data.clone()).unwrap_or(format!("{}", i + 1));
            entry.comparison(root, &Layers::new()).map_err(|e| Error::Within {
                which: format!("comparison `{}`", which()),
                source: Box::new(e),
            })
        });
        distinct(all.collect::<Result<_>>()?)
    }
}

impl ComparisonSpec {
    /// The comparison, over the options in `layers`; its data is relative to `root`.
    ///
    /// # Errors
    /// As [`Plan::comparisons`].
    pub fn comparison(&self, root: &Path, layers: &Layers) -> Result<Comparison> {
        let mut layers = layers.clone();
        if let Some(data) = &self.data {
            layers.source("data", &root.join(data))?;
            layers.infer()?;
        }
        for assignment in &self.set {
            assign_shared(&mut layers, &format!("set = \"{assignment}\""), assignment)?;
        }
        let mut variants = Variant::models(&self.models).map_err(|e| said("models", &e))?;
        for name in &self.ablations {
            let found: Ablation = name.parse().map_err(|e: String| said("ablations", &e))?;
            let source = layers.config()?.source;
            let option = options::find(found.option()).expect("an option");
            match option.is_read_with(&source) {
                true => variants.extend(found.variants()),
                false => match option.of_log() {
                    Some(own) => variants.extend(found.variants_of(own)),
                    None => {
                        let expected =
                            "another: which targets and events a schema's log has, its schema says";
                        return Err(wrong("ablations", format!("`{name}`"), expected));
                    }
                },
            }
        }
        let mut seen = std::collections::HashSet::new();
        variants.retain(|v| seen.insert(v.name.clone()));
        if variants.is_empty() {
            return Err(wrong("models", "nothing to compare".into(), "`models` or `ablations`"));
        }
        let seeds = self.seeds.as_deref().unwrap_or("1..3").parse();
        let seeds = seeds.map_err(|e: String| said("seeds", &e))?;
        let has = |name: &str| variants.iter().any(|v| v.name == name);
        if let Some(name) = self.against.as_deref().filter(|name| !has(name)) {
            let names: Vec<&str> = variants.iter().map(|v| v.name.as_str()).collect();
            return Err(wrong("against", format!("`{name}`"), &format!("one of {}", names.join(", "))));
        }
        let reference = match &self.against {
            Some(name) => name.clone(),
            None if has("dien") => "dien".into(),
            None => Variant::default_of(&variants, &layers)?.name.clone(),
        };
        let name = match &self.name {
            Some(name) => name.clone(),
            None => layers.config()?.source.name(),
        };
        Ok(Comparison { name, layers, variants, seeds, reference })
    }
}

/// Sets an option of all variants, as `argument` says.
///
/// # Errors
/// It is one by which runs differ; as [`Layers::assign`].
pub fn assign_shared(layers: &mut Layers, argument: &str, assignment: &str) -> Result<()> {
    let name = assignment.split('=').next().unwrap_or_default().trim();
    for (option, field) in [("model.kind", "models"), ("train.seed", "seeds")] {
        if name == option {
            return Err(Error::Config {
                origin: Origin::Argument(argument.into()),
                problem: format!("found `{option}`; expected `{field}` to say so"),
            });
        }
    }
    layers.assign(argument, assignment)
}

/// The comparisons, if no two would write the same files.
///
/// # Errors
/// Two would.
pub fn distinct(all: Vec<Comparison>) -> Result<Vec<Comparison>> {
    for (i, comparison) in all.iter().enumerate() {
        let file = file_name(&comparison.name);
        if let Some(other) = all[..i].iter().find(|other| file_name(&other.name) == file) {
            let found = format!("`{}` and `{}`, which share their files", other.name, comparison.name);
            return Err(wrong("name", found, "a `name` of its own for each comparison of a plan"));
        }
    }
    Ok(all)
}

/// An error that says what was expected itself.
fn said(field: &str, text: &str) -> Error {
    let (found, expected) = text.split_once("; expected ").unwrap_or((text, "another"));
    wrong(field, found.into(), expected)
}

fn wrong(field: &str, found: String, expected: &str) -> Error {
    Error::Option {
        origin: Origin::Argument("comparison".into()),
        option: field.into(),
        found,
        expected: expected.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn comparisons(text: &str) -> Result<Vec<Comparison>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Plan::load(file.path())?.comparisons(Path::new("root"))
    }

    #[test]
    fn a_plan_is_its_comparisons() {
        let text = "[[comparison]]\ndata = 'a'\nmodels = ['din', 'dien']\nseeds = '1..5'\n\
                    [[comparison]]\nablations = ['alpha']\nset = ['train.epochs=2']";
        let all = comparisons(text).unwrap();
        assert_eq!(all.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "synthetic"]);
        let runs = all[0].runs(Path::new("out")).unwrap();
        assert_eq!((runs.len(), runs[3].seed, runs[3].variant.as_str()), (10, 2, "dien"));
        assert_eq!(runs[0].config.source, Source::Folder("root/a".into()));
        assert_eq!(runs[3].file, Path::new("out/cells/a/dien/seed2.json"));
        assert!(all[1].runs(Path::new("out")).unwrap().iter().all(|run| run.config.train.epochs == 2));
    }

    #[test]
    fn of_a_log_its_schema_is_varied() {
        let text = "[[comparison]]\ndata = 'log.toml'\nablations = ['history', 'min-count', 'repeats']";
        let runs = comparisons(text).unwrap()[0].runs(Path::new("out")).unwrap();
        let schema = |variant: &str| {
            let run = runs.iter().find(|run| run.variant == variant);
            run.unwrap_or_else(|| panic!("{variant}")).config.schema.clone()
        };
        assert_eq!(schema("history=25").max_history, Some(25));
        assert_eq!(schema("min-count=5").min_count, Some(5));
        assert_eq!(schema("repeats=first").repeats.map(|r| r.name()), Some("first"));
        let of_folder = comparisons("[[comparison]]\ndata = 'a'\nablations = ['repeats', 'width']").unwrap();
        let runs = of_folder[0].runs(Path::new("out")).unwrap();
        assert!(runs.iter().all(|run| run.config.schema.is_empty()));
        assert!(runs.iter().any(|run| run.config.data.repeats.name() == "merge-consecutive"));
    }

    #[test]
    fn the_reference_is_dien_or_the_default() {
        let reference = |text: &str| comparisons(text).unwrap()[0].reference.clone();
        assert_eq!(reference("[[comparison]]\nmodels = ['din', 'dien']\nablations = ['alpha']"), "dien");
        assert_eq!(reference("[[comparison]]\nablations = ['alpha']"), "alpha=1.0");
        assert_eq!(reference("[[comparison]]\nmodels = ['base', 'din']"), "base");
        assert_eq!(reference("[[comparison]]\nmodels = ['base', 'din']\nagainst = 'din'"), "din");
        let twice = comparisons("[[comparison]]\nablations = ['alpha', 'alpha']\nseeds = '1'").unwrap();
        assert_eq!(twice[0].variants.len(), 5);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, expected) in [
            ("[[comparison]]\nmodel = ['din']", "line 2: unknown field `model`"),
            ("[[comparison]]\nmodels = ['dni']", "`models`: found `dni`; expected one of"),
            (
                "[[comparison]]\nmodels = ['din']\nseeds = '3..1'",
                "`seeds`: found `3..1`; expected seeds such as",
            ),
            ("[[comparison]]\ndata = 'a'", "`models`: found nothing to compare"),
            (
                "[[comparison]]\nmodels = ['din']\nagainst = 'dien'",
                "`against`: found `dien`; expected one of din",
            ),
            (
                "[[comparison]]\nmodels = ['din']\nset = ['model.depth=2']",
                "`set = \"model.depth=2\"`: unknown `model.depth` (`dien options` lists all)",
            ),
            (
                "[[comparison]]\nmodels = ['din']\n[[comparison]]\nmodels = ['din']",
                "found `synthetic` and `synthetic`, which share their files",
            ),
            (
                "[[comparison]]\nname = 'a b'\nmodels = ['din']\n[[comparison]]\nname = 'a-b'\nmodels = \
                ['din']",
                "found `a b` and `a-b`, which share their files",
            ),
            ("comparison = []", "found none; expected one at least"),
            ("[[comparison]]\ndata = 'd'\nmodels = ['dni']", "comparison `d`: "),
            (
                "[[comparison]]\nmodels = ['din']\nset = ['train.seed=3']",
                "`set = \"train.seed=3\"`: found `train.seed`; expected `seeds` to say so",
            ),
            (
                "[[comparison]]\ndata = 'log.toml'\nablations = ['targets']",
                "`ablations`: found `targets`; expected another",
            ),
        ] {
            let message = comparisons(text).unwrap_err().to_string();
            assert!(message.replace("option ", "").contains(expected), "{message}");
        }
    }
}
