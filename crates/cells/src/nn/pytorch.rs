//! Weights of PyTorch's `nn.GRU`, there and back.

use dien_tensor::{ParamKind, ParamStore, Real};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};

use super::CellParams;

/// A GRU's weights in the convention of [`cell`](crate::cell), on their way into a [`ParamStore`].
#[derive(Clone, Debug, PartialEq)]
pub struct GruWeights<T> {
    /// Input weights, `[3 hidden, inputs]`; gate order r, u, c.
    pub w: Array2<T>,
    /// Recurrent weights, `[3 hidden, hidden]`.
    pub u: Array2<T>,
    /// Biases, `[3 hidden]`.
    pub b: Array1<T>,
    /// The bias inside the reset product, `[hidden]`.
    pub b_hc: Array1<T>,
}

/// Arrays that are not one layer of a GRU.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PytorchError {
    /// Which of PyTorch's arrays.
    pub name: &'static str,
    /// Its shape.
    pub found: Vec<usize>,
    /// What it should be, by the shape of `weight_hh`.
    pub expected: Vec<usize>,
}

impl std::fmt::Display for PytorchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PyTorch's {} is {:?}, expected {:?}", self.name, self.found, self.expected)
    }
}

impl std::error::Error for PytorchError {}

impl<T: Real> GruWeights<T> {
    /// From one layer and direction of a `torch.nn.GRU`: its state's `weight_ih_l0`, `weight_hh_l0`,
    /// `bias_ih_l0` and `bias_hh_l0`, with zeros for the biases of `bias=False`.
    ///
    /// PyTorch's gates are r, z, n with h' = (1 − z) ∘ n + z ∘ h; here u = 1 − z = σ(−…), so the block of z
    /// is negated. Its two biases of r and of z are added up; n keeps both, since one stands inside the reset
    /// product.
    ///
    /// # Errors
    /// If the shapes are not those of one GRU.
    pub fn from_pytorch(
        weight_ih: ArrayView2<'_, T>,
        weight_hh: ArrayView2<'_, T>,
        bias_ih: ArrayView1<'_, T>,
        bias_hh: ArrayView1<'_, T>,
    ) -> Result<Self, PytorchError> {
        let (hidden, inputs) = (weight_hh.ncols(), weight_ih.ncols());
        let check = |name, found: &[usize], expected: &[usize]| match found == expected {
            true => Ok(()),
            false => Err(PytorchError { name, found: found.to_vec(), expected: expected.to_vec() }),
        };
        check("weight_hh", weight_hh.shape(), &[3 * hidden, hidden])?;
        check("weight_ih", weight_ih.shape(), &[3 * hidden, inputs])?;
        check("bias_ih", bias_ih.shape(), &[3 * hidden])?;
        check("bias_hh", bias_hh.shape(), &[3 * hidden])?;
        let (gates, n) = (s![..2 * hidden], s![2 * hidden..]);
        let mut b = bias_ih.to_owned();
        let mut both = b.slice_mut(gates);
        both += &bias_hh.slice(gates);
        let b_hc = bias_hh.slice(n).to_owned();
        let mut weights = GruWeights { w: weight_ih.to_owned(), u: weight_hh.to_owned(), b, b_hc };
        let z = hidden..2 * hidden;
        for weight in [&mut weights.w, &mut weights.u] {
            weight.slice_mut(s![z.clone(), ..]).mapv_inplace(|x| -x);
        }
        weights.b.slice_mut(s![z]).mapv_inplace(|x| -x);
        Ok(weights)
    }

    /// Adds them as `name.w`, `name.u`, `name.b` and `name.b_hc`.
    ///
    /// # Panics
    /// If a name is taken.
    #[track_caller]
    pub fn add_to(self, params: &mut ParamStore<T>, name: &str) -> CellParams {
        let mut add = |part: &str, value| params.add(format!("{name}.{part}"), ParamKind::Dense, value);
        CellParams {
            w: add("w", self.w.into_dyn()),
            u: add("u", self.u.into_dyn()),
            b: add("b", self.b.into_dyn()),
            b_hc: add("b_hc", self.b_hc.into_dyn()),
        }
    }
}
