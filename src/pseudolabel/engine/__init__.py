"""Where work runs; knows nothing of learning."""
