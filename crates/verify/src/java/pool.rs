//! [`Pool`]: the constant pool of a compiled class, to be changed and written again
//! (Java Virtual Machine Specification, section 4.4).

use super::class_file::Reader;

const UTF8: u8 = 1;
const CLASS: u8 = 7;
const STRING: u8 = 8;
const METHODS: [u8; 2] = [10, 11];
const NAME_AND_TYPE: u8 = 12;

/// A constant pool. Entries have the numbers that the class knows them by, so new ones
/// come last.
#[derive(Debug)]
pub(super) struct Pool {
    /// Tag and content; the tag 0 stands for places that hold nothing.
    entries: Vec<(u8, Vec<u8>)>,
}

impl Pool {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Pool> {
        let count = usize::from(reader.u16()?);
        let mut entries = vec![(0, Vec::new())];
        while entries.len() < count {
            let tag = reader.u8()?;
            let length = match tag {
                UTF8 => usize::from(reader.u16()?),
                CLASS | STRING | 16 | 19 | 20 => 2,
                15 => 3,
                3 | 4 | 9..=12 | 17 | 18 => 4,
                5 | 6 => 8,
                _ => return None,
            };
            entries.push((tag, reader.take(length)?.to_vec()));
            if matches!(tag, 5 | 6) {
                entries.push((0, Vec::new()));
            }
        }
        Some(Pool { entries })
    }

    /// Adds it to the bytes of a class; `None` if it has more entries, or a longer text,
    /// than there are numbers for.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) -> Option<()> {
        bytes.extend(u16::try_from(self.entries.len()).ok()?.to_be_bytes());
        for (tag, content) in self.entries.iter().filter(|(tag, _)| *tag != 0) {
            bytes.push(*tag);
            if *tag == UTF8 {
                bytes.extend(u16::try_from(content.len()).ok()?.to_be_bytes());
            }
            bytes.extend(content);
        }
        Some(())
    }

    pub(super) fn text(&self, index: u16) -> Option<&str> {
        let (tag, content) = self.entries.get(usize::from(index))?;
        (*tag == UTF8).then(|| std::str::from_utf8(content).ok()).flatten()
    }

    /// The name of a class entry.
    pub(super) fn class(&self, index: u16) -> Option<&str> {
        self.text(self.half(index, CLASS, 0)?)
    }

    /// One of the two numbers that an entry of a kind holds.
    fn half(&self, index: u16, kind: u8, place: usize) -> Option<u16> {
        let (tag, content) = self.entries.get(usize::from(index))?;
        let bytes = content.get(2 * place..2 * place + 2)?;
        (*tag == kind).then(|| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn add(&mut self, tag: u8, content: Vec<u8>) -> u16 {
        self.entries.push((tag, content));
        number(self.entries.len() - 1)
    }

    pub(super) fn add_text(&mut self, text: &str) -> u16 {
        self.add(UTF8, text.as_bytes().to_vec())
    }

    /// The same name and type with another name.
    pub(super) fn renamed(&mut self, name_and_type: u16, name: &str) -> Option<u16> {
        let descriptor = self.half(name_and_type, NAME_AND_TYPE, 1)?;
        let name = self.add_text(name);
        let content = [name.to_be_bytes(), descriptor.to_be_bytes()].concat();
        Some(self.add(NAME_AND_TYPE, content))
    }

    /// The name in an entry for a name and a type.
    pub(super) fn name_in(&self, name_and_type: u16) -> Option<&str> {
        self.text(self.half(name_and_type, NAME_AND_TYPE, 0)?)
    }

    /// Gives uses of methods other names: `new_name` answers for a class and a name.
    pub(super) fn rename_methods(&mut self, new_name: impl Fn(&str, &str) -> Option<String>) {
        for index in 0..self.entries.len() {
            let (tag, index) = (self.entries[index].0, number(index));
            if !METHODS.contains(&tag) {
                continue;
            }
            let found = (|| {
                let owner = self.class(self.half(index, tag, 0)?)?;
                let name_and_type = self.half(index, tag, 1)?;
                Some((name_and_type, new_name(owner, self.name_in(name_and_type)?)?))
            })();
            if let Some((name_and_type, name)) = found
                && let Some(new) = self.renamed(name_and_type, &name)
            {
                self.entries[usize::from(index)].1[2..4].copy_from_slice(&new.to_be_bytes());
            }
        }
    }

    /// Changes the texts that name classes. What the program knows as a text of its own
    /// stays as it is.
    pub(super) fn rename_classes(&mut self, new_text: impl Fn(&str) -> Option<String>) {
        for place in 0..self.entries.len() {
            let index = number(place);
            let Some(new) = self.text(index).and_then(&new_text) else { continue };
            let strings: Vec<usize> = (0..self.entries.len())
                .filter(|it| self.half(number(*it), STRING, 0) == Some(index))
                .collect();
            if !strings.is_empty() {
                let old = self.entries[place].1.clone();
                let kept = self.add(UTF8, old);
                for string in strings {
                    self.entries[string].1 = kept.to_be_bytes().to_vec();
                }
            }
            self.entries[place].1 = new.into_bytes();
        }
    }
}

/// A number of a class file, which has no larger ones.
fn number(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}
