"""A volume in; probability, mask, readouts, table and picture out."""
