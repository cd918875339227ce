//! Dispatcher objects on their way to another process.

use super::dispatcher::Dispatcher;
use super::dispatcher_kind::DispatcherKind;
use super::record_memory::RecordMemory;
use crate::NtStatus;
use crate::object::{ObjectKind, Package, namespace};

impl Dispatcher {
    /// What the other process needs: the name, or where the state lies.
    pub(crate) fn pack(&self) -> Result<Package, NtStatus> {
        let mut package = Package::default();
        let kind = self.kind();
        package.words = vec![kind.object_kind() as u64, u64::from(kind.parameter())];
        if let Some((name, file)) = self.name().zip(self.named_file()) {
            package.hold_name(name, file)?;
            return Ok(package);
        }
        let (file, offset) = self
            .state()?
            .memory()
            .share()
            .ok_or(NtStatus::UNSUCCESSFUL)?;
        package.words.push(offset);
        package.put(file)?;
        Ok(package)
    }

    /// The same object in this process.
    pub(crate) fn unpack(mut package: Package) -> Result<Self, NtStatus> {
        let known = ObjectKind::from_number(package.word(0)? as u32)
            .ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
        let kind = DispatcherKind::from_parts(known, package.word(1)? as u32)?;
        if let Some(name) = package.name()? {
            let (file, descriptor) = namespace::open(&name, kind.object_kind(), true)?;
            return Self::existing(&name, file, &descriptor);
        }
        let memory = RecordMemory::of_shared(package.take()?, package.word(2)?)?;
        Ok(Self::unnamed(kind, memory))
    }
}
