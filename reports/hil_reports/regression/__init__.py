"""Are flights still what they were? Results of today against reference results that are kept in a repository."""
