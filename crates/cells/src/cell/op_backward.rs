//! The way back of the cell's tape node.

use dien_kernels::gemm::Panels;
use dien_kernels::simd::{Level, dispatch_at};
use dien_tensor::{Backward as TapeBackward, OpGrads, Real};
use ndarray::ArrayViewD;

use super::CellKind;
use super::backward::Backward;
use super::layout::LINE;
use super::layout::PARTIAL;
use super::layout::SAVED;
use super::op::{Cell, CellOutput};
use super::sums::{Sizes, aligned};
use crate::{LANES, per_block, per_piece};

impl<T: Real> TapeBackward<T> for Cell<T> {
    fn name(&self) -> &'static str {
        match self.kind {
            CellKind::Gru => "gru",
            CellKind::Aigru => "aigru",
            CellKind::Agru => "agru",
            CellKind::Augru => "augru",
            CellKind::AugruOfficial => "augru (official)",
        }
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (packed, hidden) = (&*self.packed, self.hidden);
        let (size, chunks, blocks) = (hidden * LANES, packed.chunks(), packed.blocks());
        let pool = io.pool();
        let level = Level::of::<T>();
        let dy = dy.to_slice().expect("standard layout");
        let inputs = self.w.map_or(0, |w| io.input(w).shape()[1]);
        let sizes = Sizes { hidden, inputs };

        // Column `gate · hidden + unit` of the transposed weights; of U's gates c comes first, whose gradient
        // is q's.
        let of_u = Panels::new(level, hidden, 3 * hidden);
        let mut u_t = pool.scratch(of_u.len());
        let u = io.input_data(1);
        of_u.pack(|row, column| u[(column + 2 * hidden) % (3 * hidden) * hidden + row], &mut u_t);
        let of_w = Panels::new(level, inputs, 3 * hidden);
        let mut w_t = pool.scratch(of_w.len());
        if let Some(w) = self.w {
            let w = io.input_data(w);
            of_w.pack(|row, column| w[column * inputs + row], &mut w_t);
        }
        let mut zeros = pool.scratch(if self.initial.is_none() { size } else { 0 });
        zeros.fill(T::zero());
        let features = sizes.features();
        let mut d_input = pool.stale(&[blocks, features, LANES]);
        let mut da = pool.stale(&[blocks, 1, LANES]);
        let mut dh = pool.stale(&[chunks, hidden, LANES]);
        let dh_data = dh.as_slice_mut().expect("standard layout");
        match self.output {
            CellOutput::States => dh_data.fill(T::zero()),
            CellOutput::Last => dh_data.copy_from_slice(dy),
        }
        let mut sums = pool.scratch(chunks * sizes.sums() + LINE);
        let sums = aligned(&mut sums);
        let mut scratch = pool.scratch(chunks * sizes.scratch() + LINE);
        let scratch = aligned(&mut scratch);
        let parts = (
            per_block(io.input_data(0), features),
            self.attention.map(|i| per_block(io.input_data(i), 1)),
            self.initial.map(|i| per_piece(io.input_data(i), size)),
            per_block(self.states.as_deref().unwrap_or(io.output_data()), hidden),
            per_block(&self.saved[..], SAVED * hidden),
            (self.output == CellOutput::States).then(|| per_block(dy, hidden)),
            per_piece(dh_data, size),
            per_block(d_input.as_slice_mut().expect("standard layout"), features),
            per_block(da.as_slice_mut().expect("standard layout"), 1),
            per_piece(&mut *scratch, sizes.scratch()),
            per_piece(&mut *sums, sizes.sums()),
        );
        packed.par_chunks(parts).for_each(|chunk, parts| {
            let (input, a, h0, states, saved, d_states, dh, d_input, da, scratch, sums) = parts;
            let work = Backward {
                kind: self.kind,
                packed,
                chunk,
                sizes,
                u_t: &u_t,
                w_t: &w_t,
                input,
                a,
                h0: h0.unwrap_or(&zeros),
                states,
                saved,
                d_states,
                dh,
                d_input,
                da,
                scratch,
                sums,
            };
            dispatch_at(level, work);
        });

        io.add(0, d_input);
        match self.attention {
            Some(i) => io.add(i, da),
            None => pool.give_array(da),
        }
        match self.initial {
            Some(i) => io.add(i, dh),
            None => pool.give_array(dh),
        }
        self.add_sums(io, sizes, sums);
    }
}

impl<T: Real> Cell<T> {
    /// Adds every chunk's sums to the gradients of the weights and biases, chunk by chunk.
    fn add_sums(&self, io: &mut OpGrads<'_, T>, sizes: Sizes, sums: &[T]) {
        let Sizes { hidden, inputs } = sizes;
        let stride = sizes.stride();
        // The sums' rows are those of q, r, u and c.
        let chunks = || sums.chunks_exact(sizes.sums());
        let mut add_columns = |input: usize, first: usize, columns: usize, rows: [usize; 3]| {
            let Some(g) = io.grad_data(input) else { return };
            for sums in chunks() {
                for (g, row) in g.chunks_exact_mut(hidden * columns).zip(rows) {
                    let rows = sums[row * hidden * stride..].chunks_exact(stride);
                    for (g, row) in g.chunks_exact_mut(columns).zip(rows) {
                        g.iter_mut().zip(&row[first..]).for_each(|(g, &s)| *g += s);
                    }
                }
            }
        };
        add_columns(1, inputs, hidden, [1, 2, 0]);
        if let Some(w) = self.w {
            add_columns(w, 0, inputs, [1, 2, 3]);
        }
        let mut add_biases = |input: usize, rows: &[usize]| {
            let Some(g) = io.grad_data(input) else { return };
            for sums in chunks() {
                let biases = &sums[sizes.weights()..];
                for (g, row) in g.chunks_exact_mut(hidden).zip(rows) {
                    for (g, unit) in g.iter_mut().zip(biases.chunks_exact(4 * PARTIAL)) {
                        *g += unit[row * PARTIAL..][..PARTIAL].iter().fold(T::zero(), |sum, &s| sum + s);
                    }
                }
            }
        };
        add_biases(2, &[1, 2, 3]);
        add_biases(3, &[0]);
    }
}
