//! Batches whose histories lack an event each.

use dien_model::{Batch, Behaviours, Histories, Jagged, Sequence, Targets};

/// Which event of which sequence of behaviours a target lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lacks {
    pub sequence: usize,
    pub event: usize,
}

/// How many histories are scored at once: each is as long as the whole, nearly, and all of them would be its
/// square.
const AT_ONCE: usize = 64;

/// Every event that the first target of a batch with one history a sequence can lack, in order.
pub(crate) fn each(batch: &Batch) -> Vec<Lacks> {
    let counts = batch.sequences().map(|sequence| sequence.histories.events()).enumerate();
    counts.flat_map(|(sequence, n)| (0..n).map(move |event| Lacks { sequence, event })).collect()
}

/// What is scored at once, in order: events of one sequence.
pub(crate) fn parts(lacks: &[Lacks]) -> impl Iterator<Item = &[Lacks]> {
    lacks.chunk_by(|a, b| a.sequence == b.sequence).flat_map(|of_sequence| of_sequence.chunks(AT_ONCE))
}

/// The first target of a batch with one history a sequence, once for each event that it is to lack: so many
/// targets, each of which looks back on a history of its own in the sequence where it lacks an event, and on
/// the whole one in the others.
pub(crate) fn without(batch: &Batch, lacks: &[Lacks]) -> Batch {
    let mut sequences =
        batch.sequences().enumerate().map(|(place, sequence)| behaviours(place, sequence, lacks));
    let Behaviours { histories, history, start, end, .. } = sequences.next().expect("the first one");
    let (n, t) = (lacks.len(), &batch.targets);
    let same = |ids: &Vec<u32>| vec![ids[0]; n];
    let list = |lists: &Jagged| {
        let one = &lists.ids[..lists.offsets[1] as usize];
        Jagged { offsets: (0..=n as u32).map(|i| i * one.len() as u32).collect(), ids: one.repeat(n) }
    };
    let targets = Targets::new(history, start, end, t.candidate.iter().map(same).collect())
        .with_sparse(t.sparse.iter().map(same).collect())
        .with_multi_hot(t.multi_hot.iter().map(list).collect())
        .with_dense(t.dense.iter().map(|numbers| vec![numbers[0]; n]).collect());
    let extra_sequences = sequences.collect();
    Batch::new(histories, targets).with_extra_sequences(extra_sequences).with_bags(batch.bags.clone())
}

/// The whole history, then one without each of the events that are lacked.
fn behaviours(place: usize, sequence: Sequence<'_>, lacks: &[Lacks]) -> Behaviours {
    let n = sequence.histories.events();
    let out: Vec<usize> = lacks.iter().filter(|l| l.sequence == place).map(|l| l.event).collect();
    let mut offsets = vec![0, n as u32];
    (1..=out.len()).for_each(|i| offsets.push((n + i * (n - 1)) as u32));
    let without = |ids: &Vec<u32>| {
        let each = out.iter().flat_map(|&out| ids[..out].iter().chain(&ids[out + 1..]));
        ids.iter().chain(each).copied().collect()
    };
    let ids = sequence.histories.ids.iter().map(without).collect();
    let mut own = 1..;
    let history: Vec<u32> = lacks
        .iter()
        .map(|l| if l.sequence == place { own.next().expect("an endless range") } else { 0 })
        .collect();
    let end = history.iter().map(|&h| if h == 0 { n } else { n - 1 } as u32).collect();
    let start = vec![0; history.len()];
    Behaviours::new(Histories::new(offsets, ids), history, start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_lacks_one_event() {
        let history = |ids: Vec<u32>| Histories::new(vec![0, ids.len() as u32], vec![ids]);
        let extra = Behaviours::new(history(vec![9]), vec![0], vec![0], vec![1]);
        let targets = Targets::new(vec![0], vec![0], vec![3], vec![vec![4]])
            .with_multi_hot(vec![Jagged { offsets: vec![0, 2], ids: vec![1, 2] }]);
        let batch = Batch::new(history(vec![5, 6, 7]), targets).with_extra_sequences(vec![extra]);
        let lacks = each(&batch);
        let whole = without(&batch, &lacks);
        let seen = |sequence: Sequence<'_>, target: usize| {
            let h = sequence.history[target] as usize;
            let first = sequence.histories.offsets[h];
            let window = first + sequence.start[target]..first + sequence.end[target];
            sequence.histories.ids[0][window.start as usize..window.end as usize].to_vec()
        };
        let seen = |of: &Batch, target| of.sequences().map(|g| seen(g, target)).collect::<Vec<_>>();
        assert_eq!(lacks.len(), 4);
        assert_eq!(seen(&whole, 0), [vec![6, 7], vec![9]]);
        assert_eq!(seen(&whole, 1), [vec![5, 7], vec![9]]);
        assert_eq!(seen(&whole, 2), [vec![5, 6], vec![9]]);
        assert_eq!(
            (seen(&whole, 3), lacks[3]),
            (vec![vec![5, 6, 7], vec![]], Lacks { sequence: 1, event: 0 })
        );
        assert_eq!(
            (whole.targets.candidate[0].len(), &whole.targets.multi_hot[0].ids[6..]),
            (4, &[1, 2][..])
        );
        // A part of them is the same, with histories of its own alone.
        let part = without(&batch, &lacks[1..3]);
        assert_eq!([0, 1].map(|target| seen(&part, target)), [1, 2].map(|target| seen(&whole, target)));
        assert_eq!((part.targets.label.len(), part.histories.offsets.len()), (2, 4));
    }

    #[test]
    fn parts_are_of_one_group_and_not_large() {
        let of = |sequence| (0..150).map(move |event| Lacks { sequence, event });
        let lacks: Vec<Lacks> = of(0).chain(of(2).take(1)).collect();
        let sizes: Vec<usize> = parts(&lacks).map(<[Lacks]>::len).collect();
        assert_eq!(sizes, [64, 64, 22, 1]);
        assert_eq!(parts(&lacks).collect::<Vec<_>>().concat(), lacks);
        assert_eq!(parts(&[]).count(), 0);
    }
}
