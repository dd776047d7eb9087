"""Faults that a program puts into what is pure, one at a time: `make mutants` says which of them no test notices."""
