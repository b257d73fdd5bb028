//! A mail as a page: read, made harmless, and laid out as a tree of blocks and runs.
