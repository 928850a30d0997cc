"""What leaves the server on a stranger's word: addresses that may be called, and who signs."""
