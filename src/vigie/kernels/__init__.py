"""Hot loops: arrays in, arrays out; no files, no tables, no case."""
