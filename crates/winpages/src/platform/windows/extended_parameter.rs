//! MEM_EXTENDED_PARAMETER: what the newer calls are told besides.

use core::ffi::c_void;

use windows_sys::Win32::System::Memory::{
    MEM_ADDRESS_REQUIREMENTS, MEM_EXTENDED_PARAMETER, MemExtendedParameterAddressRequirements,
    MemExtendedParameterNumaNode,
};

use super::super::Requirements;

/// Address requirements and a node, as far as they are given.
pub(super) struct ExtendedParameters {
    requirements: MEM_ADDRESS_REQUIREMENTS,
    entries: [MEM_EXTENDED_PARAMETER; 2],
    count: u32,
    has_requirements: bool,
}

impl ExtendedParameters {
    pub(super) fn new(given: Requirements, node: Option<u32>) -> Self {
        let pointer = |address: usize| address as *mut c_void;
        let mut parameters = Self {
            requirements: MEM_ADDRESS_REQUIREMENTS {
                LowestStartingAddress: pointer(given.lowest),
                HighestEndingAddress: pointer(given.highest),
                Alignment: given.alignment,
            },
            entries: [MEM_EXTENDED_PARAMETER::default(); 2],
            count: 0,
            has_requirements: given != Requirements::default(),
        };
        if parameters.has_requirements {
            let entry = parameters.add();
            entry.Anonymous1._bitfield = MemExtendedParameterAddressRequirements as u64;
        }
        if let Some(node) = node {
            let entry = parameters.add();
            entry.Anonymous1._bitfield = MemExtendedParameterNumaNode as u64;
            entry.Anonymous2.ULong = node;
        }
        parameters
    }

    fn add(&mut self) -> &mut MEM_EXTENDED_PARAMETER {
        self.count += 1;
        &mut self.entries[self.count as usize - 1]
    }

    /// Good while this value stays where it is.
    pub(super) fn as_mut_ptr(&mut self) -> *mut MEM_EXTENDED_PARAMETER {
        if self.has_requirements {
            self.entries[0].Anonymous2.Pointer = (&raw mut self.requirements).cast();
        }
        self.entries.as_mut_ptr()
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }
}
