//! The wire library in a program without `std`, without Rust's `main`, and with an allocator that is an array of bytes.
//!
//! It decodes a TEXT that comes in two pieces and encodes it again. It exits with 0 if both are right, and with 1 if
//! not. It has the three things that a program without std must bring: an entry, an allocator, a panic handler. On this
//! host the entry is the C library's; a real board brings its own. Build it with `--release`.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use hubbub_wire::{Decoder, Frame, Item, Limits, encode};

const STREAM: &[u8] =
    b"CHAT/1.0 TEXT\r\nUsername: shafer\r\nMsg-len: 22\r\n\r\nMy first chat message!";

// The C library's start code calls `main` by this name. Nothing else here has the name, so the symbol is ours alone.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    // Cut in the head, and in the payload.
    let right = [20, 60].into_iter().all(comes_back_when_cut_at);
    c_int::from(!right)
}

/// Decodes the stream in two pieces, and encodes what comes out.
fn comes_back_when_cut_at(at: usize) -> bool {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut out = Vec::new();
    let mut texts = 0;
    let (front, back) = STREAM.split_at(at);
    for mut piece in [front, back] {
        while let Ok(Some(item)) = decoder.next(&mut piece) {
            let Item::Frame(frame) = item else {
                return false;
            };
            let is_right = matches!(
                &frame,
                Frame::Text { username, payload, .. }
                    if username.as_str() == "shafer" && payload.as_bytes() == b"My first chat message!"
            );
            if !is_right {
                return false;
            }
            encode(&frame, &mut out);
            texts += 1;
        }
    }
    texts == 1 && out == STREAM
}

/// Memory that is handed out from the front and never taken back. It is enough for a few frames.
struct Heap {
    bytes: UnsafeCell<[u8; SIZE]>,
    used: AtomicUsize,
}

/// Both decodings together ask for less than 2 KiB.
const SIZE: usize = 16 * 1024;

#[global_allocator]
static HEAP: Heap = Heap {
    bytes: UnsafeCell::new([0; SIZE]),
    used: AtomicUsize::new(0),
};

// SAFETY: `bytes` is reached only through `alloc`, which gives every caller a range that no other caller has.
unsafe impl Sync for Heap {}

// SAFETY: a block lies within `bytes`, at an address with the alignment asked for, and is disjoint from every other,
// because `used` only grows and grows atomically. Nothing is reused, so nothing dangles.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.bytes.get().cast::<u8>();
        let mut begin = 0;
        let taken = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                let address = base.addr() + used;
                begin = used + address.next_multiple_of(layout.align()) - address;
                begin.checked_add(layout.size()).filter(|&end| end <= SIZE)
            });
        match taken {
            // SAFETY: `begin` is at most SIZE, so the pointer stays within `bytes`.
            Ok(_) => unsafe { base.add(begin) },
            Err(_) => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: `_exit` takes any number, touches no memory of ours and does not return.
    unsafe { _exit(101) }
}

// `memcpy` and its like come from the C library too. Nothing else of it is linked.
#[link(name = "c")]
unsafe extern "C" {
    fn _exit(status: c_int) -> !;
}
