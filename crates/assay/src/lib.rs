//! Assay measures how securely language models write code, by running what
//! they write. This library is the program behind the binary `assay`.

pub mod store;
