//! What becomes of memory that others allocated in a process before it answered: one that was started suspended, most
//! of all.

use super::record::{self, MadeOf, Record};
use super::{PATIENCE, lock_memory};
use crate::address_space::{Adopted, adopt};
use crate::sys::{clock, memory, process};

/// Enters what others have allocated in this process into its own map of regions, for it answers them itself from now
/// on. Views stay what they are to it: mappings of others.
///
/// Whoever has found that it does not answer, and only now comes to allocate, makes a record that nobody adopts: his
/// memory is somebody else's to this process.
pub(in crate::process) fn adopt_own() {
    let number = process::own_number();
    let is_there = |record: &Record| record.place != 0;
    if !Record::of(number).is_ok_and(|record| is_there(&record)) {
        return;
    }
    // Who is about to change it comes to his end first.
    let Ok(_lock) = lock_memory(number, clock::monotonic() + PATIENCE, || false) else {
        return;
    };
    let Some(record) = Record::of(number).ok().filter(is_there) else {
        return;
    };
    let mut runs = record.runs.as_slice();
    while let Some(first) = runs.first() {
        let allocation = first.allocation;
        let is_of_it = |run: &&record::Run| run.allocation == allocation;
        let (of_it, rest) = runs.split_at(runs.iter().take_while(is_of_it).count());
        runs = rest;
        if allocation.is_view() {
            continue;
        }
        let committed = of_it
            .iter()
            .filter_map(|run| Some((run.range(), run.protection?)));
        // What cannot be entered is somebody else's to this process.
        let _ = adopt(
            record.range_of(allocation),
            allocation.protection,
            match allocation.made_of {
                MadeOf::Placeholder => Adopted::Placeholder,
                _ if allocation.is_in_placeholder => Adopted::InPlaceholder,
                _ => Adopted::Private,
            },
            committed,
        );
    }
    // SAFETY: the record was mapped there by who wrote it, and nobody looks for it in a process that answers.
    let _ = unsafe { memory::unmap(record.place, record::SIZE) };
}
