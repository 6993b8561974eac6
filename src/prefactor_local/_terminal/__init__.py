"""The commands of `prefactor-local` that show what was recorded: show, tail, open, export."""
