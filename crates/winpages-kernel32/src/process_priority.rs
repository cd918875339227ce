//! How important a process is: its class of priority.

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{PriorityClass, reference_process};
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;
use crate::process_open::reference_limited;

/// The number that winbase.h gives each class.
const NUMBERS: [(u32, PriorityClass); 6] = [
    (0x0020, PriorityClass::Normal),
    (0x0040, PriorityClass::Idle),
    (0x0080, PriorityClass::High),
    (0x0100, PriorityClass::RealTime),
    (0x4000, PriorityClass::BelowNormal),
    (0x8000, PriorityClass::AboveNormal),
];

/// The class that the flags of a process's creation name; of several, the first of these.
pub(crate) fn of_flags(flags: u32) -> Option<PriorityClass> {
    let named = NUMBERS.iter().find(|(number, _)| flags & number != 0);
    named.map(|(_, class)| *class)
}

/// GetPriorityClass: 0 if it fails. The class of another process is what Linux knows of it, its niceness.
#[unsafe(no_mangle)]
pub extern "C" fn GetPriorityClass(hProcess: usize) -> u32 {
    match reference_limited(hProcess).and_then(|process| process.priority_class()) {
        Ok(found) => NUMBERS
            .iter()
            .find(|(_, class)| *class == found)
            .map_or(0, |(number, _)| *number),
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// SetPriorityClass: of this process it is remembered, and reaches the kernel only where it could be taken back
/// (root, or RLIMIT_NICE); another process can be made less important by whoever its user is.
#[unsafe(no_mangle)]
pub extern "C" fn SetPriorityClass(hProcess: usize, dwPriorityClass: u32) -> i32 {
    let set = || {
        let (_, class) = NUMBERS
            .iter()
            .find(|(number, _)| *number == dwPriorityClass)
            .ok_or(NtStatus::INVALID_PARAMETER)?;
        let handle = Handle::from_value(hProcess);
        let process = reference_process(handle, AccessMask::PROCESS_SET_INFORMATION)?;
        process.set_priority_class(*class)
    };
    last_error::boolean(set())
}
