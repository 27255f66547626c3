"""The tab Segment: one click from a FLAIR to mask and figures."""
