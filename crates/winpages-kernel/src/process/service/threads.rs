//! What others ask for of this process's threads.

use core::mem::transmute;
use std::sync::Arc;

use super::parcel::Parcel;
use super::server::usual_signals;
use crate::NtStatus;
use crate::object::Object;
use crate::thread::{self, Apc, CreateThread, StartRoutine, Thread};

/// The thread whose number is the first word; not the one that answers.
pub(super) fn find(request: &Parcel) -> Result<Arc<Thread>, NtStatus> {
    let number = request.constant(0);
    if number == thread::current_id() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    thread::find(number).ok_or(NtStatus::INVALID_CID)
}

/// Starts a thread. The words: function, parameter, stack size, whether that is a reservation, whether the thread
/// is to begin suspended.
pub(super) fn create(request: &Parcel) -> Result<Parcel, NtStatus> {
    let signals = usual_signals().ok_or(NtStatus::UNSUCCESSFUL)?;
    // SAFETY: who may ask may also write code into this process and have it run: what the address is, is for him
    // to know. A number that is the address of no function is as bad a thread as on Windows.
    let routine = unsafe { transmute::<usize, Option<StartRoutine>>(request.address(0)) };
    let thread = thread::create_for_others(
        &CreateThread {
            routine: routine.ok_or(NtStatus::INVALID_PARAMETER)?,
            parameter: request.address(1),
            stack_size: request.address(2),
            stack_size_is_reservation: request.word(3) != 0,
            // It does not end before it can be told of.
            suspended: true,
        },
        signals,
    )?;
    let packed = pack(Arc::clone(&thread));
    let is_suspended = request.word(4) != 0;
    match packed {
        Ok(_) if is_suspended => {}
        Ok(_) => {
            thread.resume();
        }
        Err(_) => thread.terminate(NtStatus::UNSUCCESSFUL.code())?,
    }
    packed
}

/// What another process needs to know the thread by.
pub(super) fn pack(thread: Arc<Thread>) -> Result<Parcel, NtStatus> {
    let words = vec![u64::from(thread.id())];
    Ok(Parcel {
        words,
        object: Some(Object::Thread(thread).pack()?),
        ..Parcel::default()
    })
}

/// Queues a call. The words: thread, function, three arguments.
pub(super) fn queue_apc(request: &Parcel) -> Result<(), NtStatus> {
    type Routine = unsafe extern "C-unwind" fn(usize, usize, usize);
    // SAFETY: as for a thread's function.
    let routine = unsafe { transmute::<usize, Option<Routine>>(request.address(1)) };
    find(request)?.queue_apc(Apc {
        routine: routine.ok_or(NtStatus::INVALID_PARAMETER)?,
        arguments: [request.address(2), request.address(3), request.address(4)],
    })
}
