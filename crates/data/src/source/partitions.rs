//! Columns that no file has, but the folders that the files are in: `dt=2024-01-01/part-0.parquet`.

use std::path::Path;

use super::lists::ListCounts;
use super::{Block, Wanted, files};

/// A column that a file's folder names.
pub(super) struct Key {
    /// Its place among the wanted columns.
    place: usize,
    value: Option<String>,
}

/// The wanted columns that a file's folders name, in ascending order, and those that are to be read in it.
pub(super) fn split(path: &Path, wanted: &[Wanted]) -> (Vec<Key>, Vec<Wanted>) {
    let partitions = files::partitions(path);
    let (mut keys, mut rest) = (vec![], vec![]);
    for (place, column) in wanted.iter().enumerate() {
        match partitions.iter().find(|(key, _)| !column.is_list() && *key == column.name) {
            Some((_, value)) => keys.push(Key { place, value: value.clone() }),
            None => rest.push(column.clone()),
        }
    }
    (keys, rest)
}

/// A block with these columns, too.
pub(super) fn add(mut block: Block, keys: &[Key]) -> Block {
    for key in keys {
        let cells = (0..block.rows).map(|_| key.value.as_deref()).collect();
        block.columns.insert(key.place, super::Column::Text(cells));
        if !block.lists.is_empty() {
            block.lists.insert(key.place, ListCounts::default());
        }
    }
    block
}
