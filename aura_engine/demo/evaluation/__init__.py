"""How well planted risk is found: populations in memory, measures, peers, and nights relived."""
