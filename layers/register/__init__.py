"""The rows that a study keeps of a layer: their ids, their file, what changed of them and when."""
