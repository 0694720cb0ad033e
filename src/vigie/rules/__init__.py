"""What Vigie knows beforehand, as data files with references, and the loaders and matchers of them."""
