"""What a run leaves behind, drawn from the record alone."""
