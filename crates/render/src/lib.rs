//! A page as a PDF.
