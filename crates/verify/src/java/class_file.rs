//! [`ClassFile`]: what a compiled class refers to and declares, read from its
//! constant pool and its members (Java Virtual Machine Specification, chapter 4).

use std::collections::BTreeSet;
use std::sync::Arc;

/// A compiled class. Names are those of the virtual machine: `com/example/Name$In`. What
/// the class refers to many times is kept once, so that nothing here is much larger than
/// the class itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClassFile {
    pub(super) name: String,
    pub(super) superclass: String,
    pub(super) interfaces: Vec<Arc<str>>,
    /// The name of the file that it was compiled from.
    pub(super) source: Option<String>,
    /// Classes that it names, in descriptors and annotations too.
    pub(super) classes: BTreeSet<String>,
    /// Fields and methods that it uses, each with its class: `java/lang/System` and `exit`.
    pub(super) members: Vec<(Arc<str>, Arc<str>)>,
    pub(super) strings: BTreeSet<String>,
    pub(super) methods: Vec<Method>,
}

/// A method that a class declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) name: Arc<str>,
    pub(super) descriptor: Arc<str>,
    pub(super) is_native: bool,
    /// Its bytecode; empty if it has none.
    pub(super) code: Vec<u8>,
}

const NATIVE: u16 = 0x0100;

impl ClassFile {
    /// Reads a class; `None` if it is malformed, which no compiler makes.
    pub(super) fn read(bytes: &[u8]) -> Option<ClassFile> {
        let mut reader = Reader { bytes };
        if reader.u32()? != 0xCAFE_BABE {
            return None;
        }
        reader.skip(4)?;
        let pool = Pool::read(&mut reader)?;
        let _access = reader.u16()?;
        let name = pool.class(reader.u16()?)?.to_string();
        let superclass = pool.class(reader.u16()?).unwrap_or_default().to_string();
        let interfaces = (0..reader.u16()?)
            .map(|_| pool.class(reader.u16()?))
            .collect::<Option<Vec<Arc<str>>>>()?;
        for _field in 0..reader.u16()? {
            reader.skip(6)?;
            attributes(&mut reader, &pool)?;
        }
        let methods =
            (0..reader.u16()?).map(|_| method(&mut reader, &pool)).collect::<Option<Vec<_>>>()?;
        let source = attributes(&mut reader, &pool)?
            .into_iter()
            .find(|(name, _)| **name == *"SourceFile")
            .and_then(|(_, content)| pool.text(Reader { bytes: content }.u16()?))
            .map(|text| text.to_string());
        let (classes, members, strings) = pool.uses();
        Some(ClassFile { name, superclass, interfaces, source, classes, members, strings, methods })
    }

    /// The name without the package, and without the class around it.
    pub(super) fn simple_name(&self) -> &str {
        self.name.rsplit(['/', '$']).next().unwrap_or_default()
    }

    pub(super) fn package(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(package, _)| package)
    }

    /// Whether it is declared within another one.
    pub(super) fn is_inner(&self) -> bool {
        self.name.contains('$')
    }
}

fn method(reader: &mut Reader<'_>, pool: &Pool) -> Option<Method> {
    let is_native = reader.u16()? & NATIVE != 0;
    let name = pool.text(reader.u16()?)?;
    let descriptor = pool.text(reader.u16()?)?;
    let code = attributes(reader, pool)?.into_iter().find(|(name, _)| **name == *"Code");
    let code = code.and_then(|(_, content)| {
        let mut code = Reader { bytes: content };
        code.skip(4)?;
        let length = code.u32()?;
        code.take(length as usize).map(<[u8]>::to_vec)
    });
    Some(Method { name, descriptor, is_native, code: code.unwrap_or_default() })
}

/// Names and contents of attributes.
fn attributes<'a>(reader: &mut Reader<'a>, pool: &Pool) -> Option<Vec<(Arc<str>, &'a [u8])>> {
    (0..reader.u16()?)
        .map(|_| {
            let name = pool.text(reader.u16()?)?;
            let length = reader.u32()? as usize;
            Some((name, reader.take(length)?))
        })
        .collect()
}

/// An entry of a constant pool; what is of no interest here is `Other`.
#[derive(Debug, Clone)]
enum Constant {
    Text(Arc<str>),
    Class(u16),
    String(u16),
    Member { class: u16, name_and_type: u16 },
    NameAndType { name: u16 },
    Other,
}

struct Pool(Vec<Constant>);

impl Pool {
    fn read(reader: &mut Reader<'_>) -> Option<Pool> {
        let count = usize::from(reader.u16()?);
        // The first entry has the number 1.
        let mut entries = vec![Constant::Other];
        while entries.len() < count {
            let kind = reader.u8()?;
            entries.push(match kind {
                1 => {
                    let length = usize::from(reader.u16()?);
                    Constant::Text(String::from_utf8_lossy(reader.take(length)?).into())
                }
                7 => Constant::Class(reader.u16()?),
                8 => Constant::String(reader.u16()?),
                9..=11 => Constant::Member { class: reader.u16()?, name_and_type: reader.u16()? },
                12 => {
                    let name = reader.u16()?;
                    reader.skip(2)?;
                    Constant::NameAndType { name }
                }
                3 | 4 | 17 | 18 => reader.skip(4).map(|()| Constant::Other)?,
                5 | 6 => reader.skip(8).map(|()| Constant::Other)?,
                15 => reader.skip(3).map(|()| Constant::Other)?,
                16 | 19 | 20 => reader.skip(2).map(|()| Constant::Other)?,
                _ => return None,
            });
            if matches!(kind, 5 | 6) {
                // A number of eight bytes takes two places.
                entries.push(Constant::Other);
            }
        }
        Some(Pool(entries))
    }

    fn text(&self, index: u16) -> Option<Arc<str>> {
        match self.0.get(usize::from(index))? {
            Constant::Text(text) => Some(Arc::clone(text)),
            _ => None,
        }
    }

    fn class(&self, index: u16) -> Option<Arc<str>> {
        match self.0.get(usize::from(index))? {
            Constant::Class(name) => self.text(*name),
            _ => None,
        }
    }

    /// The classes, members and strings that are used.
    fn uses(&self) -> Uses {
        let (mut named, mut texts) = (BTreeSet::new(), BTreeSet::new());
        let mut members = Vec::new();
        let mut classes = BTreeSet::new();
        for constant in &self.0 {
            match constant {
                Constant::Class(name) => _ = named.insert(*name),
                Constant::String(text) => _ = texts.insert(*text),
                Constant::Member { class, name_and_type } => {
                    let name = match self.0.get(usize::from(*name_and_type)) {
                        Some(Constant::NameAndType { name }) => self.text(*name),
                        _ => None,
                    };
                    let class = self.class(*class).unwrap_or_default();
                    members.push((class, name.unwrap_or_default()));
                }
                // Types of fields, methods and annotations.
                Constant::Text(text) => classes.extend(described(text)),
                Constant::NameAndType { .. } | Constant::Other => {}
            }
        }
        for name in named {
            let name = self.text(name).unwrap_or_default();
            match name.starts_with('[') {
                true => classes.extend(described(&name)),
                false => classes.extend([name.to_string()]),
            }
        }
        let strings = texts.into_iter().filter_map(|text| self.text(text));
        (classes, members, strings.map(|text| text.to_string()).collect())
    }
}

/// Classes, members with their classes, and strings.
type Uses = (BTreeSet<String>, Vec<(Arc<str>, Arc<str>)>, BTreeSet<String>);

/// The classes of a descriptor or a generic signature, in which each is
/// `Lcom/example/Name;`.
fn described(text: &str) -> Vec<String> {
    let begins = text.starts_with(['(', '[', 'L', '<', 'T']);
    if !begins || !text.contains(';') || text.contains(char::is_whitespace) {
        return Vec::new();
    }
    let mut names = Vec::new();
    let mut rest = text;
    // A name may have any letter in it, so what follows one begins behind its end.
    while let Some(begin) = rest.find('L') {
        rest = &rest[begin + 1..];
        let end = rest.find([';', '<', ':']).unwrap_or(rest.len());
        if rest[..end].contains('/') {
            names.push(rest[..end].to_owned());
        }
        rest = &rest[end..];
    }
    names
}

/// Reads the numbers of a class file, which have their high bytes first.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    pub(super) fn skip(&mut self, length: usize) -> Option<()> {
        self.take(length).map(|_| ())
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}

/// A class of this name and about this size that has nothing in it but an attribute
/// that means nothing.
pub(super) fn stand_in(name: &str, size: usize) -> Vec<u8> {
    let mut bytes = vec![0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 52, 0, 6];
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.push(1);
        bytes.extend(u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
        bytes.extend(text.as_bytes());
    };
    text(&mut bytes, name);
    bytes.extend([7, 0, 1]);
    text(&mut bytes, "java/lang/Object");
    bytes.extend([7, 0, 3]);
    text(&mut bytes, "Filler");
    // A public class that extends the other, without interfaces, fields and methods.
    bytes.extend([0, 0x21, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5]);
    let filler = size.saturating_sub(bytes.len() + 4);
    bytes.extend(u32::try_from(filler).unwrap_or_default().to_be_bytes());
    bytes.extend(noise(filler));
    bytes
}

/// So many bytes that look like none in particular.
pub(super) fn noise(size: usize) -> impl Iterator<Item = u8> {
    let mut state = u32::try_from(size).unwrap_or_default() | 1;
    (0..size).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_an_empty_class_of_its_size() {
        let bytes = stand_in("com/example/Name$In", 900);
        assert_eq!(bytes.len(), 900);
        let class = ClassFile::read(&bytes).expect("a class");
        assert_eq!(class.name, "com/example/Name$In");
        assert_eq!(class.superclass, "java/lang/Object");
        assert_eq!((class.simple_name(), class.package()), ("In", "com/example"));
        assert!(class.methods.is_empty() && class.source.is_none());
    }

    #[test]
    fn what_is_cut_off_is_no_class() {
        let bytes = stand_in("com/example/Name", 0);
        for end in 0..bytes.len() {
            assert_eq!(ClassFile::read(&bytes[..end]), None, "{end}");
        }
    }

    #[test]
    fn descriptors_name_classes() {
        let check = |text: &str, expect: &[&str]| assert_eq!(described(text), expect, "{text}");
        check("(Ljava/util/List;ILorg/junit/Test;)V", &["java/util/List", "org/junit/Test"]);
        check("[[Lorg/junit/Test;", &["org/junit/Test"]);
        check("<T:Lorg/junit/A<Lorg/B;>;>Ljava/C;", &["org/junit/A", "org/B", "java/C"]);
        check("Lines of text; and more", &[]);
        check("Look/at", &[]);
    }
}
