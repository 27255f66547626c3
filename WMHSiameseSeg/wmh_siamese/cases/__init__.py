"""Cases on disk: a FLAIR and its labels, data sets in folders, checks, splits by patient."""
