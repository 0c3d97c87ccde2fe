"""La relève: what one team leaves open for the next, signed by who goes and by who comes."""
