//! Points of many dimensions in a plane.

/// The plane in which points lie furthest apart: their first two principal components.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Projection {
    mean: Vec<f64>,
    axes: [Vec<f64>; 2],
    /// The share of the points' variance along each axis; 0 where there is none.
    pub shares: [f64; 2],
}

impl Projection {
    /// The plane of points of equal length. Each axis points where its largest component is positive, so the
    /// signs are always the same.
    pub fn new(points: &[&[f32]]) -> Self {
        let n = points.first().map_or(0, |p| p.len());
        let count = points.len().max(1) as f64;
        let mean: Vec<f64> =
            (0..n).map(|i| points.iter().map(|p| f64::from(p[i])).sum::<f64>() / count).collect();
        let mut covariance = vec![vec![0.0; n]; n];
        for point in points {
            let from: Vec<f64> = point.iter().zip(&mean).map(|(&x, m)| f64::from(x) - m).collect();
            for i in 0..n {
                for j in 0..n {
                    covariance[i][j] += from[i] * from[j] / count;
                }
            }
        }
        let total: f64 = (0..n).map(|i| covariance[i][i]).sum();
        let (values, vectors) = eigen(covariance);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        let axis = |i: usize| order.get(i).map_or(vec![0.0; n], |&k| upright(column(&vectors, k)));
        let share = |i: usize| match order.get(i) {
            Some(&k) if total > 0.0 => values[k].max(0.0) / total,
            _ => 0.0,
        };
        Projection { mean, axes: [axis(0), axis(1)], shares: [share(0), share(1)] }
    }

    /// Where a point lies in the plane.
    pub fn project(&self, point: &[f32]) -> [f64; 2] {
        let along = |axis: &Vec<f64>| {
            point.iter().zip(&self.mean).zip(axis).map(|((&x, m), a)| (f64::from(x) - m) * a).sum()
        };
        [along(&self.axes[0]), along(&self.axes[1])]
    }
}

fn column(matrix: &[Vec<f64>], k: usize) -> Vec<f64> {
    matrix.iter().map(|row| row[k]).collect()
}

/// The vector or its opposite: the first of its components of the largest size is positive.
fn upright(mut axis: Vec<f64>) -> Vec<f64> {
    let largest = axis.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    // Components that differ by rounding alone count as alike.
    if axis.iter().find(|x| x.abs() >= largest * (1.0 - 1e-9)).is_some_and(|&x| x < 0.0) {
        axis.iter_mut().for_each(|x| *x = -*x);
    }
    axis
}

/// Eigenvalues, and eigenvectors as columns, of a symmetric matrix, by Jacobi's rotations.
fn eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    const SWEEPS: usize = 50;
    let n = a.len();
    let mut v: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let scale: f64 = (0..n).map(|i| a[i][i].abs()).sum();
    for _ in 0..SWEEPS {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j].abs()).sum();
        if off <= 1e-14 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, p, q);
            }
        }
    }
    ((0..n).map(|i| a[i][i]).collect(), v)
}

/// Turns the plane of two axes so that their covariance is 0.
fn rotate(a: &mut [Vec<f64>], v: &mut [Vec<f64>], p: usize, q: usize) {
    if a[p][q] == 0.0 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    let turn = |x: f64, y: f64| (c * x - s * y, s * x + c * y);
    for row in a.iter_mut().chain(v) {
        (row[p], row[q]) = turn(row[p], row[q]);
    }
    for k in 0..a.len() {
        (a[p][k], a[q][k]) = turn(a[p][k], a[q][k]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_plane_that_points_were_put_in() {
        // Along (1, 2, 2)/3 ten times as far as along (2, 1, -2)/3.
        let points: Vec<Vec<f32>> = (0..40)
            .map(|i| {
                let (s, t) = (10.0 * (i as f32 * 0.9).sin(), (i as f32 * 1.7).cos());
                vec![(s + 2.0 * t) / 3.0 + 5.0, (2.0 * s + t) / 3.0 - 1.0, (2.0 * s - 2.0 * t) / 3.0]
            })
            .collect();
        let slices: Vec<&[f32]> = points.iter().map(Vec::as_slice).collect();
        let plane = Projection::new(&slices);
        assert!((plane.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && plane.shares[0] > 0.97, "{plane:?}");
        for (axis, expected) in plane.axes.iter().zip([[1.0, 2.0, 2.0], [2.0, 1.0, -2.0]]) {
            let product: f64 = axis.iter().zip(expected).map(|(a, e)| a * e / 3.0).sum();
            assert!(product.abs() > 0.999, "{axis:?}");
        }
        // Distances survive, since nothing lies outside the plane.
        let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
        let wide = |p: &[f32]| p.iter().map(|&x| x.into()).collect::<Vec<f64>>();
        for pair in slices.windows(2) {
            let flat = apart(&plane.project(pair[0]), &plane.project(pair[1]));
            assert!((flat - apart(&wide(pair[0]), &wide(pair[1]))).abs() < 1e-5);
        }
        // The same plane, with the same signs, in whatever order the points come.
        let mut backwards = slices.clone();
        backwards.reverse();
        let again = Projection::new(&backwards);
        assert!(apart(&plane.project(slices[3]), &again.project(slices[3])) < 1e-9);
    }

    #[test]
    fn no_points_and_one_dimension_have_a_plane_too() {
        assert_eq!(Projection::new(&[]).shares, [0.0, 0.0]);
        let line = Projection::new(&[&[1.0], &[3.0]]);
        assert_eq!((line.project(&[3.0]), line.shares), ([1.0, 0.0], [1.0, 0.0]));
        let same = Projection::new(&[&[1.0, 2.0], &[1.0, 2.0]]);
        assert_eq!((same.project(&[1.0, 2.0]), same.shares), ([0.0, 0.0], [0.0, 0.0]));
    }
}
