"""Benchmarks: the peer and Vigie in the same run, as ratios of CPU time; and the floors that quality keeps."""
