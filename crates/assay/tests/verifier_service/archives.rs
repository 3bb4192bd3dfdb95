//! Archives of cases, as `tar` makes them and as it never would.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::door::files_below;

const BLOCK: usize = 512;

/// An entry of a tar archive.
pub(crate) fn entry(name: &str, kind: u8, content: &[u8], link: &str) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    block[257..263].copy_from_slice(b"ustar\0");
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(content);
    block.resize(block.len().next_multiple_of(BLOCK), 0);
    block
}

pub(crate) fn file(name: &str, content: &[u8]) -> Vec<u8> {
    entry(name, b'0', content, "")
}

/// The files below a folder as an archive, each under this name.
pub(crate) fn of_folder(folder: &Path, prefix: &str) -> Vec<u8> {
    let mut archive = Vec::new();
    for path in files_below(folder) {
        let name = path.strip_prefix(folder).expect("below").to_str().expect("UTF-8");
        archive.extend(file(&format!("{prefix}{name}"), &std::fs::read(&path).expect("readable")));
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
