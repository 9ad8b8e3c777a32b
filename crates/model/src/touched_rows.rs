//! Which rows of the tables a batch reads.

use dien_tensor::ParamId;
use dien_tensor::ops::IdGroups;

/// The rows that a forward pass reads, by table; keeps its buffers from batch to batch.
#[derive(Clone, Debug, Default)]
pub struct TouchedRows {
    tables: Vec<(ParamId, IdGroups)>,
    /// How many of them are the batch's; the others keep their buffers for later ones.
    used: usize,
}

impl TouchedRows {
    /// Takes up what the next batch reads: of each table the ids, in any order and as often as they come.
    ///
    /// # Panics
    /// If a table comes twice.
    #[track_caller]
    pub fn set<I: IntoIterator<Item = u32>>(&mut self, tables: impl IntoIterator<Item = (ParamId, I)>) {
        self.used = 0;
        for (id, ids) in tables {
            self.add(id, ids);
        }
    }

    /// Adds a further table that the batch reads, such as one of your own beside those that
    /// [`Embedding::touch`](crate::parts::Embedding::touch) has set.
    ///
    /// # Panics
    /// If the table is there already.
    #[track_caller]
    pub fn add(&mut self, table: ParamId, ids: impl IntoIterator<Item = u32>) {
        assert!(self.iter().all(|(other, _)| other != table), "touched rows: the same table twice");
        if self.tables.len() == self.used {
            self.tables.push((table, IdGroups::default()));
        }
        let (own, order) = &mut self.tables[self.used];
        *own = table;
        order.sort(ids.into_iter().zip(0..));
        self.used += 1;
    }

    /// Each table with its rows, ascending, each once.
    pub fn iter(&self) -> impl Iterator<Item = (ParamId, &[u32])> {
        self.tables[..self.used].iter().map(|(id, order)| (*id, &order.unique[..]))
    }
}
