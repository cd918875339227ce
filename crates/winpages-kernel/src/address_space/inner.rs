//! The inner nodes of the region tree.

use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
use core::sync::atomic::{AtomicUsize, Ordering};

use super::node::{Node, Rows, store_if_other};
use super::pool::Pooled;

/// How many children a lookup steps over at once. Eight comparisons the compiler would add up as vectors,
/// which takes twice as long.
const STRIDE: usize = 6;

/// How many children an inner node has at most. Measured with a million regions: 25 and 64 take a tenth
/// longer. The more there are, the more of it a query reads, the fewer, the more nodes.
pub const CHILDREN: usize = STRIDE * STRIDE;

/// An inner node: columns of words.
///
/// | column | of a child's subtree |
/// | --- | --- |
/// | `first` | the first byte of its first run |
/// | `link` | what leads to the child |
/// | `last` | the byte after the last of its last run |
/// | `gap` | the largest gap between two neighbouring runs in it, in bytes |
///
/// A query reads a line or two of each of `stride`, `first` and `link`. With a million regions those of all
/// inner nodes just stay in the processor's own cache.
///
/// A reader may find words that a writer is changing, and come to a leaf where it has no business. There it
/// finds nothing, for what a leaf says of an address is true wherever one comes from. So nothing tells a
/// reader that an inner node was changed, and nothing has to.
#[repr(C, align(64))]
pub struct Inner {
    /// Every [`STRIDE`]th of the first addresses, but for the very first.
    stride: [AtomicUsize; STRIDE - 1],
    length: AtomicUsize,
    first: [AtomicUsize; CHILDREN],
    link: [AtomicUsize; CHILDREN],
    last: [AtomicUsize; CHILDREN],
    gap: [AtomicUsize; CHILDREN],
    free_link: AtomicUsize,
}

// SAFETY: atomic words only, and `free_link` is read by nobody but the pool.
unsafe impl Pooled for Inner {
    fn free_link(&self) -> &AtomicUsize {
        &self.free_link
    }
}

/// The first address where there is no child.
const NO_CHILD: usize = usize::MAX;

/// What stands for a child in its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub first: usize,
    pub last: usize,
    pub gap: usize,
    pub link: usize,
}

impl Summary {
    /// The child.
    #[inline]
    pub fn child(self) -> Option<Node> {
        Node::at(self.link)
    }
}

impl Inner {
    /// An inner node to read another process's into.
    pub fn blank() -> Self {
        Self {
            stride: [const { AtomicUsize::new(NO_CHILD) }; STRIDE - 1],
            length: AtomicUsize::new(0),
            first: [const { AtomicUsize::new(NO_CHILD) }; CHILDREN],
            link: [const { AtomicUsize::new(0) }; CHILDREN],
            last: [const { AtomicUsize::new(0) }; CHILDREN],
            gap: [const { AtomicUsize::new(0) }; CHILDREN],
            free_link: AtomicUsize::new(0),
        }
    }

    /// The last child whose subtree begins at or below an address; the first child if none does.
    #[inline(always)]
    pub fn child_for(&self, address: usize) -> usize {
        // No branch depends on what is found: it would be mispredicted every other time, and nothing
        // that follows could begin while this one waits for memory.
        let not_above = |first: &AtomicUsize| usize::from(first.load(Ordering::Relaxed) <= address);
        let skipped = STRIDE * self.stride.iter().map(not_above).sum::<usize>();
        // Which of these links is wanted is found out while they are fetched.
        let links = self.link.as_ptr().wrapping_add(skipped);
        // SAFETY: a hint, which faults at no address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(links.cast()) };
        let [_, others @ ..] = &self.first.as_chunks::<STRIDE>().0[skipped / STRIDE];
        skipped + others.iter().map(not_above).sum::<usize>()
    }

    /// How many children's subtrees begin at or below an address.
    pub fn children_up_to(&self, address: usize) -> usize {
        let child = self.child_for(address);
        child + usize::from(self.first(child) <= address)
    }

    /// The first byte of a child's first run, above all addresses if there is no such child.
    #[inline]
    pub fn first(&self, index: usize) -> usize {
        self.first[index].load(Ordering::Relaxed)
    }

    fn set_first(&self, index: usize, first: usize) {
        store_if_other(&self.first[index], first);
        if index > 0 && index.is_multiple_of(STRIDE) {
            store_if_other(&self.stride[index / STRIDE - 1], first);
        }
    }

    /// The byte after the last of a child's last run.
    #[inline]
    pub fn last(&self, index: usize) -> usize {
        self.last[index].load(Ordering::Relaxed)
    }

    /// The largest gap between two neighbouring runs below a child.
    #[inline]
    pub fn gap(&self, index: usize) -> usize {
        self.gap[index].load(Ordering::Relaxed)
    }

    /// What leads to a child.
    #[inline(always)]
    pub fn link(&self, index: usize) -> usize {
        self.link[index].load(Ordering::Relaxed)
    }
}

impl Rows for Inner {
    type Row = Summary;
    const CAPACITY: usize = CHILDREN;

    fn length_word(&self) -> &AtomicUsize {
        &self.length
    }

    fn row(&self, index: usize) -> Summary {
        Summary {
            first: self.first(index),
            last: self.last(index),
            gap: self.gap(index),
            link: self.link(index),
        }
    }

    fn set(&self, index: usize, row: Summary) {
        self.set_first(index, row.first);
        store_if_other(&self.last[index], row.last);
        store_if_other(&self.gap[index], row.gap);
        store_if_other(&self.link[index], row.link);
    }

    fn blank(&self, index: usize) {
        self.set_first(index, NO_CHILD);
    }
}
