"""The service behind the panel: JSON lines on stdin and stdout, one model kept warm."""
