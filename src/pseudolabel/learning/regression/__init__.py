"""The same flow for targets that are numbers: members, committee, student, mixture, intervals."""
