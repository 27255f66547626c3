"""What the tabs share: messages, settings, keys, log, progress, accessible names."""
