"""The proof from outside: kills, freezes, restarts and faults on running binaries, counted against the provider's ledger.

Nothing of the product is linked. docs/chaos.md says what each scenario does; scripts/chaos runs them.
"""
