//! One sequence alone, as a service runs it: vectors across hidden units, weights packed beforehand.

use std::hint::black_box;

use dien_cells::cell::CellKind;
use dien_cells::cell::reference::Weights;
use dien_cells::serving::{Cell, padded};

use super::inputs::{rng, uniform};

/// A packed cell, one sequence, and room for what it gives.
pub(super) struct Single {
    cell: Cell<f32>,
    hidden: usize,
    x: Vec<f32>,
    a: Option<Vec<f32>>,
    gates: Vec<f32>,
    h: Vec<f32>,
    states: Option<Vec<f32>>,
    scratch: Vec<f32>,
}

impl Single {
    /// All states of a GRU, the last one of the kinds that take attention.
    pub fn new(kind: CellKind, steps: usize, hidden: usize) -> Self {
        let mut rng = rng(2018);
        let bound = 1.0 / (hidden as f32).sqrt();
        let mut draw = |n: usize, bound| uniform(&[n], bound, &mut rng).into_raw_vec_and_offset().0;
        let (w, u) = (draw(3 * hidden * hidden, bound), draw(3 * hidden * hidden, bound));
        let (b, b_hc) = (draw(3 * hidden, bound), draw(hidden, bound));
        let cell = Cell::new(kind, Weights { w: &w, u: &u, b: &b, b_hc: &b_hc });
        let attention = kind.takes_attention();
        Single {
            hidden,
            x: draw(steps * hidden, 1.0),
            a: attention.then(|| draw(steps, 1.0).into_iter().map(f32::abs).collect()),
            gates: vec![0.0; steps * cell.gate_width()],
            h: vec![0.0; padded(hidden)],
            states: (!attention).then(|| vec![0.0; steps * padded(hidden)]),
            scratch: vec![0.0; cell.steps_scratch()],
            cell,
        }
    }

    /// From events to states.
    pub fn run(&mut self) {
        self.h.fill(0.0);
        self.cell.gates(&self.x, self.hidden, &mut self.gates);
        let (a, states) = (self.a.as_deref(), self.states.as_deref_mut());
        self.cell.steps(&self.gates, a, &mut self.h, states, &mut self.scratch);
        black_box((&self.h, &self.states));
    }
}
