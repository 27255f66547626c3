"""What every command shares: exit codes, what it prints, its progress bar."""
