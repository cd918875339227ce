//! Doing what was asked for.

use rustix::fd::{AsFd, OwnedFd};

use super::super::remote::allocation;
use super::super::{remote_heap, remote_view::answer_map};
use super::parcel::Parcel;
use super::{
    ALLOCATE, CLOSE_HANDLE, CREATE_THREAD, FREE, LEND_BACKING, LIST_HEAPS, LOCK, MAP_VIEW, PROTECT,
    PUT_HANDLE, QUERY, QUEUE_APC, RESUME_THREAD, SUSPEND_THREAD, TAKE_HANDLE, TAKE_THREAD,
    TERMINATE_THREAD, UNLOCK, UNMAP_VIEW, WALK_HEAP, WATCH_MAP, threads,
};
use crate::NtStatus;
use crate::address_space::{self, MemoryBasicInformation, PageRange, query_virtual_memory};
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{AccessMask, Object, Package};
use crate::residency;
use crate::section::{self, lend_backing};
use crate::sys;

fn range(done: PageRange) -> Vec<u64> {
    vec![done.base as u64, done.size as u64]
}

/// A region as seven words; `region_query` reads them.
fn region(found: &MemoryBasicInformation) -> [u64; 7] {
    let bits = |protection: Option<address_space::Protection>| {
        protection.map_or(0, |given| u64::from(given.bits()))
    };
    [
        found.base_address as u64,
        found.allocation_base as u64,
        bits(found.allocation_protection),
        found.region_size as u64,
        found.state as u64,
        bits(found.protection),
        found.kind as u64,
    ]
}

/// Answers a request, by doing what it asks for to this process.
///
/// # Errors
///
/// What the engine's own call answers; [`NtStatus::INVALID_PARAMETER`] for what nobody asks.
pub(super) fn answer(mut request: Parcel) -> Result<Parcel, NtStatus> {
    let (first, second) = (request.address(0), request.address(1));
    let words = match request.number {
        ALLOCATE => range(address_space::allocate_virtual_memory_within(&allocation(
            &request,
        ))?),
        FREE => range(address_space::free_virtual_memory(
            first,
            second,
            request.constant(2),
        )?),
        PROTECT => {
            let (done, old) =
                address_space::protect_virtual_memory(first, second, request.constant(2))?;
            let mut words = range(done);
            words.push(u64::from(old.bits()));
            words
        }
        QUERY => region(&query_virtual_memory(first)?).to_vec(),
        LOCK => range(residency::lock_virtual_memory(first, second)?),
        UNLOCK => range(residency::unlock_virtual_memory(first, second)?),
        TAKE_HANDLE => return take_handle(Handle::from_value(first)),
        PUT_HANDLE => {
            let (kind, package) = request.object.take().ok_or(NtStatus::INVALID_PARAMETER)?;
            let handle = handle_table::insert(Entry {
                object: Object::unpack(kind, package)?,
                access: AccessMask::from_bits_retain(request.constant(0)),
                attributes: HandleAttributes::from_bits_truncate(request.constant(1)),
            })?;
            vec![handle.value() as u64]
        }
        LEND_BACKING => {
            let (_, mut package) = request.object.take().ok_or(NtStatus::INVALID_PARAMETER)?;
            let shown = package.take()?;
            let lent = lend_backing(shown.as_fd(), first != 0)?;
            return Ok(with_descriptor(lent));
        }
        WATCH_MAP => {
            let page = sys::file::duplicate(address_space::publish_map()?);
            return Ok(with_descriptor(
                page.map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?,
            ));
        }
        CLOSE_HANDLE => {
            handle_table::close(Handle::from_value(first))?;
            Vec::new()
        }
        CREATE_THREAD => return threads::create(&request),
        TAKE_THREAD => return threads::pack(threads::find(&request)?),
        SUSPEND_THREAD => vec![u64::from(threads::find(&request)?.suspend()?)],
        RESUME_THREAD => vec![u64::from(threads::find(&request)?.resume())],
        TERMINATE_THREAD => {
            threads::find(&request)?.terminate(request.constant(1))?;
            Vec::new()
        }
        LIST_HEAPS => remote_heap::list(),
        WALK_HEAP => remote_heap::answer_walk(&request)?,
        MAP_VIEW => answer_map(&mut request)?,
        UNMAP_VIEW => {
            section::unmap_view_of_section_ex(first, request.constant(1))?;
            Vec::new()
        }
        QUEUE_APC => {
            threads::queue_apc(&request)?;
            Vec::new()
        }
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    Ok(Parcel {
        words,
        ..Parcel::default()
    })
}

fn with_descriptor(descriptor: OwnedFd) -> Parcel {
    let package = Package {
        descriptors: vec![descriptor],
        ..Package::default()
    };
    Parcel {
        object: Some((0, package)),
        ..Parcel::default()
    }
}

/// Packs what a handle leads to.
fn take_handle(handle: Handle) -> Result<Parcel, NtStatus> {
    let entry = crate::object::reference(handle)?;
    let words = vec![
        u64::from(entry.access.bits()),
        u64::from(entry.attributes.bits()),
    ];
    Ok(Parcel {
        number: 0,
        words,
        object: Some(entry.object.pack()?),
    })
}
