"""What a run does differently when it predicts classes and when it predicts numbers."""
