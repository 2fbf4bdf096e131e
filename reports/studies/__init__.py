"""Made results: the tables and pages under reports/published. Part of a checkout, not of the wheel."""
