//! What PyTorch computed: the files of `golden/`, whose README says how they are made and named.

use std::collections::BTreeMap;
use std::path::Path;

use dien_cells::Real;
use dien_tensor::check::{Tolerance, assert_close};
use dien_tensor::{Grads, ParamKind, ParamStore};
use ndarray::{ArrayD, ArrayViewD, Axis};
use safetensors::{Dtype, SafeTensors};

/// One golden file.
#[derive(Debug)]
pub struct Golden {
    file: String,
    floats: BTreeMap<String, ArrayD<f64>>,
    integers: BTreeMap<String, Vec<u32>>,
    /// The largest entry of any gradient in the file.
    largest_grad: f64,
}

/// The largest error that a comparison allows, relative to the tensor's scale.
pub fn tolerance<T: Real>() -> f64 {
    if T::NAME == "f64" { 1e-10 } else { 1e-5 }
}

/// The largest of finite numbers.
fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |max, x| x.abs().max(max))
}

impl Golden {
    /// Reads `golden/<name>.safetensors`.
    ///
    /// # Panics
    /// If the file is missing or no golden file, or has numbers that are not finite.
    #[track_caller]
    pub fn load(name: &str) -> Golden {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{name}.safetensors"));
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let tensors = SafeTensors::deserialize(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let (mut floats, mut integers) = (BTreeMap::new(), BTreeMap::new());
        for (name, view) in tensors.iter() {
            let numbers = view.data().chunks_exact(8).map(|b| b.try_into().expect("chunks of 8"));
            match view.dtype() {
                Dtype::F64 => {
                    let data = numbers.map(f64::from_le_bytes).collect();
                    let array = ArrayD::from_shape_vec(view.shape(), data).expect("the tensor's shape");
                    let finite = array.iter().all(|x: &f64| x.is_finite());
                    assert!(finite, "{}: {name} has a NaN or an infinity", path.display());
                    floats.insert(name.to_owned(), array);
                }
                Dtype::I64 => {
                    let id = |x| u32::try_from(i64::from_le_bytes(x)).expect("an id or a count");
                    integers.insert(name.to_owned(), numbers.map(id).collect());
                }
                other => panic!("{}: {name} is {other:?}, expected F64 or I64", path.display()),
            }
        }
        let grads = floats.iter().filter(|(name, _)| name.starts_with("grad."));
        let largest_grad = grads.map(|(_, g)| largest(g)).fold(0.0, f64::max);
        Golden { file: name.to_owned(), floats, integers, largest_grad }
    }

    #[track_caller]
    fn expected(&self, name: &str) -> &ArrayD<f64> {
        self.floats.get(name).unwrap_or_else(|| panic!("{} has no numbers {name}", self.file))
    }

    /// Numbers.
    #[track_caller]
    pub fn array<T: Real>(&self, name: &str) -> ArrayD<T> {
        self.expected(name).mapv(T::of)
    }

    /// A single number.
    #[track_caller]
    pub fn scalar(&self, name: &str) -> f64 {
        let array = self.expected(name);
        assert_eq!(array.len(), 1, "{}: {name} is not a scalar", self.file);
        array.iter().copied().next().expect("one element")
    }

    /// Ids, counts or offsets.
    #[track_caller]
    pub fn ids(&self, name: &str) -> Vec<u32> {
        self.integers.get(name).unwrap_or_else(|| panic!("{} has no ids {name}", self.file)).clone()
    }

    /// Whether it has such ids, counts or offsets.
    pub fn has_ids(&self, name: &str) -> bool {
        self.integers.contains_key(name)
    }

    /// The names of all numbers that start with `prefix`, without it.
    pub fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.floats.keys().filter_map(move |name| name.strip_prefix(prefix))
    }

    /// Dense parameters of these names and values.
    #[track_caller]
    pub fn params<T: Real>(&self, names: &[&str]) -> ParamStore<T> {
        let mut params = ParamStore::new();
        for &name in names {
            params.add(name, ParamKind::Dense, self.array(name));
        }
        params
    }

    /// Sets every parameter whose name starts with `which` to the numbers called `prefix` + its name.
    ///
    /// # Panics
    /// If one is missing here or there, or has another shape.
    #[track_caller]
    pub fn fill<T: Real>(&self, params: &mut ParamStore<T>, prefix: &str, which: &str) {
        for name in self.names(prefix).filter(|name| name.starts_with(which)) {
            assert!(params.id(name).is_some(), "{}: {name} is no parameter of ours", self.file);
        }
        for id in params.ids() {
            let name = params.name(id).to_owned();
            if name.starts_with(which) {
                let value = self.array(&format!("{prefix}{name}"));
                assert_eq!(params.shape(id), value.shape(), "{}: shape of {name}", self.file);
                params.value_mut(id).assign(&value);
            }
        }
    }

    /// Compares with the numbers called `name`.
    ///
    /// The error is relative to the tensor's largest entry; where all of a gradient's are small beside the
    /// file's other gradients, because its terms cancel, to a millionth of the largest of those, in `f32` to
    /// three thousandths.
    ///
    /// # Panics
    /// If shapes differ (axes of length 1 do not count) or an entry is off.
    #[track_caller]
    pub fn check<T: Real>(&self, name: &str, found: ArrayViewD<'_, T>) {
        let cancelled = if T::NAME == "f64" { 1e-6 } else { 3e-3 };
        let floor = if name.starts_with("grad.") { cancelled * self.largest_grad } else { 0.0 };
        self.compare(name, self.expected(name).view(), found, floor);
    }

    /// Compares with entry `step` of the numbers called `name`.
    ///
    /// # Panics
    /// As [`check`](Self::check).
    #[track_caller]
    pub fn check_step<T: Real>(&self, name: &str, step: usize, found: ArrayViewD<'_, T>) {
        let expected = self.expected(name).index_axis(Axis(0), step);
        self.compare(&format!("{name} (step {step})"), expected, found, 0.0);
    }

    #[track_caller]
    fn compare<T: Real>(
        &self,
        name: &str,
        expected: ArrayViewD<'_, f64>,
        found: ArrayViewD<'_, T>,
        floor: f64,
    ) {
        let axes = |shape: &[usize]| shape.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
        assert_eq!(axes(found.shape()), axes(expected.shape()), "{}: shape of {name}", self.file);
        let (found, expected): (Vec<T>, Vec<f64>) =
            (found.iter().copied().collect(), expected.iter().copied().collect());
        let what = format_args!("{}: {name} in {}, of PyTorch", self.file, T::NAME);
        assert_close(&found, &expected, Tolerance::OfScale(tolerance::<T>(), floor), what);
    }

    /// Compares the gradient of every parameter for which the file has one; one that is missing is zero.
    ///
    /// # Panics
    /// If a parameter that is trained has none in the file, or one is off.
    #[track_caller]
    pub fn check_grads<T: Real>(&self, params: &ParamStore<T>, grads: &Grads<T>) {
        for id in params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer) {
            let shape = params.shape(id);
            let grad = grads.get(id).map_or_else(|| ArrayD::zeros(shape), |g| g.to_dense(shape));
            self.check(&format!("grad.{}", params.name(id)), grad.view());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pytorch_has_passes() {
        let golden = Golden::load("gru");
        golden.check("states", golden.array::<f64>("states").view());
        golden.check("states", golden.array::<f32>("states").view());
    }

    #[test]
    #[should_panic(expected = "gru: grad.w in f64, of PyTorch: ")]
    fn one_entry_that_is_off_fails() {
        let golden = Golden::load("gru");
        let mut grad = golden.array::<f64>("grad.w");
        let scale = largest(&grad);
        grad[[17, 4]] += 1.5e-10 * scale;
        golden.check("grad.w", grad.view());
    }

    #[test]
    #[should_panic(expected = "gru: states in f32, of PyTorch: NaN at 0, expected")]
    fn nan_fails() {
        let golden = Golden::load("gru");
        golden.check("states", golden.array::<f32>("states").mapv(|x| x * f32::NAN).view());
    }

    #[test]
    #[should_panic(expected = "gru: shape of grad.w")]
    fn another_shape_fails() {
        let golden = Golden::load("gru");
        golden.check("grad.w", golden.array::<f64>("grad.w").t());
    }
}
