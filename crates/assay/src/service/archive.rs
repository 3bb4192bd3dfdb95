//! Unpacks an archive of somebody else into memory: a tar file, compressed with gzip or not.
//!
//! Whatever could reach outside of the archive is refused, never mended: links, devices, `..`,
//! absolute paths, and what is not a file or a folder. So is what would take more memory or more
//! files than allowed: sizes are added up before anything is read, and what gzip yields is read
//! piece by piece up to the limit.

use std::collections::BTreeMap;
use std::io::{self, Read};

use assay_core::files::{FileSet, SafePath, UnsafePath};
use flate2::read::MultiGzDecoder;

/// What an archive may hold.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveLimits {
    pub files: usize,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files, and of everything else that is in the archive.
    pub bytes: u64,
    /// How many bytes a compressed byte may yield.
    pub ratio: u64,
}

impl Default for ArchiveLimits {
    fn default() -> ArchiveLimits {
        ArchiveLimits { files: 4096, file_bytes: 16 << 20, bytes: 64 << 20, ratio: 200 }
    }
}

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("it is no tar archive, nor one compressed with gzip: {0}")]
    Form(String),
    #[error("{0:?} is {1}; an archive of a case has files and folders only")]
    Kind(String, &'static str),
    #[error("{0}")]
    Path(#[from] UnsafePath),
    #[error("two entries of the archive are {0:?}")]
    Twice(String),
    #[error("{0:?} is a file and a folder")]
    Both(String),
    #[error("it has more than {0} files and folders")]
    Files(usize),
    #[error("{0:?} has more than {1} bytes")]
    FileBytes(String, u64),
    #[error("it unpacks to more than {0} bytes")]
    Bytes(u64),
    #[error("it unpacks to more than {0} times its size")]
    Ratio(u64),
    #[error("it holds no file")]
    Empty,
}

/// The size of a block, which headers and contents fill.
const BLOCK: usize = 512;

/// The most bytes of a long name or of extended headers.
const MOST_NAME_BYTES: u64 = 64 << 10;

/// What yields less than this is never a bomb.
const SMALL: u64 = 1 << 20;

/// The files of an archive by their paths.
pub fn unpack(archive: &[u8], limits: ArchiveLimits) -> Result<FileSet, ArchiveError> {
    let size = u64::try_from(archive.len()).unwrap_or(u64::MAX);
    if archive.starts_with(&[0x1f, 0x8b]) {
        let most = size.saturating_mul(limits.ratio).max(SMALL);
        let reader = Reader { source: MultiGzDecoder::new(archive), taken: 0, most, limits };
        return Tar { reader, limits }.read();
    }
    let reader = Reader { source: archive, taken: 0, most: u64::MAX, limits };
    Tar { reader, limits }.read()
}

/// Reads no more than is allowed.
struct Reader<R> {
    source: R,
    taken: u64,
    /// Bytes that a source of this size may yield.
    most: u64,
    limits: ArchiveLimits,
}

impl<R: Read> Reader<R> {
    /// Counts bytes before they are read.
    fn count(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        self.taken = self.taken.saturating_add(bytes);
        // Headers and the ends of blocks are a part of it.
        let headers = (self.limits.files as u64 + 2).saturating_mul(4 * BLOCK as u64);
        if self.taken > self.limits.bytes.saturating_add(headers) {
            return Err(ArchiveError::Bytes(self.limits.bytes));
        }
        if self.taken > self.most {
            return Err(ArchiveError::Ratio(self.limits.ratio));
        }
        Ok(())
    }

    /// The next block; `None` at the end of the source.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, ArchiveError> {
        self.count(BLOCK as u64)?;
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.source.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(broken("it ends within a block")),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(&error.to_string())),
            }
        }
        Ok(Some(block))
    }

    /// A content of this size, without what fills its last block.
    fn content(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        let padded = size.div_ceil(BLOCK as u64) * BLOCK as u64;
        self.count(padded)?;
        let mut content = Vec::new();
        let read = self.source.by_ref().take(padded).read_to_end(&mut content);
        let read = read.map_err(|error| broken(&error.to_string()))?;
        if (read as u64) < size {
            return Err(broken("it ends within a file"));
        }
        content.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(content)
    }
}

fn broken(what: &str) -> ArchiveError {
    ArchiveError::Form(what.to_owned())
}

struct Tar<R> {
    reader: Reader<R>,
    limits: ArchiveLimits,
}

impl<R: Read> Tar<R> {
    fn read(mut self) -> Result<FileSet, ArchiveError> {
        let mut files = FileSet::new();
        let mut entries = 0;
        // A name that a header before announced.
        let mut long_name = None;
        while let Some(block) = self.reader.block()? {
            if block.iter().all(|byte| *byte == 0) {
                break;
            }
            let header = Header::read(&block)?;
            entries += 1;
            // A long name has an entry of its own.
            if entries > 2 * self.limits.files {
                return Err(ArchiveError::Files(self.limits.files));
            }
            let short_name = header.name()?;
            match header.kind {
                b'L' | b'x' => {
                    if header.size > MOST_NAME_BYTES {
                        return Err(ArchiveError::FileBytes(short_name, MOST_NAME_BYTES));
                    }
                    let content = self.reader.content(header.size)?;
                    let name =
                        if header.kind == b'L' { gnu_name(&content) } else { pax_name(&content)? };
                    long_name = name.or(long_name);
                }
                // Extended headers of the whole archive say nothing that is needed here.
                b'g' => drop(self.reader.content(header.size.min(MOST_NAME_BYTES))?),
                b'5' => {
                    let name = long_name.take().unwrap_or(short_name);
                    // The archive of a folder begins with the folder itself.
                    if !matches!(name.as_str(), "." | "./") {
                        SafePath::new(&name)?;
                    }
                }
                0 | b'0' => {
                    let name = long_name.take().unwrap_or(short_name);
                    let path = SafePath::new(&name)?;
                    if header.size > self.limits.file_bytes {
                        return Err(ArchiveError::FileBytes(name, self.limits.file_bytes));
                    }
                    if files.len() >= self.limits.files {
                        return Err(ArchiveError::Files(self.limits.files));
                    }
                    let content = self.reader.content(header.size)?;
                    if files.insert(path, content).is_some() {
                        return Err(ArchiveError::Twice(name));
                    }
                }
                kind => {
                    let name = long_name.take().unwrap_or(short_name);
                    return Err(ArchiveError::Kind(name, kind_name(kind)));
                }
            }
        }
        let total: u64 = files.values().map(|content| content.len() as u64).sum();
        if total > self.limits.bytes {
            return Err(ArchiveError::Bytes(self.limits.bytes));
        }
        check_folders(&files)?;
        if files.is_empty() { Err(ArchiveError::Empty) } else { Ok(files) }
    }
}

/// That no file stands where another one needs a folder.
fn check_folders(files: &FileSet) -> Result<(), ArchiveError> {
    for path in files.keys() {
        for (at, _) in path.as_str().match_indices('/') {
            let folder = &path.as_str()[..at];
            if SafePath::new(folder).is_ok_and(|folder| files.contains_key(&folder)) {
                return Err(ArchiveError::Both(folder.to_owned()));
            }
        }
    }
    Ok(())
}

fn kind_name(kind: u8) -> &'static str {
    match kind {
        b'1' => "a hard link",
        b'2' => "a symbolic link",
        b'3' | b'4' => "a device",
        b'6' => "a named pipe",
        b'S' => "a file with holes",
        _ => "of an unknown kind",
    }
}

/// What is used of a header.
struct Header<'a> {
    block: &'a [u8; BLOCK],
    size: u64,
    kind: u8,
}

impl Header<'_> {
    fn read(block: &[u8; BLOCK]) -> Result<Header<'_>, ArchiveError> {
        let said = number(&block[148..156])?;
        // The checksum counts itself as blanks.
        let sum = |at: usize, byte: u8| if (148..156).contains(&at) { 32 } else { u64::from(byte) };
        let found: u64 = block.iter().enumerate().map(|(at, byte)| sum(at, *byte)).sum();
        if said != found {
            return Err(broken("the checksum of an entry is wrong"));
        }
        Ok(Header { block, size: number(&block[124..136])?, kind: block[156] })
    }

    fn name(&self) -> Result<String, ArchiveError> {
        let name = text(&self.block[..100])?;
        let prefix = match &self.block[257..262] {
            // The old form of GNU has times where the new form has the beginning of the name.
            b"ustar" if self.block[262] == 0 => text(&self.block[345..500])?,
            _ => String::new(),
        };
        Ok(if prefix.is_empty() { name } else { format!("{prefix}/{name}") })
    }
}

/// The text of a field, up to its first zero byte.
fn text(field: &[u8]) -> Result<String, ArchiveError> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let text = std::str::from_utf8(&field[..end]);
    text.map(str::to_owned).map_err(|_| broken("a name is not UTF-8"))
}

/// A number in octal digits.
fn number(field: &[u8]) -> Result<u64, ArchiveError> {
    let text = text(field)?;
    let digits = text.trim();
    if digits.is_empty() {
        return Ok(0);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(broken("a number of an entry is not written in octal digits"));
    }
    u64::from_str_radix(digits, 8)
        .map_err(|_| broken("a number of an entry is not written in octal digits"))
}

fn gnu_name(content: &[u8]) -> Option<String> {
    let end = content.iter().position(|byte| *byte == 0).unwrap_or(content.len());
    String::from_utf8(content[..end].to_vec()).ok()
}

/// The path among extended headers, each `LENGTH KEY=VALUE` and a line end. Other headers that
/// would say what an entry is are refused.
fn pax_name(content: &[u8]) -> Result<Option<String>, ArchiveError> {
    let wrong = || broken("an extended header is malformed");
    let mut records = BTreeMap::new();
    let mut rest = std::str::from_utf8(content).map_err(|_| wrong())?;
    while !rest.is_empty() {
        let (length, _) = rest.split_once(' ').ok_or_else(wrong)?;
        let whole: usize = length.parse().map_err(|_| wrong())?;
        let record = rest.get(length.len() + 1..whole).ok_or_else(wrong)?;
        let (key, value) =
            record.strip_suffix('\n').and_then(|it| it.split_once('=')).ok_or_else(wrong)?;
        records.insert(key.to_owned(), value.to_owned());
        rest = &rest[whole..];
    }
    let other = records
        .keys()
        .find(|key| *key == "size" || *key == "linkpath" || key.starts_with("GNU.sparse"));
    if let Some(key) = other {
        return Err(ArchiveError::Form(format!("an extended header says {key:?}")));
    }
    Ok(records.remove("path"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut block = [0; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[156] = kind;
        block[257..263].copy_from_slice(b"ustar\0");
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let mut bytes = block.to_vec();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    const LIMITS: ArchiveLimits =
        ArchiveLimits { files: 4, file_bytes: 2000, bytes: 3000, ratio: 200 };

    #[test]
    fn files_come_by_their_paths_and_folders_are_nothing() {
        let tar = [entry("./", b'5', b""), entry("a/", b'5', b""), entry("a/b.txt", b'0', b"text")]
            .concat();
        for archive in [tar.clone(), gzip(&tar), [tar, vec![0; 2 * BLOCK]].concat()] {
            let files = unpack(&archive, LIMITS).expect("files");
            let files: Vec<_> =
                files.iter().map(|(path, text)| (path.as_str(), text.as_slice())).collect();
            assert_eq!(files, [("a/b.txt", b"text".as_slice())]);
        }
        let long = "d/".repeat(80) + "x";
        let named = [entry("@", b'L', long.as_bytes()), entry("short", b'0', b"1")].concat();
        assert!(unpack(&named, LIMITS).expect("files").keys().all(|path| path.as_str() == long));
        let record = "13 path=p/q\n";
        let named =
            [entry("@", b'x', &record.as_bytes()[..12]), entry("short", b'0', b"1")].concat();
        assert!(unpack(&named, LIMITS).is_err(), "the length is wrong");
        let named = [entry("@", b'x', b"12 path=p/q\n"), entry("short", b'0', b"1")].concat();
        assert!(unpack(&named, LIMITS).expect("files").keys().all(|path| path.as_str() == "p/q"));
    }

    #[test]
    fn whatever_leaves_the_archive_is_refused() {
        let check = |archive: Vec<u8>, expect: &str| {
            let error = unpack(&archive, LIMITS).expect_err(expect).to_string();
            assert!(error.contains(expect), "{error}");
        };
        check(entry("../a", b'0', b"x"), "leaves its directory");
        check(entry("a/../../b", b'0', b"x"), "leaves its directory");
        check(entry("..", b'5', b""), "leaves its directory");
        check(entry("/etc/passwd", b'0', b"x"), "is absolute");
        check(entry("a\\b", b'0', b"x"), "backslash");
        check([entry("@", b'L', b"../x"), entry("a", b'0', b"x")].concat(), "leaves its directory");
        check([entry("@", b'x', b"13 path=../x\n"), entry("a", b'0', b"x")].concat(), "leaves its");
        check([entry("@", b'x', b"11 size=99\n"), entry("a", b'0', b"x")].concat(), "size");
        check(entry("a", b'1', b""), "a hard link");
        check(entry("a", b'2', b""), "a symbolic link");
        check(entry("a", b'3', b""), "a device");
        check(entry("a", b'6', b""), "a named pipe");
        check(entry("a", b'S', b""), "a file with holes");
        check(entry("a", b'?', b""), "an unknown kind");
        check([entry("a", b'0', b"1"), entry("./a", b'0', b"2")].concat(), "two entries");
        check([entry("a", b'0', b"1"), entry("a/b", b'0', b"2")].concat(), "a file and a folder");
    }

    #[test]
    fn whatever_is_too_much_is_refused_before_it_is_read() {
        let check = |archive: &[u8], expect: &str| {
            let error = unpack(archive, LIMITS).expect_err(expect).to_string();
            assert!(error.contains(expect), "{error}");
        };
        let many: Vec<u8> = (0..9).flat_map(|n| entry(&n.to_string(), b'0', b"x")).collect();
        check(&many, "more than 4 files");
        let folders: Vec<u8> = (0..99).flat_map(|n| entry(&n.to_string(), b'5', b"")).collect();
        check(&folders, "more than 4 files");
        check(&entry("a", b'0', &[1; 2001]), "more than 2000 bytes");
        let two = [entry("a", b'0', &[1; 1900]), entry("b", b'0', &[1; 1900])].concat();
        check(&two, "more than 3000 bytes");
        let bomb = gzip(&entry("a", b'0', &vec![0; 4 << 20]));
        let wide = ArchiveLimits { file_bytes: 1 << 30, bytes: 1 << 30, ..LIMITS };
        let error = unpack(&bomb, wide).expect_err("a bomb").to_string();
        assert!(error.contains("200 times"), "{error}");
        // A size that is claimed and not there takes no memory.
        let mut claimed = entry("a", b'0', b"x");
        claimed[124..135].copy_from_slice(b"77777777777");
        check(&claimed, "checksum");
    }

    #[test]
    fn what_is_no_archive_is_told() {
        for bytes in [&b""[..], b"PK\x03\x04", b"\x1f\x8bgarbage", &[7; 600], &[0; 1024]] {
            assert!(unpack(bytes, LIMITS).is_err(), "{bytes:?}");
        }
        let short = &entry("a", b'0', &[1; 900])[..BLOCK + 100];
        assert!(unpack(short, LIMITS).expect_err("short").to_string().contains("within a file"));
    }
}
