//! The numbers of a parameter: its own, or somebody else's.

use std::panic::RefUnwindSafe;
use std::sync::Arc;

use ndarray::{ArrayD, ArrayViewD};

/// The value of a parameter: an array, or numbers that stand elsewhere, such as in a file that is mapped into
/// memory. Those are read where they are. Clones have the same numbers, not a copy of them. Whoever changes
/// numbers that others have, too, copies them first.
///
/// ```
/// use std::sync::Arc;
/// use dien_tensor::{ParamKind, ParamStore, ParamValue};
///
/// let numbers = Arc::new(vec![1.0_f32, 2.0, 3.0, 4.0]);
/// let mut params = ParamStore::new();
/// let id = params.add("embedding.item", ParamKind::Rows, ParamValue::shared(&[2, 2], numbers.clone()));
/// assert_eq!(params.data(id).as_ptr(), numbers.as_ptr());
/// params.data_mut(id)[0] = 5.0;
/// assert_eq!((params.data(id)[0], numbers[0]), (5.0, 1.0));
/// ```
#[derive(Clone)]
pub struct ParamValue<T>(Storage<T>);

#[derive(Clone)]
enum Storage<T> {
    Owned(Arc<ArrayD<T>>),
    Shared(Vec<usize>, Arc<dyn AsRef<[T]> + Send + Sync + RefUnwindSafe>),
}

impl<T> ParamValue<T> {
    /// Numbers that others hold, row-major; what `data` gives must stay the same.
    ///
    /// # Panics
    /// If the shape has another number of elements.
    #[track_caller]
    pub fn shared(
        shape: &[usize],
        data: Arc<impl AsRef<[T]> + Send + Sync + RefUnwindSafe + 'static>,
    ) -> Self {
        let (found, expected) = ((*data).as_ref().len(), shape.iter().product::<usize>());
        assert_eq!(found, expected, "parameter value: numbers of shape {shape:?}");
        ParamValue(Storage::Shared(shape.to_vec(), data))
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        match &self.0 {
            Storage::Owned(array) => array.shape(),
            Storage::Shared(shape, _) => shape,
        }
    }

    /// Its elements, row-major.
    pub fn data(&self) -> &[T] {
        match &self.0 {
            Storage::Owned(array) => array.as_slice().expect("parameters have standard layout"),
            Storage::Shared(_, data) => (**data).as_ref(),
        }
    }

    /// Its elements as an array.
    pub fn view(&self) -> ArrayViewD<'_, T> {
        match &self.0 {
            Storage::Owned(array) => array.view(),
            Storage::Shared(shape, data) => {
                let view = ArrayViewD::from_shape(&shape[..], (**data).as_ref());
                view.expect("as many elements as the shape has")
            }
        }
    }
}

impl<T: Clone> ParamValue<T> {
    /// The array, of its own from now on.
    pub(crate) fn array_mut(&mut self) -> &mut ArrayD<T> {
        if let Storage::Shared(..) = self.0 {
            self.0 = Storage::Owned(Arc::new(self.view().to_owned()));
        }
        match &mut self.0 {
            Storage::Owned(array) => Arc::make_mut(array),
            Storage::Shared(..) => unreachable!("copied above"),
        }
    }
}

impl<T: Clone> From<ArrayD<T>> for ParamValue<T> {
    fn from(array: ArrayD<T>) -> Self {
        let standard =
            if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() };
        ParamValue(Storage::Owned(Arc::new(standard)))
    }
}

impl<T> std::fmt::Debug for ParamValue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let form = if matches!(self.0, Storage::Owned(_)) { "owned" } else { "shared" };
        write!(f, "ParamValue({form}, {:?})", self.shape())
    }
}
