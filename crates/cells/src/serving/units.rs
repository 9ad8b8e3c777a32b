//! A cell's recurrent weights in the order in which a step over hidden units reads them.

use dien_kernels::line::{LINE, before_line_of};
use dien_kernels::simd::{Level, SequencePacking};
use dien_tensor::Real;

/// U `[3 hidden, hidden]`, by group of vectors of hidden units, then by input, gate, vector and unit.
#[derive(Debug)]
pub(super) struct Units<T> {
    /// From `start` on, where a line of the cache begins: a vector that lies across two takes two loads.
    data: Vec<T>,
    start: usize,
    hidden: usize,
    /// The hidden units rounded up to vectors of 8; weights of those that there are not are 0.
    stride: usize,
    packing: SequencePacking,
}

/// What is copied begins at a line of its own.
impl<T: Clone> Clone for Units<T> {
    fn clone(&self) -> Self {
        let Units { hidden, stride, packing, .. } = *self;
        let weights = &self.data[self.start..];
        let (mut data, start) = from_a_line(weights.len());
        data.extend(weights.iter().take(start).cloned());
        data.extend_from_slice(weights);
        Units { data, start, hidden, stride, packing }
    }
}

/// Room for `len` numbers, and how many places come before the first line of the cache.
fn from_a_line<T>(len: usize) -> (Vec<T>, usize) {
    let data = Vec::<T>::with_capacity(len + LINE);
    let start = before_line_of(data.as_ptr());
    (data, start)
}

/// Vectors of hidden units that a step takes together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub first: usize,
    pub vectors: usize,
}

impl<T: Real> Units<T> {
    /// Packs U for the level that runs.
    pub fn new(u: &[T], hidden: usize, stride: usize) -> Self {
        let units = Units { data: vec![], start: 0, hidden, stride, packing: Self::packing_for(stride) };
        let weight = |gate: usize, unit: usize, input: usize| u[(gate * hidden + unit) * hidden + input];
        units.filled(weight)
    }

    /// Whether they are packed for the level that runs.
    pub fn is_of_level(&self) -> bool {
        self.packing == Self::packing_for(self.stride)
    }

    /// The same, packed for the level that runs.
    pub fn at_level(&self) -> Self {
        let Units { hidden, stride, .. } = *self;
        let units = Units { data: vec![], start: 0, hidden, stride, packing: Self::packing_for(stride) };
        units.filled(|gate, unit, input| self.data[self.place(gate, unit, input)])
    }

    /// Numbers of a vector.
    pub fn lanes(&self) -> usize {
        self.packing.lanes
    }

    /// The groups, evenly filled.
    pub fn groups(&self) -> impl Iterator<Item = Group> + use<T> {
        let (vectors, most) = (self.stride.div_ceil(self.packing.lanes), self.packing.vectors);
        let mut first = 0;
        std::iter::from_fn(move || {
            let left = vectors - first;
            let group = Group { first, vectors: left.div_ceil(left.div_ceil(most).max(1)) };
            first += group.vectors;
            (group.vectors > 0).then_some(group)
        })
    }

    /// A group's weights `[hidden, 3, vectors, lanes]`.
    pub fn of(&self, group: Group) -> &[T] {
        let of_vector = self.hidden * 3 * self.packing.lanes;
        &self.data[self.start + group.first * of_vector..][..group.vectors * of_vector]
    }

    fn packing_for(stride: usize) -> SequencePacking {
        let packing = Level::of::<T>().packing().sequence;
        if stride < packing.lanes { SequencePacking { lanes: 8, ..packing } } else { packing }
    }

    fn filled(mut self, weight: impl Fn(usize, usize, usize) -> T) -> Self {
        let (hidden, lanes) = (self.hidden, self.packing.lanes);
        (self.data, self.start) = from_a_line(self.stride.div_ceil(lanes) * lanes * 3 * hidden);
        self.data.resize(self.start, T::zero());
        for Group { first, vectors } in self.groups() {
            for (input, gate) in (0..hidden).flat_map(|input| (0..3).map(move |gate| (input, gate))) {
                let units = (first..first + vectors).flat_map(|vector| {
                    let from = first_unit(vector, lanes, self.stride);
                    from..from + lanes
                });
                let of = |unit| if unit < hidden { weight(gate, unit, input) } else { T::zero() };
                self.data.extend(units.map(of));
            }
        }
        self
    }

    /// Where a weight stands.
    fn place(&self, gate: usize, unit: usize, input: usize) -> usize {
        let lanes = self.packing.lanes;
        // The last vector ends with the units: what the one before has of them is the same.
        let vector = unit / lanes;
        let within = unit - first_unit(vector, lanes, self.stride);
        let of = |group: &Group| group.first + group.vectors > vector;
        let group = self.groups().find(of).expect("a vector of every unit");
        let rows = group.first * self.hidden + input * group.vectors;
        self.start + (rows * 3 + gate * group.vectors + vector - group.first) * lanes + within
    }
}

/// The first hidden unit of a vector. The last vector ends with the units.
#[inline(always)]
pub(super) fn first_unit(vector: usize, lanes: usize, stride: usize) -> usize {
    (vector * lanes).min(stride - lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_group(units: &Units<f32>) -> Group {
        units.groups().next().expect("a group")
    }

    #[test]
    fn every_weight_is_where_it_is_looked_for() {
        for hidden in [1_usize, 7, 8, 9, 16, 36, 40, 64, 100, 129] {
            let stride = hidden.next_multiple_of(8);
            let u: Vec<f32> = (0..3 * hidden * hidden).map(|k| k as f32).collect();
            for (lanes, vectors) in [(8, 1), (8, 5), (16, 5)] {
                let packing = SequencePacking { lanes: lanes.min(stride), vectors };
                let units = Units { data: vec![], start: 0, hidden, stride, packing };
                let units = units.filled(|gate, unit, input| u[(gate * hidden + unit) * hidden + input]);
                let vectors: usize = units.groups().map(|group| group.vectors).sum();
                assert_eq!(vectors, stride.div_ceil(packing.lanes), "{hidden} in vectors of {lanes}");
                let total: usize = units.groups().map(|group| units.of(group).len()).sum();
                assert_eq!(total, units.data.len() - units.start);
                assert!(
                    units.of(first_group(&units)).as_ptr().addr().is_multiple_of(64),
                    "a line begins there"
                );
                for (k, &weight) in u.iter().enumerate() {
                    let (row, input) = (k / hidden, k % hidden);
                    let place = units.place(row / hidden, row % hidden, input);
                    assert_eq!(units.data[place], weight, "{hidden}: {row}, {input}");
                }
                let again = units.at_level();
                assert!(again.is_of_level());
                let new = Units::new(&u, hidden, stride);
                assert_eq!(again.data[again.start..], new.data[new.start..]);
                let copy = units.clone();
                assert_eq!(copy.data[copy.start..], units.data[units.start..]);
                assert!(copy.of(first_group(&copy)).as_ptr().addr().is_multiple_of(64));
            }
        }
    }
}
