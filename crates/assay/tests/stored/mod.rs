//! All that a file of Assay's holds, as text.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::DeflateDecoder;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// Everything that the file of a run, or of the response cache, holds: its bytes, the
/// values of its tables, which may lie on several pages, and its texts as they were before
/// they were compressed.
pub(crate) fn stored(path: &Path) -> String {
    let mut text = String::new();
    for suffix in ["", "-wal", "-journal"] {
        let bytes = fs::read(format!("{}{suffix}", path.display())).unwrap_or_default();
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    let file = Connection::open(path).expect("a file of SQLite");
    let mut tables =
        file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").expect("a file");
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).expect("tables");
    for table in tables {
        let select = format!("SELECT * FROM \"{}\"", table.expect("a name"));
        let mut select = file.prepare(&select).expect("a table");
        let columns = select.column_count();
        let mut rows = select.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            for column in 0..columns {
                if let ValueRef::Text(value) = row.get_ref(column).expect("a value") {
                    text.push_str(&String::from_utf8_lossy(value));
                    text.push('\n');
                }
            }
        }
    }
    let is_run = file.table_exists(None, "blob").expect("tables");
    let texts = if is_run { "SELECT deflated FROM blob" } else { "SELECT deflated FROM response" };
    let mut blobs = file.prepare(texts).expect("a table of texts");
    let blobs = blobs.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("texts");
    for blob in blobs {
        let blob = blob.expect("a text");
        let mut decoder = DeflateDecoder::new(blob.as_slice());
        decoder.read_to_string(&mut text).expect("UTF-8");
    }
    text
}
