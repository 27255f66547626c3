"""Files that appear whole or not at all, downloads, and other processes' leftovers."""
