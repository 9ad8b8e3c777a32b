//! The lists that a batch's events and candidates have.

use std::collections::HashMap;

use dien_model::{Batch, Histories, Jagged, OOV};

/// A batch whose ids of these features are places among `all` lists, with the lists that it has, and places
/// among those. They come in the order in which its candidates, events and negatives first have them.
pub(super) fn own(mut batch: Batch, bags: &[(usize, Jagged)]) -> Batch {
    for (feature, all) in bags {
        let (mut places, mut own) = (HashMap::<u32, u32>::new(), Jagged::empty(0));
        let mut place = |bag: &mut u32| {
            *bag = *places.entry(*bag).or_insert_with(|| {
                own.push(all.list(*bag as usize).iter().copied());
                own.len() as u32 - 1
            });
        };
        batch.targets.candidate[*feature].iter_mut().for_each(&mut place);
        let extra = batch.extra_sequences.iter_mut().map(|extra| &mut extra.histories);
        for histories in std::iter::once(&mut batch.histories).chain(extra) {
            histories.ids[*feature].iter_mut().for_each(&mut place);
            negatives(histories, *feature, &mut place);
        }
        batch.bags.push(own);
    }
    batch
}

/// The negatives that are read: not those of a history's first event.
fn negatives(histories: &mut Histories, feature: usize, place: &mut impl FnMut(&mut u32)) {
    let Histories { offsets, negatives, negatives_per_event: k, .. } = histories;
    if *k == 0 {
        return;
    }
    for bounds in offsets.windows(2).filter(|bounds| bounds[0] < bounds[1]) {
        let of_history = &mut negatives[feature][bounds[0] as usize * *k..bounds[1] as usize * *k];
        let (first, read) = of_history.split_at_mut(*k);
        // There is a list: the event's own.
        first.fill(OOV);
        read.iter_mut().for_each(&mut *place);
    }
}

#[cfg(test)]
mod tests {
    use dien_model::Targets;

    use super::*;

    #[test]
    fn a_batch_has_the_lists_that_it_reads() {
        let histories = Histories::new(vec![0, 2, 3], vec![vec![5, 6, 7], vec![4, 2, 4]])
            .with_negatives(vec![vec![0; 3], vec![9, 3, 9]], 1);
        let targets = Targets::new(vec![0], vec![0], vec![2], vec![vec![1], vec![2]]);
        let mut all = Jagged::empty(0);
        (0..5).for_each(|n| all.push(n..2 * n));
        let batch = own(Batch::new(histories, targets), &[(1, all)]);
        assert_eq!(batch.bags, [Jagged::new(vec![0, 2, 6, 9], vec![2, 3, 4, 5, 6, 7, 3, 4, 5])]);
        assert_eq!((&batch.targets.candidate[1], &batch.histories.ids[1]), (&vec![0], &vec![1, 0, 1]));
        assert_eq!(batch.histories.negatives[1], [0, 2, 0]);
        assert_eq!(batch.histories.ids[0], [5, 6, 7]);
    }
}
