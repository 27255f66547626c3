"""The correction library in the tab Fine-tune: its table, adding and changing cases."""
