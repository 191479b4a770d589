//! An allocator that remembers the largest piece asked for, for programs that read hostile files.

use exactract::format::read_bytes;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;

thread_local! {
    /// The largest piece of memory that this thread asked for.
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

struct Watched;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(size));
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// What `read` answers, as text; memory must stay in proportion to the bytes.
pub fn answer(bytes: &[u8]) -> Result<(), String> {
    LARGEST.set(0);
    let result = read_bytes(Path::new("v"), bytes).map(drop).map_err(|error| error.to_string());
    let (most, allowed) = (LARGEST.get(), (1 << 16) + 64 * bytes.len());
    assert!(most <= allowed, "{} bytes of file made it ask for {most} at once; it said {result:?}", bytes.len());
    result
}

pub fn complaint(bytes: &[u8]) -> String {
    answer(bytes).expect_err("this file should be refused")
}
