"""Text from outside, which is hostile: folded, normalised, decoded, made inert."""
