//! Named parameters.

use std::collections::HashMap;

use dien_kernels::par::{for_tasks, per_task};
use ndarray::{ArrayViewD, ArrayViewMutD, Dimension};

use crate::{ParamValue, Real};

/// Which parameter of a [`ParamStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParamId(u32);

impl ParamId {
    pub(crate) fn new(index: usize) -> Self {
        ParamId(u32::try_from(index).expect("fewer than 2³² parameters"))
    }

    /// The parameter's place in its store.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a parameter is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// Every element may have a gradient in every step.
    Dense,
    /// A table `[rows, width]` of which a step touches few rows; its gradient is [`Grad::Rows`](crate::Grad).
    Rows,
    /// State that is not trained by gradients, like running statistics.
    Buffer,
}

impl ParamKind {
    /// The kind in lower case: `dense`, `rows` or `buffer`.
    pub fn name(self) -> &'static str {
        match self {
            ParamKind::Dense => "dense",
            ParamKind::Rows => "rows",
            ParamKind::Buffer => "buffer",
        }
    }
}

/// A parameter, to change its value.
#[derive(Debug)]
pub struct ParamMut<'a, T> {
    /// Which one.
    pub id: ParamId,
    /// How it is trained.
    pub kind: ParamKind,
    /// Its shape.
    pub shape: &'a [usize],
    /// Its elements, row-major.
    pub data: &'a mut [T],
}

#[derive(Clone, Debug)]
struct Param<T> {
    name: String,
    kind: ParamKind,
    value: ParamValue<T>,
}

/// Parameters in the order in which they were added, each with a unique name like `evolution.augru.w_h`.
///
/// A clone has the same numbers, and takes memory of its own for a parameter when it, or what it was cloned
/// from, first changes that parameter.
#[derive(Clone, Debug)]
pub struct ParamStore<T> {
    params: Vec<Param<T>>,
    by_name: HashMap<String, ParamId>,
}

impl<T> Default for ParamStore<T> {
    fn default() -> Self {
        ParamStore { params: Vec::new(), by_name: HashMap::new() }
    }
}

impl<T: Real> ParamStore<T> {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter.
    ///
    /// # Panics
    /// If the name is taken, or a [`ParamKind::Rows`] value is not `[rows, width]`.
    #[track_caller]
    pub fn add(
        &mut self,
        name: impl Into<String>,
        kind: ParamKind,
        value: impl Into<ParamValue<T>>,
    ) -> ParamId {
        let (name, value) = (name.into(), value.into());
        assert!(
            kind != ParamKind::Rows || value.shape().len() == 2,
            "parameter {name}: a row-sparse table is [rows, width]"
        );
        let id = ParamId::new(self.params.len());
        let taken = self.by_name.insert(name.clone(), id);
        assert!(taken.is_none(), "parameter {name} exists already");
        self.params.push(Param { name, kind, value });
        id
    }

    /// The number of parameters (tensors, not elements).
    pub fn len(&self) -> usize {
        self.params.len()
    }

    /// Whether the store is empty.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// Every parameter's id, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = ParamId> + use<T> {
        (0..self.params.len() as u32).map(ParamId)
    }

    /// The parameter of that name.
    pub fn id(&self, name: &str) -> Option<ParamId> {
        self.by_name.get(name).copied()
    }

    /// The parameter's name.
    pub fn name(&self, id: ParamId) -> &str {
        &self.params[id.index()].name
    }

    /// How the parameter is trained.
    pub fn kind(&self, id: ParamId) -> ParamKind {
        self.params[id.index()].kind
    }

    /// The parameter's value, in standard layout.
    pub fn value(&self, id: ParamId) -> ArrayViewD<'_, T> {
        self.params[id.index()].value.view()
    }

    /// The parameter's elements, row-major.
    pub fn data(&self, id: ParamId) -> &[T] {
        self.params[id.index()].value.data()
    }

    /// The parameter's value, to change it.
    pub fn value_mut(&mut self, id: ParamId) -> ArrayViewMutD<'_, T> {
        self.params[id.index()].value.array_mut().view_mut()
    }

    /// The parameter's elements, row-major, to change them.
    pub fn data_mut(&mut self, id: ParamId) -> &mut [T] {
        let array = self.params[id.index()].value.array_mut();
        array.as_slice_mut().expect("parameters have standard layout")
    }

    /// Calls `f` with every parameter and its entry of `with`, in parallel over parameters.
    ///
    /// # Panics
    /// If `with` has not as many entries as there are parameters.
    #[track_caller]
    pub fn par_zip_mut<X: Send>(&mut self, with: &mut [X], f: impl Fn(ParamMut<'_, T>, &mut X) + Sync) {
        assert_eq!(with.len(), self.params.len(), "one entry per parameter");
        let n = with.len();
        let parts = (per_task(&mut self.params[..], 1), per_task(with, 1));
        for_tasks(n, parts, &|i, (params, x)| {
            let (param, x) = (&mut params[0], &mut x[0]);
            let (id, kind, array) = (ParamId(i as u32), param.kind, param.value.array_mut());
            let shape = array.raw_dim();
            let data = array.as_slice_mut().expect("parameters have standard layout");
            f(ParamMut { id, kind, shape: shape.slice(), data }, x);
        });
    }

    /// The parameter's shape.
    pub fn shape(&self, id: ParamId) -> &[usize] {
        self.params[id.index()].value.shape()
    }

    /// The same parameters as another number type.
    pub fn cast<U: Real>(&self) -> ParamStore<U> {
        let params = self.params.iter().map(|p| Param {
            name: p.name.clone(),
            kind: p.kind,
            value: p.value.view().mapv(|x| U::of(x.f64())).into(),
        });
        ParamStore { params: params.collect(), by_name: self.by_name.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    #[test]
    fn a_clone_takes_memory_for_what_is_changed() {
        let mut store = ParamStore::<f32>::new();
        let [a, b] = ["a", "b"].map(|name| store.add(name, ParamKind::Dense, ArrayD::ones(vec![3])));
        let place = |store: &ParamStore<f32>, id| store.data(id).as_ptr();
        let mut clone = store.clone();
        assert_eq!([a, b].map(|id| place(&store, id)), [a, b].map(|id| place(&clone, id)));
        store.data_mut(a)[0] = 2.0;
        clone.value_mut(b)[1] = 5.0;
        assert_eq!((store.data(a), clone.data(a)), (&[2.0, 1.0, 1.0][..], &[1.0; 3][..]));
        assert_eq!((store.data(b), clone.data(b)), (&[1.0; 3][..], &[1.0, 5.0, 1.0][..]));
        // What nobody else has is changed where it is.
        let before = [place(&store, a), place(&clone, b)];
        (store.data_mut(a)[0], clone.data_mut(b)[0]) = (7.0, 7.0);
        assert_eq!([place(&store, a), place(&clone, b)], before);
        drop(clone);
        let before = place(&store, b);
        store.par_zip_mut(&mut [(), ()], |param, ()| param.data[2] = 9.0);
        assert_eq!((place(&store, b), store.data(b)), (before, &[1.0, 1.0, 9.0][..]));
    }

    #[test]
    fn names_find_their_parameter() {
        let mut store = ParamStore::<f32>::new();
        let a = store.add("a", ParamKind::Dense, ArrayD::zeros(vec![2, 3]));
        let b = store.add("b", ParamKind::Rows, ArrayD::ones(vec![4, 1]));
        assert_eq!((store.id("a"), store.id("b"), store.id("c")), (Some(a), Some(b), None));
        assert_eq!((store.name(b), store.kind(b), store.shape(a)), ("b", ParamKind::Rows, &[2, 3][..]));
        assert_eq!(store.cast::<f64>().data(b), &[1.0; 4]);
    }

    #[test]
    #[should_panic(expected = "parameter a exists already")]
    fn names_are_unique() {
        let mut store = ParamStore::<f32>::new();
        store.add("a", ParamKind::Dense, ArrayD::zeros(vec![1]));
        store.add("a", ParamKind::Dense, ArrayD::zeros(vec![1]));
    }
}
