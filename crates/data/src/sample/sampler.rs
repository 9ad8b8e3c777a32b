//! Where negatives come from.

use std::collections::HashMap;

use rand::rngs::ChaCha8Rng;

use crate::behaviours::log::{Log, cell};
use crate::error::DataError;
use crate::sample::draw;
use crate::sample::options::{AuxiliaryNegatives, TargetNegatives};

/// Draws before a walk through the list ends the search.
const DRAWS: usize = 32;

/// Draws items of the non-test users' behaviours.
///
/// A negative never looks like the positive: it belongs to another class (see
/// [`Columns`](crate::sample::samples::Columns)), so that two items which are both out of vocabulary are not
/// told apart by a label alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sampler {
    /// The items of all training behaviours, so by occurrence.
    occurrences: Vec<u32>,
    /// One item per class among them.
    distinct: Vec<u32>,
    /// `occurrences` sorted by category; those of category `c` are
    /// `category_offsets[c]..category_offsets[c + 1]`.
    by_category: Vec<u32>,
    category_offsets: Vec<usize>,
    /// By item.
    category: Vec<u32>,
}

impl Sampler {
    /// `occurrences` in any fixed order; categories are only looked up if asked for.
    pub fn new(
        log: &Log,
        occurrences: Vec<u32>,
        class: &[u32],
        targets: TargetNegatives,
    ) -> Result<Self, DataError> {
        let mut sampler = Sampler::of(occurrences, class);
        if targets == TargetNegatives::SameCategory {
            sampler.index_categories(log)?;
        }
        Ok(sampler)
    }

    /// A sampler that knows no categories.
    pub fn of(occurrences: Vec<u32>, class: &[u32]) -> Self {
        let mut seen = vec![false; class.len()];
        let fresh = |&item: &u32| !std::mem::replace(&mut seen[class[item as usize] as usize], true);
        let mut distinct: Vec<u32> = occurrences.iter().copied().filter(fresh).collect();
        distinct.sort_unstable();
        Sampler { occurrences, distinct, ..Sampler::default() }
    }

    fn index_categories(&mut self, log: &Log) -> Result<(), DataError> {
        let column = log.column("category").ok_or_else(|| {
            let found = "`same-category`, but the items have no column `category`";
            DataError::option("target_negatives", found, "`popularity`")
        })?;
        let mut known: HashMap<&str, u32> = HashMap::new();
        for item in log.items() {
            let next = known.len() as u32;
            self.category.push(*known.entry(cell(item, Some(column))).or_insert(next));
        }
        let category = |item: &u32| self.category[*item as usize];
        self.by_category = self.occurrences.clone();
        self.by_category.sort_by_key(category);
        let end = |c: u32| self.by_category.partition_point(|item| category(item) < c);
        self.category_offsets = (0..=known.len() as u32).map(end).collect();
        Ok(())
    }

    /// Whether every positive has a negative.
    pub fn is_enough(&self) -> bool {
        self.distinct.len() >= 2
    }

    /// A negative for a training target.
    pub fn target(&self, rng: &mut ChaCha8Rng, class: &[u32], positive: u32) -> u32 {
        let pool = match self.category.get(positive as usize) {
            None => &self.occurrences[..],
            Some(&c) => {
                let c = c as usize;
                &self.by_category[self.category_offsets[c]..self.category_offsets[c + 1]]
            }
        };
        draw(rng, pool, class, positive).unwrap_or_else(|| self.any(rng, class, positive))
    }

    /// A negative for the auxiliary loss. `own` are the user's own behaviours.
    pub fn auxiliary(
        &self,
        kind: AuxiliaryNegatives,
        rng: &mut ChaCha8Rng,
        class: &[u32],
        own: &[u32],
        positive: u32,
    ) -> u32 {
        let pool = match kind {
            AuxiliaryNegatives::Popularity => &self.occurrences[..],
            AuxiliaryNegatives::Uniform => &self.distinct[..],
            AuxiliaryNegatives::Own => own,
        };
        draw(rng, pool, class, positive).unwrap_or_else(|| self.any(rng, class, positive))
    }

    fn any(&self, rng: &mut ChaCha8Rng, class: &[u32], positive: u32) -> u32 {
        draw(rng, &self.occurrences, class, positive).expect("checked by `is_enough`")
    }
}

/// One of the pool that does not look like the positive; none if all do.
#[inline]
fn draw(rng: &mut ChaCha8Rng, pool: &[u32], class: &[u32], positive: u32) -> Option<u32> {
    let unlike = |item: u32| class[item as usize] != class[positive as usize];
    draw::one_of(rng, pool, DRAWS, draw::place, unlike)
}
