//! A model's parameters by name.

use dien_cells::cell::reference;
use dien_cells::serving::Cell;
use dien_tensor::{ParamId, ParamStore};

use crate::CellKind;

/// The parameters of a model, whose names are those that [`parts`](crate::parts) give them.
pub(super) struct Weights<'a> {
    pub params: &'a ParamStore<f32>,
    /// What their names begin with.
    pub scope: String,
}

impl<'a> Weights<'a> {
    /// Those of all names.
    pub fn of(params: &'a ParamStore<f32>) -> Self {
        Weights { params, scope: String::new() }
    }

    /// The parameter of this name.
    ///
    /// # Panics
    /// If there is none, or it has another shape.
    #[track_caller]
    pub fn id(&self, name: &str, shape: &[usize]) -> ParamId {
        let name = format!("{}{name}", self.scope);
        let id = self.params.id(&name).unwrap_or_else(|| panic!("serving: no parameter `{name}`"));
        assert_eq!(self.params.shape(id), shape, "serving: parameter `{name}`");
        id
    }

    /// Its numbers.
    #[track_caller]
    pub fn get(&self, name: &str, shape: &[usize]) -> &'a [f32] {
        self.params.data(self.id(name, shape))
    }

    /// A cell of the GRU family.
    #[track_caller]
    pub fn cell(&self, name: &str, kind: CellKind, inputs: usize, hidden: usize) -> Cell<f32> {
        let part = |part: &str, shape: &[usize]| self.get(&format!("{name}.{part}"), shape);
        let weights = reference::Weights {
            w: part("w", &[3 * hidden, inputs]),
            u: part("u", &[3 * hidden, hidden]),
            b: part("b", &[3 * hidden]),
            b_hc: part("b_hc", &[hidden]),
        };
        Cell::new(kind, weights)
    }
}

/// Columns `from..from + width` of a row-major matrix of `columns` columns.
pub(super) fn slice_columns(matrix: &[f32], columns: usize, from: usize, width: usize) -> Vec<f32> {
    matrix.chunks_exact(columns).flat_map(|row| row[from..from + width].iter().copied()).collect()
}

/// A row-major matrix of `columns` columns, transposed, with rows of `stride` and zeros past them.
pub(super) fn transpose(matrix: &[f32], columns: usize, stride: usize) -> Vec<f32> {
    let mut transposed = vec![0.0; columns * stride];
    for (i, row) in matrix.chunks_exact(columns.max(1)).enumerate() {
        for (j, &x) in row.iter().enumerate() {
            transposed[j * stride + i] = x;
        }
    }
    transposed
}
