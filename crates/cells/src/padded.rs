//! Padded data at the door: which of its cells are events.

use ndarray::ArrayView2;

use crate::Packed;

/// On which side of a row the padding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Padding {
    /// Events first, padding after them.
    Right,
    /// Padding first.
    Left,
}

/// What is wrong with a mask or with lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaddedError {
    /// A row's events are not contiguous, or do not touch the side they should.
    Holes {
        /// The row.
        row: usize,
    },
    /// A length exceeds the padded width.
    TooLong {
        /// The row.
        row: usize,
        /// Its length.
        length: u32,
        /// The number of padded steps.
        steps: usize,
    },
}

impl std::fmt::Display for PaddedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PaddedError::Holes { row } => {
                write!(f, "mask: row {row} has padding between its events, or on the wrong side")
            }
            PaddedError::TooLong { row, length, steps } => {
                write!(f, "lengths: row {row} has length {length}, but there are only {steps} steps")
            }
        }
    }
}

impl std::error::Error for PaddedError {}

/// Rows padded to one number of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padded {
    /// Each row's true length.
    pub lengths: Vec<u32>,
    /// The padded number of steps.
    pub steps: usize,
    /// Where the padding stands.
    pub padding: Padding,
}

impl Padded {
    /// Rows of `steps` steps with these true lengths.
    ///
    /// # Errors
    /// If a length exceeds `steps`.
    pub fn from_lengths(lengths: &[u32], steps: usize, padding: Padding) -> Result<Padded, PaddedError> {
        match lengths.iter().position(|&n| n as usize > steps) {
            Some(row) => Err(PaddedError::TooLong { row, length: lengths[row], steps }),
            None => Ok(Padded { lengths: lengths.to_vec(), steps, padding }),
        }
    }

    /// Rows whose events are where `mask` `[rows, steps]` is true.
    ///
    /// # Errors
    /// If a row's events are not one run that touches the side opposite to the padding.
    pub fn from_mask(mask: ArrayView2<'_, bool>, padding: Padding) -> Result<Padded, PaddedError> {
        let steps = mask.ncols();
        let mut lengths = Vec::with_capacity(mask.nrows());
        for (row, cells) in mask.rows().into_iter().enumerate() {
            let length = cells.iter().filter(|&&m| m).count();
            let first = if padding == Padding::Right { 0 } else { steps - length };
            if !cells.iter().skip(first).take(length).all(|&m| m) {
                return Err(PaddedError::Holes { row });
            }
            lengths.push(length as u32);
        }
        Ok(Padded { lengths, steps, padding })
    }

    /// The packed form.
    pub fn packed(&self) -> Packed {
        Packed::from_lengths(&self.lengths)
    }

    /// The padded step at which a row's event number `event` stands.
    pub fn step(&self, row: usize, event: usize) -> usize {
        match self.padding {
            Padding::Right => event,
            Padding::Left => self.steps - self.lengths[row] as usize + event,
        }
    }

    /// Where the true events stand in `[rows, steps, …]`, one after the other: element `i` is the place,
    /// counted over rows and steps, of the jagged form's event `i`.
    pub fn event_positions(&self) -> Vec<u32> {
        let rows = self.lengths.iter().enumerate();
        rows.flat_map(|(row, &n)| (0..n as usize).map(move |e| (row * self.steps + self.step(row, e)) as u32))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn masks_of_either_side() {
        let right = array![[true, true, false], [false, false, false], [true, true, true]];
        let padded = Padded::from_mask(right.view(), Padding::Right).unwrap();
        assert_eq!(
            (padded.lengths.as_slice(), padded.event_positions()),
            (&[2, 0, 3][..], vec![0, 1, 6, 7, 8])
        );
        let left = array![[false, true, true], [false, false, true]];
        let padded = Padded::from_mask(left.view(), Padding::Left).unwrap();
        assert_eq!((padded.lengths.as_slice(), padded.event_positions()), (&[2, 1][..], vec![1, 2, 5]));
        assert_eq!(Padded::from_mask(right.view(), Padding::Left), Err(PaddedError::Holes { row: 0 }));
        let too_long = Padded::from_lengths(&[1, 4], 3, Padding::Left).unwrap_err();
        assert_eq!(too_long.to_string(), "lengths: row 1 has length 4, but there are only 3 steps");
    }
}
