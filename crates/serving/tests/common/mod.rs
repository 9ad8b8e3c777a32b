//! Model files that are kept, and what they are made of.

#![allow(dead_code, reason = "each test uses some of it")]
#![allow(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use dien_serving::{Ranker, Result};
use serde_json::Value;

/// Where the files of a format are.
pub fn folder(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/format-{format}"))
}

/// The bytes of the first format's `behaviours`.
pub fn behaviours() -> Vec<u8> {
    fs::read(folder(0).join("behaviours.safetensors")).unwrap()
}

/// The bytes of the first format's `impressions`, which reads numbers.
pub fn impressions() -> Vec<u8> {
    fs::read(folder(0).join("impressions.safetensors")).unwrap()
}

/// Maps a file that nobody writes to.
pub fn map(path: &Path) -> Result<Ranker> {
    // SAFETY: the files of the repository do not change while tests run, and a test writes to its own only
    // when what was mapped of it is gone.
    unsafe { Ranker::map(path) }
}

/// The header of a model file, and the tensors.
pub fn parts(bytes: &[u8]) -> (&str, &[u8]) {
    let len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let (header, tensors) = bytes[8..].split_at(len);
    (std::str::from_utf8(header).unwrap(), tensors)
}

/// The file of a header and tensors.
pub fn joined(header: &str, tensors: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), tensors].concat()
}

/// The file with a header that was changed as JSON.
pub fn with_header(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let (header, tensors) = parts(bytes);
    let mut header = serde_json::from_str(header).unwrap();
    change(&mut header);
    joined(&header.to_string(), tensors)
}

/// The file with metadata that were changed as JSON.
pub fn with_metadata(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    with_header(bytes, |header| {
        let text = &mut header["__metadata__"]["dien"];
        let mut metadata = serde_json::from_str(text.as_str().unwrap()).unwrap();
        change(&mut metadata);
        *text = metadata.to_string().into();
    })
}
