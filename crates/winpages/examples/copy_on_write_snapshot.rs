//! Trying things out on a copy that is not made: a copy-on-write view of a file.
//!
//! A copy-on-write view shows the same bytes as the file, and whatever is written to it is its own.
//! Only the pages that are written are copied; dropping the view forgets them.
//!
//! ```text
//! cargo run --example copy_on_write_snapshot
//! ```

use std::error::Error;
use std::io::Write;

use winpages::{Access, Protection, Section, View};

const RECORDS: usize = 100_000;

fn sum(view: &View) -> Result<u64, winpages::Error> {
    let mut bytes = vec![0; view.len()];
    view.read_at(0, &mut bytes)?;
    let numbers = bytes
        .chunks_exact(8)
        .map(bytemuck::pod_read_unaligned::<u64>);
    Ok(numbers.sum())
}

/// How many bytes of a view are its own by now. A page that has been written is READWRITE, the others
/// are still WRITECOPY.
fn copied(view: &View) -> Result<usize, winpages::Error> {
    let mut copied = 0;
    let mut offset = 0;
    while offset < view.len() {
        let region = view.query(offset)?;
        if region.protection == Some(Protection::READWRITE) {
            copied += region.size;
        }
        offset += region.size;
    }
    Ok(copied)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut file = tempfile::tempfile()?;
    let records: Vec<u64> = (0..RECORDS as u64).collect();
    file.write_all(bytemuck::cast_slice(&records))?;

    let section = Section::options().file(&file).create()?;
    let database = section.view().map()?;
    let before = sum(&database)?;

    // What if every thousandth record were zero?
    let trial = section.view().access(Access::Copy).map()?;
    for record in (0..RECORDS).step_by(1000) {
        trial.write(record * 8, &0u64)?;
    }
    println!(
        "{} KiB of data: the sum is {before}, and would be {}; {} KiB were copied for that",
        trial.len() / 1024,
        sum(&trial)?,
        copied(&trial)? / 1024,
    );
    assert!(sum(&trial)? < before);
    assert_eq!(sum(&database)?, before);

    drop(trial);
    let again = section.view().access(Access::Copy).map()?;
    assert_eq!(sum(&again)?, before);
    Ok(())
}
