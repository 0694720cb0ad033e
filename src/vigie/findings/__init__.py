"""What detectors found, stamped: identifier, unit, parameters, q-value. A score is measured; confidence is a person's."""
