"""The audit: attacks on worker processes, verdicts, witnesses, a journal."""
