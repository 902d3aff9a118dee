"""From files and frames to labels and matrices."""
