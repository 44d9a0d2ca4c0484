"""The YAML task: its models, its file, its schema."""
