//! The way back of a recurrence's tape node.

use dien_kernels::gemm::Panels;
use dien_kernels::inline::{copy, each, fill, zip};
use dien_kernels::line::LINE;
use dien_kernels::reduce::sum_parts;
use dien_kernels::simd::Level;
use dien_tensor::{Backward as TapeBackward, OpGrads, Real};
use ndarray::ArrayViewD;

use super::Recurrence;
use super::args::CellOutput;
use super::backward::Backward;
use super::backward_chunk::Chunk;
use super::layout::PARTIAL;
use super::op::Node;
use super::sizes::{Sizes, aligned};
use crate::{LANES, per_block, per_task};

/// Elements of all runs' sums together, at most, unless that were fewer than two runs.
const SUMS: usize = 1 << 21;

/// How many runs of chunks have sums of the weights' gradients of their own, of so many elements each.
fn runs(chunks: usize, elements: usize) -> usize {
    chunks.min((SUMS / elements.max(1)).max(2))
}

impl<T: Real, R: Recurrence> TapeBackward<T> for Node<T, R> {
    fn name(&self) -> &'static str {
        self.recurrence.name()
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (packed, hidden) = (&*self.packed, self.hidden);
        let (rows, chunks, blocks) = (R::STATES * hidden, packed.chunks(), packed.blocks());
        let pool = io.pool();
        let level = Level::of::<T>();
        let dy = dy.to_slice().expect("standard layout");
        let inputs = self.w.map_or(0, |w| io.input(w).shape()[1]);
        let sizes = Sizes::new::<R>(hidden, inputs);

        // Column `gate · hidden + unit` of the transposed weights; of U's, those of a split gate come first,
        // as the gradient of its product does.
        let gates = R::GATES * hidden;
        let of_u = Panels::new(level, hidden, gates);
        let mut u_t = pool.scratch(of_u.len());
        let u = io.input_data(1);
        let first = if R::SPLIT { gates - hidden } else { 0 };
        of_u.pack(|row, column| u[(column + first) % gates * hidden + row], &mut u_t);
        let of_w = Panels::new(level, inputs, gates);
        let mut w_t = pool.scratch(of_w.len());
        if let Some(w) = self.w {
            let w = io.input_data(w);
            of_w.pack(|row, column| w[column * inputs + row], &mut w_t);
        }
        let mut zeros = pool.scratch(if self.initial.is_none() { rows * LANES } else { 0 });
        fill(&mut zeros, T::zero());
        let features = sizes.features();
        let mut d_input = pool.stale(&[blocks, features, LANES]);
        let mut d_score = pool.stale(&[blocks, 1, LANES]);
        let mut carried = pool.stale(&[chunks, rows, LANES]);
        let carried_data = carried.as_slice_mut().expect("standard layout");
        match self.output {
            CellOutput::States => fill(carried_data, T::zero()),
            CellOutput::Last => copy(dy, carried_data),
        }
        let runs = runs(chunks, sizes.chunk());
        let mut sums = pool.scratch(runs * sizes.chunk() + LINE);
        let sums = &mut aligned(&mut sums)[..runs * sizes.chunk()];
        let mut scratch = pool.scratch(runs * sizes.scratch() + LINE);
        let scratch = aligned(&mut scratch);
        let parts = (
            per_block(io.input_data(0), features),
            self.score.map(|i| per_block(io.input_data(i), 1)),
            self.initial.map(|i| per_task(io.input_data(i), rows * LANES)),
            per_block(self.states.as_deref().unwrap_or(io.output_data()), rows),
            per_block(&self.saved[..], R::SAVED * hidden),
            (self.output == CellOutput::States).then(|| per_block(dy, rows)),
            per_task(carried_data, rows * LANES),
            per_block(d_input.as_slice_mut().expect("standard layout"), features),
            per_block(d_score.as_slice_mut().expect("standard layout"), 1),
        );
        let by_run = (per_task(&mut *scratch, sizes.scratch()), per_task(&mut *sums, sizes.chunk()));
        packed.par_runs(runs, (parts, by_run), |chunks, parts, (scratch, sums)| {
            let mut add = false;
            packed.each_chunk(chunks, parts, |chunk, parts| {
                let (input, score, initial, states, saved, d_states, carried, d_input, d_score) = parts;
                let chunk = Chunk {
                    recurrence: self.recurrence,
                    packed,
                    index: chunk,
                    sizes,
                    input,
                    score,
                    initial: initial.unwrap_or(&zeros),
                    states,
                    saved,
                    d_states,
                };
                Backward { chunk, u_t: &u_t, w_t: &w_t, carried, d_input, d_score, scratch, sums, add }
                    .run(level);
                add = true;
            });
            if !add {
                fill(sums, T::zero());
            }
        });

        io.add(0, d_input);
        match self.score {
            Some(i) => io.add(i, d_score),
            None => pool.give_array(d_score),
        }
        match self.initial {
            Some(i) => io.add(i, carried),
            None => pool.give_array(carried),
        }
        self.add_sums(io, sizes, sums);
    }
}

impl<T: Real, R: Recurrence> Node<T, R> {
    /// Adds every run's sums to the gradients of the weights and biases.
    fn add_sums(&self, io: &mut OpGrads<'_, T>, sizes: Sizes, sums: &mut [T]) {
        sum_parts(sums, sizes.chunk());
        let Some(sums) = sums.get(..sizes.chunk()) else { return };
        let Sizes { hidden, inputs, .. } = sizes;
        let (stride, all) = (sizes.stride(), sizes.sums);
        // Which of the sums a gate's are: U's of a split gate are the first, all others in order after it.
        let of_gate = |gate: usize| gate + usize::from(R::SPLIT);
        let of_product = |gate: usize| of_gate(gate) % R::GATES;
        let mut add_columns = |input: usize, first: usize, columns: usize, row: &dyn Fn(usize) -> usize| {
            let Some(g) = io.grad_data(input) else { return };
            for (gate, g) in g.chunks_exact_mut(hidden * columns).enumerate() {
                let rows = sums[row(gate) * hidden * stride..].chunks_exact(stride);
                for (g, row) in zip(g.chunks_exact_mut(columns), rows) {
                    each(g, [&row[first..]], |g, [s]| *g += s);
                }
            }
        };
        add_columns(1, inputs, hidden, &of_product);
        if let Some(w) = self.w {
            add_columns(w, 0, inputs, &of_gate);
        }
        let mut add_biases = |input: usize, row: &dyn Fn(usize) -> usize| {
            let Some(g) = io.grad_data(input) else { return };
            let biases = &sums[sizes.weights()..];
            for (gate, g) in g.chunks_exact_mut(hidden).enumerate() {
                for (g, unit) in zip(g, biases.chunks_exact(all * PARTIAL)) {
                    let partial = &unit[row(gate) * PARTIAL..][..PARTIAL];
                    *g += partial.iter().fold(T::zero(), |sum, &s| sum + s);
                }
            }
        };
        add_biases(2, &of_gate);
        if let Some(b_u) = self.b_u {
            add_biases(b_u, &|_| 0);
        }
    }
}
