#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod error;
mod hint;
mod memory;
mod platform;
mod protection;
mod region;
mod reservation;
mod section;
mod system;
mod view;

pub use bytemuck;

pub use error::{Error, Operation};
pub use protection::Protection;
pub use region::{Region, RegionKind, RegionState, Regions, query, regions};
pub use reservation::{Reservation, ReservationOptions};
pub use section::{Opened, Section, SectionOptions};
pub use system::{allocation_granularity, application_addresses, page_size};
pub use view::{Access, View, ViewOptions};
