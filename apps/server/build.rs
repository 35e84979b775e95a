//! Leaves the tables for unwinding out of the small build, which ends at a panic. They are a seventh of it, and most
//! come ready-made with the standard library, so that no option of the compiler leaves them out.
//!
//! No build script is told what happens at a panic. The profile `small` is the only one with this level of
//! optimisation, and `main.rs` does not compile where it would unwind without the tables.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=no-unwinding.ld");
    println!("cargo::rustc-check-cfg=cfg(without_unwinding)");
    let var = |name| env::var(name).unwrap_or_default();
    if var("OPT_LEVEL") == "z" && var("CARGO_CFG_TARGET_OS") == "linux" {
        let script = format!("{}/no-unwinding.ld", var("CARGO_MANIFEST_DIR"));
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr,-T,{script}");
        println!("cargo::rustc-cfg=without_unwinding");
    }
}
