"""Later changes of credit, and the decisions that they rest on."""
