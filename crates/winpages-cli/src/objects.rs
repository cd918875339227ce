//! `winpages objects` and `winpages gc`: the named objects, and who holds them.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use winpages_kernel::NtStatus;
use winpages_kernel::address_space::Protection;
use winpages_kernel::object::namespace::{self, NamedObject};
use winpages_kernel::object::{NAMESPACE_VARIABLE, ObjectKind};
use winpages_kernel::section::{SectionDescription, SectionFlags};

use crate::failure::{Failure, Reason, say};
use crate::holders::{self, Holder, Trace};
use crate::output::{print, print_json};
use crate::table::{Align, Table, printable, size};

#[derive(Serialize)]
struct Listing {
    schema: &'static str,
    /// Processes whose handles and views could not be read.
    denied: Vec<u32>,
    objects: Vec<Row>,
}

/// An object, as it is listed.
#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    size: u64,
    protection: String,
    flags: Vec<&'static str>,
    /// The file whose pages the object shares, if they are not its own.
    file: Option<PathBuf>,
    /// What carries the object's name.
    path: PathBuf,
    owner: u32,
    creator: Option<u32>,
    held: bool,
    holders: Vec<Holder>,
    #[serde(skip)]
    trace: Trace,
}

/// `winpages objects`.
pub fn objects(json: bool) -> Result<ExitCode, Failure> {
    let mut rows: Vec<Row> = namespace::list()
        .map_err(unusable)?
        .into_iter()
        .filter_map(|object| Row::new(object).ok())
        .collect();
    let traces: Vec<Trace> = rows.iter().map(|row| row.trace).collect();
    let found = holders::find(&traces)
        .map_err(|error| Failure::from_io("cannot look through /proc", &error))?;
    for (row, holders) in rows.iter_mut().zip(found.by_object) {
        row.holders = holders;
    }
    if json {
        print_json(&Listing {
            schema: "winpages.objects/1",
            denied: found.denied,
            objects: rows,
        })?;
    } else {
        print(&table(&rows))?;
        if !rows.is_empty() && !found.denied.is_empty() {
            say(&format!(
                "note: for lack of permission, not looked into: {}",
                counted(found.denied.len(), "process", "processes")
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The process that created an object, where its file says so.
fn creator(object: &NamedObject) -> Option<u32> {
    Some(object.descriptor.creator).filter(|creator| *creator != 0)
}

impl Row {
    fn new(object: NamedObject) -> Result<Self, NtStatus> {
        let handles = (object.device, object.inode);
        if object.descriptor.kind != ObjectKind::Section {
            return Ok(Self::dispatcher(object));
        }
        let section = SectionDescription::of(&object.descriptor)?;
        let flags = [
            (SectionFlags::IMAGE, "SEC_IMAGE"),
            (SectionFlags::RESERVE, "SEC_RESERVE"),
            (SectionFlags::NOCACHE, "SEC_NOCACHE"),
            (SectionFlags::WRITECOMBINE, "SEC_WRITECOMBINE"),
            (SectionFlags::LARGE_PAGES, "SEC_LARGE_PAGES"),
        ];
        Ok(Self {
            name: object.name.to_string(),
            kind: object.descriptor.kind.name(),
            size: section.size,
            protection: protection(section.protection),
            flags: flags
                .into_iter()
                .filter(|(flag, _)| section.flags.contains(*flag))
                .map(|(_, name)| name)
                .collect(),
            trace: Trace {
                handles,
                views: section
                    .file
                    .as_ref()
                    .map_or(handles, |file| (file.device, file.inode)),
            },
            file: section
                .file
                .map(|file| file.path)
                .filter(|path| !path.as_os_str().is_empty()),
            creator: creator(&object),
            path: object.path,
            owner: object.owner,
            held: object.is_held,
            holders: Vec::new(),
        })
    }

    /// A mutex, an event, a semaphore or a timer: nothing that has a size.
    fn dispatcher(object: NamedObject) -> Self {
        Self {
            name: object.name.to_string(),
            kind: object.descriptor.kind.name(),
            size: 0,
            protection: String::new(),
            flags: Vec::new(),
            trace: Trace {
                handles: (object.device, object.inode),
                views: NO_VIEWS,
            },
            file: None,
            creator: creator(&object),
            path: object.path,
            owner: object.owner,
            held: object.is_held,
            holders: Vec::new(),
        }
    }
}

/// Marks a trace that no view can have: what is mapped of such an object is the library's own.
const NO_VIEWS: (u64, u64) = (0, 0);

/// `PAGE_READWRITE`, or several names joined with `|` as C does.
fn protection(protection: Protection) -> String {
    let names: Vec<String> = protection
        .iter_names()
        .map(|(name, _)| format!("PAGE_{name}"))
        .collect();
    names.join("|")
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new([
        ("Name", Align::Left),
        ("Type", Align::Left),
        ("Size", Align::Right),
        ("Protection", Align::Left),
        ("Handles", Align::Right),
        ("Views", Align::Right),
        ("Holders", Align::Left),
    ]);
    for row in rows {
        let handles: usize = row.holders.iter().map(|holder| holder.handles).sum();
        let views: usize = row.holders.iter().map(|holder| holder.views.len()).sum();
        let holders: Vec<String> = row
            .holders
            .iter()
            .map(|holder| format!("{} {}", holder.pid, holder.name))
            .collect();
        let is_section = row.kind == ObjectKind::Section.name();
        let protection = row.protection.replace("PAGE_", "");
        let holders = match (row.held, holders.is_empty()) {
            (false, true) => "(left behind)".to_owned(),
            (true, true) => "(another user's)".to_owned(),
            _ => holders.join(", "),
        };
        table.row([
            row.name.clone(),
            row.kind.to_owned(),
            if is_section {
                size(row.size)
            } else {
                String::new()
            },
            protection,
            handles.to_string(),
            if is_section {
                views.to_string()
            } else {
                String::new()
            },
            holders,
        ]);
    }
    table.render()
}

/// `winpages gc`.
pub fn gc() -> Result<ExitCode, Failure> {
    let report = namespace::sweep().map_err(unusable)?;
    let swept = counted(report.removed.len(), "object", "objects");
    let mut text = format!("{swept} swept\n");
    for name in &report.removed {
        text.push_str(&format!("  {}\n", printable(name)));
    }
    print(&text)?;
    if report.refused != 0 {
        say(&format!(
            "note: {} more belong to other users, who alone may sweep them",
            report.refused
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn unusable(status: NtStatus) -> Failure {
    let reason = match status {
        NtStatus::ACCESS_DENIED => Reason::Denied,
        _ => Reason::NotFound,
    };
    Failure::new(
        reason,
        format!(
            "the namespace cannot be used: {status}\n\
             Its directories are in /dev/shm, or where {NAMESPACE_VARIABLE} says; each must be a \
             directory, and the local one yours alone."
        ),
    )
}
