"""What a sweep is and what happens next: pure, without I/O, clock or framework."""
