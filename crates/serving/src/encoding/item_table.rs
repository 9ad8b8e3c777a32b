//! What a model reads of each item.

use dien_model::Jagged;

use super::tokens::Tokens;
use crate::error::{Error, Result};

/// The features of every item of a log as ids, by the item's name: what serving looks up where a request
/// names an item alone.
///
/// Items that the vocabulary does not know are here too: their other features may be known.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemTable {
    key: String,
    names: Tokens,
    behaviours: Vec<Vec<u32>>,
    multi_hot: Vec<Jagged>,
    /// By behaviour feature that is a bag, the feature's place, and a list an item.
    bags: Vec<(usize, Jagged)>,
}

/// The field by which items are found where none other is said.
pub(crate) const ITEM: &str = "item";

impl Default for ItemTable {
    /// No item.
    fn default() -> Self {
        let names = Tokens::default();
        ItemTable { key: ITEM.into(), names, behaviours: vec![], multi_hot: vec![], bags: vec![] }
    }
}

impl ItemTable {
    /// The items `names`, with `behaviours[feature][item]` and a list `multi_hot[feature]` for each.
    ///
    /// # Errors
    /// A name comes twice, or a feature does not have an entry an item.
    pub fn new(
        names: impl IntoIterator<Item = impl AsRef<str>>,
        behaviours: Vec<Vec<u32>>,
        multi_hot: Vec<Jagged>,
    ) -> Result<Self> {
        let mut places = Tokens::default();
        for name in names {
            let name = name.as_ref();
            places.insert(name).map_err(|_| again(places.len(), name))?;
        }
        Self::from_names(places, behaviours, multi_hot)
    }

    /// [`new`](Self::new) of names that are known to differ.
    pub(crate) fn from_names(
        names: Tokens,
        behaviours: Vec<Vec<u32>>,
        multi_hot: Vec<Jagged>,
    ) -> Result<Self> {
        let n = names.len();
        let lengths = behaviours.iter().map(Vec::len);
        let lists = multi_hot.iter().map(|l| l.offsets.len().saturating_sub(1));
        if let Some(found) = lengths.chain(lists).find(|&found| found != n) {
            return Err(Error::encoding("item table", format!("a feature of {found} items"), n.to_string()));
        }
        multi_hot.iter().try_for_each(check_jagged)?;
        Ok(ItemTable { key: ITEM.into(), names, behaviours, multi_hot, bags: vec![] })
    }

    /// The same with behaviour features of which an item has any number of ids: by ascending place among all
    /// behaviour features, of which [`new`](Self::new) got the others, a list an item.
    ///
    /// # Errors
    /// A feature does not have a list an item.
    pub fn with_bags(mut self, bags: impl IntoIterator<Item = (usize, Jagged)>) -> Result<Self> {
        for (feature, lists) in bags {
            if lists.len() != self.len() || lists.offsets.is_empty() {
                let found = format!("a feature of {} items", lists.len());
                return Err(Error::encoding("item table", found, self.len().to_string()));
            }
            check_jagged(&lists)?;
            self.behaviours.insert(feature, vec![]);
            self.bags.push((feature, lists));
        }
        Ok(self)
    }

    /// The same, with items found by another field than `item`: the feature whose ids the names are.
    #[must_use]
    pub fn with_key(self, key: impl Into<String>) -> Self {
        ItemTable { key: key.into(), ..self }
    }

    /// The items of a newer table, and after them those of this one that it has not. Where the two are not
    /// looked up by the same field, or have not as many features, it is the newer one.
    #[must_use]
    pub fn extended(&self, newer: &ItemTable) -> Self {
        let mut all = newer.clone();
        let alike = self.key == newer.key
            && self.behaviours.len() == newer.behaviours.len()
            && self.multi_hot.len() == newer.multi_hot.len()
            && self.bags.iter().map(|(feature, _)| feature).eq(newer.bags.iter().map(|(feature, _)| feature));
        if !alike {
            return all;
        }
        for (place, name) in self.names().enumerate().filter(|(_, name)| newer.place(name).is_none()) {
            all.names.insert(name).expect("it is not there");
            for (feature, ids) in all.behaviours.iter_mut().enumerate() {
                // Those of bags are empty.
                ids.extend(self.behaviours[feature].get(place));
            }
            for ((_, lists), (_, own)) in all.bags.iter_mut().zip(&self.bags) {
                lists.push(own.list(place).iter().copied());
            }
            for (feature, list) in all.multi_hot.iter_mut().enumerate() {
                list.ids.extend_from_slice(self.multi_hot(feature, place));
                list.offsets.push(list.ids.len() as u32);
            }
        }
        all
    }

    /// The field of a request by which an item is found; `item` always is one, too, unless it is a feature.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How many items.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item's place in the table.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.number(name).map(|place| place as usize)
    }

    /// The id of a behaviour feature, counted in the order of the features.
    ///
    /// # Panics
    /// If there is no such feature, or it is a bag, or there is no item at this place.
    pub fn behaviour(&self, feature: usize, place: usize) -> u32 {
        self.behaviours[feature][place]
    }

    /// The ids of a behaviour feature that is a bag, counted in the order of all behaviour features.
    ///
    /// # Panics
    /// If there is no such feature, or it is no bag, or there is no item at this place.
    pub fn bag(&self, feature: usize, place: usize) -> &[u32] {
        let bag = self.bags.iter().find(|(of, _)| *of == feature);
        bag.expect("a behaviour feature that is a bag").1.list(place)
    }

    /// The ids of a multi-hot feature, counted in the order of the features.
    ///
    /// # Panics
    /// If there is no such feature, or no item at this place.
    pub fn multi_hot(&self, feature: usize, place: usize) -> &[u32] {
        let list = &self.multi_hot[feature];
        &list.ids[list.offsets[place] as usize..list.offsets[place + 1] as usize]
    }

    /// The items' names by place.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter()
    }

    /// Every bag's lists by place, and its place among the behaviour features.
    pub fn bags(&self) -> &[(usize, Jagged)] {
        &self.bags
    }

    /// Every behaviour feature's ids by place; nothing of bags.
    pub fn behaviours(&self) -> &[Vec<u32>] {
        &self.behaviours
    }

    /// Every multi-hot feature's lists by place.
    pub fn lists(&self) -> &[Jagged] {
        &self.multi_hot
    }
}

/// That lists begin and end where their ids do.
fn check_jagged(lists: &Jagged) -> Result<()> {
    let Jagged { offsets, ids } = lists;
    let ends = offsets.first() == Some(&0) && offsets.last().map(|&end| end as usize) == Some(ids.len());
    if ends && offsets.is_sorted() {
        return Ok(());
    }
    let found = format!("offsets that do not fit {} ids", ids.len());
    Err(Error::encoding("item table", found, "ascending ones, from 0 to the number of ids"))
}

/// An item that came before; `before` items did.
pub(crate) fn again(before: usize, name: &str) -> Error {
    Error::encoding(format!("item {}", before + 1), format!("`{name}` again"), "each once")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_items_by_name() {
        let lists = Jagged { offsets: vec![0, 2, 2], ids: vec![4, 1] };
        let table = ItemTable::new(["a", "b"], vec![vec![3, 0], vec![1, 2]], vec![lists.clone()]).unwrap();
        assert_eq!((table.place("b"), table.place("c")), (Some(1), None));
        assert_eq!(
            (table.behaviour(1, 1), table.multi_hot(0, 0), table.multi_hot(0, 1)),
            (2, &[4, 1][..], &[][..])
        );
        assert!(table.names().eq(["a", "b"]));
        let one = Jagged { offsets: vec![0, 1, 3], ids: vec![5, 6, 7] };
        let newer = ItemTable::new(["c", "b"], vec![vec![4, 5], vec![3, 3]], vec![one]).unwrap();
        let all = table.extended(&newer);
        assert!(all.names().eq(["c", "b", "a"]));
        assert_eq!([all.behaviour(0, 1), all.behaviour(1, 1), all.behaviour(0, 2)], [5, 3, 3]);
        assert_eq!((all.multi_hot(0, 1), all.multi_hot(0, 2)), (&[6, 7][..], &[4, 1][..]));
        assert_eq!(table.clone().with_key("sku").extended(&newer), newer);
        let bags = |ids| [(1, Jagged::new(vec![0, 0, 2], ids))];
        let single = |id: u32| ItemTable::new(["a", "b"], vec![vec![id, id]], vec![]).unwrap();
        let table = single(1).with_bags(bags(vec![4, 5])).unwrap();
        assert_eq!((table.behaviour(0, 1), table.bag(1, 0), table.bag(1, 1)), (1, &[][..], &[4, 5][..]));
        let one = ItemTable::new(["b"], vec![vec![7]], vec![]).unwrap();
        let one = one.with_bags([(1, Jagged::new(vec![0, 1], vec![8]))]).unwrap();
        let all = table.extended(&one);
        assert!(all.names().eq(["b", "a"]));
        assert_eq!(
            (all.behaviours(), all.bag(1, 0), all.bag(1, 1)),
            (&[vec![7, 1], vec![]][..], &[8][..], &[][..])
        );
        assert_eq!(table.extended(&single(2)), single(2), "of other features");
        assert!(single(1).with_bags(bags(vec![4])).is_err());
        let message = |names: [&str; 2], ids: Vec<u32>, lists: Jagged| {
            ItemTable::new(names, vec![ids], vec![lists]).unwrap_err().to_string()
        };
        assert!(message(["a", "a"], vec![1, 2], lists.clone()).contains("item 2: found `a` again"));
        assert!(message(["a", "b"], vec![1], lists.clone()).contains("a feature of 1 items; expected 2"));
        let crooked = Jagged { offsets: vec![0, 3, 2], ids: vec![4, 1] };
        assert!(message(["a", "b"], vec![1, 2], crooked).contains("offsets that do not fit 2 ids"));
    }
}
