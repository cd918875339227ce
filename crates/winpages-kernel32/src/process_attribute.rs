//! What the attributes of a list ask for of a new process or thread: PROC_THREAD_ATTRIBUTE_ constants.
//!
//! What cannot be given is refused where it would be missed: another parent, a job, a console of its own, an
//! app container, protection, no children. What hardens or tunes a process of Windows is taken and means nothing.

use core::ffi::c_void;

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};
use winpages_kernel::sys::processors::{self, GROUP, Processors};
use winpages_kernel::{Handle, sys::fault};

use crate::dos_error;
use crate::error_code::{
    ERROR_BAD_LENGTH, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOACCESS,
    ERROR_NOT_SUPPORTED,
};
use crate::extended_parameter::check_node;
use crate::process_attribute_list::{Attribute, attributes};
use crate::processor::PROCESSOR_NUMBER;
use crate::processor_affinity::GROUP_AFFINITY;

const PARENT_PROCESS: usize = 0x0002_0000;
const HANDLE_LIST: usize = 0x0002_0002;
const GROUP_AFFINITY_OF_THREAD: usize = 0x0003_0003;
const PREFERRED_NODE: usize = 0x0002_0004;
const IDEAL_PROCESSOR: usize = 0x0003_0005;
const MITIGATION_POLICY: usize = 0x0002_0007;
const SECURITY_CAPABILITIES: usize = 0x0002_0009;
const PROTECTION_LEVEL: usize = 0x0002_000B;
const JOB_LIST: usize = 0x0002_000D;
const CHILD_PROCESS_POLICY: usize = 0x0002_000E;
const ALL_APPLICATION_PACKAGES_POLICY: usize = 0x0002_000F;
const DESKTOP_APP_POLICY: usize = 0x0002_0012;
const PSEUDOCONSOLE: usize = 0x0002_0016;
const MITIGATION_AUDIT_POLICY: usize = 0x0002_0018;
const MACHINE_TYPE: usize = 0x0002_0019;
const COMPONENT_FILTER: usize = 0x0002_001A;
const ENABLE_OPTIONAL_XSTATE_FEATURES: usize = 0x0003_001B;

/// Says of an attribute that it concerns a thread: PROC_THREAD_ATTRIBUTE_THREAD.
const OF_THREAD: usize = 0x0001_0000;

/// PROCESS_CREATION_CHILD_PROCESS_RESTRICTED
const CHILD_PROCESS_RESTRICTED: u32 = 1;
/// IMAGE_FILE_MACHINE_AMD64
const MACHINE_AMD64: u16 = 0x8664;

/// Which attributes there are, and how many bytes the value of each has.
const KNOWN: [(usize, &[usize]); 15] = [
    (PARENT_PROCESS, &[8]),
    (GROUP_AFFINITY_OF_THREAD, &[16]),
    (PREFERRED_NODE, &[2]),
    (IDEAL_PROCESSOR, &[4]),
    (MITIGATION_POLICY, &[4, 8, 16]),
    (SECURITY_CAPABILITIES, &[24]),
    (PROTECTION_LEVEL, &[4]),
    (CHILD_PROCESS_POLICY, &[4, 8]),
    (ALL_APPLICATION_PACKAGES_POLICY, &[4]),
    (DESKTOP_APP_POLICY, &[4]),
    (PSEUDOCONSOLE, &[8]),
    (MITIGATION_AUDIT_POLICY, &[8, 16]),
    (MACHINE_TYPE, &[2]),
    (COMPONENT_FILTER, &[4]),
    (ENABLE_OPTIONAL_XSTATE_FEATURES, &[8]),
];

/// Whether a list may hold an attribute with a value of so many bytes.
///
/// # Errors
///
/// ERROR_NOT_SUPPORTED for one that there is not, ERROR_BAD_LENGTH.
pub(crate) fn check(number: usize, size: usize) -> Result<(), u32> {
    let fits = if matches!(number, HANDLE_LIST | JOB_LIST) {
        size != 0 && size.is_multiple_of(size_of::<Handle>())
    } else {
        let known = KNOWN.iter().find(|(known, _)| *known == number);
        known.ok_or(ERROR_NOT_SUPPORTED)?.1.contains(&size)
    };
    if fits { Ok(()) } else { Err(ERROR_BAD_LENGTH) }
}

/// What is asked for and can be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// The handles to inherit, if they are named.
    pub handles: Option<Vec<Handle>>,
    /// Where the first thread, or the thread, shall run.
    pub processors: Option<Processors>,
    /// Where it would best run.
    pub ideal_processor: Option<usize>,
}

impl Attribute {
    /// # Safety
    ///
    /// As [`Wishes::of_process`].
    unsafe fn value<T: Copy>(&self) -> Result<T, u32> {
        // SAFETY: the caller's; its size was checked when it was put into the list.
        unsafe { fault::read(self.value.cast()) }.map_err(|_| ERROR_NOACCESS)
    }

    /// # Safety
    ///
    /// As [`Wishes::of_process`].
    unsafe fn handles(&self) -> Result<Vec<Handle>, u32> {
        let values = self.value.cast::<usize>();
        (0..self.size / size_of::<usize>())
            .map(|at| {
                // SAFETY: the caller's handles.
                let value = unsafe { fault::read(values.wrapping_add(at)) };
                value.map(Handle::from_value).map_err(|_| ERROR_NOACCESS)
            })
            .collect()
    }
}

impl Wishes {
    /// What a list asks for of a process.
    ///
    /// # Errors
    ///
    /// ERROR_NOT_SUPPORTED for what cannot be given; ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE for what is
    /// nothing.
    ///
    /// # Safety
    ///
    /// `list` must be NULL or one that was initialized, and its values still there.
    pub unsafe fn of_process(list: *const c_void) -> Result<Self, u32> {
        let mut wishes = Self::default();
        // SAFETY: passed on.
        for attribute in unsafe { attributes(list)? } {
            // SAFETY: passed on.
            unsafe { wishes.add(&attribute)? };
        }
        Ok(wishes)
    }

    /// What a list asks for of a thread. What concerns processes is refused.
    ///
    /// # Errors
    ///
    /// As [`Wishes::of_process`].
    ///
    /// # Safety
    ///
    /// As [`Wishes::of_process`].
    pub unsafe fn of_thread(list: *const c_void) -> Result<Self, u32> {
        let mut wishes = Self::default();
        // SAFETY: passed on.
        for attribute in unsafe { attributes(list)? } {
            if attribute.number & OF_THREAD == 0 {
                return Err(ERROR_NOT_SUPPORTED);
            }
            // SAFETY: passed on.
            unsafe { wishes.add(&attribute)? };
        }
        Ok(wishes)
    }

    /// # Safety
    ///
    /// As [`Wishes::of_process`].
    unsafe fn add(&mut self, attribute: &Attribute) -> Result<(), u32> {
        // What the list says of itself was checked, but not by whom.
        check(attribute.number, attribute.size)?;
        let supported = |is_so| {
            if is_so {
                Ok(())
            } else {
                Err(ERROR_NOT_SUPPORTED)
            }
        };
        // SAFETY: passed on, in all arms; the sizes were checked.
        unsafe {
            match attribute.number {
                HANDLE_LIST => {
                    let handles = attribute.handles()?;
                    // One that is NULL makes the list an empty one.
                    let is_empty = handles.iter().any(|handle| handle.value() == 0);
                    self.handles = Some(if is_empty { Vec::new() } else { handles });
                }
                PARENT_PROCESS => {
                    let parent = Handle::from_value(attribute.value()?);
                    let right = AccessMask::PROCESS_CREATE_PROCESS;
                    let parent = process::reference_process(parent, right);
                    let parent = parent.map_err(dos_error::from_status)?;
                    supported(matches!(parent, Target::Own))?;
                }
                // There are no jobs, so none of the handles leads to one.
                JOB_LIST => return Err(ERROR_INVALID_HANDLE),
                GROUP_AFFINITY_OF_THREAD => {
                    let wanted = attribute.value::<GROUP_AFFINITY>()?;
                    let processors = Processors::of_group(wanted.Group.into(), wanted.Mask);
                    let is_possible = wanted.Reserved == [0; 3]
                        && processors != Processors::NONE
                        && processors.are_among(&processors::given());
                    if !is_possible {
                        return Err(ERROR_INVALID_PARAMETER);
                    }
                    self.processors = Some(processors);
                }
                IDEAL_PROCESSOR => {
                    let wanted = attribute.value::<PROCESSOR_NUMBER>()?;
                    let number = usize::from(wanted.Group) * GROUP + usize::from(wanted.Number);
                    let is_possible = usize::from(wanted.Number) < GROUP
                        && wanted.Reserved == 0
                        && processors::given().contains(number);
                    if !is_possible {
                        return Err(ERROR_INVALID_PARAMETER);
                    }
                    self.ideal_processor = Some(number);
                }
                PREFERRED_NODE => {
                    let node = attribute.value::<u16>()?;
                    check_node(node.into()).map_err(dos_error::from_status)?;
                }
                CHILD_PROCESS_POLICY => {
                    supported(attribute.value::<u32>()? & CHILD_PROCESS_RESTRICTED == 0)?;
                }
                MACHINE_TYPE => supported(attribute.value::<u16>()? == MACHINE_AMD64)?,
                ENABLE_OPTIONAL_XSTATE_FEATURES => supported(attribute.value::<u64>()? == 0)?,
                SECURITY_CAPABILITIES | PROTECTION_LEVEL | PSEUDOCONSOLE => supported(false)?,
                _ => {}
            }
        }
        Ok(())
    }
}
