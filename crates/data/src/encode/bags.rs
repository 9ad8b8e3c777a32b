//! Lists of ids that events and candidates have, each once.

use std::collections::HashMap;

use dien_model::Jagged;

/// Distinct lists of ids.
#[derive(Debug)]
pub(crate) struct Bags {
    lists: Jagged,
    known: HashMap<Box<[u32]>, u32>,
}

impl Default for Bags {
    fn default() -> Self {
        Bags { lists: Jagged::empty(0), known: HashMap::new() }
    }
}

impl Bags {
    /// The place of a list, which is added if it is new.
    pub fn place(&mut self, ids: &[u32]) -> u32 {
        if let Some(&place) = self.known.get(ids) {
            return place;
        }
        let place = self.lists.len() as u32;
        self.lists.push(ids.iter().copied());
        self.known.insert(ids.into(), place);
        place
    }

    /// The lists, by their places.
    pub fn into_lists(self) -> Jagged {
        self.lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_place() {
        let mut bags = Bags::default();
        let lists: [&[u32]; 5] = [&[2, 1], &[], &[1, 2], &[2, 1], &[]];
        assert_eq!(lists.map(|list| bags.place(list)), [0, 1, 2, 0, 1]);
        assert_eq!(bags.into_lists(), Jagged::new(vec![0, 2, 2, 4], vec![2, 1, 1, 2]));
    }
}
