"""Simulated FLAIR scans of heads that no patient has, with lesions whose place is known."""
