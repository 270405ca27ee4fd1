"""Fields and rules: loaded from schemas/, and the closed set of predicates that give each rule its three faces."""
