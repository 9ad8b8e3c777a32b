//! Row-major matrices, rearranged.

/// Columns of a row-major matrix of `columns` columns.
pub(super) fn slice_columns(matrix: &[f32], columns: usize, which: std::ops::Range<usize>) -> Vec<f32> {
    matrix.chunks_exact(columns).flat_map(|row| &row[which.clone()]).copied().collect()
}

/// A row-major matrix of `columns` columns, transposed, with rows of `stride` and zeros past them.
pub(crate) fn transpose(matrix: &[f32], columns: usize, stride: usize) -> Vec<f32> {
    let mut transposed = vec![0.0; columns * stride];
    for (i, row) in matrix.chunks_exact(columns.max(1)).enumerate() {
        for (j, &x) in row.iter().enumerate() {
            transposed[j * stride + i] = x;
        }
    }
    transposed
}
