//! What the harness makes in a suite's place: the like of each [`Trace`] that only the
//! other suite leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::class_file::ClassFile;
use super::inspect::TestClass;
use super::trace::Trace;

/// The traces that only the other suite has, of which these are none of the classes.
pub(super) fn missing<'a>(
    all: &BTreeMap<String, TestClass>,
    own: impl Iterator<Item = &'a ClassFile>,
) -> BTreeSet<Trace> {
    let has: BTreeSet<Trace> = own.flat_map(Trace::of).collect();
    let makes = all.values().flat_map(|class| &class.makes).copied();
    makes.filter(|trace| !has.contains(trace)).collect()
}
