//! How the machine's processors belong together: cores, packages, caches and memory nodes.

use std::ffi::CString;

use super::processors::{GROUP, GROUPS, Processors, given};
use super::{numa, proc_text};

/// What a cache holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// Instructions and data.
    Unified,
    /// Instructions.
    Instructions,
    /// Data.
    Data,
}

/// A cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// 1 is nearest to the processor.
    pub level: u32,
    /// In how many places a line can be; 0 if that is not known.
    pub ways: u32,
    /// The size of a line in bytes.
    pub line: u32,
    /// Its size in bytes.
    pub size: u32,
    /// What it holds.
    pub kind: CacheKind,
}

/// What processors have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    /// They are threads of one core.
    Core,
    /// They are in one package.
    Package,
    /// They are near the memory of the node of that number.
    Node(u32),
    /// They use one cache.
    Cache(Cache),
}

/// Processors that have something in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which they are, of those that this process was given.
    pub processors: Processors,
    /// What they have in common.
    pub common: Common,
}

/// Reads one of the files about a processor.
fn about<'a>(number: usize, file: &str, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let path = CString::new(format!("/sys/devices/system/cpu/cpu{number}/{file}")).ok()?;
    Some(proc_text::read(&path, buffer).ok()?.trim_ascii())
}

/// The processors that a file about one of them lists; that one alone where the kernel does not say.
fn listed(number: usize, file: &str) -> Processors {
    let mut buffer = [0; 4096];
    match about(number, file, &mut buffer) {
        Some(text) => Processors::of_list(text).among(&given()),
        None => Processors::of_group(number / GROUP, 1 << (number % GROUP)),
    }
}

fn number_about(number: usize, file: &str) -> Option<u32> {
    let mut buffer = [0; 64];
    proc_text::number(about(number, file, &mut buffer)?)?
        .try_into()
        .ok()
}

/// The cache of a processor that has a number of its own; `None` if there is no such cache.
fn cache(number: usize, index: u32) -> Option<Part> {
    let file = |name: &str| format!("cache/index{index}/{name}");
    let mut buffer = [0; 64];
    let kind = match about(number, &file("type"), &mut buffer)? {
        b"Instruction" => CacheKind::Instructions,
        b"Data" => CacheKind::Data,
        _ => CacheKind::Unified,
    };
    let mut buffer = [0; 64];
    let kibibytes = about(number, &file("size"), &mut buffer)?.strip_suffix(b"K")?;
    let size = proc_text::number(kibibytes)? * 1024;
    Some(Part {
        processors: listed(number, &file("shared_cpu_list")),
        common: Common::Cache(Cache {
            level: number_about(number, &file("level"))?,
            ways: number_about(number, &file("ways_of_associativity")).unwrap_or(0),
            line: number_about(number, &file("coherency_line_size")).unwrap_or(0),
            size: size.try_into().ok()?,
            kind,
        }),
    })
}

/// Everything that the processors which this process was given have in common: each part once, by its first
/// processor.
pub fn parts() -> Vec<Part> {
    let given = given();
    let mut parts: Vec<Part> = Vec::new();
    let mut add = |part: Part| {
        if !parts.contains(&part) {
            parts.push(part);
        }
    };
    for number in (0..GROUPS * GROUP).filter(|number| given.contains(*number)) {
        add(Part {
            processors: listed(number, "topology/thread_siblings_list"),
            common: Common::Core,
        });
        add(Part {
            processors: listed(number, "topology/core_siblings_list"),
            common: Common::Package,
        });
        // No machine has as many, and an end there must be.
        (0..16)
            .map_while(|index| cache(number, index))
            .for_each(&mut add);
    }
    for node in 0..=numa::highest_node() {
        if let Some(processors) = numa::processors(node) {
            add(Part {
                processors,
                common: Common::Node(node),
            });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_processor_has_a_core_a_package_and_a_node() {
        let parts = parts();
        for number in (0..GROUPS * GROUP).filter(|number| given().contains(*number)) {
            let count = |is: fn(&Common) -> bool| {
                let of_number = parts.iter().filter(|part| part.processors.contains(number));
                of_number.filter(|part| is(&part.common)).count()
            };
            assert_eq!(count(|common| *common == Common::Core), 1);
            assert_eq!(count(|common| *common == Common::Package), 1);
            assert_eq!(count(|common| matches!(common, Common::Node(_))), 1);
        }
    }
}
