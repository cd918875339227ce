//! `winpages layout`: the partitions of a process's address space.

use std::process::ExitCode;

use serde::Serialize;
use winpages_kernel::address_space::layout::{
    self, ALLOCATION_GRANULARITY, AddressLayout, MINIMUM_APPLICATION_ADDRESS,
};

use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::table::{Align, Table, size};

/// Part of an address space.
struct Partition {
    name: &'static str,
    first: u64,
    last: u64,
    meaning: &'static str,
}

impl Partition {
    fn size(&self) -> u64 {
        self.last - self.first + 1
    }
}

const LAYOUTS: [(AddressLayout, u32); 2] =
    [(AddressLayout::Bits32, 32), (AddressLayout::Bits64, 64)];

fn partitions(layout: AddressLayout) -> [Partition; 4] {
    let user = MINIMUM_APPLICATION_ADDRESS as u64;
    let end = layout.application_end() as u64;
    let (kernel, last) = match layout {
        AddressLayout::Bits32 => (0x8000_0000, 0xFFFF_FFFF),
        AddressLayout::Bits64 => (0xFFFF_8000_0000_0000, u64::MAX),
    };
    [
        Partition {
            name: "null pointers",
            first: 0,
            last: user - 1,
            meaning: "nothing is ever there, so that a null pointer is found out",
        },
        Partition {
            name: "user",
            first: user,
            last: end - 1,
            meaning: "what the process allocates and views",
        },
        Partition {
            name: "64 KiB no man's land",
            first: end,
            last: end + ALLOCATION_GRANULARITY as u64 - 1,
            meaning: "nothing is ever there, so that nothing runs into the kernel's part",
        },
        Partition {
            name: "kernel",
            first: kernel,
            last,
            meaning: "the system's own",
        },
    ]
}

#[derive(Serialize)]
struct Listing {
    schema: &'static str,
    /// Which layout a process gets with the environment as it is.
    chosen_bits: u32,
    layouts: Vec<Layout>,
}

#[derive(Serialize)]
struct Layout {
    bits: u32,
    partitions: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    first: String,
    last: String,
    size: u64,
}

/// `winpages layout`.
pub fn layout(json: bool) -> Result<ExitCode, Failure> {
    let chosen = LAYOUTS
        .into_iter()
        .find(|(layout, _)| *layout == layout::current())
        .map_or(64, |(_, bits)| bits);
    if json {
        let layouts = LAYOUTS.map(|(layout, bits)| Layout {
            bits,
            partitions: partitions(layout)
                .iter()
                .map(|partition| Row {
                    name: partition.name,
                    first: format!("{:#x}", partition.first),
                    last: format!("{:#x}", partition.last),
                    size: partition.size(),
                })
                .collect(),
        });
        print_json(&Listing {
            schema: "winpages.layout/1",
            chosen_bits: chosen,
            layouts: layouts.into(),
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    for (layout, bits) in LAYOUTS {
        let mut table = Table::new([
            ("Partition", Align::Left),
            ("From", Align::Right),
            ("To", Align::Right),
            ("Size", Align::Right),
            ("What is there", Align::Left),
        ]);
        for partition in partitions(layout) {
            let digits = if bits == 32 { 8 } else { 16 };
            table.row([
                partition.name.to_owned(),
                format!("{:0digits$X}", partition.first),
                format!("{:0digits$X}", partition.last),
                size(partition.size()),
                partition.meaning.to_owned(),
            ]);
        }
        let mark = if bits == chosen {
            ", which programs get here"
        } else {
            ""
        };
        print(&format!(
            "The layout of {bits} bits{mark}\n{}\n",
            table.render()
        ))?;
    }
    print("WINPAGES_LAYOUT=32 gives a program the layout of 32 bits.\n")?;
    Ok(ExitCode::SUCCESS)
}
