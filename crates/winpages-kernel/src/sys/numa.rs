//! The machine's memory nodes.

use std::sync::OnceLock;

use super::proc_text;

/// The highest number a node has; 0 on a machine with one. Does not allocate.
pub fn highest_node() -> u32 {
    static HIGHEST: OnceLock<u32> = OnceLock::new();
    *HIGHEST.get_or_init(|| {
        let mut buffer = [0; 256];
        let text = proc_text::read(c"/sys/devices/system/node/online", &mut buffer);
        last_number(text.unwrap_or_default()).unwrap_or(0)
    })
}

/// The last number of a list such as "0-3,8".
fn last_number(list: &[u8]) -> Option<u32> {
    let last = list
        .trim_ascii()
        .rsplit(|byte| matches!(byte, b'-' | b','))
        .next()?;
    proc_text::number(last)?.try_into().ok()
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
