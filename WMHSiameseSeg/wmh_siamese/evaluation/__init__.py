"""The five metrics of the WMH challenge, methods to compare, tables."""
