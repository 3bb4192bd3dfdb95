//! Writes a compiled class again under other names: of classes, methods and its source
//! file, and with other numbers for its lines.

use std::collections::BTreeMap;

use super::class_file::Reader;
use super::pool::Pool;

/// The other names. Those of classes are as the virtual machine has them.
#[derive(Debug, Default)]
pub(super) struct Renames {
    pub(super) classes: BTreeMap<String, String>,
    /// New names of methods of the classes in `own_methods`.
    pub(super) methods: BTreeMap<String, String>,
    /// Classes whose methods are renamed, by their old names.
    pub(super) own_methods: Vec<String>,
    /// New names of source files, by the old ones.
    pub(super) sources: BTreeMap<String, String>,
    /// New numbers of lines, by the old name of the source file.
    pub(super) lines: BTreeMap<String, BTreeMap<u16, u16>>,
}

impl Renames {
    fn method(&self, owner: &str, name: &str) -> Option<String> {
        let is_own = self.own_methods.iter().any(|class| class == owner);
        is_own.then(|| self.methods.get(name).cloned()).flatten()
    }

    /// A text with the new names, if it is a class's name or a descriptor that has one.
    fn text(&self, text: &str) -> Option<String> {
        if let Some(new) = self.classes.get(text) {
            return Some(new.clone());
        }
        let begins = text.starts_with(['(', '[', 'L', '<', 'T']);
        if !begins || !text.contains(';') || text.contains(char::is_whitespace) {
            return None;
        }
        let mut new = String::new();
        let mut rest = text;
        while let Some(begin) = rest.find('L') {
            let (before, name) = rest.split_at(begin + 1);
            new.push_str(before);
            let end = name.find([';', '<', ':']).unwrap_or(name.len());
            new.push_str(self.classes.get(&name[..end]).map_or(&name[..end], String::as_str));
            rest = &name[end..];
        }
        new.push_str(rest);
        (new != text).then_some(new)
    }
}

/// The lines that a class has, with its source file.
pub(super) fn lines(bytes: &[u8]) -> Option<(String, Vec<u16>)> {
    let mut walk =
        Walk { pool: None, renames: &Renames::default(), lines: Vec::new(), source: None };
    walk.class(bytes)?;
    Some((walk.source?, walk.lines))
}

/// The class under its new names, of this size if it is not larger already. `None` if
/// it is malformed.
pub(super) fn rewrite(bytes: &[u8], renames: &Renames, size: usize) -> Option<Vec<u8>> {
    let mut walk = Walk { pool: None, renames, lines: Vec::new(), source: None };
    let mut body = walk.class(bytes)?;
    let mut pool = walk.pool?;
    pool.rename_methods(|owner, name| renames.method(owner, name));
    pool.rename_classes(|text| renames.text(text));
    let filler = pool.add_text("Filler");
    let mut written = bytes.get(..8)?.to_vec();
    pool.write(&mut written)?;
    // The attributes of the class come last in it, their number first.
    let count = body.attributes_at;
    let attributes = u16::from_be_bytes([body.bytes[count], body.bytes[count + 1]]);
    let attributes = attributes.checked_add(1)?;
    body.bytes[count..count + 2].copy_from_slice(&attributes.to_be_bytes());
    written.append(&mut body.bytes);
    written.extend(filler.to_be_bytes());
    let rest = size.saturating_sub(written.len() + 4);
    written.extend(u32::try_from(rest).ok()?.to_be_bytes());
    written.extend(super::class_file::noise(rest));
    Some(written)
}

/// What follows the constant pool.
struct Body {
    bytes: Vec<u8>,
    /// Where the number of the class's attributes stands.
    attributes_at: usize,
}

/// What attributes are of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// A class or a member of it.
    Class,
    Code,
}

/// Goes through a class and writes what follows the pool again.
struct Walk<'a> {
    pool: Option<Pool>,
    renames: &'a Renames,
    lines: Vec<u16>,
    source: Option<String>,
}

impl Walk<'_> {
    fn class(&mut self, bytes: &[u8]) -> Option<Body> {
        let mut reader = Reader { bytes };
        reader.skip(8)?;
        self.pool = Some(Pool::read(&mut reader)?);
        self.source = self.source_file(reader.bytes);
        let mut out = Vec::new();
        out.extend(reader.take(2)?);
        let this = reader.u16()?;
        let name = self.pool.as_ref()?.class(this)?.to_owned();
        out.extend(this.to_be_bytes());
        out.extend(reader.take(2)?);
        let interfaces = reader.u16()?;
        out.extend(interfaces.to_be_bytes());
        out.extend(reader.take(2 * usize::from(interfaces))?);
        for is_method in [false, true] {
            let count = reader.u16()?;
            out.extend(count.to_be_bytes());
            for _ in 0..count {
                out.extend(reader.take(2)?);
                let member = reader.u16()?;
                let pool = self.pool.as_mut()?;
                let text = pool.text(member)?.to_owned();
                let new = is_method.then(|| self.renames.method(&name, &text)).flatten();
                let member = new.map_or(member, |new| pool.add_text(&new));
                out.extend(member.to_be_bytes());
                out.extend(reader.take(2)?);
                self.attributes(&mut reader, &mut out, Within::Class)?;
            }
        }
        let attributes_at = out.len();
        self.attributes(&mut reader, &mut out, Within::Class)?;
        reader.bytes.is_empty().then_some(Body { bytes: out, attributes_at })
    }

    /// The source file, which stands behind the lines that it tells how to change.
    fn source_file(&self, mut rest: &[u8]) -> Option<String> {
        let pool = self.pool.as_ref()?;
        let reader = &mut Reader { bytes: std::mem::take(&mut rest) };
        reader.skip(6)?;
        let interfaces = reader.u16()?;
        reader.skip(2 * usize::from(interfaces))?;
        for _kind in 0..2 {
            for _member in 0..reader.u16()? {
                reader.skip(6)?;
                skip_attributes(reader)?;
            }
        }
        for _attribute in 0..reader.u16()? {
            let name = pool.text(reader.u16()?)?;
            let length = reader.u32()? as usize;
            let content = reader.take(length)?;
            if name == "SourceFile" {
                return pool.text(Reader { bytes: content }.u16()?).map(str::to_owned);
            }
        }
        None
    }

    fn attributes(
        &mut self,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
        within: Within,
    ) -> Option<()> {
        let count = reader.u16()?;
        out.extend(count.to_be_bytes());
        for _ in 0..count {
            let index = reader.u16()?;
            let name = self.pool.as_ref()?.text(index)?.to_owned();
            let length = reader.u32()? as usize;
            let content = self.attribute(&name, reader.take(length)?, within)?;
            out.extend(index.to_be_bytes());
            out.extend(u32::try_from(content.len()).ok()?.to_be_bytes());
            out.extend(content);
        }
        Some(())
    }

    fn attribute(&mut self, name: &str, content: &[u8], within: Within) -> Option<Vec<u8>> {
        let mut reader = Reader { bytes: content };
        let mut out = Vec::with_capacity(content.len());
        match name {
            // No code has code in it, however deep a file goes that says so.
            "Code" if within == Within::Code => return None,
            "Code" => {
                out.extend(reader.take(4)?);
                let length = reader.u32()?;
                out.extend(length.to_be_bytes());
                out.extend(reader.take(length as usize)?);
                let handlers = reader.u16()?;
                out.extend(handlers.to_be_bytes());
                out.extend(reader.take(8 * usize::from(handlers))?);
                self.attributes(&mut reader, &mut out, Within::Code)?;
            }
            "LineNumberTable" => {
                let count = reader.u16()?;
                out.extend(count.to_be_bytes());
                let new = self.source.as_ref().and_then(|it| self.renames.lines.get(it));
                for _ in 0..count {
                    out.extend(reader.take(2)?);
                    let line = reader.u16()?;
                    self.lines.push(line);
                    let line = new.and_then(|new| new.get(&line)).copied().unwrap_or(line);
                    out.extend(line.to_be_bytes());
                }
            }
            "SourceFile" => {
                let index = reader.u16()?;
                let new = self.source.as_ref().and_then(|it| self.renames.sources.get(it));
                let index = match new {
                    Some(new) => self.pool.as_mut()?.add_text(new),
                    None => index,
                };
                out.extend(index.to_be_bytes());
            }
            "InnerClasses" => {
                let count = reader.u16()?;
                out.extend(count.to_be_bytes());
                for _ in 0..count {
                    let class = reader.u16()?;
                    let outer = reader.u16()?;
                    let simple = reader.u16()?;
                    let pool = self.pool.as_mut()?;
                    let new = pool.class(class).and_then(|name| self.renames.classes.get(name));
                    let simple = match new.and_then(|new| new.rsplit('/').next()) {
                        Some(new) if simple != 0 => pool.add_text(new),
                        _ => simple,
                    };
                    for index in [class, outer, simple] {
                        out.extend(index.to_be_bytes());
                    }
                    out.extend(reader.take(2)?);
                }
            }
            "EnclosingMethod" => {
                let class = reader.u16()?;
                let method = reader.u16()?;
                let pool = self.pool.as_mut()?;
                let new = pool
                    .class(class)
                    .zip(pool.name_in(method))
                    .and_then(|(owner, name)| self.renames.method(owner, name));
                let method = match new {
                    Some(new) => pool.renamed(method, &new)?,
                    None => method,
                };
                out.extend(class.to_be_bytes());
                out.extend(method.to_be_bytes());
            }
            _ => return Some(content.to_vec()),
        }
        Some(out)
    }
}

fn skip_attributes(reader: &mut Reader<'_>) -> Option<()> {
    for _attribute in 0..reader.u16()? {
        reader.skip(2)?;
        let length = reader.u32()? as usize;
        reader.skip(length)?;
    }
    Some(())
}
