//! The protocol's table, row by row, with the bytes written out. Every stream is decoded whole and one byte at a time,
//! and both must give the same.

mod common;

mod read {
    mod fatal;
    mod head;
    mod ignored;
    mod limits;
    mod noise;
    mod other_protocols;
    mod silence;
}
