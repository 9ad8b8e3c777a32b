//! Which rows of the tables a batch reads.

use dien_tensor::ParamId;
use dien_tensor::ops::RowOrder;

/// The rows that a forward pass reads, by table; keeps its buffers from batch to batch.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    tables: Vec<(ParamId, RowOrder)>,
}

impl Touched {
    /// Takes up what the next batch reads: of each table the ids, in any order and as often as they come.
    pub fn set<I: IntoIterator<Item = u32>>(&mut self, tables: impl IntoIterator<Item = (ParamId, I)>) {
        let mut count = 0;
        for (id, ids) in tables {
            if self.tables.len() == count {
                self.tables.push((id, RowOrder::default()));
            }
            let (own, order) = &mut self.tables[count];
            *own = id;
            order.sort(ids.into_iter().zip(0..));
            count += 1;
        }
        self.tables.truncate(count);
    }

    /// Each table with its rows, ascending, each once.
    pub fn iter(&self) -> impl Iterator<Item = (ParamId, &[u32])> {
        self.tables.iter().map(|(id, order)| (*id, &order.unique[..]))
    }
}
