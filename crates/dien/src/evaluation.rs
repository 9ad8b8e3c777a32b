//! An evaluation, and what it is to tell beside the metrics.

use std::path::{Path, PathBuf};

use dien_data::{Batches, Dataset, TargetNames};
use dien_model::Batch;
use dien_model::metrics::Metrics;
use dien_serving::{files, probability};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::inference::batches_of;
use crate::oov::OovReport;
use crate::scorer::Scorer;
use crate::slices::{SliceBy, Slicer, Slices};

/// How held-out targets are evaluated: [`Scorer::evaluation`].
///
/// ```no_run
/// use dien::prelude::*;
///
/// let run = Run::open("runs/mine")?;
/// let (data, _warnings) = DataSource::open(&run.config()?, Encoding::Reuse(&run))?;
/// let scorer = Scorer::load(&run)?;
/// let evaluation = scorer.evaluation().by(&data, vec!["category".parse()?, "history_length".parse()?])?;
/// for slice in &evaluation.run(&data.test())?.slices[0].slices {
///     println!("{:?}: {} rows, AUC {:?} in {:?}", slice.value, slice.rows, slice.auc, slice.auc_interval);
/// }
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Debug)]
pub struct Evaluation<'a> {
    scorer: &'a Scorer,
    top_k: Option<usize>,
    scores: Option<PathBuf>,
    slicer: Option<Slicer<'a>>,
    most_slices: Option<usize>,
}

/// What an evaluation came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluated {
    /// Of all targets.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// Ids that the model does not know, by table.
    #[serde(rename = "out_of_vocabulary")]
    pub oov: OovReport,
    /// By each of the columns that were [asked for](Evaluation::by).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Slices>,
}

impl Scorer {
    /// An evaluation by this model, that tells the metrics alone.
    pub fn evaluation(&self) -> Evaluation<'_> {
        Evaluation { scorer: self, top_k: None, scores: None, slicer: None, most_slices: None }
    }

    /// Evaluates as [`evaluate`](Self::evaluate), and writes a CSV file with a row for each target: see
    /// [`Evaluation::scores`].
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate); the file cannot be written.
    pub fn write_scores(&self, examples: &Batches<'_>, path: &Path) -> Result<Metrics> {
        Ok(self.evaluation().scores(path.to_path_buf()).run(examples)?.metrics)
    }
}

impl<'a> Evaluation<'a> {
    /// Also looks at the order of each group's first `k` candidates ([`Metrics::ranking`]).
    #[must_use]
    pub fn top_k(mut self, k: impl Into<Option<usize>>) -> Self {
        self.top_k = k.into();
        self
    }

    /// Also writes a CSV file with a row for each target: `user` and `item` as the log calls them, `label`,
    /// `logit` and `probability` in the shortest form that reads back to the same number. Of a log of
    /// impressions the user is what the column of kind `group` says, empty without one. Rows are in the order
    /// of the batches, by the length of histories.
    ///
    /// A file is written under another name and then renamed; anything else that is there, such as a pipe, is
    /// written to.
    #[must_use]
    pub fn scores(mut self, path: impl Into<Option<PathBuf>>) -> Self {
        self.scores = path.into();
        self
    }

    /// Also tells AUC, log loss and the like of slices of the targets, by some columns, each by itself.
    /// `data` is what the targets are of; what its columns are, [`SliceBy`] says.
    ///
    /// # Errors
    /// There is no such column, as far as is known without reading, or it holds lists.
    pub fn by(mut self, data: &'a Dataset, columns: Vec<SliceBy>) -> Result<Self> {
        self.slicer = if columns.is_empty() { None } else { Some(Slicer::new(data, columns)?) };
        Ok(self)
    }

    /// At most so many values of a column have slices of their own, the most frequent ones; 20 if this is not
    /// called. Ranges are not bounded.
    #[must_use]
    pub fn most_slices(mut self, most: usize) -> Self {
        self.most_slices = Some(most);
        self
    }

    /// Evaluates all targets of the batches.
    ///
    /// # Errors
    /// As [`Scorer::evaluate`]; the file of the scores cannot be written; a column by which slices are told
    /// apart is not there, or where they are ranges holds something other than numbers, dates and times.
    pub fn run(self, examples: &Batches<'_>) -> Result<Evaluated> {
        let Evaluation { scorer, top_k, scores, slicer, most_slices } = self;
        let mut slicer = slicer.map(|slicer| match most_slices {
            Some(most) => slicer.most(most),
            None => slicer,
        });
        let mut oov = OovReport::new(scorer.features());
        let mut table = scores.map(Table::new);
        let metrics = if table.is_none() && slicer.is_none() {
            let each = |_, batch: &Batch, (), _: &[f32]| {
                oov.add(batch);
                Ok(())
            };
            scorer.inference().evaluate(top_k, batches_of(examples, scorer.features()), each)?
        } else {
            let keep = slicer.as_ref().map_or(vec![], |slicer| slicer.keep().to_vec());
            let each = |_, batch: &Batch, names: Vec<TargetNames>, logits: &[f32]| {
                oov.add(batch);
                table.as_mut().map_or(Ok(()), |table| table.add(batch, &names, logits))?;
                slicer.as_mut().map_or(Ok(()), |slicer| slicer.add(batch, &names, logits))
            };
            scorer.inference().evaluate(top_k, named(examples, scorer, &keep), each)?
        };
        table.map_or(Ok(()), Table::write)?;
        let slices = slicer.map_or(vec![], Slicer::finish);
        Ok(Evaluated { metrics, oov, slices })
    }
}

/// A batch, and what the data calls its targets.
type Named = (Batch, Vec<TargetNames>);

/// All batches, and what the data calls their targets.
fn named<'a>(
    examples: &'a Batches<'_>,
    scorer: &'a Scorer,
    keep: &'a [String],
) -> impl FnOnce(&mut dyn FnMut(Named) -> bool) -> Result<()> + Send + 'a {
    let features = scorer.features();
    move |give| {
        let mut valid = Ok(());
        examples.for_each_named(keep, |batch, names| {
            valid = batch.validate(features);
            valid.is_ok() && give((batch, names))
        })?;
        Ok(valid?)
    }
}

/// The file of the scores.
struct Table {
    path: PathBuf,
    text: csv::Writer<Vec<u8>>,
    begun: bool,
}

impl Table {
    fn new(path: PathBuf) -> Self {
        Table { path, text: csv::Writer::from_writer(vec![]), begun: false }
    }

    fn row(&mut self, fields: [&str; 5]) -> Result<()> {
        self.text.write_record(fields).map_err(|e| Error::io(&self.path, "write")(e.into()))
    }

    fn begin(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.begun, true) {
            true => Ok(()),
            false => self.row(["user", "item", "label", "logit", "probability"]),
        }
    }

    fn add(&mut self, batch: &Batch, names: &[TargetNames], logits: &[f32]) -> Result<()> {
        self.begin()?;
        for ((names, label), &logit) in names.iter().zip(&batch.targets.label).zip(logits) {
            let (label, probability) = (label.to_string(), probability(logit).to_string());
            self.row([&names.user, &names.item, &label, &logit.to_string(), &probability])?;
        }
        Ok(())
    }

    fn write(mut self) -> Result<()> {
        self.begin()?;
        let bytes = self.text.into_inner().map_err(|e| Error::io(&self.path, "write")(e.into_error()))?;
        Ok(files::write_to(&self.path, &bytes)?)
    }
}
