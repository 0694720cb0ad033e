"""The only orchestration: what each command does, as a function from a case folder to a plain result."""
