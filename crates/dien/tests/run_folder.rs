//! The run folder: what is in it, and what is said when something is wrong with it.

mod common;

use std::fs;
use std::path::Path;

use common::{StopAfter, save_model, start, tiny, train};
use dien::prelude::*;
use dien::tensor::{ParamKind, ParamStore};
use safetensors::SafeTensors;
use tempfile::tempdir;

#[test]
fn holds_what_it_should_and_nothing_of_this_machine() {
    let root = tempdir().unwrap();
    let folder = root.path().join("run");
    let (report, trainer) = train(&tiny(), &folder);
    let mut names: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let files = ["last.safetensors", "metrics.jsonl", "model.safetensors", "optimizer.safetensors"];
    assert_eq!(names, [&["config.toml"], &files[..], &["vocab"]].concat());
    for name in ["last.safetensors", "model.safetensors", "optimizer.safetensors"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().as_ref().unwrap();
        assert_eq!(metadata.keys().collect::<Vec<_>>(), ["dien"]);
        let note = &metadata["dien"];
        assert!(!note.contains("second") && !note.contains('/') && !note.contains("thread"), "{note}");
    }
    let bytes = fs::read(folder.join("last.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), trainer.latest_params().len());
    assert_eq!(Run::open(&folder).unwrap().epochs().unwrap(), report.epochs);
    let lines = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 3);
}

#[test]
fn a_folder_in_use_is_an_error() {
    let root = tempdir().unwrap();
    fs::write(root.path().join("thesis.tex"), "").unwrap();
    let message = Run::create(root.path(), &tiny()).unwrap_err().to_string();
    assert!(message.contains("the folder is not empty; expected an empty or a new folder"), "{message}");
    assert!(!root.path().join("config.toml").exists());
}

#[test]
fn fresh_folders_have_names_of_their_own() {
    let root = tempdir().unwrap();
    let names: Vec<String> = (0..3)
        .map(|_| Run::create_fresh(&root.path().join("runs"), &tiny()).unwrap())
        .map(|run| run.folder().file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["synthetic-dien-seed1", "synthetic-dien-seed1-2", "synthetic-dien-seed1-3"]);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let root = tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    for folder in [file.clone(), file.join("run")] {
        let message = Run::create(&folder, &tiny()).unwrap_err().to_string();
        assert!(message.contains("file") && message.contains("cannot make the folder"), "{message}");
    }
    let message = Run::create_fresh(&file, &tiny()).unwrap_err().to_string();
    assert!(message.contains("cannot make the folder"), "{message}");
}

#[test]
fn a_folder_without_a_run_is_an_error() {
    let root = tempdir().unwrap();
    let message = Run::open(root.path()).unwrap_err().to_string();
    assert!(
        message.ends_with("no run (there is no `config.toml`); expected the folder of a run"),
        "{message}"
    );
}

/// Writes `params` as the run's model and reads it as what the run's configuration makes of it.
fn load(trainer: &Trainer, params: &ParamStore<f32>) -> String {
    let run = trainer.run().unwrap();
    save_model(run, params, trainer);
    Scorer::load(run).unwrap_err().to_string()
}

type Named = (String, Vec<usize>);

#[test]
fn a_model_of_another_shape_is_an_error() {
    let root = tempdir().unwrap();
    let (_, trainer) = train(&tiny(), root.path());
    let params = trainer.latest_params();
    // The parameters under other names and shapes; an empty shape is the parameter's own.
    let copy = |change: &dyn Fn(&str) -> Option<Named>| {
        let mut store = ParamStore::new();
        for id in params.ids() {
            if let Some((name, shape)) = change(params.name(id)) {
                let shape = if shape.is_empty() { params.shape(id).to_vec() } else { shape };
                store.add(name, ParamKind::Dense, ndarray::ArrayD::zeros(shape));
            }
        }
        store
    };
    let same = |name: &str| (name.to_owned(), vec![]);
    let missing = copy(&|name| (name != "head.0.bias").then(|| same(name)));
    let expected = "model.safetensors: no parameter `head.0.bias`; expected F32 [12]";
    assert!(load(&trainer, &missing).contains(expected), "{}", load(&trainer, &missing));

    let mut foreign = copy(&|name| Some(same(name)));
    foreign.add("head.9.bias", ParamKind::Dense, ndarray::ArrayD::zeros(vec![1]));
    assert!(
        load(&trainer, &foreign).contains("a foreign parameter `head.9.bias`"),
        "{}",
        load(&trainer, &foreign)
    );

    let other =
        copy(&|name| Some(if name == "head.0.bias" { (name.into(), vec![3, 4]) } else { same(name) }));
    let expected = "parameter `head.0.bias` is F32 [3, 4]; expected F32 [12]";
    assert!(load(&trainer, &other).contains(expected), "{}", load(&trainer, &other));
}

#[test]
fn a_file_that_is_no_checkpoint_is_an_error() {
    let root = tempdir().unwrap();
    let (_, trainer) = train(&tiny(), root.path());
    let run = trainer.run().unwrap();
    let path = root.path().join("model.safetensors");
    let whole = fs::read(&path).unwrap();
    let message = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Scorer::load(run).unwrap_err().to_string()
    };
    for cut in [0, 5, 200, whole.len() / 2, whole.len() - 1] {
        let message = message(&whole[..cut]);
        let expected = format!("model.safetensors: no whole safetensors file ({cut} bytes");
        assert!(message.contains(&expected), "{message}");
    }
    assert!(message(b"PK\x03\x04 something else altogether").contains("no whole safetensors file"));
    // A safetensors file of another program.
    let foreign =
        safetensors::serialize(Vec::<(&str, safetensors::tensor::TensorView<'_>)>::new(), None).unwrap();
    assert!(message(&foreign).contains("no `dien` in the metadata; expected a file that `dien train` wrote"));
    // Half precision.
    let data = [0u8; 24];
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F16, vec![12], &data).unwrap();
    let note = [("dien".to_owned(), "{\"step\":1}".to_owned())].into_iter().collect();
    let names = SafeTensors::deserialize(&whole).unwrap();
    let half: Vec<_> = names
        .iter()
        .map(|(name, tensor)| (name.to_owned(), if name == "head.0.bias" { view.clone() } else { tensor }))
        .collect();
    let half = safetensors::serialize(half, Some(note)).unwrap();
    let found = message(&half);
    assert!(found.contains("parameter `head.0.bias` is F16 [12]; expected F32 [12]"), "{found}");

    fs::remove_file(&path).unwrap();
    fs::remove_file(root.path().join("last.safetensors")).unwrap();
    assert!(Scorer::load(run).unwrap_err().to_string().contains("model.safetensors: cannot read"));
}

#[test]
fn a_run_that_cannot_go_on_says_why() {
    let root = tempdir().unwrap();
    start(&tiny(), root.path()).train(&mut StopAfter(3)).unwrap();
    let run = Run::open(root.path()).unwrap();
    let message = Scorer::load(&run).unwrap_err().to_string();
    assert!(message.contains("no model yet (training stopped within the first epoch)"), "{message}");

    let resume = |config: &Config, data: &Config| {
        let dataset = DataSource::open(data, Encoding::Fit).unwrap().0;
        Trainer::resume(run.clone(), config, dataset).unwrap_err().to_string()
    };
    let mut other = tiny();
    other.data.batch_size = 64;
    other.train.epochs = 9;
    let message = resume(&other, &other);
    assert!(message.contains("another value of `data.batch_size`; expected the run's own"), "{message}");
    let message = resume(&tiny(), &other);
    assert!(message.contains("batches an epoch; expected"), "{message}");
    other.data.min_count = 5;
    let message = resume(&tiny(), &other);
    assert!(message.contains("vocabularies that are not the data's"), "{message}");

    let state = root.path().join("optimizer.safetensors");
    let bytes = fs::read(&state).unwrap();
    fs::write(&state, &bytes[..bytes.len() - 9]).unwrap();
    let message = resume(&tiny(), &tiny());
    assert!(message.contains("optimizer.safetensors: no whole safetensors file"), "{message}");

    // Parameters of one step, a state of another.
    let elsewhere = root.path().join("elsewhere");
    start(&tiny(), &elsewhere).train(&mut StopAfter(2)).unwrap();
    fs::copy(elsewhere.join("optimizer.safetensors"), &state).unwrap();
    let message = resume(&tiny(), &tiny());
    assert!(
        message.contains("the state after 2 steps; expected 3 steps, as in `last.safetensors`"),
        "{message}"
    );
    assert!(Path::new(&state).exists());
}
