//! How many ids a model does not know.

use std::fmt;

use dien_model::{Batch, Features, OOV};
use serde::Serialize;

/// From this share on, what is unknown is most of what there is.
const HIGH: f64 = 0.5;

/// Ids, and how many of them are out of vocabulary: missing, or unknown to the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OovCount {
    /// All.
    pub ids: u64,
    /// Those that are out of vocabulary.
    pub oov: u64,
}

/// The ids of one embedding table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableOov {
    /// The table's name.
    pub table: String,
    /// Of the candidates, their lists included.
    pub candidates: OovCount,
    /// Of the events of histories, each history of a batch once.
    pub histories: OovCount,
    /// Of the user and the moment.
    pub context: OovCount,
}

/// How many ids of some batches are out of vocabulary, by embedding table.
///
/// ```no_run
/// use dien::OovReport;
/// use dien::prelude::*;
///
/// let run = Run::open("runs/mine")?;
/// let (data, _warnings) = DataSource::open(&run.config()?, Encoding::Reuse(&run))?;
/// let mut oov = OovReport::new(data.features());
/// Scorer::load(&run)?.evaluate_with(&data.test(), |_, batch, _| Ok(oov.add(batch)))?;
/// eprint!("{oov}");
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OovReport {
    tables: Vec<TableOov>,
    #[serde(skip)]
    features: Features,
}

impl OovCount {
    /// The share that is out of vocabulary; 0 of nothing.
    pub fn share(self) -> f64 {
        self.oov as f64 / self.ids.max(1) as f64
    }

    fn add(&mut self, ids: impl IntoIterator<Item = u32>) {
        for id in ids {
            self.ids += 1;
            self.oov += u64::from(id == OOV);
        }
    }
}

impl TableOov {
    /// What has ids of it, named.
    fn parts(&self) -> impl Iterator<Item = (&'static str, OovCount)> {
        let parts =
            [("candidates", self.candidates), ("histories", self.histories), ("context", self.context)];
        parts.into_iter().filter(|(_, count)| count.ids > 0)
    }
}

impl OovReport {
    /// Of no batch yet.
    pub fn new(features: &Features) -> Self {
        let table = |table: &dien_model::Table| TableOov { table: table.name.clone(), ..TableOov::default() };
        OovReport { tables: features.tables.iter().map(table).collect(), features: features.clone() }
    }

    /// Adds a batch that has the features.
    pub fn add(&mut self, batch: &Batch) {
        let OovReport { tables, features } = self;
        for (place, (lookup, ids)) in features.behaviours.iter().zip(&batch.targets.candidate).enumerate() {
            tables[lookup.table].candidates.add(batch.feature_ids(features, place, ids));
        }
        for (lookup, lists) in features.multi_hot.iter().zip(&batch.targets.multi_hot) {
            tables[lookup.table].candidates.add(lists.ids.iter().copied());
        }
        for (lookup, ids) in features.sparse.iter().zip(&batch.targets.sparse) {
            tables[lookup.table].context.add(ids.iter().copied());
        }
        let extra = batch.extra_sequences.iter().map(|extra| &extra.histories);
        for histories in std::iter::once(&batch.histories).chain(extra) {
            for (place, (lookup, ids)) in features.behaviours.iter().zip(&histories.ids).enumerate() {
                tables[lookup.table].histories.add(batch.feature_ids(features, place, ids));
            }
        }
    }

    /// By table, in the model's order.
    pub fn tables(&self) -> &[TableOov] {
        &self.tables
    }

    /// Those of a name.
    pub fn table(&self, name: &str) -> Option<&TableOov> {
        self.tables.iter().find(|table| table.table == name)
    }

    /// What is worth a warning: most ids of a table are out of vocabulary, in candidates, histories or
    /// context.
    pub fn warnings(&self) -> Vec<String> {
        let of = |table: &TableOov| {
            let high = table.parts().filter(|(_, count)| count.share() >= HIGH).map(|(part, count)| {
                let (share, name) = (percent(count.share()), &table.table);
                format!(
                    "{share} of the ids of `{name}` in {part} are out of vocabulary, missing or unknown to \
                     the model: it scores them alike; are they written as in training?"
                )
            });
            high.collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(of).collect()
    }
}

/// A line a table of which an id is out of vocabulary; nothing if none is.
impl fmt::Display for OovReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in self.tables.iter().filter(|table| table.parts().any(|(_, count)| count.oov > 0)) {
            let part = |(part, count): (&str, OovCount)| {
                format!("{} of {} in {part}", percent(count.share()), count.ids)
            };
            let parts: Vec<String> = table.parts().map(part).collect();
            writeln!(f, "out of vocabulary: `{}`: {}", table.table, parts.join(", "))?;
        }
        Ok(())
    }
}

/// Never 0 % of what there is, nor 100 % of less than all.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        p if p > 0.0 && p < 0.1 => "below 0.1 %".into(),
        p if p > 99.9 && p < 100.0 => "above 99.9 %".into(),
        p if p == p.round() => format!("{p} %"),
        p => format!("{p:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use dien_model::{EmbeddingFeature, Histories, Jagged, Table, Targets};

    use super::*;

    #[test]
    fn ids_are_counted_by_table_and_by_what_has_them() {
        let tables = vec![Table::new("item", 9, 4), Table::new("user", 9, 4), Table::new("tag", 9, 4)];
        let features = Features::new(tables, vec![EmbeddingFeature::new("item", 0)])
            .with_sparse(vec![EmbeddingFeature::new("user", 1)])
            .with_multi_hot(vec![EmbeddingFeature::new("tags", 2)]);
        let histories = Histories::new(vec![0, 3], vec![vec![1, 0, 2]]);
        let mut targets = Targets::new(vec![0; 4], vec![0; 4], vec![3; 4], vec![vec![0, 0, 5, 0]]);
        targets.sparse = vec![vec![1, 1, 1, 1]];
        targets.multi_hot = vec![Jagged::new(vec![0, 1, 1, 1, 1], vec![0])];
        let batch = Batch::new(histories, targets);
        batch.validate(&features).unwrap();
        let mut report = OovReport::new(&features);
        assert_eq!((report.to_string(), report.warnings()), (String::new(), vec![]), "of nothing");
        report.add(&batch);
        report.add(&batch);
        let item = report.table("item").unwrap();
        assert_eq!(item.candidates, OovCount { ids: 8, oov: 6 });
        assert_eq!(item.histories, OovCount { ids: 6, oov: 2 });
        assert_eq!(report.table("user").unwrap().context, OovCount { ids: 8, oov: 0 });
        assert_eq!(
            report.to_string(),
            "out of vocabulary: `item`: 75 % of 8 in candidates, 33.3 % of 6 in histories\n\
             out of vocabulary: `tag`: 100 % of 2 in candidates\n"
        );
        let warnings = report.warnings();
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].starts_with("75 % of the ids of `item` in candidates are out of vocabulary"));
        assert_eq!([1e-9, 0.9999999, 0.25].map(percent), ["below 0.1 %", "above 99.9 %", "25 %"]);
    }
}
