//! Lines and blanks: where a line ends, and what is left of it without its end and without the blanks around it.

/// The length of the first line in bytes, its LF included. `None` if it has not ended.
pub(crate) fn find_line_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    // Eight bytes at a time. The exclusive or turns an LF into a zero byte. After the subtraction, the lowest high bit
    // that is set is the one of the first zero byte.
    while let Some(chunk) = bytes[at..].first_chunk::<8>() {
        let zeroed = u64::from_le_bytes(*chunk) ^ (LOW_BITS * b'\n' as u64);
        let found = zeroed.wrapping_sub(LOW_BITS) & !zeroed & (LOW_BITS << 7);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8 + 1);
        }
        at += 8;
    }
    let rest = bytes[at..].iter().position(|&byte| byte == b'\n')?;
    Some(at + rest + 1)
}

/// The lowest bit of each of eight bytes.
const LOW_BITS: u64 = 0x0101_0101_0101_0101;

/// A whole line without its LF or CR LF.
pub(crate) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

pub(crate) fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(crate) fn trim_front(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_blank(first)
    {
        bytes = rest;
    }
    bytes
}

pub(crate) fn trim_blanks(bytes: &[u8]) -> &[u8] {
    let mut bytes = trim_front(bytes);
    while let [rest @ .., last] = bytes
        && is_blank(last)
    {
        bytes = rest;
    }
    bytes
}
