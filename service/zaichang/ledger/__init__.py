"""Facts to 学时 and 学分 by hour rules: ``count(facts, rules, year)``. Pure, exact, replayable (docs/hours.md)."""
