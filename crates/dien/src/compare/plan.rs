//! Comparisons in a file.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{Ablation, Comparison, Variant};
use crate::config::{Layers, Source};
use crate::error::{Error, Result};

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
pub struct Plan {
    /// The comparisons, in the order in which they are made.
    pub comparison: Vec<Entry>,
}

/// One comparison of a [`Plan`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Entry {
    /// What it is called; the data's name by default.
    pub name: Option<String>,
    /// A folder of behaviours or a schema, relative to the root; the built-in synthetic behaviours by default.
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
    /// There is no such model or ablation; seeds are none; an option cannot be set; two comparisons have one name.
    pub fn comparisons(&self, root: &Path) -> Result<Vec<Comparison>> {
        let all = self.comparison.iter().map(|entry| entry.comparison(root, &Layers::new()));
        let all: Vec<Comparison> = all.collect::<Result<_>>()?;
        for (i, comparison) in all.iter().enumerate() {
            if all[..i].iter().any(|other| other.name == comparison.name) {
                let found = format!("`{}` twice", comparison.name);
                return Err(wrong("name", found, "a `name` of its own for each comparison"));
            }
        }
        Ok(all)
    }
}

impl Entry {
    /// The comparison, over the options in `layers`; its data is relative to `root`.
    ///
    /// # Errors
    /// As [`Plan::comparisons`].
    pub fn comparison(&self, root: &Path, layers: &Layers) -> Result<Comparison> {
        let mut layers = layers.clone();
        if let Some(data) = &self.data {
            let (option, path) = match Source::at(root.join(data)) {
                Source::Schema(path) => ("source.schema", path),
                _ => ("source.folder", root.join(data)),
            };
            layers.set("data", option, path.to_string_lossy().into_owned())?;
        }
        for assignment in &self.set {
            layers.assign(&format!("set = \"{assignment}\""), assignment)?;
        }
        let mut variants = Variant::models(&self.models).map_err(|e| said("models", &e))?;
        for name in &self.ablations {
            let found: Ablation = name.parse().map_err(|e: String| said("ablations", &e))?;
            variants.extend(found.variants());
        }
        if variants.is_empty() {
            return Err(wrong("models", "nothing to compare".into(), "`models` or `ablations`"));
        }
        let seeds = self.seeds.as_deref().unwrap_or("1..3").parse();
        let seeds = seeds.map_err(|e: String| said("seeds", &e))?;
        let has = |name: &str| variants.iter().any(|v| v.name == name);
        if let Some(name) = self.against.as_deref().filter(|name| !has(name)) {
            return Err(wrong("against", format!("`{name}`"), "one of the variants"));
        }
        let reference = self.against.clone().or_else(|| has("dien").then(|| "dien".into()));
        let name = match &self.name {
            Some(name) => name.clone(),
            None => layers.config()?.source.name(),
        };
        Ok(Comparison { name, layers, variants, seeds, reference })
    }
}

/// An error that says what was expected itself.
fn said(field: &str, text: &str) -> Error {
    let (found, expected) = text.split_once("; expected ").unwrap_or((text, "another"));
    wrong(field, found.into(), expected)
}

fn wrong(field: &str, found: String, expected: &str) -> Error {
    Error::Option {
        origin: crate::error::Origin::Argument("comparison".into()),
        option: field.into(),
        found,
        expected: expected.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!((all[0].reference.as_deref(), &all[1].reference), (Some("dien"), &None));
        let cells = all[0].cells(Path::new("out")).unwrap();
        assert_eq!((cells.len(), cells[3].seed, cells[3].variant.as_str()), (10, 2, "dien"));
        assert_eq!(cells[0].config.source, Source::Folder("root/a".into()));
        assert_eq!(cells[3].file, Path::new("out/cells/a/dien/seed2.json"));
        assert!(all[1].cells(Path::new("out")).unwrap().iter().all(|cell| cell.config.train.epochs == 2));
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
                "`against`: found `dien`; expected one of the variants",
            ),
            ("[[comparison]]\nmodels = ['din']\nset = ['model.depth=2']", "unknown field `depth`"),
            ("[[comparison]]\nmodels = ['din']\n[[comparison]]\nmodels = ['din']", "`synthetic` twice"),
        ] {
            let message = comparisons(text).unwrap_err().to_string();
            assert!(message.replace("option ", "").contains(expected), "{message}");
        }
    }
}
