//! Handles of other processes: NtDuplicateObject between processes.

use super::Target;
use super::remote::status;
use super::service::{CLOSE_HANDLE, PUT_HANDLE, Parcel, TAKE_HANDLE};
use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{
    AccessMask, DuplicateObject, Object, duplicate_access, duplicate_object, reference,
};

/// Duplicates a handle of one process into another, each of which may be this one; mirrors
/// NtDuplicateObject. Answers the value of the new handle, which is the target's.
///
/// What travels is the object itself: see `object::transfer`.
///
/// # Errors
///
/// As [`duplicate_object`]; [`NtStatus::PROCESS_IS_TERMINATING`] for a process that has ended,
/// [`NtStatus::ACCESS_DENIED`] for one that is no winpages process, or that refuses;
/// [`NtStatus::TOO_MANY_OPENED_FILES`].
pub fn duplicate_handle(
    source_process: &Target,
    target_process: &Target,
    request: &DuplicateObject,
) -> Result<Handle, NtStatus> {
    if let (Target::Own, Target::Own) = (source_process, target_process) {
        return duplicate_object(request);
    }
    let source = match source_process {
        Target::Own => reference(request.source),
        Target::Other(other) => {
            let words = vec![request.source.value() as u64, 0];
            other
                .ask_with(Parcel {
                    number: TAKE_HANDLE,
                    words,
                    object: None,
                })
                .map_err(status)
                .and_then(unpack)
        }
    };
    let duplicated = source.and_then(|source| {
        let access = match request.access {
            None => source.access,
            Some(desired) => duplicate_access(&source, desired)?,
        };
        let entry = Entry {
            access,
            attributes: request
                .attributes
                .unwrap_or(source.attributes)
                .difference(HandleAttributes::PROTECT_FROM_CLOSE),
            object: source.object,
        };
        put(target_process, entry)
    });
    if request.close_source {
        // Whatever became of the rest, as Windows does it; one that is protected stays.
        let _ = close_handle(source_process, request.source);
    }
    duplicated
}

/// Closes a handle of a process, which may be this one; a pseudo handle stays.
///
/// # Errors
///
/// As [`handle_table::close`], and as [`duplicate_handle`] for another process.
pub fn close_handle(process: &Target, handle: Handle) -> Result<(), NtStatus> {
    match process {
        Target::Own => handle_table::close(handle),
        Target::Other(other) => other
            .ask_with(Parcel {
                number: CLOSE_HANDLE,
                words: vec![handle.value() as u64],
                object: None,
            })
            .map(drop)
            .map_err(status),
    }
}

/// What another process has packed of a handle of its own.
fn unpack(mut answer: Parcel) -> Result<Entry, NtStatus> {
    let (kind, package) = answer.object.take().ok_or(NtStatus::UNSUCCESSFUL)?;
    Ok(Entry {
        object: Object::unpack(kind, package)?,
        access: AccessMask::from_bits_retain(answer.constant(0)),
        attributes: HandleAttributes::from_bits_truncate(answer.constant(1)),
    })
}

fn put(target: &Target, entry: Entry) -> Result<Handle, NtStatus> {
    let Target::Other(other) = target else {
        return handle_table::insert(entry);
    };
    let words = vec![
        u64::from(entry.access.bits()),
        u64::from(entry.attributes.bits()),
    ];
    let answer = other
        .ask_with(Parcel {
            number: PUT_HANDLE,
            words,
            object: Some(entry.object.pack()?),
        })
        .map_err(status)?;
    Ok(Handle::from_value(answer.address(0)))
}
