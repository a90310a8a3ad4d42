"""What a source is and what to make of it: values and pure functions, no I/O."""
