//! What holds of any ragged sequences: company, order and padding change nothing.

mod common;

use std::sync::Arc;

use common::{Case, Idle, cell_params, events, get, run_cell, step, store};
use dien_cells::cell::{CellKind, CellOutput};
use dien_cells::{Packed, Padded, Padding, lanes};
use dien_tensor::check::{Tolerance, close};
use dien_tensor::{Mode, ParamStore, Pool, Tape, ops};
use ndarray::Array2;
use proptest::prelude::*;
use proptest::sample::Index;

const INPUTS: usize = 3;
const HIDDEN: usize = 4;

/// Up to three chunks of sequences, empty ones included.
fn any_lengths() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..12u32, 1..80)
}

fn any_case() -> impl Strategy<Value = Case> {
    (0..CellKind::ALL.len(), any::<bool>()).prop_map(|(kind, gates)| Case {
        kind: CellKind::ALL[kind],
        output: CellOutput::States,
        gates,
        initial: true,
    })
}

fn params_of(lengths: &[u32]) -> ParamStore<f64> {
    cell_params(&Packed::from_lengths(lengths), INPUTS, HIDDEN)
}

/// The same weights, and of each sequence in `order` (its place among `lengths`) the first `keep` events.
fn chosen(params: &ParamStore<f64>, lengths: &[u32], order: &[(usize, u32)]) -> (ParamStore<f64>, Vec<u32>) {
    let first: Vec<usize> = lengths
        .iter()
        .scan(0, |sum, &n| {
            *sum += n as usize;
            Some(*sum - n as usize)
        })
        .collect();
    let rows: Vec<usize> = order.iter().flat_map(|&(s, keep)| first[s]..first[s] + keep as usize).collect();
    let sequences: Vec<usize> = order.iter().map(|&(s, _)| s).collect();
    let mut to = ParamStore::new();
    for id in params.ids() {
        let value = match params.name(id) {
            "x" | "a" => params.value(id).select(ndarray::Axis(0), &rows),
            "h0" => params.value(id).select(ndarray::Axis(0), &sequences),
            _ => params.value(id).to_owned(),
        };
        to.add(params.name(id), params.kind(id), value);
    }
    (to, order.iter().map(|&(_, keep)| keep).collect())
}

/// Every sequence's states, one after the other.
fn states(params: &ParamStore<f64>, lengths: &[u32], case: Case) -> Vec<Vec<f64>> {
    let packed = Arc::new(Packed::from_lengths(lengths));
    let pool = Pool::new();
    let tape = Tape::new(params, &pool, Mode::Eval);
    let mut rest = run_cell(&tape, case, Idle(None), &packed).data().to_vec();
    let of_each = lengths.iter().map(|&n| {
        let later = rest.split_off(n as usize * HIDDEN);
        std::mem::replace(&mut rest, later)
    });
    of_each.collect()
}

/// Σ h² over all events: a loss that does not know the sequences' order.
fn gradients(params: &ParamStore<f64>, lengths: &[u32], case: Case) -> Vec<Vec<f64>> {
    let packed = Arc::new(Packed::from_lengths(lengths));
    let pool = Pool::new();
    let tape = Tape::new(params, &pool, Mode::EvalWithGrad);
    let h = run_cell(&tape, case, Idle(None), &packed);
    let grads = tape.backward(ops::sum(h * h));
    let of = |id| grads.get(id).map_or_else(Vec::new, |g| g.values().to_vec());
    params.ids().map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_does_not_matter(lengths in any_lengths(), case in any_case(), seed: u64) {
        let mut order: Vec<(usize, u32)> = lengths.iter().copied().enumerate().collect();
        order.sort_by_key(|&(s, _)| (s as u64 + 1).wrapping_mul(seed | 1));
        let params = params_of(&lengths);
        let (permuted, new_lengths) = chosen(&params, &lengths, &order);
        let (before, after) = (states(&params, &lengths, case), states(&permuted, &new_lengths, case));
        let expected: Vec<_> = order.iter().map(|&(s, _)| before[s].clone()).collect();
        prop_assert_eq!(&after, &expected, "sequences in another order");
        // The permuted gradients of what belongs to events and sequences; those of weights are other sums.
        let mut expected = params.clone();
        let before = gradients(&params, &lengths, case);
        for (id, gradient) in params.ids().zip(&before).filter(|(_, g)| !g.is_empty()) {
            expected.data_mut(id).copy_from_slice(gradient);
        }
        let (expected, _) = chosen(&expected, &lengths, &order);
        let after = gradients(&permuted, &new_lengths, case);
        for ((id, before), after) in params.ids().zip(&before).zip(&after) {
            let expected = if before.is_empty() { &[][..] } else { expected.data(id) };
            let near = close(after, expected, Tolerance::OfScale(1e-12, 1.0));
            prop_assert_eq!(near, Ok(()), "gradient of {}", params.name(id));
        }
    }

    #[test]
    fn company_does_not_matter(lengths in any_lengths(), case in any_case(), some: Vec<Index>) {
        let indices = some.iter().map(|i| i.index(lengths.len()));
        let kept: Vec<(usize, u32)> = indices.map(|s| (s, lengths[s])).collect();
        let params = params_of(&lengths);
        let (fewer, new_lengths) = chosen(&params, &lengths, &kept);
        let all = states(&params, &lengths, case);
        let expected: Vec<_> = kept.iter().map(|&(s, _)| all[s].clone()).collect();
        prop_assert_eq!(&states(&fewer, &new_lengths, case), &expected, "sequences in other company");
    }

    #[test]
    fn later_events_change_no_earlier_state(lengths in any_lengths(), case in any_case(), cut: Vec<Index>) {
        prop_assume!(!cut.is_empty());
        let keep = |s: usize| cut[s % cut.len()].index(lengths[s] as usize + 1) as u32;
        let kept: Vec<(usize, u32)> = (0..lengths.len()).map(|s| (s, keep(s))).collect();
        let params = params_of(&lengths);
        let (shorter, new_lengths) = chosen(&params, &lengths, &kept);
        let all = states(&params, &lengths, case);
        let first = |(all, &(_, keep)): (&Vec<f64>, &(usize, u32))| all[..keep as usize * HIDDEN].to_vec();
        let expected: Vec<_> = all.iter().zip(&kept).map(first).collect();
        prop_assert_eq!(&states(&shorter, &new_lengths, case), &expected);
    }

    #[test]
    fn padded_rows_are_the_jagged_ones(lengths in any_lengths(), more in 0..3usize, left: bool) {
        let padding = if left { Padding::Left } else { Padding::Right };
        let steps = *lengths.iter().max().expect("one at least") as usize + more;
        let padded = Padded::from_lengths(&lengths, steps, padding).expect("they fit");
        let mut mask = Array2::from_elem((lengths.len(), steps), false);
        for (row, &n) in lengths.iter().enumerate() {
            (0..n as usize).for_each(|event| mask[[row, padded.step(row, event)]] = true);
        }
        prop_assert_eq!(&Padded::from_mask(mask.view(), padding).expect("one run a row"), &padded);

        let packed = Arc::new(padded.packed());
        let n = packed.events();
        let shape = [lengths.len(), steps, INPUTS];
        let mut params = store(4, &[("x", &[n, INPUTS], 1.0), ("padded", &shape, 1.0)]);
        let [x, to] = ["x", "padded"].map(|name| params.id(name).expect("there"));
        let rows = params.data(x).to_vec();
        // Whatever stands in the padding is not read.
        params.data_mut(to).fill(f64::NAN);
        for (row, &cell) in rows.chunks_exact(INPUTS).zip(&padded.event_positions()) {
            params.data_mut(to)[cell as usize * INPUTS..][..INPUTS].copy_from_slice(row);
        }
        let pool = Pool::new();
        let jagged = step(&params, &pool, |tape| {
            events(lanes::events_to_lanes(get(tape, "x"), &packed), &packed)
        });
        let found = step(&params, &pool, |tape| {
            events(lanes::padded_to_lanes(get(tape, "padded"), &padded, &packed), &packed)
        });
        prop_assert_eq!(&jagged[0].1, &found[0].1);
        let mut expected = vec![0.0; lengths.len() * steps * INPUTS];
        for (g, &cell) in jagged[1].1.chunks_exact(INPUTS).zip(&padded.event_positions()) {
            expected[cell as usize * INPUTS..][..INPUTS].copy_from_slice(g);
        }
        prop_assert_eq!(&expected, &found[1].1);
    }
}
