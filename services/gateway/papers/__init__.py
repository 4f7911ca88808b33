"""Papers that a bureau hands out: what stands on them, in words and pictures, without how they are printed. Pure."""
