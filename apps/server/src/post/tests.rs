//! The post alone.
