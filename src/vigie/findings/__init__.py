"""What detectors found, stamped with identifier, unit, parameters and q-value. Confidence is a person's."""
