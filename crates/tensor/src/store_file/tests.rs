//! Parameters through bytes and files.

use crate::{FileError, ParamKind, ParamStore, Real};
use ndarray::{ArrayD, array};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A store whose order is not that of the names, with every kind and odd numbers.
fn store<T: Real>() -> ParamStore<T> {
    let mut params = ParamStore::new();
    let odd = [0.1, -0.0, f64::MIN_POSITIVE, f64::INFINITY].map(T::of);
    params.add("norm.mean", ParamKind::Buffer, ArrayD::from_shape_vec(vec![4], odd.to_vec()).unwrap());
    params.add("item", ParamKind::Rows, array![[T::of(1.5), T::of(-2.25)]].into_dyn());
    params.add("bias", ParamKind::Dense, ArrayD::from_elem(vec![], T::nan()));
    params.add("empty", ParamKind::Dense, ArrayD::zeros(vec![0, 3]));
    params
}

/// Everything there is to know of a store, numbers as bits.
fn all<T: Real>(params: &ParamStore<T>) -> Vec<(String, ParamKind, Vec<usize>, Vec<u64>)> {
    let bits = |id| params.data(id).iter().map(|x| x.f64().to_bits()).collect();
    let each = |id| (params.name(id).to_owned(), params.kind(id), params.shape(id).to_vec(), bits(id));
    params.ids().map(each).collect()
}

fn message(result: Result<ParamStore<f32>, FileError>) -> String {
    result.expect_err("an error").to_string()
}

/// A file of another program.
fn foreign(tensors: &[(&str, Dtype, &[usize], &[u8])], metadata: Option<&str>) -> Vec<u8> {
    let metadata = metadata.map(|text| [("dien-tensor".to_owned(), text.to_owned())].into_iter().collect());
    let tensors: Vec<_> = tensors
        .iter()
        .map(|&(name, dtype, shape, data)| (name, TensorView::new(dtype, shape.to_vec(), data).unwrap()))
        .collect();
    safetensors::serialize(tensors, metadata).unwrap()
}

#[test]
fn everything_comes_back() {
    let (single, double) = (store::<f32>(), store::<f64>());
    assert_eq!(all(&ParamStore::<f32>::from_bytes(&single.to_bytes().unwrap()).unwrap()), all(&single));
    assert_eq!(all(&ParamStore::<f64>::from_bytes(&double.to_bytes().unwrap()).unwrap()), all(&double));
    assert_eq!(single.to_bytes().unwrap(), store::<f32>().to_bytes().unwrap());
    let widened = ParamStore::<f64>::from_bytes(&single.to_bytes().unwrap()).unwrap();
    assert_eq!(all(&widened), all(&single.cast::<f64>()));
}

#[test]
fn files_replace_one_another_and_leave_nothing_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    ParamStore::<f32>::new().save(&path).unwrap();
    assert!(ParamStore::<f32>::load(&path).unwrap().is_empty());
    store::<f32>().save(&path).unwrap();
    assert_eq!(all(&ParamStore::<f32>::load(&path).unwrap()), all(&store::<f32>()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    std::fs::write(&path, [0; 9]).unwrap();
    let broken = ParamStore::<f32>::load(&path).unwrap_err();
    assert!(broken.to_string().starts_with(&format!("{}: found ", path.display())), "{broken}");
    let nowhere = folder.path().join("no/model.safetensors");
    for error in [store::<f32>().save(&nowhere).unwrap_err(), message_of_load(&nowhere)] {
        assert!(error.to_string().starts_with(&format!("{}: ", nowhere.display())), "{error}");
    }
}

fn message_of_load(path: &std::path::Path) -> FileError {
    ParamStore::<f32>::load(path).unwrap_err()
}

#[test]
fn files_of_other_programs_are_dense_and_in_the_order_of_their_names() {
    let bytes = foreign(&[("b", Dtype::F32, &[1], &[0; 4]), ("a", Dtype::F32, &[2], &[0; 8])], None);
    let params = ParamStore::<f32>::from_bytes(&bytes).unwrap();
    let zeros = |n| vec![0; n];
    let expected = [("a", vec![2], zeros(2)), ("b", vec![1], zeros(1))];
    assert_eq!(all(&params), expected.map(|(name, shape, x)| (name.to_owned(), ParamKind::Dense, shape, x)));
}

#[test]
fn what_cannot_be_read_is_named() {
    let whole = store::<f32>().to_bytes().unwrap();
    for cut in [0, 7, 40, whole.len() - 1] {
        let found = message(ParamStore::from_bytes(&whole[..cut]));
        assert!(found.ends_with("expected a whole safetensors file"), "{found}");
    }
    let double = message(ParamStore::from_bytes(&store::<f64>().to_bytes().unwrap()));
    assert_eq!(double, "found tensor `norm.mean` of F64, expected f32");
    let half = foreign(&[("w", Dtype::F16, &[2], &[0; 4])], None);
    assert_eq!(message(ParamStore::from_bytes(&half)), "found tensor `w` of F16, expected f32");
    let one: &[(&str, Dtype, &[usize], &[u8])] = &[("w", Dtype::F32, &[1], &[0; 4])];
    for (metadata, expected) in [
        (r#"{"format":2,"tables":[]}"#, "found format 2 of parameters, expected at most 1"),
        ("rows", "found `dien-tensor` in the metadata: expected value"),
        (r#"{"format":1,"params":[]}"#, "found 1 tensors, 0 of them in the metadata's list"),
        (r#"{"format":1,"params":[["v","dense"]]}"#, "found tensor `v` not found"),
        (r#"{"format":1,"params":[["w","rows"]]}"#, "found a table `w` of shape [1]"),
        (
            r#"{"format":1,"params":[["w","mean"]]}"#,
            "found `dien-tensor` in the metadata: unknown variant `mean`",
        ),
    ] {
        let found = message(ParamStore::from_bytes(&foreign(one, Some(metadata))));
        assert!(found.starts_with(expected), "{found}");
    }
    let two: &[(&str, Dtype, &[usize], &[u8])] =
        &[("v", Dtype::F32, &[1], &[0; 4]), ("w", Dtype::F32, &[1], &[0; 4])];
    let twice = foreign(two, Some(r#"{"format":1,"params":[["w","dense"],["w","dense"]]}"#));
    let found = message(ParamStore::from_bytes(&twice));
    assert!(found.starts_with("found `w` twice in the metadata's list"), "{found}");
}
