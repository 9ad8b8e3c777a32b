//! What a head reads, and in which order.

use std::ops::Range;

use dien_cells::Real;
use dien_tensor::{Tape, Var, VarList, ops};

use crate::Features;

/// One of a head's inputs. Sequences of behaviours are counted from 0, the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadInput {
    /// The embeddings of profile and context.
    Sparse,
    /// The means of the embeddings of the candidate's lists.
    MultiHot,
    /// Numbers.
    Dense,
    /// The candidate's embeddings.
    Candidate,
    /// A sequence's pooled history.
    History(usize),
    /// Its product with the candidate.
    HistoryProduct(usize),
    /// What a model makes of a sequence in view of the candidate.
    Interest(usize),
    /// The auxiliary score of a sequence's last interest and the candidate.
    AuxiliaryScore(usize),
    /// Products of fields.
    FieldProducts,
    /// Anything else.
    Other,
}

impl HeadInput {
    /// Those of [`Embedding::context`](super::Embedding::context).
    pub const CONTEXT: [HeadInput; 3] = [HeadInput::Sparse, HeadInput::MultiHot, HeadInput::Dense];
}

/// A head's inputs side by side, each with its width: the one place where their order stands. The forward
/// pass is [held to it](HeadInputs), and a [frozen head](crate::frozen::FrozenHead) takes its columns by it.
///
/// A head whose inputs only its model knows has a layout `from` their width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadLayout {
    /// Those of width 0 are left out.
    inputs: Vec<(HeadInput, usize)>,
}

/// The values of a head's inputs, in the order of its layout.
#[derive(Debug)]
pub struct HeadInputs<'a, 't, T: Real> {
    layout: &'a HeadLayout,
    /// How many columns are there.
    filled: usize,
    values: VarList<'t, T>,
}

impl HeadLayout {
    /// What every head of ours reads first: profile, context, the candidate's lists, and the candidate.
    pub fn new(f: &Features) -> Self {
        let mut layout = HeadLayout::default();
        layout.add(HeadInput::Sparse, f.width(&f.sparse));
        layout.add(HeadInput::MultiHot, f.width(&f.multi_hot));
        layout.add(HeadInput::Dense, f.dense.len());
        layout.add(HeadInput::Candidate, f.event_width());
        layout
    }

    /// Adds an input of this width to the end.
    ///
    /// # Panics
    /// If it is there already, unless it is [`HeadInput::Other`].
    #[track_caller]
    pub fn add(&mut self, input: HeadInput, width: usize) {
        let twice = input != HeadInput::Other && self.inputs.iter().any(|&(other, _)| other == input);
        assert!(!twice, "head layout: {input:?} twice");
        if width > 0 {
            self.inputs.push((input, width));
        }
    }

    /// The width of all inputs side by side.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(|(_, width)| width).sum()
    }

    /// The columns of an input; none if the head does not read it.
    pub fn columns(&self, input: HeadInput) -> Range<usize> {
        let mut from = 0;
        for &(other, width) in &self.inputs {
            if other == input {
                return from..from + width;
            }
            from += width;
        }
        0..0
    }

    /// The inputs and their widths, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (HeadInput, usize)> + '_ {
        self.inputs.iter().copied()
    }

    /// No input's value yet.
    pub fn inputs<'t, T: Real>(&self, tape: &'t Tape<'_, T>) -> HeadInputs<'_, 't, T> {
        HeadInputs { layout: self, filled: 0, values: tape.var_list() }
    }
}

/// One input of this width.
impl From<usize> for HeadLayout {
    fn from(width: usize) -> Self {
        let mut layout = HeadLayout::default();
        layout.add(HeadInput::Other, width);
        layout
    }
}

impl<'t, T: Real> HeadInputs<'_, 't, T> {
    /// Adds the value `[targets, width]` of the layout's next input, or the next part of it.
    ///
    /// # Panics
    /// If the layout has another input next, or gives it a smaller width.
    #[track_caller]
    pub fn push(&mut self, input: HeadInput, value: Var<'t, T>) {
        self.push_several(&[input], value);
    }

    /// Adds a value that has several inputs of the layout side by side, of which some may be of width 0.
    ///
    /// # Panics
    /// As [`push`](Self::push).
    #[track_caller]
    pub fn push_several(&mut self, inputs: &[HeadInput], value: Var<'t, T>) {
        let width = value.shape()[1];
        let columns = || inputs.iter().map(|&input| self.layout.columns(input)).filter(|c| !c.is_empty());
        let is_next = columns().map(|c| c.start).min().is_some_and(|start| start <= self.filled);
        let fits = columns().map(|c| c.end).max().is_some_and(|end| self.filled + width <= end);
        let at = self.filled;
        assert!(
            is_next && fits,
            "head inputs: {inputs:?} of width {width} at column {at} of {:?}",
            self.layout
        );
        self.filled += width;
        self.values.push(value);
    }

    /// All inputs side by side, `[targets, width]`.
    ///
    /// # Panics
    /// If the layout has more.
    #[track_caller]
    pub fn concat(self) -> Var<'t, T> {
        assert_eq!(self.filled, self.layout.width(), "head inputs: columns of {:?}", self.layout);
        ops::concat(self.values.iter())
    }
}

#[cfg(test)]
mod tests {
    use dien_tensor::{Mode, ParamStore, Pool};
    use ndarray::ArrayD;

    use super::*;

    fn fill(inputs: &[(HeadInput, usize)]) -> usize {
        let mut layout = HeadLayout::default();
        layout.add(HeadInput::Candidate, 3);
        layout.add(HeadInput::Dense, 0);
        layout.add(HeadInput::FieldProducts, 2);
        assert_eq!(
            (layout.columns(HeadInput::Dense), layout.columns(HeadInput::FieldProducts)),
            (0..0, 3..5)
        );
        let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let mut values = layout.inputs(&tape);
        for &(input, width) in inputs {
            values.push(input, tape.constant(ArrayD::zeros(vec![2, width])));
        }
        values.concat().shape()[1]
    }

    #[test]
    fn inputs_come_in_the_layouts_order() {
        use HeadInput::{Candidate, FieldProducts};
        assert_eq!(fill(&[(Candidate, 3), (FieldProducts, 1), (FieldProducts, 1)]), 5);
        let wrong: [&[(HeadInput, usize)]; 4] = [
            &[(FieldProducts, 2), (Candidate, 3)],
            &[(Candidate, 3), (FieldProducts, 3)],
            &[(Candidate, 3), (HeadInput::Dense, 2)],
            &[(Candidate, 3), (FieldProducts, 1)],
        ];
        for inputs in wrong {
            assert!(std::panic::catch_unwind(|| fill(inputs)).is_err(), "{inputs:?}");
        }
    }
}
