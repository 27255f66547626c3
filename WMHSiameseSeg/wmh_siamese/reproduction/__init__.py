"""The paper's experiment: five models trained alike, its two tables and two of its figures."""
