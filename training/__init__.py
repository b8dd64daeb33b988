"""How the shipped language model was made; never imported at run time."""
