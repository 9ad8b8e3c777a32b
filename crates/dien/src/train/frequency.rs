//! DIN's mini-batch-aware regularisation (Zhou et al., KDD 2018, eq. 7).

use dien_data::Dataset;
use dien_model::{Batch, Features, Model, TouchedRows};
use dien_tensor::{ParamId, Tape, Var, ops};

use crate::error::{Error, Origin, Result};

/// λ/2 · Σ ‖row‖²/n over the rows that a batch touches.
#[derive(Debug)]
pub(super) struct Frequency {
    lambda: f32,
    /// 1/n by row, of each embedding table; 1 for a row that no training batch reads.
    tables: Vec<(ParamId, Vec<f32>)>,
}

impl Frequency {
    /// Counts the ids of an epoch's batches; none for a weight of 0.
    ///
    /// # Errors
    /// The model does not say which parameters are its tables; the data cannot be read.
    pub fn count(lambda: f64, data: &Dataset, model: &dyn Model<f32>, seed: u64) -> Result<Option<Self>> {
        if lambda == 0.0 {
            return Ok(None);
        }
        let features = data.features();
        if model.tables().len() != features.tables.len() {
            return Err(Error::Option {
                origin: Origin::Default,
                option: "model.l2_by_frequency".into(),
                found: lambda.to_string(),
                expected: "0: this model's `Model::tables` does not name the tables of its features".into(),
            });
        }
        let mut counts: Vec<Vec<u32>> =
            features.tables.iter().map(|table| vec![0; table.num_embeddings]).collect();
        data.epoch(seed, 0).for_each(0, |batch| {
            add(features, &batch, &mut counts);
            true
        })?;
        let shares = |counts: Vec<u32>| counts.into_iter().map(|n| 1.0 / n.max(1) as f32).collect();
        let tables = model.tables().iter().zip(counts).map(|(&id, counts)| (id, shares(counts)));
        Ok(Some(Frequency { lambda: lambda as f32, tables: tables.collect() }))
    }

    /// `total` and the term of the rows that a batch touches.
    pub fn add_to<'t>(
        &self,
        total: Var<'t, f32>,
        tape: &'t Tape<'_, f32>,
        touched: &TouchedRows,
    ) -> Var<'t, f32> {
        touched.iter().fold(total, |total, (table, rows)| {
            match self.tables.iter().find(|(id, _)| *id == table) {
                Some((_, shares)) => {
                    total + ops::scale(ops::weighted_l2_rows(tape.param(table), rows, shares), self.lambda)
                }
                None => total,
            }
        })
    }
}

/// Counts a batch's ids. Sampled negatives of the auxiliary loss are no occurrences.
fn add(features: &Features, batch: &Batch, counts: &mut [Vec<u32>]) {
    let t = &batch.targets;
    for (i, lookup) in features.behaviours.iter().enumerate() {
        let events = batch.sequences().map(|sequence| &sequence.histories.ids[i]);
        let ids = events.chain([&t.candidate[i]]).flat_map(|ids| batch.feature_ids(features, i, ids));
        ids.for_each(|id| counts[lookup.table][id as usize] += 1);
    }
    for (lookup, ids) in features.sparse.iter().zip(&t.sparse) {
        ids.iter().for_each(|&id| counts[lookup.table][id as usize] += 1);
    }
    for (lookup, lists) in features.multi_hot.iter().zip(&t.multi_hot) {
        lists.ids.iter().for_each(|&id| counts[lookup.table][id as usize] += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, DataSource, Encoding, Scorer, Trainer};

    fn config(lambda: f64) -> Config {
        let text = "source.synthetic.users = 60\nmodel.hidden = 4\nmodel.head_layers = [4]\n\
                    model.dropout = 0.0\ndata.batch_size = 64\ntrain.epochs = 2";
        let mut config: Config = text.parse().unwrap();
        config.model.l2_by_frequency = lambda;
        config
    }

    #[test]
    fn ids_are_counted() {
        let data = DataSource::open(&config(3.0), Encoding::Fit).unwrap().0;
        let scorer = Scorer::untrained(&config(3.0).model, data.features(), 1).unwrap();
        let found = Frequency::count(3.0, &data, scorer.model(), 1).unwrap().unwrap();
        let mut all: Vec<Batch> = vec![];
        let add = |batch| {
            all.push(batch);
            true
        };
        data.epoch(1, 0).for_each(0, add).unwrap();
        let ids = |b: &Batch| [&b.histories.ids[0][..], &b.targets.candidate[0]].concat();
        let (_, shares) = &found.tables[0];
        for id in [1, 2, 7] {
            let n = all.iter().flat_map(ids).filter(|&x| x == id).count().max(1);
            assert_eq!(shares[id as usize], 1.0 / n as f32);
        }
        assert!(Frequency::count(0.0, &data, scorer.model(), 1).unwrap().is_none());
    }

    #[test]
    fn rows_stay_smaller() {
        let size = |lambda: f64| {
            let mut trainer =
                Trainer::new(&config(lambda), DataSource::open(&config(lambda), Encoding::Fit).unwrap().0)
                    .unwrap();
            trainer.train(&mut ()).unwrap();
            let params = trainer.latest_params();
            let table = params.data(params.id("embedding.item").unwrap());
            table.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>()
        };
        let (free, held) = (size(0.0), size(20.0));
        assert!(held < 0.9 * free, "{held} against {free}");
    }

    /// A model whose tables are nobody's business.
    struct Secretive(dien_model::zoo::Base);

    impl Model<f32> for Secretive {
        fn forward<'t>(&self, tape: &'t Tape<'_, f32>, batch: &Batch) -> dien_model::Output<'t, f32> {
            self.0.forward(tape, batch)
        }

        fn touch(&self, batch: &Batch, touched: &mut TouchedRows) {
            Model::<f32>::touch(&self.0, batch, touched);
        }
    }

    #[test]
    fn a_model_that_does_not_say_its_tables_is_refused() {
        let data = DataSource::open(&config(3.0), Encoding::Fit).unwrap().0;
        let mut params = dien_tensor::ParamStore::<f32>::new();
        let builder = &mut dien_model::init::Builder::new(&mut params, 1);
        let model = Secretive(dien_model::zoo::Base::new(&config(3.0).model, data.features(), builder));
        let found = Frequency::count(3.0, &data, &model, 1).unwrap_err().to_string();
        assert!(found.contains("`model.l2_by_frequency`: found 3; expected 0: this model"), "{found}");
    }
}
