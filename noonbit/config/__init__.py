"""What was asked (recipe, ensemble) and what was decided (plan)."""
