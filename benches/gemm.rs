//! Matrix products: `matrixmultiply` for whole matrices, and the block product of the lane kernels.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dien_benches::{rng, uniform};
use dien_kernels::gemm::gemm;
use dien_kernels::gemm::{Block, Rows, Store, product};
use dien_kernels::simd::{Kernel, Simd, dispatch};
use ndarray::{ArrayD, Ix2};

struct Product<'a> {
    shape: (usize, usize, usize),
    a: &'a [f32],
    b: &'a [f32],
    c: &'a mut [f32],
}

impl Kernel<f32> for Product<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (m, n, k) = self.shape;
        let (a, b) = (Rows(Block::new(self.a, k)), Block::new(self.b, n));
        product::<f32, S, _, _>((m, n, k), a, b, Store::new(self.c, n));
    }
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gemm");
    group.sample_size(20);
    for (m, n, k) in [(1024, 1024, 1024), (108, 32, 36), (192, 32, 64), (384, 32, 128), (200, 128, 162)] {
        let mut rng = rng();
        let matrix = |rows, columns, rng: &mut _| {
            uniform(&[rows, columns], 1.0, rng).into_dimensionality::<Ix2>().expect("two dimensions")
        };
        let (a, b) = (matrix(m, k, &mut rng), matrix(k, n, &mut rng));
        let mut c = ArrayD::<f32>::zeros(vec![m, n]).into_dimensionality::<Ix2>().expect("two dimensions");
        group.throughput(Throughput::Elements((2 * m * n * k) as u64));
        let shape = format!("{m}x{n}x{k}");
        group.bench_function(BenchmarkId::new("matrixmultiply", &shape), |bencher| {
            bencher.iter(|| gemm(1.0, a.view(), b.view(), 0.0, c.view_mut()));
        });
        if n == 32 {
            let (a, b) = (a.as_slice().expect("row-major"), b.as_slice().expect("row-major"));
            let c = c.as_slice_mut().expect("row-major");
            group.bench_function(BenchmarkId::new("block", &shape), |bencher| {
                bencher.iter(|| dispatch(Product { shape: (m, n, k), a, b, c: &mut *c }));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, products);
criterion_main!(benches);
