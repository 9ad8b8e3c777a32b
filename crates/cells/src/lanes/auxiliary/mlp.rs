//! f(h, e) = w₃·σ(W₂ σ(W₁ [h, e] + b₁) + b₂) + b₃

use dien_kernels::gemm::epilogue::Accumulate;
use dien_kernels::gemm::{Block, Rows, Store, dispatch_product};
use dien_kernels::inline::{fill, zip};
use dien_kernels::simd::dispatch;
use dien_tensor::{Pool, Real, Scratch};

use super::carve_mut;
use super::pair_tile::COLUMNS;
use super::rows::{Dot, DotBack, PARTS, add_row_sums, padded, sigmoid, transpose};
use super::sigmoid::SigmoidBackward;
use super::task::{Back, Score};
use crate::lanes::transpose_weight;

/// The widths of an interest, of an event, and of the first and second layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    pub hidden: usize,
    pub event: usize,
    pub first: usize,
    pub second: usize,
}

impl Widths {
    /// Elements of the gradients of W₁'s two halves, b₁, W₂ transposed, b₂, w₃ and b₃, in this order. A
    /// weight's columns are padded; all others are [`PARTS`] parts of a sum.
    pub(super) fn sums(self) -> [usize; 7] {
        let Widths { hidden, event, first, second } = self;
        let [b1, b2] = [first * PARTS, second * PARTS];
        [first * padded(hidden), first * padded(event), b1, first * padded(second), b2, b2, PARTS]
    }
}

/// The parameters.
pub(super) struct Mlp<'a, T: Real> {
    widths: Widths,
    w1: &'a [T],
    b1: &'a [T],
    w2: &'a [T],
    b2: &'a [T],
    w3: &'a [T],
    b3: T,
    /// W₁ and W₂ transposed, if there is a way back.
    transposed: Option<[Scratch<T>; 2]>,
}

impl<'a, T: Real> Mlp<'a, T> {
    /// `layers`: weight and bias of each.
    pub(super) fn new(widths: Widths, layers: [(&'a [T], &'a [T]); 3], back: bool, pool: &Pool<T>) -> Self {
        let [(w1, b1), (w2, b2), (w3, b3)] = layers;
        let transposed = |w: &[T], dims| {
            let mut w_t = pool.scratch(w.len());
            transpose_weight(w, &mut w_t, dims);
            w_t
        };
        let Widths { hidden, event, first, second } = widths;
        let transposed =
            back.then(|| [transposed(w1, (hidden + event, first)), transposed(w2, (first, second))]);
        Mlp { widths, w1, b1, w2, b2, w3, b3: b3[0], transposed }
    }

    fn sizes(&self) -> [usize; 5] {
        let Widths { hidden, event, first, second } = self.widths;
        let rows = padded(hidden.max(event).max(second));
        [first, first, first, second, rows].map(|rows| rows * COLUMNS)
    }

    fn parts<'w>(&self, work: &'w mut [T]) -> Parts<'w, T> {
        let [state, d_state, y1, y2, rows] = carve_mut(work, self.sizes());
        Parts { state, d_state, y1, y2, rows }
    }

    fn transposed(&self) -> &[Scratch<T>; 2] {
        self.transposed.as_ref().expect("made for the way back")
    }
}

/// Tiles `[features, COLUMNS]`.
struct Parts<'w, T> {
    /// W₁'s half of the states, and b₁.
    state: &'w mut [T],
    d_state: &'w mut [T],
    /// The first layer's value; on the way back the gradient of its argument.
    y1: &'w mut [T],
    /// The same of the second layer.
    y2: &'w mut [T],
    /// A tile transposed.
    rows: &'w mut [T],
}

impl<T: Real> Score<T> for Mlp<'_, T> {
    fn work(&self) -> usize {
        self.sizes().iter().sum()
    }

    fn sums(&self) -> usize {
        self.widths.sums().iter().sum()
    }

    fn state(&self, h: &[T], width: usize, work: &mut [T]) {
        let Widths { hidden, event, first, .. } = self.widths;
        let state = self.parts(work).state;
        let (w, h) = (Rows(Block::new(self.w1, hidden + event)), Block::new(h, COLUMNS));
        fill_bias(state, self.b1, width);
        dispatch_product((first, width, hidden), w, h, Store::add(state, COLUMNS));
    }

    fn logits(&self, e: &[T], width: usize, work: &mut [T], z: &mut [T; COLUMNS]) {
        let Widths { hidden, event, first, second } = self.widths;
        let Parts { state, y1, y2, .. } = self.parts(work);
        let (w, e) = (Rows(Block::new(&self.w1[hidden..], hidden + event)), Block::new(e, COLUMNS));
        let to = Accumulate { from: Some(state), c: &mut *y1, stride: COLUMNS };
        dispatch_product((first, width, event), w, e, to);
        sigmoid(y1, width);
        let (w, y) = (Rows(Block::new(self.w2, first)), Block::new(&*y1, COLUMNS));
        fill_bias(y2, self.b2, width);
        dispatch_product((second, width, first), w, y, Store::add(&mut *y2, COLUMNS));
        sigmoid(y2, width);
        dispatch(Dot { tile: y2, width, w: self.w3, b: self.b3, z });
    }

    fn event_back(&self, dz: &[T; COLUMNS], e: &[T], first: bool, width: usize, back: Back<'_, T>) {
        let Widths { hidden, event, first: units, second } = self.widths;
        let [w1_t, w2_t] = self.transposed();
        let Parts { d_state, y1, y2, rows, .. } = self.parts(back.work);
        let [_, dw1, _, dw2_t, db2, dw3, db3] = carve_mut(back.sums, self.widths.sums());
        add_row_sums(dz, width, db3);
        dispatch(DotBack { dz, tile: y2, width, w: self.w3, dw: dw3, row_sums: db2 });
        let dz2 = &*y2;

        transpose(dz2, second, width, rows);
        let stride = padded(second);
        let (a, b) = (Rows(Block::new(&*y1, COLUMNS)), Block::new(&*rows, stride));
        dispatch_product((units, stride, width), a, b, Accumulate { from: None, c: dw2_t, stride });
        let to = SigmoidBackward { y: &mut *y1, sum: d_state, first, stride: COLUMNS };
        let w = Rows(Block::new(w2_t, second));
        dispatch_product((units, width, second), w, Block::new(dz2, COLUMNS), to);
        let dz1 = &*y1;

        transpose(e, event, width, rows);
        let stride = padded(event);
        let dz1 = Block::new(dz1, COLUMNS);
        let to = Accumulate { from: None, c: dw1, stride };
        dispatch_product((units, stride, width), Rows(dz1), Block::new(&*rows, stride), to);
        let w = Rows(Block::new(&w1_t[hidden * units..], units));
        dispatch_product((event, width, units), w, dz1, Store::new(back.dx, COLUMNS));
    }

    fn state_back(&self, h: &[T], width: usize, back: Back<'_, T>) {
        let Widths { hidden, first, .. } = self.widths;
        let Parts { d_state, rows, .. } = self.parts(back.work);
        let [dw1, _, db1, ..] = carve_mut(back.sums, self.widths.sums());
        add_row_sums(d_state, width, db1);
        transpose(h, hidden, width, rows);
        let (d, stride) = (Block::new(&*d_state, COLUMNS), padded(hidden));
        let to = Accumulate { from: None, c: dw1, stride };
        dispatch_product((first, stride, width), Rows(d), Block::new(&*rows, stride), to);
        let w = Rows(Block::new(&self.transposed()[0][..], first));
        dispatch_product((hidden, width, first), w, d, Store::new(back.dx, COLUMNS));
    }
}

/// What a product is then added to.
fn fill_bias<T: Real>(rows: &mut [T], bias: &[T], width: usize) {
    for (row, &b) in zip(rows.chunks_exact_mut(COLUMNS), bias) {
        fill(&mut row[..width], b);
    }
}
