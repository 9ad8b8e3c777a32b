//! Models compared on the same data: every model and seed trained alike, and the difference told from noise.
//!
//! A [`Comparison`] is a set of data, [`Variant`]s of a configuration and seeds; each variant with each seed
//! is a [`TrialRun`]. A finished run is a file of its own, its [`Outcome`], and is never trained again.
//! [`Summary`] is what the outcomes come to.
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::atomic::AtomicBool;
//!
//! use dien::compare::{Plan, Runner};
//!
//! let out = Path::new("comparison");
//! for comparison in Plan::load("plan.toml".as_ref())?.comparisons("data".as_ref())? {
//!     Runner::default().run(&comparison.runs(out)?, &AtomicBool::new(false), &|_| ())?;
//!     print!("{}", comparison.summary(out)?.to_markdown());
//! }
//! # Ok::<(), dien::Error>(())
//! ```

mod bootstrap;
mod difference;
mod markdown;
mod plan;
mod plot;
mod runner;
mod seeds;
mod summary;
mod trial_run;
mod variant;

use std::fs;
use std::path::{Path, PathBuf};

use dien_serving::files;

pub use difference::Difference;
pub use plan::{ComparisonSpec, Plan, assign_shared, distinct};
pub use runner::{Event, Runner};
pub use seeds::Seeds;
pub use summary::{MeanStd, Row, Summary};
pub use trial_run::{Outcome, Scores, TrialRun};
pub use variant::{Ablation, Variant};

use crate::config::Layers;
use crate::error::{Error, Result};

/// Variants of a configuration on one set of data.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Comparison {
    /// What the set is called in tables and files.
    pub name: String,
    /// The options that all variants share, the source among them.
    pub layers: Layers,
    /// What is compared.
    pub variants: Vec<Variant>,
    /// The seeds of each.
    pub seeds: Seeds,
    /// The name of the variant that the others are tested against.
    pub reference: String,
}

impl Comparison {
    /// Every variant with every seed, all variants of the first seed first, with its file under `folder`.
    ///
    /// # Errors
    /// An option of a variant is impossible.
    pub fn runs(&self, folder: &Path) -> Result<Vec<TrialRun>> {
        let mut runs = vec![];
        for seed in self.seeds.iter() {
            for variant in &self.variants {
                let mut layers = self.layers.clone();
                for assignment in &variant.options {
                    layers.assign(&format!("variant `{}`", variant.name), assignment)?;
                }
                layers.set("seed", "train.seed", i64::from(seed))?;
                let file =
                    self.folder(folder).join(file_name(&variant.name)).join(format!("seed{seed}.json"));
                let (variant, config) = (variant.name.clone(), layers.config()?);
                runs.push(TrialRun { set: self.name.clone(), variant, seed, config, file });
            }
        }
        Ok(runs)
    }

    /// What the finished runs under `folder` come to.
    ///
    /// # Errors
    /// As [`runs`](Self::runs); a run's file cannot be read.
    pub fn summary(&self, folder: &Path) -> Result<Summary> {
        let mut outcomes = vec![];
        for run in self.runs(folder)? {
            outcomes.extend(run.finished()?);
        }
        Ok(Summary::new(self, &outcomes))
    }

    fn folder(&self, folder: &Path) -> PathBuf {
        // As comparisons of earlier versions have it, which go on.
        folder.join("cells").join(file_name(&self.name))
    }
}

/// Writes `results.md`, `results.json` and an SVG picture of each set into a folder.
///
/// # Errors
/// A file cannot be written.
pub fn write(summaries: &[Summary], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::io(folder, "make the folder"))?;
    let mut text = String::new();
    for summary in summaries {
        let file = file_name(&summary.set) + ".svg";
        files::write(&folder.join(&file), summary.to_svg().as_bytes())?;
        text += &format!("{}\n![{}]({file})\n\n", summary.to_markdown(), summary.set);
    }
    files::write(&folder.join("results.md"), text.as_bytes())?;
    let json = serde_json::to_vec_pretty(summaries).expect("plain fields");
    Ok(files::write(&folder.join("results.json"), &json)?)
}

/// A set's name as a file's.
fn file_name(set: &str) -> String {
    set.chars().map(|c| if c.is_alphanumeric() || "-_.=".contains(c) { c } else { '-' }).collect()
}
