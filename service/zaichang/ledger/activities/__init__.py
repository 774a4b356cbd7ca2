"""Activities beyond study: the steps from handing in to approval, the checklists, and the facts that they become."""
