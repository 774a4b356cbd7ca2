"""One try at active liveness, pure: geometry and times come in as integers, orders and the verdict go out."""
