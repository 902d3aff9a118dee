"""Members of the teacher: different biases, one protocol (see member.py)."""
