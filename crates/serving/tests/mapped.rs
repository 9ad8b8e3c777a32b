//! A mapped model leaves its tables in the file, and is checked as any other.

mod common;

use std::fs;

use common::{behaviours, map};
use dien_serving::Ranker;

/// A file that another program wrote, or that was cut off, is no less safe to map.
#[test]
fn a_mapped_file_is_checked_as_any_other() {
    let bytes = behaviours();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let ranked = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        map(&path).map(|ranker| ranker.serving().fingerprint()).map_err(|e| e.to_string())
    };
    let expected = Ranker::from_bytes(&bytes).unwrap().serving().fingerprint();
    assert_eq!(ranked(&bytes), Ok(expected));
    // A space more at the header's end: no tensor is aligned.
    let len = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let (header, tensors) = bytes[8..].split_at(len as usize);
    let shifted = [&(len + 1).to_le_bytes()[..], header, b" ", tensors].concat();
    assert_eq!(ranked(&shifted), Ok(expected));
    for cut in [0, 7, 300, bytes.len() / 2, bytes.len() - 1] {
        let message = ranked(&bytes[..cut]).unwrap_err();
        assert!(message.contains(&format!("no whole safetensors file ({cut} bytes")), "{cut}: {message}");
    }
    let longer = ranked(&[&bytes[..], &[0]].concat()).unwrap_err();
    assert!(longer.contains("and more after the last tensor"), "{longer}");
}

/// The addresses at which this process has mapped a file.
#[cfg(target_os = "linux")]
fn addresses(path: &std::path::Path) -> Vec<std::ops::Range<usize>> {
    let number = |text: &str| usize::from_str_radix(text, 16).unwrap();
    let range = |line: &str| {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        number(start)..number(end)
    };
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.ends_with(path.to_str().unwrap())).map(range).collect()
}

/// What a service asks for is read where the file is mapped, and no copy of it.
#[cfg(all(target_os = "linux", target_endian = "little"))]
#[test]
fn embeddings_of_a_mapped_model_stay_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("mapped.safetensors");
    fs::write(&path, behaviours()).unwrap();
    let (mapped, loaded) = (map(&path).unwrap(), Ranker::load(&path).unwrap());
    let file = addresses(&path);
    assert_eq!(file.len(), 1, "{file:?}");
    let is_mapped = |ranker: &Ranker, token: &str| {
        let embedding = ranker.embedding("item", token).unwrap().as_ptr_range();
        file[0].contains(&(embedding.start as usize)) && embedding.end as usize <= file[0].end
    };
    for token in ["i1", "i13", "unknown"] {
        assert!(is_mapped(&mapped, token), "{token}");
        assert!(!is_mapped(&loaded, token), "{token}");
        assert_eq!(mapped.embedding("item", token).unwrap(), loaded.embedding("item", token).unwrap());
    }
    drop(mapped);
    assert!(addresses(&path).is_empty(), "the map goes with the model");
}
