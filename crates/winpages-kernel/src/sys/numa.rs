//! The machine's memory nodes.

use std::ffi::CString;
use std::sync::OnceLock;

use super::proc_text;
use super::processors::{Processors, given};

/// The highest number a node has; 0 on a machine with one. Does not allocate.
pub fn highest_node() -> u32 {
    static HIGHEST: OnceLock<u32> = OnceLock::new();
    *HIGHEST.get_or_init(|| {
        let mut buffer = [0; 256];
        let text = proc_text::read(c"/sys/devices/system/node/online", &mut buffer);
        last_number(text.unwrap_or_default()).unwrap_or(0)
    })
}

/// Reads one of the files about a node.
fn about<'a>(node: u32, file: &str, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let path = CString::new(format!("/sys/devices/system/node/node{node}/{file}")).ok()?;
    proc_text::read(&path, buffer).ok()
}

/// The processors of a node, of those that this process was given; `None` if there is no such node. A kernel
/// that knows of no nodes has one with everything in it.
pub fn processors(node: u32) -> Option<Processors> {
    let mut buffer = [0; 4096];
    let Some(text) = about(node, "cpulist", &mut buffer) else {
        return (node == 0 && highest_node() == 0).then(given);
    };
    Some(Processors::of_list(text).among(&given()))
}

/// The node of a processor; `None` if this process was not given one of that number.
pub fn node_of_processor(number: usize) -> Option<u32> {
    (0..=highest_node())
        .find(|node| processors(*node).is_some_and(|processors| processors.contains(number)))
}

/// How many bytes of a node can be had without paging: free, or a cache of files that have not been used for a
/// while. `None` if there is no such node, or the kernel knows of none.
pub fn available_memory(node: u32) -> Option<u64> {
    let mut buffer = [0; 4096];
    let text = about(node, "meminfo", &mut buffer)?;
    let field = |name| proc_text::bytes(text, &format!("Node {node} {name}:")).unwrap_or(0);
    Some(field("MemFree") + field("Inactive(file)"))
}

/// The last number of a list such as "0-3,8".
fn last_number(list: &[u8]) -> Option<u32> {
    proc_text::ranges(list).last()?.1.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists() {
        assert_eq!(last_number(b"0\n"), Some(0));
        assert_eq!(last_number(b"0-3,8\n"), Some(8));
        assert_eq!(last_number(b"0,2-11\n"), Some(11));
        assert_eq!(last_number(b""), None);
    }
}
