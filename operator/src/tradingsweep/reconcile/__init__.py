"""The shell around the core: observe, decide, perform, publish; it speaks through ports only."""
