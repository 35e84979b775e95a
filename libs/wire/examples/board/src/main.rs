//! The wire library on a board without an operating system: a Cortex-M3 with 8 kB of RAM.
//!
//! It decodes a conversation that comes in pieces of every size up to 64 bytes, and encodes it again. It prints how
//! much RAM that took, and exits with 0 if every frame came out as it went in, and with 1 if not. Output and exit
//! status go to the debugger, or to QEMU, by semihosting. `just boards` builds and runs it.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::ptr;

use cortex_m_rt::entry;
use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hprintln;
use embedded_alloc::LlffHeap;
use hubbub_wire::{Decoder, Frame, Item, Limits, encode};

/// What a member hears.
const CONVERSATION: &[u8] = "\
CHAT/1.0 JOIN\r\nUsername: ada\r\n\r\n\
CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 22\r\n\r\nMy first chat message!\
CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 23\r\n\r\ntwo lines,\r\none of them\
CHAT/1.0 JOIN\r\nUsername: b\u{f8}b\r\n\r\n\
CHAT/1.0 TEXT\r\nUsername: b\u{f8}b\r\nMsg-len: 7\r\n\r\nh\u{e9}llo!\
CHAT/1.0 LEAVE\r\nUsername: ada\r\n\r\n"
    .as_bytes();

/// The same as people read it.
const SHOWN: &str = "\
ada joins\nada: My first chat message!\nada: two lines,\r\none of them\nb\u{f8}b joins\nb\u{f8}b: h\u{e9}llo!\nada leaves\n";

/// The longest text that this board takes, in bytes.
const MAX_PAYLOAD: usize = 512;

/// The largest piece in which the conversation comes, in bytes.
const MAX_PIECE: usize = 64;

/// The memory that is allocated from, in bytes.
const HEAP_BYTES: usize = 2 * 1024;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();
static mut HEAP_MEMORY: [MaybeUninit<u8>; HEAP_BYTES] = [MaybeUninit::uninit(); HEAP_BYTES];

#[entry]
fn main() -> ! {
    let stack = Stack::paint();
    // SAFETY: this happens once, before anything is allocated, and nothing else uses these bytes.
    unsafe { HEAP.init(ptr::addr_of_mut!(HEAP_MEMORY).addr(), HEAP_BYTES) };
    let is_right = (1..=MAX_PIECE).all(is_understood_in_pieces_of);
    let fixed = stack.bottom - RAM_BEGIN;
    let used = stack.used();
    let ram = fixed + used;
    hprintln!(
        "{} bytes of RAM: heap and statics {}, stack {}",
        ram,
        fixed,
        used
    );
    debug::exit(if is_right { EXIT_SUCCESS } else { EXIT_FAILURE });
    unreachable!("the debugger ends the program");
}

/// Whether the whole conversation comes out as it should, and goes into the same bytes again.
fn is_understood_in_pieces_of(size: usize) -> bool {
    let limits = Limits {
        max_payload: MAX_PAYLOAD,
        ..Limits::DEFAULT
    };
    let mut decoder = Decoder::new(limits);
    let mut shown = String::new();
    let mut sent = Vec::new();
    for mut piece in CONVERSATION.chunks(size) {
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(Item::Frame(frame))) => {
                    show(&frame, &mut shown);
                    encode(&frame, &mut sent);
                }
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => return false,
            }
        }
    }
    shown == SHOWN && sent == CONVERSATION
}

fn show(frame: &Frame<'_>, shown: &mut String) {
    let _ = match frame {
        Frame::Join { username, .. } => writeln!(shown, "{} joins", username.as_str()),
        Frame::Leave { username, .. } => writeln!(shown, "{} leaves", username.as_str()),
        Frame::Text {
            username, payload, ..
        } => {
            let text = core::str::from_utf8(payload.as_bytes()).unwrap_or("?");
            writeln!(shown, "{}: {text}", username.as_str())
        }
        _ => Ok(()),
    };
}

/// Where RAM begins, as in `memory.x`.
const RAM_BEGIN: usize = 0x2000_0000;

/// What fills the stack before it is used.
const PAINT: u32 = 0x5aa5_c33c;

/// How far below the caller's frame painting begins, in bytes: more than painting itself needs.
const MARGIN: usize = 128;

/// The part of RAM above everything fixed. The stack grows down into it.
struct Stack {
    bottom: usize,
    top: usize,
}

unsafe extern "C" {
    /// Where the linker's fixed part of RAM ends.
    static __sheap: u32;
    /// Where RAM ends, and the stack begins.
    static _stack_start: u32;
}

impl Stack {
    /// Fills what is not yet used.
    fn paint() -> Self {
        let bottom = ptr::addr_of!(__sheap).addr();
        let top = ptr::addr_of!(_stack_start).addr();
        let painted = cortex_m::register::msp::read() as usize - MARGIN;
        for address in (bottom..painted).step_by(4) {
            // SAFETY: nothing is here but the unused part of the stack.
            unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(address), PAINT) };
        }
        Self { bottom, top }
    }

    /// How many bytes of it were used at most.
    fn used(&self) -> usize {
        let is_painted = |address: &usize| {
            // SAFETY: these are aligned words of RAM.
            let word: u32 = unsafe { ptr::read_volatile(ptr::with_exposed_provenance(*address)) };
            word == PAINT
        };
        let mut words = (self.bottom..self.top).step_by(4);
        words
            .find(|word| !is_painted(word))
            .map_or(0, |deepest| self.top - deepest)
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(EXIT_FAILURE);
    loop {
        cortex_m::asm::bkpt();
    }
}
